"""The pages of investigators and counsel: cases, their papers, the evidence, a search, the end.

A search's run and its answer are in jobs. An order is a condition, never a permission; nobody who searches is
told how many people were considered.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from broker import cases as verbs
from broker import queries
from broker.models import Case, Query, Reviewed, User
from broker.portal import asked
from broker.portal import steward_papers as papers
from broker.portal.agency_forms import CaseForm, EvidenceForm, PaperForm, SearchForm
from broker.portal.dates import end_of
from broker.rights import allow
from broker.roles import Right
from genomics.errors import FileRefused
from genomics.models import EvidenceProfile

SOON = 14  # days before its end at which a case is marked
WAY_OUT = frozenset({Reviewed.REFUSED, Reviewed.CLOSED})


@require_http_methods(["GET"])
@allow(Right.OPEN_CASE)
def cases(request: HttpRequest) -> HttpResponse:
    """The cases she works on, the newest first."""
    user, now = _who(request), timezone.now()
    hers = Case.objects.worked_on_by(user).order_by("-opened_at")
    return render(
        request,
        "agency/cases.html",
        {
            "entries": [_entry(one, now) for one in hers],
            "verified": user.organisation is not None and user.organisation.verified,
        },
    )


@require_http_methods(["GET", "POST"])
@allow(Right.OPEN_CASE)
def case_new(request: HttpRequest) -> HttpResponse:
    """Open a case."""
    user, now = _who(request), timezone.now()
    form = CaseForm(_said(request), roles=user.roles)
    if request.method == "POST" and form.is_valid():
        try:
            opened = verbs.open_case(form.particulars(), by=user, at=now)
        except asked.REFUSALS as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("The case is open. It may search once two others have signed it."))
            return redirect("agency:case", opened.pk)
    return render(request, "agency/case_new.html", {"form": form}, status=400 if form.errors else 200)


@require_http_methods(["GET"])
@allow(Right.OPEN_CASE)
def case(request: HttpRequest, id: UUID) -> HttpResponse:
    """One case: its clock and signatures, its papers, its evidence, its searches."""
    user, now = _who(request), timezone.now()
    seen = _visible(user, id)
    evidence = EvidenceProfile.objects.filter(case=verbs.reference(seen)).order_by("received_at")
    searches = Query.objects.visible_to(user).filter(case=seen)
    return render(
        request,
        "agency/case.html",
        {
            "case": seen,
            "status": _status(seen, now),
            "clock": _clock(seen, now),
            "facts": papers.papers(seen),
            "signatures": papers.signatures(seen),
            "orders": papers.orders(seen.authorisations.order_by("-recorded_at")),
            "evidence": [_evidence(one) for one in evidence],
            "searches": asked.entries(asked.newest_first(searches), under=False),
            "open": seen.state not in WAY_OUT,
            "approved": seen.state == Reviewed.APPROVED,
        },
    )


@require_http_methods(["GET", "POST"])
@allow(Right.OPEN_CASE)
def paper(request: HttpRequest, id: UUID) -> HttpResponse:
    """Record a judicial paper."""
    user, now = _who(request), timezone.now()
    seen = _visible(user, id)
    form = PaperForm(_said(request))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            verbs.authorise(
                seen,
                court=said["court"],
                number=said["number"],
                valid_to=end_of(said["until"]),
                compels_non_consenting=said["compels"],
                by=user,
                at=now,
            )
        except asked.REFUSALS as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("The paper is recorded. The newest one counts."))
            return redirect("agency:case", seen.pk)
    return render(
        request, "agency/paper.html", {"case": seen, "form": form}, status=400 if form.errors else 200
    )


@require_http_methods(["GET", "POST"])
@allow(Right.OPEN_CASE)
def evidence(request: HttpRequest, id: UUID) -> HttpResponse:
    """Bring the profile of the unknown person."""
    user, now = _who(request), timezone.now()
    seen = _visible(user, id)
    form = EvidenceForm(_said(request), request.FILES if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            verbs.bring_evidence(
                seen, form.cleaned_data["file"].read(), by=user, at=now, assume=form.assume()
            )
        except FileRefused as refused:
            form.add_error("file", refused.sentence)
            status = 422
        except asked.REFUSALS as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("The profile was taken in. It is kept apart; nobody can find it."))
            return redirect("agency:case", seen.pk)
    if form.errors and status == 200:
        status = 400
    return render(request, "agency/evidence.html", {"case": seen, "form": form}, status=status)


@require_http_methods(["GET", "POST"])
@allow(Right.OPEN_CASE)
def search(request: HttpRequest, id: UUID, evidence_id: UUID) -> HttpResponse:
    """Search for relatives of the person of one profile."""
    user, now = _who(request), timezone.now()
    seen = _visible(user, id)
    profile = get_object_or_404(EvidenceProfile, pk=evidence_id, case=verbs.reference(seen))
    form = SearchForm(_said(request))
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
            form.add_error(None, str(refused))
        else:
            job = query.job
            return redirect("jobs:job", job.pk) if job else redirect("jobs:query", query.pk)
    return render(
        request,
        "agency/search.html",
        {"case": seen, "form": form, "profile": _evidence(profile), "approved": _is_open(seen, now)},
        status=400 if form.errors else 200,
    )


@require_http_methods(["GET", "POST"])
@allow(Right.OPEN_CASE)
def close(request: HttpRequest, id: UUID) -> HttpResponse:
    """Say what closing means, and close on her word."""
    user, now = _who(request), timezone.now()
    seen = _visible(user, id)
    if request.method == "POST":
        try:
            verbs.close(seen, by=user, at=now)
        except asked.REFUSALS as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, _("Closed. Nothing is searched or released under it any more."))
        return redirect("agency:case", seen.pk)
    return render(request, "agency/close.html", {"case": seen})


def _who(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # the door asked
    return request.user


def _said(request: HttpRequest) -> QueryDict | None:
    """What was sent; an empty form that was sent is a form all the same."""
    return request.POST if request.method == "POST" else None


def _visible(user: User, id: UUID) -> Case:
    return get_object_or_404(Case.objects.worked_on_by(user).select_related("organisation"), pk=id)


def _is_open(seen: Case, now: datetime) -> bool:
    return seen.state == Reviewed.APPROVED and seen.valid_to > now


def _status(seen: Case, now: datetime) -> dict[str, str]:
    if seen.state == Reviewed.APPROVED and seen.valid_to <= now:
        return {"kind": "off", "word": _("Has run out")}
    return asked.review(seen)


def _clock(seen: Case, now: datetime) -> dict[str, str]:
    """How long it may still search, as components/status.html takes it."""
    if seen.state in WAY_OUT:
        return {"kind": "off", "word": _("The searching is over")}
    days = (seen.valid_to - now).days
    if seen.valid_to <= now:
        return {"kind": "off", "word": _("Has run out")}
    word = ngettext("%(n)d day left", "%(n)d days left", days) % {"n": days}
    return {"kind": "warn" if days < SOON else "info", "word": word}


def _entry(seen: Case, now: datetime) -> dict[str, Any]:
    return {
        "when": seen.opened_at,
        "title": seen.number,
        "text": f"{asked.purposes([seen.purpose])} · {papers.region(seen.jurisdiction)}",
        "url": reverse("agency:case", args=[seen.pk]),
        **_status(seen, now),
    }


def _evidence(profile: EvidenceProfile) -> dict[str, Any]:
    """One profile in a few facts. What was read there is never shown."""
    quality = profile.quality
    return {
        "id": profile.pk,
        "received_at": profile.received_at,
        "facts": [
            {"term": _("Reference genome"), "text": profile.build},
            {"term": _("Sites"), "number": quality["sites"]},
            {"term": _("Of them read"), "text": _("%(n).1f %%") % {"n": 100 * quality["call_rate"]}},
        ],
        "notes": profile.notes,
    }


urls = [
    path("", cases, name="cases"),
    path("case/new/", case_new, name="case_new"),
    path("case/<uuid:id>/", case, name="case"),
    path("case/<uuid:id>/paper/", paper, name="paper"),
    path("case/<uuid:id>/evidence/", evidence, name="evidence"),
    path("case/<uuid:id>/search/<uuid:evidence_id>/", search, name="search"),
    path("case/<uuid:id>/close/", close, name="close"),
]
