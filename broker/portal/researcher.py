"""The researcher's pages: her projects and what they applied for, a new query, all queries, tokens.

A query's run and its answer are in jobs. Nobody who asks is told how many people were considered.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from broker import access, uses
from broker import queries as asking
from broker.languages.sentences import spoken
from broker.models import AccessRequest, Project, Query, Reviewed, User
from broker.portal import asked, token_page
from broker.portal import steward_papers as papers
from broker.portal.researcher_forms import ApplicationForm, ProjectForm, QuestionForm
from broker.rights import allow
from broker.roles import Right

PAGE = 50
SHOWN = 10  # of a project's queries on its own page
EXAMPLE = {"kind": "carriers", "variant": "20:1000226 A>T", "build": "GRCh37"}


@require_http_methods(["GET", "POST"])
@allow(Right.APPLY)
def projects(request: HttpRequest) -> HttpResponse:
    """Her projects, the newest first, and the way to a new one."""
    user, now = _who(request), timezone.now()
    form = ProjectForm(_said(request))
    if request.method == "POST" and form.is_valid():
        try:
            project = access.start_project(form.cleaned_data["title"], by=user, at=now)
        except asked.REFUSALS as refused:
            form.add_error(None, spoken(refused))
        else:
            messages.success(
                request, _("The project is set up. Apply for access next: it may ask nothing yet.")
            )
            return redirect("researcher:project", project.pk)
    hers = Project.objects.visible_to(user).select_related("organisation").prefetch_related("requests")
    entries = [_project_entry(project, now) for project in hers.order_by("-created_at")]
    return render(
        request,
        "researcher/projects.html",
        {
            "entries": entries,
            "form": form,
            "verified": user.organisation is not None and user.organisation.verified,
        },
        status=400 if form.errors else 200,
    )


@require_http_methods(["GET"])
@allow(Right.APPLY)
def project(request: HttpRequest, id: UUID) -> HttpResponse:
    """One project: what it applied for, how that stands, and what it asked."""
    user, now = _who(request), timezone.now()
    seen = get_object_or_404(Project.objects.visible_to(user).select_related("organisation"), pk=id)
    requests = list(seen.requests.order_by("-submitted_at").prefetch_related("approvals"))
    standing = _standing(requests)
    recent = Query.objects.visible_to(user).filter(request__project=seen)
    return render(
        request,
        "researcher/project.html",
        {
            "project": seen,
            "standing": standing,
            "status": _status(standing, now),
            "facts": papers.asked(standing) if standing else [],
            "decided": standing.approvals.order_by("at").last() if standing else None,
            "may_ask": standing is not None and _is_open(standing, now),
            "waiting": standing is not None and standing.state == Reviewed.SUBMITTED,
            "others": [_request_entry(one, now) for one in requests if one != standing],
            "queries": asked.entries(asked.newest_first(recent)[:SHOWN], under=False),
        },
    )


@require_http_methods(["GET", "POST"])
@allow(Right.APPLY)
def apply(request: HttpRequest, id: UUID) -> HttpResponse:
    """What the project wants to do with the data, for a steward to decide about."""
    user, now = _who(request), timezone.now()
    seen = get_object_or_404(Project.objects.visible_to(user), pk=id)
    form = ApplicationForm(_said(request), known=uses.dials(now).disease_parents)
    if request.method == "POST" and form.is_valid():
        try:
            access.apply(seen, form.application(at=now), by=user, at=now)
        except asked.REFUSALS as refused:
            form.add_error(None, spoken(refused))
        else:
            messages.success(request, _("Submitted. A steward reads it and decides, with a reason."))
            return redirect("researcher:project", seen.pk)
    return render(
        request,
        "researcher/apply.html",
        {"project": seen, "form": form},
        status=400 if form.errors else 200,
    )


@require_http_methods(["GET"])
@allow(Right.APPLY)
def queries(request: HttpRequest) -> HttpResponse:
    """Everything asked under her projects, the newest first."""
    user = _who(request)
    hers = Query.objects.visible_to(user).filter(request__isnull=False)
    page = Paginator(asked.newest_first(hers), PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "researcher/queries.html",
        {
            "entries": asked.entries(page.object_list),
            "newer": f"?page={page.previous_page_number()}" if page.has_previous() else "",
            "older": f"?page={page.next_page_number()}" if page.has_next() else "",
        },
    )


@require_http_methods(["GET", "POST"])
@allow(Right.ASK)
def query_new(request: HttpRequest, id: UUID) -> HttpResponse:
    """A new question under an approved request; the same for programs beside it."""
    user, now = _who(request), timezone.now()
    under = get_object_or_404(AccessRequest.objects.worked_on_by(user).select_related("project"), pk=id)
    form = QuestionForm(_said(request))
    if request.method == "POST" and form.is_valid():
        try:
            query = asking.submit(
                form.question(), under=under, by=user, at=now, idempotency_key=form.idempotency_key()
            )
        except asked.REFUSALS as refused:
            form.add_error(None, spoken(refused))
        else:
            job = query.job
            return redirect("jobs:job", job.pk) if job else redirect("jobs:query", query.pk)
    body = asked.as_json(under, form.question() if form.is_bound and form.is_valid() else EXAMPLE)
    return render(
        request,
        "researcher/query_new.html",
        {
            "under": under,
            "form": form,
            "facts": papers.asked(under)[: len(under.purposes) + bool(under.disease) + 1],
            "open": _is_open(under, now),
            "body": body,
            "curl": asked.as_curl(body, request.build_absolute_uri(reverse("api:queries"))),
        },
        status=400 if form.errors else 200,
    )


@never_cache
@require_http_methods(["GET", "POST"])
@allow(Right.APPLY)
def tokens(request: HttpRequest) -> HttpResponse:
    """Keys for her programs. A new one is shown once, in the answer that made it, and is kept nowhere."""
    return token_page.page(request, "researcher", door="api:queries")


@require_http_methods(["POST"])
@allow(Right.APPLY)
def token_revoke(request: HttpRequest, id: int) -> HttpResponse:
    """End one of her tokens at once."""
    return token_page.revoke(request, id, "researcher")


def _who(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # the door asked
    return request.user


def _said(request: HttpRequest) -> QueryDict | None:
    """What was sent; an empty form that was sent is a form all the same."""
    return request.POST if request.method == "POST" else None


def _standing(requests: Iterable[AccessRequest]) -> AccessRequest | None:
    """As Project.standing, of requests that are here already, the newest first."""
    newest = list(requests)
    approved = (one for one in newest if one.state == Reviewed.APPROVED)
    return next(approved, newest[0] if newest else None)


def _is_open(one: AccessRequest, now: datetime) -> bool:
    return one.state == Reviewed.APPROVED and one.valid_to > now


def _status(one: AccessRequest | None, now: datetime) -> dict[str, str]:
    if one is None:
        return {"kind": "off", "word": _("Not applied yet")}
    if one.state == Reviewed.APPROVED and one.valid_to <= now:
        return {"kind": "off", "word": _("Has run out")}
    return asked.review(one)


def _project_entry(seen: Project, now: datetime) -> dict[str, Any]:
    standing = _standing(sorted(seen.requests.all(), key=lambda one: one.submitted_at, reverse=True))
    return {
        "when": seen.created_at,
        "title": seen.title,
        "text": asked.purposes(standing.purposes) if standing else _("Apply for access next."),
        "url": reverse("researcher:project", args=[seen.pk]),
        **_status(standing, now),
    }


def _request_entry(one: AccessRequest, now: datetime) -> dict[str, Any]:
    return {
        "when": one.submitted_at,
        "title": asked.purposes(one.purposes),
        "text": one.summary,
        **_status(one, now),
    }


urls = [
    path("", projects, name="projects"),
    path("project/<uuid:id>/", project, name="project"),
    path("project/<uuid:id>/apply/", apply, name="apply"),
    path("queries/", queries, name="queries"),
    path("query/<uuid:id>/", query_new, name="query_new"),
    path("tokens/", tokens, name="tokens"),
    path("tokens/<int:id>/revoke/", token_revoke, name="token_revoke"),
]
