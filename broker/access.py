"""The verbs of access: a project is set up, applies, and is approved, refused or closed."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from broker import events, rights
from broker.errors import NotAllowed, Refused
from broker.models import REVIEW_TRANSITIONS, AccessRequest, Approval, Project, Reviewed, User
from broker.roles import Right
from consent import fence, policies
from consent.ledger import log
from consent.purposes import PURPOSES

ASK = "ask_project"  # guardian's row for asking under a project


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What a project asks for and undertakes."""

    summary: str
    purposes: tuple[str, ...]
    commercial_use: bool
    valid_to: datetime
    disease: str = ""
    study_type: str = "genetic"
    regions: tuple[str, ...] = ()
    duration_months: int = 12
    publication: bool = False
    collaboration: bool = False
    return_data: bool = False
    ethics_ref: str = ""
    ethics_valid_to: datetime | None = None


def start_project(title: str, *, by: User, at: datetime) -> Project:
    """A new undertaking of somebody's verified organisation. It may ask nothing yet."""
    rights.require(by, Right.APPLY)
    if by.organisation is None or not by.organisation.verified:
        raise Refused("Your organisation is not verified yet, so it cannot start a project.")
    with transaction.atomic():
        project = Project.objects.create(title=title, organisation=by.organisation, created_at=at)
        rights.entrust(by, ASK, project)
    return project


def apply(project: Project, application: Application, *, by: User, at: datetime) -> AccessRequest:
    """Submit what the project wants to do with the data. Raises Refused for what nobody could approve."""
    rights.require(by, Right.APPLY)
    if not rights.may(by, ASK, project):
        raise NotAllowed("You do not work on this project. Nothing was submitted.")
    _check(application, at)
    with transaction.atomic():
        request = AccessRequest.objects.create(
            project=project,
            summary=application.summary,
            purposes=sorted(application.purposes),
            disease=application.disease,
            commercial_use=application.commercial_use,
            study_type=application.study_type,
            regions=sorted(application.regions),
            duration_months=application.duration_months,
            publication=application.publication,
            collaboration=application.collaboration,
            return_data=application.return_data,
            ethics_ref=application.ethics_ref,
            ethics_valid_to=application.ethics_valid_to,
            valid_to=application.valid_to,
            submitted_by=by,
            submitted_at=at,
        )
        log.append(
            events.REQUEST_SUBMITTED,
            at=at,
            by=by.reference,
            subject=str(request.id),
            project=str(project.id),
            purposes=request.purposes,
        )
    return request


def decide(request: AccessRequest, *, approves: bool, reason: str, by: User, at: datetime) -> AccessRequest:
    """A steward approves or refuses, with a reason."""
    rights.require(by, Right.REVIEW_REQUESTS)
    if request.submitted_by_id == by.pk:
        raise NotAllowed("Nobody approves her own request. Ask another steward.")
    if not reason.strip():
        raise Refused("A decision needs its reason in words. Nothing was decided.")
    after = Reviewed.APPROVED if approves else Reviewed.REFUSED
    with transaction.atomic():
        if not approves:
            fence.advance([])
        _move(request, after)
        Approval.objects.create(
            request=request, by=by, role="steward", approves=approves, reason=reason, at=at
        )
        log.append(
            events.REQUEST_DECIDED,
            at=at,
            by=by.reference,
            subject=str(request.id),
            approves=approves,
            role="steward",
        )
    return request


def close(request: AccessRequest, *, reason: str, by: User, at: datetime) -> AccessRequest:
    """Take an approval back: from now on nothing is asked or released under it."""
    rights.require(by, Right.REVIEW_REQUESTS)
    with transaction.atomic():
        fence.advance([])  # a release that has begun comes first, and none comes after
        _move(request, Reviewed.CLOSED)
        Approval.objects.create(request=request, by=by, role="steward", approves=False, reason=reason, at=at)
        log.append(
            events.REQUEST_DECIDED,
            at=at,
            by=by.reference,
            subject=str(request.id),
            approves=False,
            role="steward",
        )
    return request


def end_again(request: AccessRequest, *, by: str, at: datetime) -> None:
    """After a restore: what was refused or closed since the backup is so again. The reason that was given is
    lost with the days between; the ledger's line of it is kept outside."""
    approved = request.state == Reviewed.APPROVED
    with transaction.atomic():
        fence.advance([])
        _move(request, Reviewed.CLOSED if approved else Reviewed.REFUSED)
        subject = str(request.id)
        log.append(events.REQUEST_DECIDED, at=at, by=by, subject=subject, approves=False, role="steward")


def _check(application: Application, at: datetime) -> None:
    unknown = [p for p in application.purposes if p not in PURPOSES or PURPOSES[p].domain not in "RA"]
    if unknown or not application.purposes:
        raise Refused(
            f"Not a research purpose: {', '.join(unknown) or 'none was named'}. Nothing was submitted."
        )
    known = policies.in_force(at=at).disease_parents
    if "R.DS" in application.purposes and not known.knows(application.disease):
        raise Refused(
            "Research on a disease names the disease, by a term that is known here "
            f"({application.disease or 'none was named'}). Nothing was submitted."
        )
    if application.valid_to <= at:
        raise Refused("This request would be over before it begins. Nothing was submitted.")
    if not application.summary.strip():
        raise Refused("Say in a few words what the project is about. Nothing was submitted.")


def _move(request: AccessRequest, after: Reviewed) -> None:
    before = [state for state, next_ in REVIEW_TRANSITIONS.items() if after in next_]
    if not AccessRequest.objects.filter(pk=request.pk, state__in=before).update(state=after):
        raise Refused("This request has been decided already. Nothing was changed.")
    request.refresh_from_db()
