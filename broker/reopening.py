"""Whether anything may be asked or let out again after a restore: not before a steward has looked it over.

Most of what an older database forgot is done again by itself (broker.restoring). What cannot be, a policy or
a table of diseases that was adopted since, somebody has to bring again: until a steward says that she has
looked, no question is taken, no job runs and no lead is disclosed. Two kinds of event say how it is.
"""

from datetime import datetime

from django.db import transaction

from broker import events, rights
from broker.errors import Refused
from broker.models import User
from broker.roles import Right
from consent.ledger import log
from consent.models import LedgerEvent


def is_held() -> bool:
    """Whether the house was put back to an earlier day and no steward has looked since."""
    kinds = (events.RESTORED.tag, events.RESTORE_SEEN.tag)
    newest = [
        LedgerEvent.objects.filter(kind=kind).order_by("-id").values_list("id", flat=True).first() or 0
        for kind in kinds
    ]
    return newest[0] > newest[1]


def require_open() -> None:
    """Raises Refused while it is held."""
    if is_held():
        raise Refused(
            "This house was put back to an earlier day, and no steward has looked it over yet. Nothing was "
            "changed and nothing is lost; it goes on when a steward has."
        )


def look_over(*, by: User, at: datetime) -> None:
    """A steward has seen that what was decided since the backup holds again, or brought it again."""
    rights.require(by, Right.REVIEW_REQUESTS)
    if not is_held():
        raise Refused("Nothing waits to be looked over. Nothing was changed.")
    with transaction.atomic():
        log.append(events.RESTORE_SEEN, at=at, by=by.reference)
