"""Sealing the secrets of sign-in under keys of this room's own, drawn from the master key.

AES-256-GCM, bound to whose secret it is: moved to another login it opens nothing.
"""

import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from broker.errors import BrokerError


class SecretBroken(BrokerError):
    """What was kept of a factor is not as it was written. Nobody was signed in by it."""


def seal(data: bytes, place: str) -> bytes:
    """`place` names the factor and its owner, for example "totp/<public id>"."""
    nonce = os.urandom(12)
    return nonce + AESGCM(_key("secrets")).encrypt(nonce, data, place.encode())


def unseal(sealed: bytes | memoryview, place: str) -> bytes:
    whole = bytes(sealed)  # PostgreSQL hands out a memoryview
    try:
        return AESGCM(_key("secrets")).decrypt(whole[:12], whole[12:], place.encode())
    except (InvalidTag, ValueError):
        raise SecretBroken(
            "What was kept of this sign-in is not as it was written. "
            "Nobody was signed in; tell an administrator."
        ) from None


def digest(label: str, text: str) -> bytes:
    """32 bytes that stand for a text, and that nobody makes without the key."""
    return hmac.digest(_key(label), text.encode(), "sha256")


def _key(label: str) -> bytes:
    derive = HKDF(hashes.SHA256(), 32, salt=None, info=f"genomic-broker sign-in {label}".encode())
    return derive.derive(settings.MASTER_KEY.bytes)
