"""The verbs of a case: open, join, bring evidence, sign its papers by two. How it ends is in case_ends.

It is worked step by step, each signed by two: its papers, a search (searches), a disclosure (disclosures).
The judicial papers are in court_papers.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from broker import events, rights, signatures
from broker.errors import NotAllowed, Refused
from broker.models import CASE_TRANSITIONS, Case, Query, Reviewed, User
from broker.roles import Right, Role
from broker.signatures import WORK, Standing
from broker.walls import leases
from consent import fence
from consent.ledger import log
from consent.purposes import PURPOSES
from genomics.coordinates import Build
from genomics.intake import evidence
from genomics.intake.receive import receive_evidence
from genomics.models import EvidenceProfile

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


def bring_evidence(
    case: Case, data: bytes, *, by: User, at: datetime, assume: Build | None = None
) -> EvidenceProfile:
    """Take in the profile of the unknown person, under the case's own key. Raises FileRefused for a file that
    cannot be used, or that its organisation brought before; one that does not look like one person's genome
    is taken in and held (held_evidence)."""
    require_works_on(by, case)
    owner = f"organisation:{case.organisation.public_id}"
    with leases.evidence(reference(case)):
        return receive_evidence(reference(case), data, by=by.reference, at=at, assume=assume, owner=owner)


def join(case: Case, colleague: User, *, by: User, at: datetime) -> None:
    """Let a colleague of one's own organisation work on the case. It makes nobody a signer, and takes that
    from her who could have been one."""
    require_works_on(by, case)
    if colleague.organisation_id != case.organisation_id or not rights.has(colleague, Right.OPEN_CASE):
        raise Refused("Only somebody of your organisation who works on cases can join. Nothing was changed.")
    if signatures.have_signed(colleague, case):
        raise NotAllowed("Whoever has signed something of a case does not work on it. Nothing was changed.")
    if works_on(colleague, case):
        raise Refused(f"{colleague} works on this case already. Nothing was changed.")
    with transaction.atomic():
        fence.advance([])  # a restore may lose it, but not that it was there
        rights.entrust(colleague, WORK, case)
        log.append(
            events.CASE_JOINED,
            at=at,
            by=by.reference,
            subject=reference(case),
            person=colleague.reference,
        )


def decide(case: Case, *, role: Role, approves: bool, reason: str, by: User, at: datetime) -> Case:
    """One of the two signatures under its papers. A refusal by either is a refusal; approval needs both, of
    two people."""
    with transaction.atomic():
        if not approves:
            fence.advance([])
        standing = signatures.give(case, role=role, approves=approves, reason=reason, by=by, at=at)
        log.append(
            events.CASE_DECIDED,
            at=at,
            by=by.reference,
            subject=reference(case),
            approves=approves,
            role=str(role),
        )
        if standing is Standing.REFUSED:
            _refuse(case, by=by.reference, at=at)
        elif standing is Standing.APPROVED:
            move(case, Reviewed.APPROVED)
    case.refresh_from_db()
    return case


def refuse_again(case: Case, *, role: str, by: str, at: datetime) -> None:
    """After a restore: a case that was refused since the backup is refused again, and its evidence goes."""
    with transaction.atomic():
        fence.advance([])
        subject = reference(case)
        log.append(events.CASE_DECIDED, at=at, by=by, subject=subject, approves=False, role=role)
        _refuse(case, by=by, at=at)


def _refuse(case: Case, *, by: str, at: datetime) -> None:
    move(case, Reviewed.REFUSED)
    evidence.destroy(reference(case), by=by, at=at)


def move(case: Case, after: Reviewed, **facts: Any) -> None:
    """One arrow of the table, for verbs of a case. Raises Refused where there is none."""
    before = [state for state, next_ in CASE_TRANSITIONS.items() if after in next_]
    if not Case.objects.filter(pk=case.pk, state__in=before).update(state=after, **facts):
        case.refresh_from_db()
        raise Refused(f"This case is {case.state}. Nothing was changed.")
    case.refresh_from_db()


def works_on(user: User, case: Case) -> bool:
    """Whether she works on the case: guardian's row, and the organisation that has it."""
    return rights.may(user, WORK, case) and user.organisation_id == case.organisation_id


def require_works_on(user: User, case: Case) -> None:
    rights.require(user, Right.OPEN_CASE)
    if not works_on(user, case):
        raise NotAllowed("You do not work on this case. Nothing was changed.")
    if case.state in {Reviewed.REFUSED, Reviewed.CLOSED}:
        raise Refused(f"This case is {case.state}. Nothing was changed.")
