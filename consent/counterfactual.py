"""The smallest change of a request by which it would be permitted: without a purpose, with a promise, for a
shorter time. Pure.

Only the request is changed, and only in thought: nothing here says what a participant might do. The search
is bounded, so that None may also mean: more than anybody would try.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import combinations

from consent.canonical import written
from consent.reasons import Reason
from consent.rules.modifiers import GENETIC, end_of_term, months_of, until_of
from consent.terms import Authorisation, Case, DataUse, Ethics, Statement

MOST_ASKED = 200  # times the law is asked
MOST_TOGETHER = 4  # changes at once
A_YEAR = timedelta(days=365)

Edit = Callable[[DataUse], DataUse]

# What leaving out a purpose could help against: that purpose's own gates, and its family's statement.
OF_A_PURPOSE = frozenset(
    one for one in Reason if one.startswith(("CONSENT_", "AUTH_", "MOD_", "REQ_PURPOSE_"))
) | {
    Reason.PURPOSE_NOT_COVERED,
    Reason.DISEASE_NOT_COVERED,
    Reason.REQ_ROLE_NOT_ALLOWED,
    Reason.REQ_OFFENCE_NOT_OFFERED,
}
COMMITMENTS = {
    "publication": Reason.MOD_PUB,
    "collaboration": Reason.MOD_COL,
    "return_data": Reason.MOD_RTN,
}


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a request, and the reasons against which it could help."""

    says: str  # without R.POA; with publication; for 12 months
    helps: frozenset[Reason]
    edit: Edit = field(compare=False, repr=False)

    def __str__(self) -> str:
        return self.says


def smallest(
    use: DataUse,
    reasons: Sequence[Reason],
    ask: Callable[[DataUse], Sequence[Reason]],
    *,
    statements: Sequence[Statement],
    at: datetime,
) -> tuple[str, ...] | None:
    """The fewest changes together after which nothing objects; the first of several. () when nothing objects
    as it is, None when no change would do. `ask` is the law: why not, for a changed request."""
    objecting = frozenset(reasons)
    useful = [one for one in changes(use, statements, at) if one.helps & objecting]
    helped = frozenset[Reason]().union(*(one.helps for one in useful))
    if not objecting <= helped:
        return None
    asked = 0
    for size in range(min(len(useful), MOST_TOGETHER) + 1):
        for together in combinations(useful, size):
            changed = _edited(use, together)
            if not changed.purposes:
                continue
            if asked == MOST_ASKED:
                return None
            asked += 1
            if not ask(changed):
                return tuple(str(change) for change in together)
    return None


def changes(use: DataUse, statements: Sequence[Statement], at: datetime) -> Iterator[Change]:
    """Every single change of this request that is thought of."""
    if len(use.purposes) > 1:
        for purpose in sorted(use.purposes):
            yield Change(f"without {purpose}", OF_A_PURPOSE, _without(purpose))
    if use.commercial_use is not False:
        yield Change("without commercial use", _COMMERCIAL, lambda one: replace(one, commercial_use=False))
    for name, reason in COMMITMENTS.items():
        if getattr(use.commitments, name) is not True:
            yield Change(f"with {name.replace('_', ' ')}", frozenset((reason,)), _promising(name))
    if len(use.regions) > 1:
        for region in sorted(use.regions):
            yield Change(f"without region {region}", frozenset((Reason.MOD_GS,)), _outside(region))
    if use.match_mode == "kinship":
        yield Change("for identity only", _KINSHIP, lambda one: replace(one, match_mode="identity"))
    if use.study_type not in GENETIC:
        yield Change(
            "as a genetic study",
            frozenset((Reason.MOD_GSO,)),
            lambda one: replace(one, study_type="genetic"),
        )
    approval = Ethics(ref="an approval", valid_to=at + A_YEAR)
    yield Change(
        "with an ethics approval", frozenset((Reason.MOD_IRB,)), lambda one: replace(one, ethics=approval)
    )
    if use.le is not None:
        yield from _of_case(use.le, use, at)
    yield from _bounds(use, statements, at)


def _of_case(case: Case, use: DataUse, at: datetime) -> Iterator[Change]:
    order = Authorisation(case_id=case.case_id, purposes=use.purposes, valid_to=at + A_YEAR)
    ordered = replace(case, judicial_authorisation=order)
    yield Change("with a court's permission", _ORDER, lambda one: replace(one, le=ordered))
    yield Change(
        "after other leads",
        frozenset((Reason.REQ_LEADS_NOT_EXHAUSTED,)),
        lambda one: replace(one, le=replace(one.le or case, codis_searched=True, leads_exhausted=True)),
    )


def _bounds(use: DataUse, statements: Sequence[Statement], at: datetime) -> Iterator[Change]:
    """A shorter time, or a later publication, as far as a condition on a statement names one."""
    modifiers = [modifier for one in statements for modifier in one.modifiers]
    limits = {limit for one in modifiers if one.code == "TS" and (limit := months_of(one)) is not None}
    first = use.project.first_access_at
    for months in sorted(limits, reverse=True):
        planned_longer = use.duration_months is None or use.duration_months > months
        if planned_longer and (first is None or at < end_of_term(first, months)):
            yield Change(f"for {months} months", frozenset((Reason.MOD_TS,)), _lasting(months))
    days = {day for one in modifiers if one.code == "MOR" and (day := until_of(one)) is not None}
    for day in sorted(days):
        if use.publish_not_before is None or use.publish_not_before < day:
            says = f"with publication from {written(day)}"
            yield Change(says, frozenset((Reason.MOD_MOR,)), _publishing(day))


_COMMERCIAL = frozenset((Reason.COMMERCIAL_NOT_GRANTED, Reason.MOD_NCU, Reason.MOD_NPUNCU))
_KINSHIP = frozenset((Reason.MOD_IDENTITY_ONLY, Reason.REL_MZ_TWIN_NOT_GRANTED))
_ORDER = frozenset((Reason.REQ_JUDICIAL_AUTH_MISSING, Reason.REQ_JUDICIAL_AUTH_INVALID))


def _edited(use: DataUse, together: Sequence[Change]) -> DataUse:
    for change in together:
        use = change.edit(use)
    return use


def _without(purpose: str) -> Edit:
    return lambda use: replace(use, purposes=use.purposes - {purpose})


def _promising(name: str) -> Edit:
    return lambda use: replace(use, commitments=replace(use.commitments, **{name: True}))


def _outside(region: str) -> Edit:
    return lambda use: replace(use, regions=use.regions - {region})


def _lasting(months: int) -> Edit:
    return lambda use: replace(use, duration_months=months)


def _publishing(day: datetime) -> Edit:
    return lambda use: replace(use, publish_not_before=day)
