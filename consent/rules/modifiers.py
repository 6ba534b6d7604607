"""The conditions on a grant: each a small question to the request. A parameter that is missing or malformed
fails, and so does a code that is not in the table.

Whether a modifier is applied at all (care through CC leaves some out) is decided in families.
"""

from calendar import monthrange
from collections.abc import Callable, Iterator, Set
from datetime import MAXYEAR, UTC, datetime

from consent import duo
from consent.canonical import instant
from consent.purposes import Purpose
from consent.reasons import Reason
from consent.rules.spoken import Head
from consent.terms import DataUse, Modifier, Policy

NOT_FOR_PROFIT = frozenset(("nonprofit", "academic", "government"))
GENETIC = frozenset(("genetic", "genotype_phenotype"))
MOST_MONTHS = 1200

Rule = Callable[[Modifier, DataUse, Policy, datetime], bool]

_NONE: frozenset[str] = frozenset()


def check(
    grant: Head, use: DataUse, policy: Policy, at: datetime, *, leaving_out: Set[str] = _NONE
) -> Iterator[Reason]:
    """Every condition of a grant that the request does not meet."""
    for modifier in grant.modifiers:
        if modifier.code in leaving_out:
            continue
        rule = RULES.get(modifier.code)
        if rule is None:
            yield Reason.MOD_UNKNOWN
        elif not rule(modifier, use, policy, at):
            yield Reason(f"MOD_{modifier.code}")


def end_of_term(first_access: datetime, months: int) -> datetime:
    """So many months later, at the same time of day; on the month's last day where there is no such day."""
    year, month = divmod(first_access.year * 12 + first_access.month - 1 + months, 12)
    if year > MAXYEAR:
        return datetime.max.replace(tzinfo=UTC)
    day = min(first_access.day, monthrange(year, month + 1)[1])
    return first_access.replace(year=year, month=month + 1, day=day)


def months_of(modifier: Modifier) -> int | None:
    """The months of a TS; None when they are not a whole number above zero."""
    return _whole(modifier.get("months"))


def too_long(modifier: Modifier) -> bool:
    """Whether a TS names more months than anybody is asked to count. The rule itself reads any number; this
    is for whoever takes a yes."""
    return (months_of(modifier) or 0) > MOST_MONTHS


def until_of(modifier: Modifier) -> datetime | None:
    """The date of a MOR; None when it is none."""
    until = modifier.get("until")
    try:
        return instant(until) if isinstance(until, str) else None
    except ValueError:
        return None


def listed_of(modifier: Modifier) -> frozenset[str]:
    """The words that a GS, RS, US, PS or IS lists; empty when there is no such list."""
    return _listed(modifier, duo.MODIFIERS[modifier.code].parameter or "")


def is_whole(modifier: Modifier) -> bool:
    """Whether a known condition states what it must, so that somebody could ever meet it."""
    match duo.MODIFIERS[modifier.code].parameter:
        case None:
            return True
        case "months":
            return months_of(modifier) is not None
        case "until":
            return until_of(modifier) is not None
    return bool(listed_of(modifier))


def _whole(number: object) -> int | None:
    return number if isinstance(number, int) and not isinstance(number, bool) and number > 0 else None


def _listed(modifier: Modifier, name: str) -> frozenset[str]:
    """A list of words; empty, and so met by nobody, when it is anything else."""
    listed = modifier.get(name)
    if not isinstance(listed, tuple) or not all(isinstance(word, str) and word for word in listed):
        return _NONE
    return frozenset(str(word) for word in listed)


def names_something(reference: str | None) -> bool:
    """Whether a reference to a paper could be looked up: blanks and dashes name none."""
    return reference is not None and any(sign.isalnum() for sign in reference)


def _always(_modifier: Modifier, _use: DataUse, _policy: Policy, _at: datetime) -> bool:
    return True


def _nmds(_modifier: Modifier, use: DataUse, _policy: Policy, _at: datetime) -> bool:
    return Purpose.MDS not in use.purposes


def _npoa(_modifier: Modifier, use: DataUse, _policy: Policy, _at: datetime) -> bool:
    return Purpose.POA not in use.purposes


def _nctrl(_modifier: Modifier, use: DataUse, _policy: Policy, _at: datetime) -> bool:
    return Purpose.CTRL not in use.purposes or Purpose.DS in use.purposes


def _gso(_modifier: Modifier, use: DataUse, _policy: Policy, _at: datetime) -> bool:
    return use.study_type in GENETIC


def _npu(_modifier: Modifier, use: DataUse, _policy: Policy, _at: datetime) -> bool:
    return use.requester.org_type in NOT_FOR_PROFIT


def _ncu(_modifier: Modifier, use: DataUse, _policy: Policy, _at: datetime) -> bool:
    return use.commercial_use is False


def _npuncu(modifier: Modifier, use: DataUse, policy: Policy, at: datetime) -> bool:
    return _npu(modifier, use, policy, at) and _ncu(modifier, use, policy, at)


def _gs(modifier: Modifier, use: DataUse, policy: Policy, _at: datetime) -> bool:
    allowed = _listed(modifier, "regions")
    return bool(use.regions) and all(
        not policy.region_parents.upwards(region).isdisjoint(allowed) for region in use.regions
    )


def _ts(modifier: Modifier, use: DataUse, _policy: Policy, at: datetime) -> bool:
    limit, planned = months_of(modifier), _whole(use.duration_months)
    if limit is None or planned is None or planned > limit:
        return False
    first = use.project.first_access_at
    return first is None or at < end_of_term(first, limit)


def _pub(_modifier: Modifier, use: DataUse, _policy: Policy, _at: datetime) -> bool:
    return use.commitments.publication is True


def _col(_modifier: Modifier, use: DataUse, _policy: Policy, _at: datetime) -> bool:
    return use.commitments.collaboration is True


def _rtn(_modifier: Modifier, use: DataUse, _policy: Policy, _at: datetime) -> bool:
    return use.commitments.return_data is True


def _irb(_modifier: Modifier, use: DataUse, _policy: Policy, at: datetime) -> bool:
    ethics = use.ethics
    return names_something(ethics.ref) and ethics.valid_to is not None and at < ethics.valid_to


def _mor(modifier: Modifier, use: DataUse, _policy: Policy, at: datetime) -> bool:
    until = until_of(modifier)
    if until is None:
        return False
    return at >= until or (use.publish_not_before is not None and use.publish_not_before >= until)


def _rs(modifier: Modifier, use: DataUse, _policy: Policy, _at: datetime) -> bool:
    return bool(use.topics) and use.topics <= _listed(modifier, "topics")


def _us(modifier: Modifier, use: DataUse, _policy: Policy, _at: datetime) -> bool:
    return use.requester.user in _listed(modifier, "users")


def _ps(modifier: Modifier, use: DataUse, _policy: Policy, _at: datetime) -> bool:
    return use.project.id in _listed(modifier, "projects")


def _is(modifier: Modifier, use: DataUse, _policy: Policy, _at: datetime) -> bool:
    return use.requester.institution in _listed(modifier, "institutions")


def _identity_only(_modifier: Modifier, use: DataUse, _policy: Policy, _at: datetime) -> bool:
    return use.match_mode == "identity"


RULES: dict[str, Rule] = {
    "NMDS": _nmds,
    "GSO": _gso,
    "NPU": _npu,
    "NCU": _ncu,
    "NPUNCU": _npuncu,
    "NPOA": _npoa,
    "GS": _gs,
    "TS": _ts,
    "PUB": _pub,
    "COL": _col,
    "IRB": _irb,
    "MOR": _mor,
    "RTN": _rtn,
    "RS": _rs,
    "US": _us,
    "PS": _ps,
    "IS": _is,
    "NCTRL": _nctrl,
    "IDENTITY_ONLY": _identity_only,
    "CC": _always,  # widens to care, in families; narrows nothing
}
