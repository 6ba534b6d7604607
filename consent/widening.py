"""Whether a new yes could ever permit what the yes before it did not. Pure, and unsure is a yes to that.

A yes that only narrows takes hold at once; one that may widen waits (giving). Nothing here decides about a
use: a law holds it against decide() in made-up worlds.
"""

from datetime import datetime

from consent import duo
from consent.hierarchies import Hierarchy
from consent.purposes import is_police
from consent.rules.precedence import is_read_alike
from consent.terms import AfterDeath, Capacity, Form, Permission, Policy, Statement

# Each permission, and those that cover everything it covers. DS within DS is a matter of its diseases.
_WITHIN: dict[str, frozenset[str]] = {
    "NRES": frozenset(("NRES",)),
    "GRU": frozenset(("NRES", "GRU")),
    "HMB": frozenset(("NRES", "GRU", "HMB")),
    "DS": frozenset(("NRES", "GRU", "HMB")),
    "POA": frozenset(("NRES", "GRU", "POA")),
}
# How much is left after death: nothing, what the next of kin continue, or all of it.
_AFTER_DEATH: dict[AfterDeath, int] = {
    AfterDeath.UNSPECIFIED: 0,
    AfterDeath.STOP: 0,
    AfterDeath.NOK_DECIDES: 1,
    AfterDeath.CONTINUE: 2,
}


def widens(before: Statement | None, after: Statement, policy: Policy, at: datetime) -> bool:
    """Whether `after`, said at this instant where `before` speaks, may permit anything that `before` denies.

    False is a promise; True may be no more than a doubt. The promise is given only where `after` holds from
    the same instant as `before` did: nobody's age or office may be better by then than it was."""
    return before is None or not (
        _speaks_of_the_same(before, after)
        and before.is_grant
        and after.is_grant
        and before.effective_at <= at
        and after.effective_at == before.effective_at
        and is_read_alike(before)
        and before.authority == after.authority
        and _not_later(after.valid_to, before.valid_to)
        and _AFTER_DEATH[after.after_death] <= _AFTER_DEATH[before.after_death]
        and _form_reaches_no_further(before.form, after.form, before.family)
        and all(_is_within(one, before.permissions, policy.disease_parents) for one in after.permissions)
        and _only_adds_conditions(before, after)
    )


def _speaks_of_the_same(before: Statement, after: Statement) -> bool:
    return (before.family, before.level, before.file) == (after.family, after.level, after.file)


def _not_later(end: datetime | None, than: datetime | None) -> bool:
    return than is None or (end is not None and end <= than)


def _form_reaches_no_further(before: Form, after: Form, family: str) -> bool:
    """The old form was good for this family, so the new one cannot mend it; and it is asked anew no later."""
    return (
        family in before.offers
        and (before.le_notice or not is_police(family))
        and _not_later(after.reconsent_due, before.reconsent_due)
    )


def _is_within(one: Permission, granted: tuple[Permission, ...], diseases: Hierarchy) -> bool:
    wider = _WITHIN.get(one.code, frozenset())
    if any(other.code in wider for other in granted):
        return True
    named = {disease for other in granted if other.code == "DS" for disease in other.diseases}
    return one.code == "DS" and all(diseases.upwards(disease) & named for disease in one.diseases)


def _only_adds_conditions(before: Statement, after: Statement) -> bool:
    """Every condition still stands as it stood, and none of the new ones gives where others take."""
    old, new = set(before.modifiers), set(after.modifiers)
    gives = set(duo.WIDENING)
    if before.authority.capacity is not Capacity.SELF:
        gives.add("IDENTITY_ONLY")  # without it a guardian could not have said yes to the police at all
    return old <= new and not any(modifier.code in gives for modifier in new - old)
