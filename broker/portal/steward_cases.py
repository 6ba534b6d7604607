"""The steps of a case as those who sign them see them: its papers, a search, a disclosure; and each document.

Everything that was said about a step stands on its page, with who signed before. A reviewer sees papers,
never a file, and never whom a search found.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from broker import cases, disclosures, searches, signatures
from broker.errors import BrokerError
from broker.languages.sentences import spoken
from broker.models import (
    Authorisation,
    Case,
    Disclosure,
    DisclosureState,
    Query,
    QueryState,
    Reviewed,
    User,
)
from broker.portal import asked, court_document, steward_evidence
from broker.portal import steward_inbox as lists
from broker.portal import steward_papers as papers
from broker.portal.steward_forms import LOOK_AT, SignatureForm
from broker.rights import allow, person
from broker.roles import Right, Role
from broker.signatures import Step
from consent.errors import ConsentError
from genomics.models import EvidenceProfile

Verb = Callable[..., Any]


@require_http_methods(["GET", "POST"])
@allow(Right.REVIEW_CASES)
def case(request: HttpRequest, id: UUID) -> HttpResponse:
    """The papers of one case, the two signatures, and hers if it is still open."""
    seen = get_object_or_404(Case.objects.visible_to(person(request)).select_related("organisation"), pk=id)
    orders = list(seen.authorisations.order_by("-recorded_at"))
    return _step(
        request,
        seen,
        cases.decide,
        "steward/case.html",
        {
            "status": lists.status(seen.state),
            "waiting": seen.state == Reviewed.SUBMITTED,
            "evidence": _evidence(seen),
            **_papers(seen, orders),
        },
    )


@require_http_methods(["GET", "POST"])
@allow(Right.REVIEW_CASES)
def search(request: HttpRequest, id: UUID) -> HttpResponse:
    """One search: what is asked with which evidence, under which paper."""
    mine = Case.objects.visible_to(person(request))
    rows = Query.objects.filter(case__in=mine).select_related("case__organisation", "authorisation")
    seen = get_object_or_404(rows, pk=id)
    of_case = signatures.case_of(seen)
    orders = [seen.authorisation] if seen.authorisation else []
    return _step(
        request,
        seen,
        searches.decide,
        "steward/search.html",
        {
            "query": seen,
            "status": asked.search_status(seen),
            "waiting": seen.state == QueryState.SUBMITTED,
            "asked": papers.searched(seen),
            "refusals": asked.refusals(seen, None),
            **_papers(of_case, orders),
        },
    )


@require_http_methods(["GET", "POST"])
@allow(Right.REVIEW_CASES)
def disclosure(request: HttpRequest, id: UUID) -> HttpResponse:
    """One disclosure: what the leads are needed for, and the search it rests on, with who signed that."""
    rows = Disclosure.objects.visible_to(person(request)).select_related(
        "job__query__case__organisation", "job__query__authorisation", "proposed_by"
    )
    seen = get_object_or_404(rows, pk=id)
    query = seen.job.query
    orders = [query.authorisation] if query.authorisation else []
    return _step(
        request,
        seen,
        disclosures.decide,
        "steward/disclosure.html",
        {
            "disclosure": seen,
            "status": asked.disclosure_status(seen),
            "waiting": seen.state == DisclosureState.PROPOSED,
            "asked": papers.searched(query),
            "before": papers.signatures(query),
            **_papers(signatures.case_of(seen), orders),
        },
    )


@never_cache
@require_http_methods(["GET"])
@allow(Right.REVIEW_CASES)
def document(request: HttpRequest, id: int) -> HttpResponse:
    """A judicial paper itself. That it was read is an event."""
    mine = Authorisation.objects.filter(case__in=Case.objects.visible_to(person(request)))
    return court_document.answer(request, get_object_or_404(mine, pk=id))


def _step(
    request: HttpRequest, step: Step, decide: Verb, template: str, context: dict[str, Any]
) -> HttpResponse:
    user = person(request)
    roles = signatures.open_to(user, step)
    look_at = LOOK_AT[type(step).__name__]
    form = SignatureForm(request.POST or None, roles=roles, look_at=look_at) if roles else None
    if request.method == "POST" and form is None:
        messages.error(request, _("No signature of this case is yours to give. Nothing was decided."))
        return redirect(request.path)
    if request.method == "POST" and form is not None and form.is_valid():
        said = form.cleaned_data
        try:
            decide(
                step,
                role=Role(said["role"]),
                approves=form.approves,
                reason=said["reason"],
                by=user,
                at=timezone.now(),
            )
        except (BrokerError, ConsentError) as refused:
            form.add_error(None, spoken(refused))
        else:
            messages.success(request, _signed(step))
            return redirect("steward:inbox")
    signed = {"signatures": papers.signatures(step), "form": form, "why_not": _why_not(user, step)}
    status = 400 if form is not None and form.errors else 200
    return render(request, template, context | signed, status=status)


def _papers(of_case: Case, orders: list[Authorisation]) -> dict[str, Any]:
    return {
        "case": of_case,
        "facts": papers.papers(of_case),
        "orders": papers.orders(orders),
        "list": papers.case_list(of_case, orders, at=timezone.now()),
    }


def _evidence(of_case: Case) -> list[dict[str, Any]]:
    """That there is evidence, since when, and how much of it can be read: never what was read."""
    rows: QuerySet[EvidenceProfile] = EvidenceProfile.objects.filter(case=cases.reference(of_case))
    return [papers.profile(one) for one in rows.order_by("received_at")]


def _why_not(user: User, step: Step) -> str:
    """Why an open step is not hers to sign."""
    if isinstance(step, Disclosure) and step.job.query.approvals.filter(by=user).exists():
        return _("You signed the search. A disclosure takes a second pair.")
    return _("You signed already, or you work on this case. It waits for somebody else.")


def _signed(step: Step) -> str:
    match step.state:
        case Reviewed.APPROVED if isinstance(step, Case):
            return _("Signed. Both signatures stand: the case may search from now on.")
        case QueryState.APPROVED:
            return _("Signed. Both signatures stand: the search runs.")
        case DisclosureState.DISCLOSED:
            return _("Signed. Both signatures stand: the leads are disclosed under case names.")
        case DisclosureState.LAPSED:
            return _("Signed, but it cannot be disclosed any more. Nothing went out.")
        case Reviewed.REFUSED if isinstance(step, Case):
            return _("Refused. The case may not search.")
        case Reviewed.REFUSED:
            return _("Refused. Nothing was searched or disclosed.")
    return _("Signed. The other signature is somebody else's; until then nothing is searched.")


urls = [
    *steward_evidence.urls,
    path("case/<uuid:id>/", case, name="case"),
    path("search/<uuid:id>/", search, name="search"),
    path("disclosure/<uuid:id>/", disclosure, name="disclosure"),
    path("document/<int:id>/", document, name="document"),
]
