"""The way from a child's record to an adult's: which steps fall on which instants. Pure.

Invitations before majority; at majority the guardian's choices lapse, to the second, and the fresh start
begins; care has its grace; after a long silence erasure is offered. Who is told of a
step is settled upstairs.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from consent.rules import authority
from consent.terms import Policy, Subject


class Moment(StrEnum):
    """What happens on the way."""

    FIRST_INVITATION = "FIRST_INVITATION"  # she may have a login of her own, and object
    SECOND_INVITATION = "SECOND_INVITATION"  # what majority will change
    MAJORITY = "MAJORITY"  # what guardians chose lapses; everything is asked anew
    CARE_ENDS = "CARE_ENDS"  # the grace of their yes to care is over
    ERASURE_OFFERED = "ERASURE_OFFERED"  # she has not said a word for long


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverPlan:
    """The dials of the way."""

    first_invitation_age: int = 16
    second_invitation_months: int = 12  # before majority
    silence_years: int = 3  # after majority


@dataclass(frozen=True, slots=True)
class Step:
    """One moment and its instant, in UTC."""

    moment: Moment
    at: datetime


def steps(subject: Subject, policy: Policy, plan: HandoverPlan | None = None) -> tuple[Step, ...]:
    """The whole way of one person, in order. An invitation that would not come before the next step is left
    out, as where somebody is of age at 16."""
    plan = plan or HandoverPlan()
    of_age = authority.of_age_at(subject, policy)
    second = _earlier(of_age, plan.second_invitation_months, subject.zone)
    first = _birthday(subject, plan.first_invitation_age, policy)
    way = [
        *([Step(Moment.FIRST_INVITATION, first)] if first < second else []),
        *([Step(Moment.SECOND_INVITATION, second)] if second < of_age else []),
        Step(Moment.MAJORITY, of_age),
        Step(Moment.CARE_ENDS, authority.grace_end(of_age, "CLINICAL", policy)),
        Step(Moment.ERASURE_OFFERED, _earlier(of_age, -12 * plan.silence_years, subject.zone)),
    ]
    return tuple(sorted(way, key=lambda step: step.at))


def at_of(moment: Moment, way: tuple[Step, ...]) -> datetime | None:
    """When a moment comes; None where this way has none."""
    return next((step.at for step in way if step.moment is moment), None)


def invites_from(way: tuple[Step, ...]) -> datetime:
    """From when she may have a login of her own to a record that others opened: the first step."""
    return way[0].at


def _birthday(subject: Subject, age: int, policy: Policy) -> datetime:
    """The first instant of a birthday, read as majority is: at home, and with the same leap rule."""
    return authority.birthday(subject.dob, age, policy.leap_birthday, subject.zone)


def _earlier(at: datetime, months: int, zone: str) -> datetime:
    """So many months before, on the same day at home or that month's last; later for a negative number."""
    day = at.astimezone(ZoneInfo(zone)).date()
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    last = monthrange(year, month + 1)[1]
    return datetime(year, month + 1, min(day.day, last), tzinfo=ZoneInfo(zone)).astimezone(UTC)
