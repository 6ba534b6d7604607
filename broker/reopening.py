"""Whether anything may be asked or let out again after a restore: not before a steward has looked it over.

Most of what an older database forgot is done again by itself (broker.restoring). What cannot be, a policy or
a table of diseases that was adopted since, somebody has to bring again: until a steward says that she has
looked, no question is taken, no job runs and no lead is disclosed. Two kinds of event say how it is, and the
first of them what she has to look at.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from broker import events, rights, uses
from broker.errors import Refused
from broker.models import User
from broker.roles import Right
from consent import fence, giving
from consent.ledger import log
from consent.models import LedgerEvent, LedgerOpening
from consent.terms import SignIn


@dataclass(frozen=True, slots=True, kw_only=True)
class Restore:
    """The newest restore, as the ledger tells of it. `done` is by kind how much was done again, or ended;
    `lost` by kind the names of what is not there now, empty for what has none; `events` how many that a
    checkpoint vouched for are in the database no more."""

    at: datetime
    done: dict[str, int]
    lost: dict[str, list[str]]
    events: int
    seen_at: datetime | None  # when a steward had looked
    seen_by: str


def newest() -> Restore | None:
    """None where no older database was ever put back."""
    restored = _newest(events.RESTORED.tag)
    if restored is None:
        return None
    said = restored.said["fields"]
    seen = _newest(events.RESTORE_SEEN.tag)
    if seen is not None and seen.event_id < restored.event_id:
        seen = None
    return Restore(
        at=restored.event.at,
        done=said["done"],
        lost=said.get("lost", {}),  # restores of earlier versions did not name it
        events=max(said["vouched"] - said["remembered"], 0),
        seen_at=seen.event.at if seen else None,
        seen_by=seen.said["by"] if seen else "",
    )


def is_held() -> bool:
    """Whether the house was put back to an earlier day and no steward has looked since."""
    told = LedgerEvent.objects.filter(kind__in=(events.RESTORED.tag, events.RESTORE_SEEN.tag))
    newest_of_both = told.order_by("-id").values_list("kind", flat=True).first()
    return newest_of_both == events.RESTORED.tag


def require_open() -> None:
    """Raises Refused while it is held."""
    if is_held():
        raise Refused(
            "This house was put back to an earlier day, and no steward has looked it over yet. Nothing was "
            "changed and nothing is lost; it goes on when a steward has."
        )


def look_over(*, by: User, sign_in: SignIn | None, at: datetime) -> None:
    """A steward has seen that what was decided since the backup holds again, or brought it again. Raises
    Refused without a fresh proof of who she is."""
    if sign_in is None or not giving.is_fresh(sign_in, uses.dials(at), at):
        raise Refused("This takes a passkey or a second factor, shown just now. Nothing was changed.")
    _look_over(by, signed_in=sign_in.method, at=at)


def look_over_at_the_terminal(*, by: User, at: datetime) -> None:
    """The same, said to an operator: whoever has the terminal has the machine."""
    _look_over(by, signed_in="terminal", at=at)


def _look_over(by: User, *, signed_in: str, at: datetime) -> None:
    rights.require(by, Right.REVIEW_REQUESTS)
    with transaction.atomic():
        fence.advance([])  # of two who look at once the second finds it done
        if not is_held():
            raise Refused("Nothing waits to be looked over. Nothing was changed.")
        log.append(events.RESTORE_SEEN, at=at, by=by.reference, signed_in=signed_in)


def _newest(kind: str) -> LedgerOpening | None:
    rows = LedgerOpening.objects.filter(event__kind=kind).select_related("event")
    return rows.order_by("-event_id").first()
