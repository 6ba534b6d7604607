"""Erasing a person: what the ground floor keeps of her goes, and a certificate says what went and when.

What stays: her pseudonym (drawn, derived from nothing), that she was erased, and the public line of every
event, whose leaf is a salted commitment; so every proof holds, and nobody can tell what it said. The floors
above destroy theirs in the same transaction (`also`); the whole act is genomics.intake.erasure.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, datetime

from django.db import transaction

from consent import events, fence
from consent.errors import RegistrationRefused
from consent.ledger import log
from consent.models import (
    Erasure,
    Freeze,
    Holding,
    HomeChange,
    KinLink,
    LedgerOpening,
    ManifestKey,
    PaperEntry,
    PaperImport,
    PaperMove,
    Participant,
    Projection,
    Statement,
)

UNKNOWN = date(1900, 1, 1)  # the birthday of whoever has none any more
_AT_ONCE = 1_000  # openings named in one statement

Counts = Mapping[str, int]


def erase(
    participant: Participant,
    *,
    also: Callable[[], Counts],
    gone_from_backups: datetime,
    by: str,
    at: datetime,
) -> Erasure:
    """Erase her, for good and at once: nothing of hers is read from the commit on. `also` is called in the
    same transaction and tells what else it destroyed. Raises RegistrationRefused if she was erased before."""
    with transaction.atomic():
        position = fence.advance([participant.ordinal])
        # First of all: the fence in the database lets rows of the erased be removed, and no others.
        standing = Participant.objects.filter(ordinal=participant.ordinal, erased_at__isnull=True)
        if not standing.update(erased_at=at):
            raise RegistrationRefused(f"{participant} was erased before. Nothing was changed.")
        registered = registration(participant)
        destroyed = {**also(), **_destroy(participant)}
        by_kind = _destroy_openings(participant)  # last: what went before may have written of her
        destroyed["ledger_openings"] = by_kind.total()
        Participant.objects.filter(ordinal=participant.ordinal).update(
            born_on=UNKNOWN,
            died_at=None,
            identity_verified=False,
            minor_dissent=False,
            home_region="",
            home_zone="UTC",
        )
        event = log.append(
            events.ERASED,
            at=at,
            by=by,
            subject=participant.pseudonym,
            destroyed=destroyed,
            openings=dict(by_kind),
            gone_from_backups=gone_from_backups.isoformat(),
            ordinal=participant.ordinal,
            registered=registered,
            position=position,
        )
        certificate = Erasure.objects.create(
            participant=participant,
            at=at,
            destroyed=destroyed,
            gone_from_backups_at=gone_from_backups,
            event=event.uid,
        )
    participant.refresh_from_db()
    return certificate


def registration(participant: Participant) -> str | None:
    """The event of her registration: it stays in the tree when what it said is gone, and shows that she was
    there before."""
    hers = LedgerOpening.objects.filter(subject=participant.pseudonym, event__kind=events.REGISTERED.tag)
    uid = hers.order_by("event_id").values_list("event__uid", flat=True).first()
    return None if uid is None else str(uid)


def _destroy(participant: Participant) -> dict[str, int]:
    """Everything that is kept of her here. Who is her twin keeps the link: it is the twin's, too."""
    papers = PaperImport.objects.filter(participant=participant)
    readings = PaperEntry.objects.filter(participant=participant).erase()
    PaperMove.objects.filter(paper__in=list(papers.values_list("pk", flat=True))).erase()
    KinLink.objects.filter(person=participant).delete()
    Freeze.objects.filter(participant=participant).delete()
    ManifestKey.objects.filter(participant=participant).delete()
    HomeChange.objects.filter(participant=participant).delete()
    Holding.objects.filter(participant=participant).update(state=Holding.State.ERASED)
    Projection.objects.all().delete()  # kept populations name everybody; the next is made without her
    return {
        "paper_readings": readings,
        "papers": papers.erase(),
        "statements": Statement.objects.filter(participant=participant).erase(),
    }


def _destroy_openings(participant: Participant) -> Counter[str]:
    """What events said of her goes. Counted by kind: the ledger is held against it, and what somebody else
    writes of her meanwhile is either counted and gone, or neither."""
    hers = LedgerOpening.objects.filter(subject=participant.pseudonym)
    gone: Counter[str] = Counter()
    while rows := list(hers.values_list("pk", "event__kind")[:_AT_ONCE]):
        LedgerOpening.objects.filter(pk__in=[pk for pk, _ in rows]).erase()
        gone.update(kind for _, kind in rows)
    return gone
