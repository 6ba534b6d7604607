"""Sealing what a job keeps: its snapshot, its answer before the release, its manifest; and papers of courts.

AES-256-GCM under a key of this room's own, bound to the job (or paper) and to which of its parts it is.
"""

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from broker.errors import BrokerError


class StagedBroken(BrokerError):
    """What was staged is not as it was written. Nothing was released or shown."""


def seal(data: bytes, place: str) -> bytes:
    """`place` names the job and the part, for example "<job id>/answer"."""
    nonce = os.urandom(12)
    return nonce + AESGCM(_key("staging")).encrypt(nonce, data, place.encode())


def unseal(sealed: bytes, place: str) -> bytes:
    try:
        return AESGCM(_key("staging")).decrypt(sealed[:12], sealed[12:], place.encode())
    except (InvalidTag, ValueError):  # the second of what is too short to have been sealed
        raise StagedBroken("What was kept of this job is not as it was written. Tell an auditor.") from None


def commitment(sealed: bytes) -> str:
    """What the ledger keeps of something sealed: the nonce inside is its salt."""
    return hashlib.sha256(sealed).hexdigest()


def alias(undertaking: str, ordinal: int) -> str:
    """How a person is called towards one case, and there only: nobody can join two cases by it."""
    digest = hmac.digest(_key("alias"), f"{undertaking}\n{ordinal}".encode(), "sha256")
    return f"R-{int.from_bytes(digest[:5], 'big') % 10**10:010d}"


def _key(label: str) -> bytes:
    derive = HKDF(hashes.SHA256(), 32, salt=None, info=f"genomic-broker {label}".encode())
    return derive.derive(settings.MASTER_KEY.bytes)
