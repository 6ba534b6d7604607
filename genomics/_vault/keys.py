"""Keys: one a participant, and one a slab, wrapped by the key of an epoch (genomics._vault.epochs).

A wrap is bound to whom it belongs, so that a wrapped key moved to another row does not open. The row is read
at every opening and nothing is remembered: a key that was erased opens nothing from the commit on.
"""

import hmac
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from consent.models import Participant
from genomics._vault import epochs, many
from genomics._vault.master import does_not_open, master
from genomics.errors import VaultSealed
from genomics.models import EvidenceKey, EvidenceProfile, ParticipantKey, VariantSlab

Row = ParticipantKey | EvidenceKey | EvidenceProfile | VariantSlab  # those that carry a wrap


def of(participant: Participant) -> bytes:
    """The participant's key. Raises VaultSealed when there is none, or when it does not open."""
    row = ParticipantKey.objects.filter(participant=participant, participant__erased_at__isnull=True).first()
    if row is None:
        raise VaultSealed(f"{participant} has no key here: nothing of hers can be opened.")
    return unwrap(row, holder_of(participant))


def of_many(ordinals: Iterable[int]) -> dict[int, bytes]:
    """The keys of many participants, by ordinal, read together; none of who was erased meanwhile. Raises
    VaultSealed for who is here and has no key."""
    asked = set(ordinals)
    found, ciphers = dict[int, bytes](), dict[int, AESGCM]()
    for ordinal, pseudonym, wrapped, epoch in many.wraps(asked):
        holder, sealed = f"participant:{pseudonym}", bytes(wrapped)
        if epoch == epochs.BEFORE:
            found[ordinal] = master().unwrap(sealed, holder)
            continue
        if epoch not in ciphers:
            ciphers[epoch] = AESGCM(epochs.key(epoch))
        found[ordinal] = _unwrap(sealed, ciphers[epoch], holder)
    missing = asked - found.keys()
    if missing and Participant.objects.filter(ordinal__in=missing, erased_at__isnull=True).exists():
        raise VaultSealed("Some of those asked have no key here: nothing of theirs can be opened.")
    return found


def of_or_new(participant: Participant, *, at: datetime) -> bytes:
    """The participant's key, made now if this is her first file. Call inside a transaction."""
    standing = Participant.objects.select_for_update().filter(
        ordinal=participant.ordinal, erased_at__isnull=True
    )
    if not standing.exists():
        raise VaultSealed(f"{participant} was erased. Nothing was stored.")
    row = ParticipantKey.objects.select_for_update().filter(participant=participant).first()
    if row is not None:
        return unwrap(row, holder_of(participant))
    key = AESGCM.generate_key(256)
    wrap = wrapped(key, holder_of(participant), at=at)
    ParticipantKey.objects.create(participant=participant, wrapped=wrap.wrapped, epoch=wrap.epoch)
    return key


def of_evidence(profile: EvidenceProfile) -> bytes:
    """The key of its case. Raises VaultSealed when that was destroyed, or does not open."""
    if profile.wrapped is not None:
        return unwrap(profile, evidence_holder(profile))
    row = EvidenceKey.objects.filter(case=profile.case).first()
    if row is None:
        raise VaultSealed(f"The key of {profile.case} is gone: its evidence cannot be opened any more.")
    return unwrap(row, case_holder(row.case))


def of_case_or_new(case: str, *, at: datetime) -> bytes:
    """The key of a case's evidence, made now if this is its first profile. Call inside a transaction."""
    row = EvidenceKey.objects.select_for_update().filter(case=case).first()
    if row is None:
        key = AESGCM.generate_key(256)
        wrap = wrapped(key, case_holder(case), at=at)
        EvidenceKey.objects.create(case=case, wrapped=wrap.wrapped, epoch=wrap.epoch)
        return key
    return unwrap(row, case_holder(case))


def require_of_case(case: str, key: bytes) -> None:
    """Raises VaultSealed unless this is its key still: the case may have ended while a file was read."""
    row = EvidenceKey.objects.select_for_update().filter(case=case).first()
    if row is None or not hmac.compare_digest(unwrap(row, case_holder(case)), key):
        raise VaultSealed(f"{case} has ended, and its key is gone. Nothing was stored.")


def of_slab(slab: VariantSlab) -> bytes:
    return unwrap(slab, slab_holder(slab))


@dataclass(frozen=True, slots=True)
class Wrap:
    """A sealed key, as a row carries it: 12 bytes nonce and the ciphertext, 60 bytes; under which epoch."""

    wrapped: bytes
    epoch: int


def wrapped(key: bytes, holder: str, *, at: datetime) -> Wrap:
    epoch = epochs.newest(at=at)
    return Wrap(_wrap(key, epochs.key(epoch.number), holder), epoch.number)


def unwrap(row: Row, holder: str) -> bytes:
    """Raises VaultSealed for a wrap that was changed or moved, and for one whose epoch is destroyed."""
    sealed = bytes(row.wrapped or b"")
    if row.epoch == epochs.BEFORE:
        return master().unwrap(sealed, holder)
    return _unwrap(sealed, AESGCM(epochs.key(row.epoch)), holder)


def rewrap(epoch: epochs.Epoch, *, most: int) -> int:
    """Wrap at most `most` keys anew under this epoch, in one transaction. Returns how many it did: 0 when
    none is left. May be cut off and begun again at any time."""
    over, done = epochs.key(epoch.number), 0
    with transaction.atomic():
        for every in _everything():
            outdated = every.select_for_update(of=("self",)).exclude(epoch=epoch.number).order_by("pk")
            rows = list(outdated[: most - done])
            for row in rows:
                holder = _holder(row)
                row.wrapped, row.epoch = _wrap(unwrap(row, holder), over, holder), epoch.number
            every.bulk_update(rows, ["wrapped", "epoch"])
            done += len(rows)
    return done


def in_use() -> set[int]:
    """The epochs under which some key is wrapped."""
    return {epoch for every in _everything() for epoch in every.values_list("epoch", flat=True).distinct()}


def fingerprint_of(pieces: Iterable[bytes], key: bytes) -> bytes:
    """Recognises the same bytes for the same owner, and tells nobody else anything."""
    digest = hmac.new(key, b"fingerprint", "sha256")
    for piece in pieces:
        digest.update(piece)
    return digest.digest()


def evidence_print(data: bytes, owner: str) -> bytes:
    """The same of evidence, for who brings it, whichever case it is for. It lies with the profile alone."""
    derive = HKDF(hashes.SHA256(), 32, salt=None, info=f"genomic-broker evidence of {owner}".encode())
    return fingerprint_of([data], derive.derive(settings.MASTER_KEY.bytes))


def holder_of(participant: Participant) -> str:
    return f"participant:{participant.pseudonym}"


def evidence_holder(profile: EvidenceProfile) -> str:
    return f"evidence:{profile.id}"


def case_holder(case: str) -> str:
    return f"evidence of {case}"


def slab_holder(slab: VariantSlab) -> str:
    return f"slab:{slab.id}"


def _everything() -> tuple[QuerySet[Any], ...]:
    """All rows that carry a wrap."""
    people = ParticipantKey.objects.select_related("participant")
    own = EvidenceProfile.objects.filter(wrapped__isnull=False)
    return people, EvidenceKey.objects.all(), own, VariantSlab.objects.all()


def _holder(row: Row) -> str:
    match row:
        case ParticipantKey():
            return holder_of(row.participant)
        case EvidenceKey():
            return case_holder(row.case)
        case EvidenceProfile():
            return evidence_holder(row)
        case VariantSlab():
            return slab_holder(row)


def _unwrap(sealed: bytes, over: AESGCM, holder: str) -> bytes:
    try:
        return over.decrypt(sealed[:12], sealed[12:], holder.encode())
    except (InvalidTag, ValueError):
        raise does_not_open(holder) from None


def _wrap(key: bytes, over: bytes, holder: str) -> bytes:
    nonce = os.urandom(12)
    return nonce + AESGCM(over).encrypt(nonce, key, holder.encode())
