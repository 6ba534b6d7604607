"""Keys: one a participant, wrapped by the master key, which lies outside the database.

A wrap is bound to whom it belongs, so that a wrapped key moved to another row does not open.
"""

import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from consent.models import Participant
from genomics.errors import VaultSealed
from genomics.models import EvidenceProfile, ParticipantKey


def of(participant: Participant) -> bytes:
    """The participant's key. Raises VaultSealed when there is none, or when it does not open."""
    row = ParticipantKey.objects.filter(participant=participant).first()
    if row is None:
        raise VaultSealed(f"{participant} has no key here: nothing of hers can be opened.")
    return unwrap(bytes(row.wrapped), row.master_key, _holder(participant))


def of_or_new(participant: Participant) -> bytes:
    """The participant's key, made now if this is her first file. Call inside a transaction."""
    row = ParticipantKey.objects.select_for_update().filter(participant=participant).first()
    if row is not None:
        return unwrap(bytes(row.wrapped), row.master_key, _holder(participant))
    key = AESGCM.generate_key(256)
    ParticipantKey.objects.create(
        participant=participant, wrapped=wrap(key, _holder(participant)), master_key=settings.MASTER_KEY.id
    )
    return key


def of_evidence(profile: EvidenceProfile) -> bytes:
    return unwrap(bytes(profile.wrapped), profile.master_key, f"evidence:{profile.id}")


def wrap(key: bytes, holder: str) -> bytes:
    """12 bytes nonce and the sealed key: 60 bytes."""
    nonce = os.urandom(12)
    return nonce + AESGCM(settings.MASTER_KEY.bytes).encrypt(nonce, key, holder.encode())


def unwrap(wrapped: bytes, master_key: str, holder: str) -> bytes:
    if master_key != settings.MASTER_KEY.id:
        raise VaultSealed(f"This key was wrapped by master key {master_key}, which is not here.")
    try:
        return AESGCM(settings.MASTER_KEY.bytes).decrypt(wrapped[:12], wrapped[12:], holder.encode())
    except InvalidTag:
        raise VaultSealed(f"The wrapped key of {holder} does not open: it was changed or moved.") from None


def fingerprint(key: bytes, data: bytes) -> bytes:
    """Recognises the same bytes for the same owner, and tells nobody else anything."""
    return hmac.digest(key, b"fingerprint" + data, "sha256")


def _holder(participant: Participant) -> str:
    return f"participant:{participant.pseudonym}"
