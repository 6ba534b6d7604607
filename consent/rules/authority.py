"""Whether the one who said yes could say it: adults, minors, guardians, next of kin; and after death.

Anybody may narrow; that is in precedence. The ceilings here are the house's, and no policy lifts them.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

from consent.reasons import Reason
from consent.rules.precedence import is_read_alike
from consent.terms import AfterDeath, Capacity, Policy, Statement, Subject, Verb

GUARDIAN_CEILING = frozenset(("RESEARCH", "CLINICAL", "QC"))
GUARDIAN_IDENTITY_CEILING = frozenset(("LE.MIS",))
GRACE_CEILING = frozenset(("CLINICAL",))  # care is not cut at a birthday; everything else is asked anew
DISSENT_BLOCKS = frozenset(("RESEARCH",))


def majority(born: date, policy: Policy) -> datetime:
    """The first instant of the birthday at which somebody comes of age, UTC."""
    year = born.year + policy.majority_age
    try:
        return datetime(year, born.month, born.day, tzinfo=UTC)
    except ValueError:  # 29 February, in a common year
        return datetime(year, 3, 1, tzinfo=UTC) - timedelta(days=policy.leap_birthday == "FEB28")


def grace_end(born: date, family: str, policy: Policy) -> datetime:
    """Until when a guardian's grant of this family is good: majority, and for care some days more."""
    of_age = majority(born, policy)
    for name, days in policy.majority_grace_days:
        if name == family and family in GRACE_CEILING:
            return of_age + timedelta(days=max(days, 0))
    return of_age


def check(
    grant: Statement, subject: Subject, statements: Iterable[Statement], policy: Policy, at: datetime
) -> Iterator[Reason]:
    """Why a grant has no authority, or has outlived it."""
    capacity = grant.authority.capacity
    if capacity is Capacity.NEXT_OF_KIN:
        yield Reason.AUTH_NOK_CANNOT_WIDEN
        return
    if capacity is Capacity.GUARDIAN:
        yield from _guardian(grant, subject, policy, at)
    elif grant.effective_at < majority(subject.dob, policy):
        yield Reason.AUTH_MINOR_SELF
    if subject.died_at is not None and subject.died_at <= at:
        yield from _after_death(grant, subject.died_at, statements, at)


def _guardian(grant: Statement, subject: Subject, policy: Policy, at: datetime) -> Iterator[Reason]:
    of_age = majority(subject.dob, policy)
    if subject.minor_dissent and at < of_age and grant.family in DISSENT_BLOCKS:
        yield Reason.AUTH_MINOR_DISSENT
    if grant.authority.verified is not True:
        yield Reason.AUTH_GUARDIAN_UNVERIFIED
    if not _is_a_guardians(grant, policy):
        yield Reason.AUTH_GUARDIAN_CANNOT_GRANT
    if at >= of_age and (grant.effective_at >= of_age or at >= grace_end(subject.dob, grant.family, policy)):
        yield Reason.AUTH_GUARDIAN_LAPSED_AT_MAJORITY


def _is_a_guardians(grant: Statement, policy: Policy) -> bool:
    if grant.family in policy.guardian_may_grant & GUARDIAN_CEILING:
        return True
    identity = policy.guardian_may_grant_identity_only & GUARDIAN_IDENTITY_CEILING
    return grant.family in identity and grant.carries("IDENTITY_ONLY")


def _after_death(
    grant: Statement, died_at: datetime, statements: Iterable[Statement], at: datetime
) -> Iterator[Reason]:
    match grant.after_death:
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
