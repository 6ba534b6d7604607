"""The verbs of a case: open, bring the judicial paper, bring evidence, approve by two, close.

An order is a precondition and never a permission: what it compels is written down and changes nothing.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from broker import events, rights
from broker.errors import NotAllowed, Refused
from broker.models import REVIEW_TRANSITIONS, Approval, Authorisation, Case, Query, Reviewed, User
from broker.roles import Right, Role
from consent import fence
from consent.ledger import log
from consent.purposes import PURPOSES
from genomics.coordinates import Build
from genomics.intake.receive import receive_evidence
from genomics.models import EvidenceProfile

WORK = "work_case"  # guardian's row for working on a case
SIGNATURES = (Role.STEWARD, Role.LEGAL_REVIEWER)  # both, and two different people

_DOMAIN = {Role.INVESTIGATOR: "L", Role.COUNSEL: "E"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """What an agency or counsel says about its case."""

    number: str
    purpose: str
    jurisdiction: str
    sample_origin: Case.Origin
    summary: str
    codis_searched: bool
    leads_exhausted: bool
    valid_to: datetime


def undertaking(query: Query) -> str:
    """Within what a case name means a person: one case, or what one request was approved for."""
    return reference(query.case) if query.case else f"request:{query.request_id}"


def reference(case: Case) -> str:
    """How the floors below name a case."""
    return f"case:{case.id}"


def open_case(said: Particulars, *, by: User, at: datetime) -> Case:
    """A new case of somebody's verified organisation. It may search nothing yet."""
    rights.require(by, Right.OPEN_CASE)
    if by.organisation is None or not by.organisation.verified:
        raise Refused("Your organisation is not verified yet, so it cannot open a case.")
    kind = PURPOSES.get(said.purpose)
    if kind is None or kind.domain not in {_DOMAIN[role] for role in by.roles if role in _DOMAIN}:
        raise Refused(f"{said.purpose!r} is not a purpose you may ask for. Nothing was opened.")
    if Case.objects.filter(organisation=by.organisation, number=said.number).exists():
        raise Refused(f"Your organisation has a case {said.number} already. Nothing was opened.")
    if said.valid_to <= at:
        raise Refused("This case would be over before it begins. Nothing was opened.")
    with transaction.atomic():
        case = Case.objects.create(
            number=said.number,
            organisation=by.organisation,
            purpose=said.purpose,
            jurisdiction=said.jurisdiction,
            sample_origin=said.sample_origin,
            codis_searched=said.codis_searched,
            leads_exhausted=said.leads_exhausted,
            summary=said.summary,
            opened_by=by,
            opened_at=at,
            valid_to=said.valid_to,
        )
        rights.entrust(by, WORK, case)
        log.append(
            events.CASE_OPENED,
            at=at,
            by=by.reference,
            subject=reference(case),
            purpose=case.purpose,
            jurisdiction=case.jurisdiction,
            origin=case.sample_origin,
        )
    return case


def authorise(
    case: Case,
    *,
    court: str,
    number: str,
    valid_to: datetime,
    compels_non_consenting: bool = False,
    by: User,
    at: datetime,
) -> Authorisation:
    """Bind a judicial paper to the case. It names this case and its purpose, and nothing else."""
    _works_on(by, case)
    if not court.strip() or not number.strip():
        raise Refused("A judicial paper names its court and its number. Nothing was recorded.")
    with transaction.atomic():
        paper = Authorisation.objects.create(
            case=case,
            court=court,
            number=number,
            purposes=[case.purpose],
            valid_to=valid_to,
            compels_non_consenting=compels_non_consenting,
            recorded_by=by,
            recorded_at=at,
        )
        log.append(
            events.AUTHORISATION_RECORDED,
            at=at,
            by=by.reference,
            subject=reference(case),
            purposes=paper.purposes,
            valid_to=valid_to.isoformat(),
            compels_non_consenting=compels_non_consenting,
        )
    return paper


def bring_evidence(
    case: Case, data: bytes, *, by: User, at: datetime, assume: Build | None = None
) -> EvidenceProfile:
    """Take in the profile of the unknown person. Raises FileRefused for a file that cannot be used."""
    _works_on(by, case)
    return receive_evidence(reference(case), data, by=by.reference, at=at, assume=assume)


def decide(case: Case, *, role: Role, approves: bool, reason: str, by: User, at: datetime) -> Case:
    """One of the two signatures. A refusal by either is a refusal; approval needs both, of two people."""
    if role not in SIGNATURES or role not in by.roles:
        raise NotAllowed(f"You do not review cases as {role}. Nothing was decided.")
    if case.opened_by_id == by.pk or rights.may(by, WORK, case):
        raise NotAllowed("Nobody approves a case she works on. Nothing was decided.")
    if not reason.strip():
        raise Refused("A decision needs its reason in words. Nothing was decided.")
    if case.state != Reviewed.SUBMITTED:
        raise Refused(f"This case is {case.state} already. Nothing was decided.")
    if case.approvals.filter(by=by).exists() or case.approvals.filter(role=role).exists():
        raise Refused("That signature stands already; the other one is somebody else's. Nothing was decided.")
    with transaction.atomic():
        Approval.objects.create(case=case, by=by, role=role, approves=approves, reason=reason, at=at)
        given = set(case.approvals.filter(approves=True).values_list("role", flat=True))
        if not approves:
            _move(case, Reviewed.REFUSED)
        elif given >= {str(signature) for signature in SIGNATURES}:
            _move(case, Reviewed.APPROVED)
        log.append(
            events.CASE_DECIDED,
            at=at,
            by=by.reference,
            subject=reference(case),
            approves=approves,
            role=str(role),
        )
    return case


def close(case: Case, *, by: User, at: datetime) -> Case:
    """The searching is over: from now on nothing is asked or released under the case."""
    _works_on(by, case)
    with transaction.atomic():
        fence.advance([])  # a release that has begun comes first, and none comes after
        _move(case, Reviewed.CLOSED)
        Case.objects.filter(pk=case.pk).update(closed_at=at)
        log.append(events.CASE_CLOSED, at=at, by=by.reference, subject=reference(case))
    case.refresh_from_db()
    return case


def _move(case: Case, after: Reviewed) -> None:
    before = [state for state, next_ in REVIEW_TRANSITIONS.items() if after in next_]
    if not Case.objects.filter(pk=case.pk, state__in=before).update(state=after):
        raise Refused(f"This case is {case.state}. Nothing was changed.")
    case.refresh_from_db()


def _works_on(user: User, case: Case) -> None:
    rights.require(user, Right.OPEN_CASE)
    if not rights.may(user, WORK, case):
        raise NotAllowed("You do not work on this case. Nothing was changed.")
    if case.state in {Reviewed.REFUSED, Reviewed.CLOSED}:
        raise Refused(f"This case is {case.state}. Nothing was changed.")
