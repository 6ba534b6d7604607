"""What consent must know of files: whose each is, and its state. Genomics calls these verbs."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from consent import events, fence, naming
from consent.ledger import log
from consent.models import Holding, Participant
from consent.models.people import HOLDING_TRANSITIONS


def add(
    participant: Participant,
    file: UUID,
    *,
    by: str,
    at: datetime,
    state: Holding.State = Holding.State.ACTIVE,
) -> Holding:
    """A file of this participant has been taken in. It may be asked about, consent permitting, unless it is
    quarantined from the start."""
    with transaction.atomic():
        # Her key of names is made now, and not by the first job that considers her: its instant, which she
        # may see, would tell that something was asked long before that may be told.
        naming.keep([participant.ordinal], at=at, by=by)
        position = fence.advance([participant.ordinal])
        holding = Holding.objects.create(file=file, participant=participant, state=state)
        _note(holding, position, by=by, at=at)
        return holding


def set_state(holding: Holding, state: Holding.State, *, by: str, at: datetime) -> None:
    """Quarantine a file, take it back, or mark it erased. Erased is the end."""
    with transaction.atomic():
        position = fence.advance([holding.participant_id])
        before = [one for one, after in HOLDING_TRANSITIONS.items() if state in after]
        # One that stands so already may be told so again, but for an erased one.
        here = Holding.objects.filter(file=holding.file, state__in={*before, state} - {Holding.State.ERASED})
        changed = here.update(state=state)
        if changed:
            holding.state = state
            _note(holding, position, by=by, at=at)


def _note(holding: Holding, position: int, *, by: str, at: datetime) -> None:
    log.append(
        events.HOLDING_CHANGED,
        at=at,
        by=by,
        subject=holding.participant.pseudonym,
        file=str(holding.file),
        state=str(holding.state),
        position=position,
    )
