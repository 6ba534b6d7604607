"""Two signatures under each step of a case: a steward's and a legal reviewer's, two people on no side of it.

A step is the case's papers, a search, or a disclosure; what follows from its signatures is settled in cases,
searches and disclosures. Somebody with both roles counts once; a disclosure takes a second pair, none of whom
signed the search. Whether they stand is read again, seals and all, at each check of consent and each reading.
"""

from datetime import datetime
from enum import StrEnum
from typing import assert_never

from broker import rights, signature_seals
from broker.errors import NotAllowed, Refused
from broker.models import Approval, Case, Disclosure, DisclosureState, Query, QueryState, Reviewed, User
from broker.roles import Right, Role

SIGNATURES = (Role.STEWARD, Role.LEGAL_REVIEWER)  # both, and two different people
WORK = "work_case"  # guardian's row for working on a case

Step = Case | Query | Disclosure
WAITING = {Reviewed.SUBMITTED, QueryState.SUBMITTED, DisclosureState.PROPOSED}


class Standing(StrEnum):
    """What the signatures given so far make of a step."""

    OPEN = "open"  # another one is missing
    APPROVED = "approved"
    REFUSED = "refused"


def give(step: Step, *, role: Role, approves: bool, reason: str, by: User, at: datetime) -> Standing:
    """Write one signature, in the caller's transaction. Of two at once the second sees the first."""
    rights.require(by, Right.REVIEW_CASES)
    if role not in SIGNATURES or role not in by.roles:
        raise NotAllowed(f"You do not review cases as {role}. Nothing was decided.")
    if by.pk in _on_a_side(step) or rights.may(by, WORK, case_of(step)):
        raise NotAllowed("Nobody approves a case she works on. Nothing was decided.")
    if by.organisation_id == case_of(step).organisation_id:
        raise NotAllowed("Nobody approves a case of her own organisation. Nothing was decided.")
    if by.pk in _before(step):
        raise NotAllowed("You signed the search; a disclosure takes a second pair. Nothing was decided.")
    if not reason.strip():
        raise Refused("A decision needs its reason in words. Nothing was decided.")
    now = type(step)._default_manager.select_for_update(of=("self",)).get(pk=step.pk)
    if now.state not in WAITING:
        raise Refused(f"This {_called(step)} is {now.state} already. Nothing was decided.")
    given = list(step.approvals.all())
    if any(one.by_id == by.pk or one.role == role for one in given):
        raise Refused("That signature stands already; the other one is somebody else's. Nothing was decided.")
    one = Approval(**{_called(step): step}, by=by, role=role, approves=approves, reason=reason, at=at)
    one.seal = signature_seals.seal(_called(step), now, one)
    one.save()
    return _standing([*given, one])


def stand(step: Step) -> bool:
    """Whether both stand under it, given by two who were free to, for what it says now. A state that a row
    says is not believed, and nor is a signature whose seal does not hold."""
    given = list(Approval.objects.filter(**{_called(step): step.pk}))
    if not all(signature_seals.holds(_called(step), step, one) for one in given):
        return False
    people = {one.by_id for one in given}
    sides = _on_a_side(step) | _before(step)
    return _standing(given) is Standing.APPROVED and len(people) == len(given) and not people & sides


def open_to(user: User, step: Step) -> list[Role]:
    """How she may sign: not what she works on, not twice, not what somebody signed already."""
    roles = unsigned(user, user.roles, step)
    return [] if roles and rights.may(user, WORK, case_of(step)) else roles


def unsigned(user: User, held: frozenset[Role], step: Step) -> list[Role]:
    """The same of somebody with these roles, who does not work on the case; for lists, from loaded rows."""
    given = list(step.approvals.all())
    barred = _on_a_side(step) | _before(step) | {one.by_id for one in given}
    theirs = user.organisation_id == case_of(step).organisation_id
    if step.state not in WAITING or user.pk in barred or theirs:
        return []
    taken = {one.role for one in given}
    return [role for role in SIGNATURES if role in held and str(role) not in taken]


def case_of(step: Step) -> Case:
    match step:
        case Case():
            return step
        case Query():
            assert step.case is not None  # what a researcher asks has no such signatures
            return step.case
        case Disclosure():
            return case_of(step.job.query)
        case _:
            assert_never(step)


def have_signed(user: User, case: Case) -> bool:
    """Whether she has signed anything of a case: then she does not come to work on it."""
    of_case = Approval.objects.filter(by=user)
    return (
        of_case.filter(case=case).exists()
        or of_case.filter(query__case=case).exists()
        or of_case.filter(disclosure__job__query__case=case).exists()
    )


def _standing(given: list[Approval]) -> Standing:
    if any(not one.approves for one in given):
        return Standing.REFUSED
    complete = {one.role for one in given} >= {str(role) for role in SIGNATURES}
    return Standing.APPROVED if complete else Standing.OPEN


def _on_a_side(step: Step) -> set[int]:
    """Who opened the case, brought its papers, or asked: none of them signs, even after leaving the case."""
    case = case_of(step)
    people = {case.opened_by_id, *(paper.recorded_by_id for paper in case.authorisations.all())}
    people |= {step.asked_by_id} if isinstance(step, Query) else set()
    if isinstance(step, Disclosure):
        people |= {step.proposed_by_id, step.job.query.asked_by_id}
    return people


def _before(step: Step) -> set[int]:
    """Who signed the search that a disclosure rests on."""
    if not isinstance(step, Disclosure):
        return set()
    return {one.by_id for one in step.job.query.approvals.all()}


def _called(step: Step) -> str:
    return type(step).__name__.lower()
