"""The end of evidence: a case's profiles, their bytes and the one key that opened them, and the line in the
ledger that certifies it. How evidence comes in is in receive.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import TypedDict

from django.db import transaction

from consent.ledger import log
from genomics import events
from genomics._vault import files as vault
from genomics._vault import shelf
from genomics.errors import VaultSealed
from genomics.intake import upkeep
from genomics.models import EvidenceKey, EvidenceProfile, Sealed


class Destroyed(TypedDict):
    """One profile that is gone, as the ledger keeps it: what it was is told by hashes alone."""

    evidence: str
    received_at: str
    column_manifest: str
    place: str  # where its bytes lay


class Left(TypedDict):
    """What of a case's evidence is still here. After its end all three are nothing."""

    profiles: int
    keys: int
    files: int


def destroy(case: str, *, by: str, at: datetime) -> list[Destroyed]:
    """Destroy every profile of a case and its key, with a line in the ledger. Doing it again does nothing.
    The bytes go when this is committed; should that be cut off, upkeep clears them, and without the key they
    are noise."""
    with transaction.atomic():
        profiles = list(EvidenceProfile.objects.select_for_update().filter(case=case).order_by("received_at"))
        gone = [_described(one) for one in profiles]
        _forget(case, profiles)
        if gone:
            log.append(
                events.EVIDENCE_DESTROYED,
                at=at,
                by=by,
                subject=case,
                profiles=gone,
                gone_from_backups=upkeep.gone_from_backups(at).isoformat(),
            )
    return gone


def discard(case: str) -> None:
    """The same for what was no case's: a file that was held against another for a moment."""
    with transaction.atomic():
        _forget(case, list(EvidenceProfile.objects.select_for_update().filter(case=case)))


def left(case: str, destroyed: Iterable[Destroyed]) -> Left:
    """Looked up now: the case's rows and key, and whatever still lies where these profiles lay."""
    return {
        "profiles": EvidenceProfile.objects.filter(case=case).count(),
        "keys": EvidenceKey.objects.filter(case=case).count(),
        "files": sum(_lies(one["place"]) for one in destroyed if one["place"]),
    }


def _lies(place: str) -> bool:
    try:
        shelf.get(place, 0, 1)
    except VaultSealed:
        return False
    return True


def _forget(case: str, profiles: list[EvidenceProfile]) -> None:
    EvidenceKey.objects.filter(case=case).delete()  # the key first: without it bytes are noise
    for profile in profiles:
        EvidenceProfile.objects.filter(pk=profile.pk).delete()
        for sealed in Sealed.objects.filter(name=vault.evidence_name(profile)):
            sealed.delete()
            transaction.on_commit(partial(shelf.remove, sealed.place), robust=True)


def _described(profile: EvidenceProfile) -> Destroyed:
    sealed = Sealed.objects.filter(name=vault.evidence_name(profile)).first()
    return {
        "evidence": str(profile.pk),
        "received_at": profile.received_at.isoformat(),
        "column_manifest": bytes(sealed.manifest_sha256).hex() if sealed else "",
        "place": sealed.place if sealed else "",
    }
