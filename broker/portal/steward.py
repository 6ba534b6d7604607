"""The steward's and the legal reviewer's pages: what waits for a decision, and each thing to decide about;
the steps of a case are in steward_cases.

No participant has a name here: pseudonyms only. A reviewer sees papers, never a file and never an answer.
"""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from broker import access, kinship, people, reopening, rights
from broker.errors import BrokerError
from broker.languages.sentences import spoken
from broker.models import AccessRequest, Reviewed, User
from broker.portal import (
    processes,
    sheets,
    steward_cases,
    steward_kin,
    steward_restored,
    steward_reviews,
)
from broker.portal import steward_inbox as lists
from broker.portal import steward_papers as papers
from broker.portal.steward_forms import LOOK_AT_REQUEST, CloseForm, FindForm, VerdictForm
from broker.rights import allow
from broker.roles import Right
from consent.errors import ConsentError

PAGE = 20


@require_http_methods(["GET"])
@allow(Right.REVIEW_CASES)
def inbox(request: HttpRequest) -> HttpResponse:
    """What waits for this reviewer, the oldest first; a legal reviewer sees cases alone."""
    user, now = _who(request), timezone.now()
    steward = rights.has(user, Right.REVIEW_REQUESTS)
    context: dict[str, Any] = {
        "steward": steward,
        "held": reopening.is_held(),
        "cases": lists.steps_to_sign(user, at=now),
        "cases_open": lists.cases_in_force(user, at=now),
        "demands": processes.waiting(user, at=now),
    }
    if steward:
        find = FindForm(request.GET if request.GET.get("pseudonym") else None)
        unknown = lists.identities(user, find.cleaned_data["pseudonym"] if find.is_valid() else "")
        context |= {
            "requests": lists.requests_to_decide(user, at=now),
            "evidence": lists.evidence_to_look_at(user, at=now),
            "requests_open": lists.requests_in_force(user, at=now),
            "guardians": lists.guardians(user, at=now),
            "kin_waiting": lists.kin_waiting(user, at=now),
            "find": find,
            "identities": Paginator(unknown, PAGE).get_page(request.GET.get("page")),
        }
    return render(request, "steward/inbox.html", context)


@require_http_methods(["GET", "POST"])
@allow(Right.REVIEW_REQUESTS)
def request(http: HttpRequest, id: UUID) -> HttpResponse:
    """One access request: what is asked beside what the papers show; approved, refused, or closed."""
    user, now = _who(http), timezone.now()
    asked = get_object_or_404(
        AccessRequest.objects.visible_to(user).select_related("project__organisation", "submitted_by"), pk=id
    )
    form: VerdictForm | CloseForm | None = None
    if asked.state == Reviewed.SUBMITTED and asked.submitted_by_id != user.pk:
        form = VerdictForm(http.POST or None, look_at=LOOK_AT_REQUEST)
    elif asked.state == Reviewed.APPROVED:
        form = CloseForm(http.POST or None)
    if http.method == "POST" and form is None:
        messages.error(http, _("This request has been decided already. Nothing was changed."))
        return redirect("steward:request", asked.pk)
    if http.method == "POST" and form is not None and form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            if isinstance(form, VerdictForm):
                access.decide(asked, approves=form.approves, reason=reason, by=user, at=now)
                done = _("Approved. The project may ask from now on.") if form.approves else _("Refused.")
            else:
                access.close(asked, reason=reason, by=user, at=now)
                done = _("Closed. From now on nothing is asked or released under it.")
        except (BrokerError, ConsentError) as refused:
            form.add_error(None, spoken(refused))
        else:
            messages.success(http, done)
            return redirect("steward:inbox")
    return render(
        http,
        "steward/request.html",
        {
            "asked": asked,
            "status": lists.status(asked.state),
            "facts": papers.asked(asked),
            "list": papers.request_list(asked, at=now),
            "decided": asked.approvals.order_by("at"),
            "form": form,
            "closing": isinstance(form, CloseForm),
            "own": asked.submitted_by_id == user.pk,
        },
        status=400 if form is not None and form.errors else 200,
    )


@require_http_methods(["POST"])
@allow(Right.VERIFY_PEOPLE)
def verify_identity(request: HttpRequest, pseudonym: str) -> HttpResponse:
    """She has seen the papers of the person behind a pseudonym."""
    person = get_object_or_404(lists.unverified(), pseudonym=pseudonym)
    return _verified(
        request,
        lambda user, now: people.verify_identity(person, by=user, at=now),
        _("The identity of %(who)s is confirmed.") % {"who": person},
    )


@require_http_methods(["POST"])
@allow(Right.VERIFY_PEOPLE)
def verify_guardian(request: HttpRequest, id: int) -> HttpResponse:
    """She has seen the papers of a guardianship."""
    link = get_object_or_404(lists.claimed(), pk=id)
    return _verified(
        request,
        lambda user, now: kinship.verify(link, by=user, at=now),
        _("The guardian of %(who)s may decide from now on.") % {"who": link.person},
    )


@require_http_methods(["GET"])
@allow(Right.VERIFY_PEOPLE)
def print_form(request: HttpRequest) -> HttpResponse:
    """A consent form to print, for somebody or blank."""
    return sheets.chosen(request, "steward/print_form.html")


def _verified(request: HttpRequest, verb: Any, done: str) -> HttpResponse:
    if "seen" not in request.POST:
        messages.error(request, _("Tick that you have seen the papers. Nothing was confirmed."))
        return redirect("steward:inbox")
    try:
        verb(_who(request), timezone.now())
    except (BrokerError, ConsentError) as refused:
        messages.error(request, spoken(refused))
    else:
        messages.success(request, done)
    return redirect("steward:inbox")


def _who(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # the door asked
    return request.user


urls = [
    path("", inbox, name="inbox"),
    path("request/<uuid:id>/", request, name="request"),
    *steward_cases.urls,
    path("print/", print_form, name="print_form"),
    path("verify/<str:pseudonym>/", verify_identity, name="verify_identity"),
    path("guardian/<int:id>/", verify_guardian, name="verify_guardian"),
    *steward_restored.urls,
    path("reviews/", steward_reviews.reviews, name="reviews"),
    path("reviews/<uuid:id>/", steward_reviews.mark, name="mark_review"),
    path("kin/", steward_kin.kin, name="kin"),
    path("kin/link/<int:id>/", steward_kin.settle_link, name="settle_link"),
    path("kin/death/<int:id>/", steward_kin.settle_death, name="settle_death"),
    path("kin/twins/", steward_kin.twins, name="twins"),
    path("kin/twins/<int:id>/", steward_kin.settle_twins, name="settle_twins"),
    path("kin/login/<int:id>/", steward_kin.confirm_login, name="confirm_login"),
    path("kin/hand-over/<str:pseudonym>/", steward_kin.hand_over, name="hand_over"),
]
