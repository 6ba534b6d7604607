"""The verbs of a participant's own facts: register, verify, freeze, dissent.

Consent itself is in records; whose login may act for a participant is upstairs.
"""

from datetime import date, datetime

from django.db import transaction

from consent import events, fence
from consent.ledger import log
from consent.models import Freeze, Participant


def register(*, born_on: date, home_region: str = "", by: str, at: datetime) -> Participant:
    """A new participant, under a drawn pseudonym. Nothing is allowed and nothing is verified."""
    with transaction.atomic():
        position = fence.advance([])
        participant = Participant.objects.create(born_on=born_on, home_region=home_region, epoch=position)
        log.append(events.REGISTERED, at=at, by=by, subject=participant.pseudonym)
        return participant


def verify_identity(participant: Participant, *, by: str, at: datetime) -> None:
    """Somebody has seen that this is who she says she is."""
    with transaction.atomic():
        fence.advance([participant.ordinal])
        Participant.objects.filter(ordinal=participant.ordinal).update(identity_verified=True)
        log.append(events.IDENTITY_VERIFIED, at=at, by=by, subject=participant.pseudonym)
    participant.refresh_from_db()


def freeze(participant: Participant, *, until: datetime | None, by: str, at: datetime) -> Freeze:
    """Stop everything about a participant for a time: all that staff may do, and it only narrows."""
    with transaction.atomic():
        fence.advance([participant.ordinal])
        log.append(
            events.FROZEN,
            at=at,
            by=by,
            subject=participant.pseudonym,
            until=until.isoformat() if until else None,
        )
        return Freeze.objects.create(participant=participant, since=at, until=until)


def record_dissent(participant: Participant, *, dissents: bool, by: str, at: datetime) -> None:
    """A young person says no, or takes the no back, for as long as she is a minor."""
    with transaction.atomic():
        fence.advance([participant.ordinal])
        Participant.objects.filter(ordinal=participant.ordinal).update(minor_dissent=dissents)
        log.append(events.DISSENT, at=at, by=by, subject=participant.pseudonym, dissents=dissents)
    participant.refresh_from_db()
