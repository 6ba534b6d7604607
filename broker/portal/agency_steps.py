"""The steps of a case after its papers: a search, the disclosure of its leads, colleagues, the end.

Each step waits for two signatures that are nobody's here. How a search's run and its answer look is in jobs.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from broker import budgets, case_ends, cases, disclosures, queries, submissions, uses
from broker.languages.sentences import spoken
from broker.models import Authorisation, Case, CasePermission, Disclosure, Job, Query, Reviewed, User
from broker.portal import asked, court_document
from broker.portal import steward_papers as papers
from broker.portal.agency_forms import ColleagueForm, DiscloseForm, SearchForm
from broker.rights import allow, person
from broker.roles import Right
from broker.signatures import WORK
from genomics.models import EvidenceProfile


@require_http_methods(["GET", "POST"])
@allow(Right.OPEN_CASE)
def search(request: HttpRequest, id: UUID, evidence_id: UUID) -> HttpResponse:
    """Search for relatives of the person of one profile."""
    user, now = person(request), timezone.now()
    seen = visible(user, id)
    profile = get_object_or_404(EvidenceProfile, pk=evidence_id, case=cases.reference(seen))
    least = submissions.shortest_segment([seen.purpose], uses.dials(now))
    form = SearchForm(request.POST if request.method == "POST" else None, least=least)
    if request.method == "POST" and form.is_valid():
        try:
            query = queries.submit(
                form.question(profile.pk),
                under=seen,
                by=user,
                at=now,
                idempotency_key=form.idempotency_key(profile.pk),
            )
        except asked.REFUSALS as refused:
            form.add_error(None, spoken(refused))
        else:
            return redirect("jobs:query", query.pk)
    return render(
        request,
        "agency/search.html",
        {
            "case": seen,
            "form": form,
            "profile": papers.profile(profile),
            "approved": _is_open(seen, now),
            "budget": budgets.of(seen, profile.pk, policy=uses.dials(now), at=now),
        },
        status=400 if form.errors else 200,
    )


@require_http_methods(["GET", "POST"])
@allow(Right.OPEN_CASE)
def close(request: HttpRequest, id: UUID) -> HttpResponse:
    """Say what closing means, and close on her word."""
    user, now = person(request), timezone.now()
    seen = visible(user, id)
    if request.method == "POST":
        try:
            case_ends.close(seen, by=user, at=now)
        except asked.REFUSALS as refused:
            messages.error(request, spoken(refused))
        else:
            messages.success(request, _("Closed. Nothing is searched or released under it any more."))
        return redirect("agency:case", seen.pk)
    return render(request, "agency/close.html", {"case": seen})


@require_http_methods(["GET", "POST"])
@allow(Right.OPEN_CASE)
def disclose(request: HttpRequest, id: UUID, job_id: UUID) -> HttpResponse:
    """Ask for the leads of a search that has ended."""
    user, now = person(request), timezone.now()
    seen = visible(user, id)
    run = get_object_or_404(Job.objects.visible_to(user).filter(query__case=seen), pk=job_id)
    form = DiscloseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            disclosures.propose(run, reason=form.cleaned_data["reason"], by=user, at=now)
        except asked.REFUSALS as refused:
            form.add_error(None, spoken(refused))
        else:
            messages.success(request, _("Asked for. A second pair decides; until then nothing is told."))
            return redirect("agency:case", seen.pk)
    return render(
        request,
        "agency/disclose.html",
        {"case": seen, "form": form, "facts": papers.searched(run.query)},
        status=400 if form.errors else 200,
    )


@require_http_methods(["GET", "POST"])
@allow(Right.OPEN_CASE)
def join(request: HttpRequest, id: UUID) -> HttpResponse:
    """Let a colleague of the same organisation work on the case."""
    user, now = person(request), timezone.now()
    seen = visible(user, id)
    form = ColleagueForm(request.POST if request.method == "POST" else None, case=seen)
    if request.method == "POST" and form.is_valid():
        try:
            cases.join(seen, form.cleaned_data["colleague"], by=user, at=now)
        except asked.REFUSALS as refused:
            form.add_error(None, spoken(refused))
        else:
            messages.success(request, _("Your colleague works on this case from now on."))
            return redirect("agency:case", seen.pk)
    return render(
        request, "agency/join.html", {"case": seen, "form": form}, status=400 if form.errors else 200
    )


@never_cache
@require_http_methods(["GET"])
@allow(Right.OPEN_CASE)
def document(request: HttpRequest, id: UUID, paper_id: int) -> HttpResponse:
    """A judicial paper of the case. That it was read is an event."""
    seen = visible(person(request), id)
    return court_document.answer(request, get_object_or_404(Authorisation, pk=paper_id, case=seen))


@never_cache
@require_http_methods(["GET"])
@allow(Right.OPEN_CASE)
def certificate(request: HttpRequest, id: UUID) -> HttpResponse:
    """That the evidence of an ended case is gone."""
    seen = visible(person(request), id)
    return render(request, "agency/certificate.html", {"case": seen, "certificates": _certificates(seen)})


@never_cache
@require_http_methods(["GET"])
@allow(Right.OPEN_CASE)
def certificate_json(request: HttpRequest, id: UUID) -> HttpResponse:
    """The same for programs."""
    return JsonResponse({"certificates": _certificates(visible(person(request), id))})


def visible(user: User, id: UUID) -> Case:
    return get_object_or_404(Case.objects.worked_on_by(user).select_related("organisation"), pk=id)


def searched(query: Query) -> dict[str, Any]:
    """A search in the case's list: how it stands, who signed, and whether its leads can be asked for."""
    run = query.job
    ended = run is not None and run.state == "released"
    return {
        "title": asked.title(query.question),
        "when": query.submitted_at,
        "url": reverse("jobs:query", args=[query.pk]),
        "status": asked.search_status(query),
        "signatures": papers.signatures(query),
        "disclose": run.pk if run is not None and ended and disclosures.living(run) is None else None,
    }


def disclosed(made: Disclosure) -> dict[str, Any]:
    """A disclosure in the case's list."""
    return {
        "when": made.proposed_at,
        "reason": made.reason,
        "url": reverse("jobs:job", args=[made.job_id]),
        "status": asked.disclosure_status(made),
        "signatures": papers.signatures(made),
    }


def colleagues(seen: Case) -> list[str]:
    """Who works on the case."""
    rows = CasePermission.objects.filter(content_object=seen, permission__codename=WORK)
    return sorted({str(row.user) for row in rows.select_related("user")})


def _certificates(seen: Case) -> list[case_ends.Certificate]:
    found = case_ends.certificates(seen)
    if not found:
        raise Http404
    return found


def _is_open(seen: Case, now: datetime) -> bool:
    return seen.state == Reviewed.APPROVED and not case_ends.has_run_out(seen, at=now)


urls = [
    path("case/<uuid:id>/search/<uuid:evidence_id>/", search, name="search"),
    path("case/<uuid:id>/disclose/<uuid:job_id>/", disclose, name="disclose"),
    path("case/<uuid:id>/join/", join, name="join"),
    path("case/<uuid:id>/document/<int:paper_id>/", document, name="document"),
    path("case/<uuid:id>/certificate/", certificate, name="certificate"),
    path("case/<uuid:id>/certificate.json", certificate_json, name="certificate_json"),
    path("case/<uuid:id>/close/", close, name="close"),
]
