"""The alarms: when yeses come in numbers that people do not produce, and when a record is not as recorded.

In July 2020 every setting of a large service was turned to yes within minutes. Here that would permit nothing
before its cooling-off is over, and this is how somebody hears of it in time. Narrowing never alarms.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from consent import events, fence, policies, roll
from consent.errors import HeadMissing, LedgerBroken
from consent.ledger import log
from consent.models import LedgerEvent, LedgerOpening, Participant
from consent.terms import Policy

QUIET = timedelta(hours=1)  # an unsound record rings once in it
WHOLE_HOUSE = 2_000  # people whose records are looked at together, a share of the house a minute
BEHIND = timedelta(days=28)  # what is usual is read from so long before the window
WHO = "alarm"  # by whom the event is: nobody pressed anything


@dataclass(frozen=True, slots=True, kw_only=True)
class Rise:
    """So many yeses in a window, where so many are usual."""

    since: datetime
    at: datetime
    grants: int
    usual: float

    @property
    def hours(self) -> int:
        return int((self.at - self.since) / timedelta(hours=1))


def rise(at: datetime, policy: Policy) -> Rise | None:
    """Whether many more yeses came in the window that ends now than in one as long before it."""
    window = timedelta(hours=max(policy.alarm_window_hours, 1))
    since = at - window
    grants = _given(since, at)
    if grants < max(policy.alarm_least, 1):
        return None
    usual = _given(since - BEHIND, since) * (window / BEHIND)
    if grants < policy.alarm_factor * usual:
        return None
    return Rise(since=since, at=at, grants=grants, usual=usual)


def look(at: datetime) -> Rise | None:
    """Ring, once in a window, if there is a rise: one ledger event with the numbers."""
    policy = policies.within_bounds(at=at)
    found = rise(at, policy)
    if found is None or _rang(found):
        return None
    with transaction.atomic():
        fence.advance([])  # whoever looks at the same moment comes after, and sees that it rang
        if _rang(found):
            return None
        log.append(
            events.RISE,
            at=at,
            by=WHO,
            grants=found.grants,
            usual=f"{found.usual:.1f}",
            hours=found.hours,
            least=policy.alarm_least,
            factor=policy.alarm_factor,
            since=found.since.isoformat(),
        )
    return found


def unsound(what: str, *, at: datetime, subject: str = "") -> LedgerEvent | None:
    """Something is not as it was recorded: ring, unless the same rang of the same a short time ago. One
    ledger event. What is harmless mutes nothing else."""
    with transaction.atomic():
        if (what, subject) in _unsound(at):
            return None
        return log.append(events.UNSOUND, at=at, by=WHO, subject=subject, what=what)


def rang(what: str, *, at: datetime) -> bool:
    """Whether the same rang a short time ago, of whatever it was: then auditors have been told already."""
    return any(what == told for told, _ in _unsound(at))


def _unsound(at: datetime) -> set[tuple[str, str]]:
    """What rang a short time ago, and of what."""
    rows = LedgerOpening.objects.filter(event__kind=events.UNSOUND.tag, event__at__gt=at - QUIET)
    return {(row.said["fields"]["what"], row.subject) for row in rows}


def walk(at: datetime) -> LedgerEvent | None:
    """Look at the records of a share of the house, another one each minute and everybody's within a day; ring
    for the first that is not whole and has not rung."""
    of = max(1, min(Participant.objects.count() // WHOLE_HOUSE, 24 * 60))
    share = int(at.timestamp() // 60) % of
    try:
        for one in roll.unsound(share=share, of=of):
            if (event := unsound(str(one), at=at)) is not None:
                return event
    except (LedgerBroken, HeadMissing) as broken:
        return unsound(str(broken), at=at)
    return None


def newest(*, since: datetime) -> LedgerEvent | None:
    """The last time yeses rose, if that was not longer ago."""
    return LedgerEvent.objects.filter(kind=events.RISE.tag, at__gt=since).order_by("-at").first()


def newest_unsound(*, since: datetime) -> LedgerEvent | None:
    """The last time a record was found unsound, if that was not longer ago."""
    return LedgerEvent.objects.filter(kind=events.UNSOUND.tag, at__gt=since).order_by("-at").first()


def _given(after: datetime, until: datetime) -> int:
    return LedgerEvent.objects.filter(kind=events.GIVEN.tag, at__gt=after, at__lte=until).count()


def _rang(found: Rise) -> bool:
    return newest(since=found.since) is not None
