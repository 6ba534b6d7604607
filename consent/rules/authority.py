"""Whether the one who said yes could say it: adults, minors, guardians, next of kin; and after death.

Anybody may narrow; that is in precedence. The ceilings here are the house's, and no policy lifts them.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from consent.reasons import Reason
from consent.rules.precedence import is_read_alike
from consent.terms import AfterDeath, Capacity, Policy, Statement, Subject, Verb

GUARDIAN_CEILING = frozenset(("RESEARCH", "CLINICAL", "QC"))
PROXY_CEILING = frozenset(("CLINICAL",))  # nobody consents for another adult, but for her own care
GUARDIAN_IDENTITY_CEILING = frozenset(("LE.MIS",))
GRACE_CEILING = frozenset(("CLINICAL",))  # care is not cut at a birthday; everything else is asked anew
DISSENT_BLOCKS = frozenset(("RESEARCH",))

GUARDIAN, NEXT_OF_KIN, PROXY = Capacity.GUARDIAN, Capacity.NEXT_OF_KIN, Capacity.PROXY  # see precedence


def majority(born: date, policy: Policy, *, zone: str = "UTC", region: str = "") -> datetime:
    """The first instant, in UTC, of the birthday at which somebody comes of age: midnight in her home time
    zone, at the age of her home region."""
    return birthday(born, policy.age_of_majority(region), policy.leap_birthday, zone)


@lru_cache(maxsize=65_536)  # a population has fewer birthdays than people
def birthday(born: date, age: int, leap_birthday: str, zone: str) -> datetime:
    """The first instant, in UTC, of the birthday at which somebody is so many years old."""
    year = born.year + age
    try:
        first = date(year, born.month, born.day)
    except ValueError:  # 29 February, in a common year
        first = date(year, 2, 28) if leap_birthday == "FEB28" else date(year, 3, 1)
    return datetime(first.year, first.month, first.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def of_age_at(subject: Subject, policy: Policy) -> datetime:
    """The instant at which this participant comes of age."""
    return majority(subject.dob, policy, zone=subject.zone, region=subject.region)


def grace_end(of_age: datetime, family: str, policy: Policy) -> datetime:
    """Until when a guardian's grant of this family is good: majority, and for care some days more."""
    for name, days in policy.majority_grace_days:
        if name == family and family in GRACE_CEILING:
            return of_age + timedelta(days=max(days, 0))
    return of_age


def check(
    grant: Statement, subject: Subject, statements: Iterable[Statement], policy: Policy, at: datetime
) -> Iterator[Reason]:
    """Why a grant has no authority, or has outlived it."""
    capacity = grant.authority.capacity
    if capacity is NEXT_OF_KIN:
        yield Reason.AUTH_NOK_CANNOT_WIDEN
        return
    of_age = of_age_at(subject, policy)
    if capacity is GUARDIAN:
        yield from _guardian(grant, subject, of_age, policy, at)
    elif capacity is PROXY:
        yield from _proxy(grant, of_age, policy)
    elif grant.effective_at < of_age:
        yield Reason.AUTH_MINOR_SELF
    if subject.died_at is not None and subject.died_at <= at:
        yield from _after_death(grant, subject.died_at, statements, at)


def _guardian(
    grant: Statement, subject: Subject, of_age: datetime, policy: Policy, at: datetime
) -> Iterator[Reason]:
    if dissents(subject, at) and at < of_age and grant.family in DISSENT_BLOCKS:
        yield Reason.AUTH_MINOR_DISSENT
    if grant.authority.verified is not True:
        yield Reason.AUTH_GUARDIAN_UNVERIFIED
    if not _is_a_guardians(grant, policy):
        yield Reason.AUTH_GUARDIAN_CANNOT_GRANT
    # A date that was put on it afterwards gives her no more to say than she had when it was recorded.
    too_late = max(grant.effective_at, grant.recorded_at) >= of_age
    if at >= of_age and (too_late or at >= grace_end(of_age, grant.family, policy)):
        yield Reason.AUTH_GUARDIAN_LAPSED_AT_MAJORITY


def dissents(subject: Subject, at: datetime) -> bool:
    """Whether a young person's no stands, or goes on for a while after it was taken back."""
    return subject.minor_dissent or (subject.dissent_until is not None and at < subject.dissent_until)


def _proxy(grant: Statement, of_age: datetime, policy: Policy) -> Iterator[Reason]:
    """Somebody whom a court or she herself named, for an adult: care alone, and only until a stated day."""
    if grant.authority.verified is not True:
        yield Reason.AUTH_GUARDIAN_UNVERIFIED
    bounded = grant.valid_to is not None and grant.effective_at >= of_age
    if not bounded or grant.family not in policy.proxy_may_grant & PROXY_CEILING:
        yield Reason.AUTH_GUARDIAN_CANNOT_GRANT


def _is_a_guardians(grant: Statement, policy: Policy) -> bool:
    if grant.family in policy.guardian_may_grant & GUARDIAN_CEILING:
        return True
    identity = policy.guardian_may_grant_identity_only & GUARDIAN_IDENTITY_CEILING
    return grant.family in identity and grant.carries("IDENTITY_ONLY")


def _after_death(
    grant: Statement, died_at: datetime, statements: Iterable[Statement], at: datetime
) -> Iterator[Reason]:
    match grant.after_death:
        case _ if grant.recorded_at >= died_at or grant.authority.capacity is not Capacity.SELF:
            pass  # whoever said it, it was not she
        case AfterDeath.CONTINUE:
            return
        case AfterDeath.NOK_DECIDES if any(_upholds(one, grant, died_at, at) for one in statements):
            return
    yield Reason.AUTH_DECEASED_STOP


def _upholds(statement: Statement, grant: Statement, died_at: datetime, at: datetime) -> bool:
    """A verified next of kin, after the death, continued this very grant."""
    return (
        statement.decision is Verb.CONTINUE
        and statement.continues == grant.seq
        and statement.family == grant.family
        and statement.authority.capacity is Capacity.NEXT_OF_KIN
        and statement.authority.verified is True
        and died_at <= statement.recorded_at <= at
        and statement.effective_at <= at
        and is_read_alike(statement)
    )
