"""The DataUse of a query as things stand now: built anew at each check, from the project or the case.

It gathers evidence; whether it is enough is decided in consent.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from broker import signatures
from broker.models import AccessRequest, Case, OwnRecord, Query, Reviewed
from broker.models import Authorisation as Paper
from broker.roles import IN_LAW, Role
from consent import policies
from consent.models import Participant
from consent.terms import Authorisation, Commitments, DataUse, Ethics, Policy, Project, Requester
from consent.terms import Case as CaseFacts

NOBODY = -1  # the ordinal of nobody

# A state of ours in the words of the consent model.
_STATUS = {
    Reviewed.SUBMITTED: "SUBMITTED",
    Reviewed.APPROVED: "APPROVED",
    Reviewed.REFUSED: "REJECTED",
    Reviewed.CLOSED: "CLOSED",
}


def policy(at: datetime) -> Policy:
    """The policy in force at this instant; a job remembers its version."""
    return policies.in_force(at=at)


def dials(at: datetime) -> Policy:
    """The same, brought back within the bounds of the house if it was adopted beyond them: for who comes to
    which record, what a page shows and when something is told. Nothing is read and no yes said under it."""
    return policies.within_bounds(at=at)


def of(query: Query) -> DataUse:
    """What this query brings, read from the rows as they are at this moment. A search is approved while both
    signatures stand under its case and under itself, whatever a row says of its state."""
    use, case = unsigned(query), query.case
    if case is None or (signatures.stand(case) and signatures.stand(query)):
        return use
    return replace(use, project=replace(use.project, status=_STATUS[Reviewed.SUBMITTED]))


def unsigned(query: Query) -> DataUse:
    """The same, but for the signatures under a search: what is asked of it before it is shown to those who
    sign. Nothing is read by it."""
    query = Query.objects.select_related(
        "request__project__organisation", "case__organisation", "asked_by__organisation", "authorisation"
    ).get(pk=query.pk)
    if query.case is not None:
        return of_case(query, query.case)
    assert query.request is not None  # a constraint of the table
    return _of_request(query, query.request)


def after_the_end(use: DataUse, *, at: datetime) -> DataUse:
    """The same of a case that ended with its papers in order, as if it had not: for reading again what was
    disclosed before. Leads are followed when the searching is over; were they hidden then, no case would be
    closed, its evidence kept, and nobody told. What people say is asked as ever."""
    if use.project.status != _STATUS[Reviewed.CLOSED] or use.le is None:
        return use
    later, paper = at + timedelta(days=1), use.le.judicial_authorisation
    paper = replace(paper, valid_to=later) if paper is not None else None
    project = replace(use.project, status=_STATUS[Reviewed.APPROVED], valid_to=later)
    return replace(use, project=project, le=replace(use.le, judicial_authorisation=paper))


def asker(query: Query) -> int | None:
    """The ordinal of the participant who asks for herself, and so must agree too; None for whoever asks in
    any other role. One without a record of her own agrees to nothing."""
    if query.role != Role.PARTICIPANT:
        return None
    own = OwnRecord.objects.filter(user=query.asked_by).first()
    return own.participant_id if own is not None else NOBODY


def named(asker: int | None) -> str | None:
    """The pseudonym of who asks for herself; None where nobody does, or she has no record here."""
    if asker is None:
        return None
    return Participant.objects.filter(ordinal=asker).values_list("pseudonym", flat=True).first()


def of_request(request: AccessRequest) -> DataUse:
    """What a project would bring if who applied for it asked today, for all that it applied for."""
    asked = Query(request=request, asked_by=request.submitted_by, role=Role.RESEARCHER)
    asked.purposes = request.purposes
    return _of_request(asked, request)


def _of_request(query: Query, request: AccessRequest) -> DataUse:
    project = request.project
    return DataUse(
        id=str(query.id),
        purposes=frozenset(query.purposes),
        requester=_requester(query),
        disease=request.disease or None,
        commercial_use=request.commercial_use,
        study_type=request.study_type,
        topics=frozenset(),
        regions=frozenset(request.regions),
        duration_months=request.duration_months,
        match_mode=_match_mode(query),
        ethics=Ethics(ref=request.ethics_ref or None, valid_to=request.ethics_valid_to),
        commitments=Commitments(
            publication=request.publication,
            collaboration=request.collaboration,
            return_data=request.return_data,
        ),
        project=Project(
            id=str(project.id),
            status=_STATUS[Reviewed(request.state)],
            valid_to=request.valid_to,
            approved_purposes=frozenset(request.purposes),
            first_access_at=project.first_access_at,
        ),
    )


def of_case(query: Query, case: Case) -> DataUse:
    """What a question under a case would bring, its signatures apart."""
    paper = query.authorisation  # bound when it was submitted: a later one does not reach back
    return DataUse(
        id=str(query.id),
        purposes=frozenset(query.purposes),
        requester=_requester(query),
        commercial_use=False,
        regions=frozenset({case.jurisdiction}),
        match_mode=_match_mode(query),
        project=Project(
            id=str(case.id),
            status=_STATUS[Reviewed(case.state)],
            valid_to=case.valid_to,
            approved_purposes=frozenset({case.purpose}),
        ),
        le=CaseFacts(
            agency_verified=case.organisation.verified,
            jurisdiction=case.jurisdiction,
            case_id=str(case.id),
            sample_origin=case.sample_origin,
            codis_searched=case.codis_searched,
            leads_exhausted=case.leads_exhausted,
            judicial_authorisation=None
            if paper is None
            else Authorisation(
                case_id=str(paper.case_id),
                purposes=_allowed(paper, query),
                valid_to=paper.valid_to,
                compels_non_consenting=paper.compels_non_consenting,
            ),
        ),
    )


def _allowed(paper: Paper, query: Query) -> frozenset[str]:
    """For what a paper allows this very question: nothing, where its scope or its document does not say."""
    in_scope = query.question["kind"] in paper.scope and bool(paper.document_sha256)
    return frozenset(paper.purposes) if in_scope else frozenset()


def _match_mode(query: Query) -> str:
    return "identity" if (query.question or {}).get("kind") == "identity" else "kinship"


def _requester(query: Query) -> Requester:
    organisation = query.asked_by.organisation
    # An appointment that ended takes the role with it, also for a job that is running.
    role = Role(query.role)
    held = role in query.asked_by.roles
    return Requester(
        role=IN_LAW.get(role, "") if held else "",
        user=query.asked_by.reference,
        institution=str(organisation.public_id) if organisation else None,
        org_type=organisation.kind if organisation and organisation.verified else None,
    )
