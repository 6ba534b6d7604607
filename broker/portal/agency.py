"""The pages of investigators and counsel: cases, their papers and the evidence. The steps of a case and its
end are in agency_steps.

A search's run and its answer are in jobs. An order is a condition, never a permission; nobody who searches is
told how many people were considered.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from broker import case_ends, court_papers
from broker import cases as verbs
from broker.languages.sentences import spoken
from broker.models import Case, Disclosure, Query, Reviewed
from broker.portal import agency_steps, asked
from broker.portal import steward_papers as papers
from broker.portal.agency_forms import CaseForm, EvidenceForm, PaperForm
from broker.rights import allow, person
from broker.roles import Right
from genomics.errors import FileRefused
from genomics.models import EvidenceProfile

SOON = 14  # days before its end at which a case is marked
WAY_OUT = frozenset({Reviewed.REFUSED, Reviewed.CLOSED})


@require_http_methods(["GET"])
@allow(Right.OPEN_CASE)
def cases(request: HttpRequest) -> HttpResponse:
    """The cases she works on, the newest first."""
    user, now = person(request), timezone.now()
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
    user, now = person(request), timezone.now()
    form = CaseForm(_said(request), roles=user.roles)
    if request.method == "POST" and form.is_valid():
        try:
            opened = verbs.open_case(form.particulars(), by=user, at=now)
        except asked.REFUSALS as refused:
            form.add_error(None, spoken(refused))
        else:
            messages.success(request, _("The case is open. It may search once two others have signed it."))
            return redirect("agency:case", opened.pk)
    return render(request, "agency/case_new.html", {"form": form}, status=400 if form.errors else 200)


@require_http_methods(["GET"])
@allow(Right.OPEN_CASE)
def case(request: HttpRequest, id: UUID) -> HttpResponse:
    """One case: its clock and signatures, its papers, its evidence, its searches."""
    user, now = person(request), timezone.now()
    seen = agency_steps.visible(user, id)
    evidence = EvidenceProfile.objects.filter(case=verbs.reference(seen)).order_by("received_at")
    searched = list(asked.newest_first(Query.objects.visible_to(user).filter(case=seen)))
    return render(
        request,
        "agency/case.html",
        {
            "case": seen,
            "status": _status(seen, now),
            "clock": _clock(seen, now),
            "facts": papers.papers(seen),
            "signatures": papers.signatures(seen),
            "searches": [agency_steps.searched(one) for one in searched],
            "disclosures": [
                agency_steps.disclosed(made)
                for made in Disclosure.objects.filter(job__query__case=seen).order_by("-proposed_at")
            ],
            "colleagues": agency_steps.colleagues(seen),
            "certificates": case_ends.certificates(seen),
            "orders": papers.orders(seen.authorisations.order_by("-recorded_at")),
            "evidence": [papers.profile(one) for one in evidence],
            "open": seen.state not in WAY_OUT,
            "approved": seen.state == Reviewed.APPROVED,
        },
    )


@require_http_methods(["GET", "POST"])
@allow(Right.OPEN_CASE)
def paper(request: HttpRequest, id: UUID) -> HttpResponse:
    """Record a judicial paper."""
    user, now = person(request), timezone.now()
    seen = agency_steps.visible(user, id)
    form = PaperForm(_said(request), request.FILES if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            court_papers.record(seen, form.paper(), by=user, at=now)
        except asked.REFUSALS as refused:
            form.add_error(None, spoken(refused))
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
    user, now = person(request), timezone.now()
    seen = agency_steps.visible(user, id)
    form = EvidenceForm(_said(request), request.FILES if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            verbs.bring_evidence(
                seen, form.cleaned_data["file"].read(), by=user, at=now, assume=form.assume()
            )
        except FileRefused as refused:
            form.add_error("file", spoken(refused))
            status = 422
        except asked.REFUSALS as refused:
            form.add_error(None, spoken(refused))
        else:
            messages.success(request, _("The profile was taken in. It is kept apart; nobody can find it."))
            return redirect("agency:case", seen.pk)
    if form.errors and status == 200:
        status = 400
    return render(request, "agency/evidence.html", {"case": seen, "form": form}, status=status)


def _said(request: HttpRequest) -> QueryDict | None:
    """What was sent; an empty form that was sent is a form all the same."""
    return request.POST if request.method == "POST" else None


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


urls = [
    path("", cases, name="cases"),
    path("case/new/", case_new, name="case_new"),
    path("case/<uuid:id>/", case, name="case"),
    path("case/<uuid:id>/paper/", paper, name="paper"),
    path("case/<uuid:id>/evidence/", evidence, name="evidence"),
    *agency_steps.urls,
]
