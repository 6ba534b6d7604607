"""The administrator's pages: who has which role, which organisations are verified, and how the house is.

Giving power takes two, taking it away takes one. There is no genome here, and no participant.
"""

import secrets
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from broker import health as checks
from broker import people as verbs
from broker.errors import BrokerError
from broker.languages.sentences import spoken
from broker.models import Appointment, User
from broker.portal import administrator_organisations
from broker.portal.administrator_forms import (
    EnrolForm,
    ProposeForm,
    role_name,
)
from broker.portal.doing import done
from broker.rights import allow, person
from broker.roles import SELF_TAKEN, WHO, Right, Role
from consent.errors import ConsentError

PAGE = 50
LETTERS = "23456789BCDFGHJKMNPQRSTVWXZ"  # nothing that reads like something else


@require_http_methods(["GET", "POST"])
@allow(Right.APPOINT)
def people(request: HttpRequest) -> HttpResponse:
    """Everybody who works here, the roles they have, and those that wait for a second administrator."""
    form = ProposeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        role = Role(form.cleaned_data["role"])
        try:
            verbs.propose(form.user, role, by=person(request), at=timezone.now())
        except (BrokerError, ConsentError) as refused:
            form.add_error(None, spoken(refused))
        else:
            told = {"who": form.user, "role": role_name(role)}
            messages.success(
                request, _("%(who)s is proposed as %(role)s. Another administrator has to confirm it.") % told
            )
            return redirect("administrator:people")
    standing = Prefetch(
        "appointments",
        queryset=_living().filter(confirmed_by__isnull=False).order_by("role"),
    )
    staff = verbs.staff().select_related("organisation").prefetch_related(standing).order_by("username")
    page = Paginator(staff, PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "administrator/people.html",
        {
            "form": form,
            "waiting": [_proposal(one, person(request)) for one in _proposed()],
            "page": page,
            "staff": [_card(one) for one in page],
            "alone": _living().filter(role=Role.ADMINISTRATOR, confirmed_by__isnull=False).count() < 2,
        },
        status=400 if form.errors else 200,
    )


@require_http_methods(["POST"])
@allow(Right.APPOINT)
def confirm(request: HttpRequest, id: int) -> HttpResponse:
    """The second signature under a role."""
    proposed = get_object_or_404(_proposed(), pk=id)
    return done(
        request,
        lambda user: verbs.confirm(proposed, by=user, at=timezone.now()),
        _("%(who)s is now %(role)s.") % {"who": proposed.user, "role": role_name(proposed.role)},
        "administrator:people",
    )


@require_http_methods(["POST"])
@allow(Right.APPOINT)
def dismiss(request: HttpRequest, id: int) -> HttpResponse:
    """The end of a role, or of a proposal: one administrator is enough, and it holds at once."""
    ended = get_object_or_404(_living(), pk=id)
    return done(
        request,
        lambda user: verbs.dismiss(ended, by=user, at=timezone.now()),
        _("%(who)s is not %(role)s from now on.") % {"who": ended.user, "role": role_name(ended.role)},
        "administrator:people",
    )


@never_cache
@require_http_methods(["GET", "POST"])
@allow(Right.APPOINT)
def enrol(request: HttpRequest) -> HttpResponse:
    """A login for staff. Its first password is on the answer alone: shown once, and kept nowhere."""
    form, made, password = EnrolForm(request.POST or None), None, ""
    if request.method == "POST" and form.is_valid():
        said, password = form.cleaned_data, _first_password()
        try:
            made = verbs.enrol(
                said["username"],
                password,
                organisation=said["organisation"],
                by=person(request),
                at=timezone.now(),
            )
        except (BrokerError, ConsentError) as refused:
            form.add_error("username", spoken(refused))
    return render(
        request,
        "administrator/enrol.html",
        {"form": form, "made": made, "password": password},
        status=400 if form.errors else 200,
    )


@never_cache
@require_http_methods(["GET"])
@allow(Right.APPOINT)
def health(request: HttpRequest) -> HttpResponse:
    """Database, queue, ledger, storage and jobs, each in words."""
    now = timezone.now()
    titles = {
        "database": _("Database"),
        "queue": _("Queue"),
        "ledger": _("Ledger"),
        "witness": _("Witness"),
        "storage": _("Storage"),
        "sandbox": _("Reading of files"),
        "keys": _("Keys"),
        "restore": _("After a restore"),
        "jobs": _("Jobs"),
        "clock": _("Clock"),
        "uploads": _("Files on their way in"),
        "yeses": _("Yeses"),
        "records": _("Records"),
        "notices": _("Notices"),
        "demands": _("Demands of courts"),
        "tellings": _("Searches told"),
        "statements": _("Monthly statements"),
        "policy": _("Policy"),
        "rows": _("Rows in memory"),
    }
    cards = [
        {
            "title": titles[finding.part],
            "text": finding.words,
            "kind": "good" if finding.well else "warn",
            "word": _("OK") if finding.well else _("Attention"),
        }
        for finding in checks.look(at=now)
    ]
    troubled = sum(card["kind"] == "warn" for card in cards)
    return render(request, "administrator/health.html", {"cards": cards, "troubled": troubled, "now": now})


def _living() -> QuerySet[Appointment]:
    """Roles that are had or proposed; those that people take themselves are their own matter."""
    return Appointment.objects.filter(ended_at__isnull=True).exclude(role__in=SELF_TAKEN)


def _proposed() -> QuerySet[Appointment]:
    waiting = _living().filter(confirmed_by__isnull=True)
    return waiting.select_related("user__organisation", "proposed_by").order_by("proposed_at")


def _proposal(proposed: Appointment, me: User) -> dict[str, Any]:
    return {
        "appointment": proposed,
        "role": role_name(proposed.role),
        "does": _(WHO[Role(proposed.role)]),
        "own": me.pk in {proposed.proposed_by_id, proposed.user_id},
    }


def _card(person: User) -> dict[str, Any]:
    roles = [{"id": one.pk, "name": role_name(one.role)} for one in person.appointments.all()]
    return {"name": str(person), "organisation": person.organisation, "roles": roles}


def _first_password() -> str:
    """Sixteen letters in fours, to be read out or typed."""
    drawn = [secrets.choice(LETTERS) for _place in range(16)]
    return "-".join("".join(drawn[n : n + 4]) for n in range(0, 16, 4))


urls = [
    path("", people, name="people"),
    path("enrol/", enrol, name="enrol"),
    path("confirm/<int:id>/", confirm, name="confirm"),
    path("dismiss/<int:id>/", dismiss, name="dismiss"),
    *administrator_organisations.urls,
    path("health/", health, name="health"),
]
