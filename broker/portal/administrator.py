"""The administrator's pages: who has which role, which organisations are verified, and how the house is.

Giving power takes two, taking it away takes one. There is no genome here, and no participant.
"""

import secrets
from collections.abc import Callable
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
from broker.models import Appointment, Organisation, User
from broker.portal.administrator_forms import EnrolForm, OrganisationForm, ProposeForm, region_name, role_name
from broker.rights import allow
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
            verbs.propose(form.user, role, by=_who(request), at=timezone.now())
        except (BrokerError, ConsentError) as refused:
            form.add_error(None, str(refused))
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
            "waiting": [_proposal(one, _who(request)) for one in _proposed()],
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
    return _done(
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
    return _done(
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
                by=_who(request),
                at=timezone.now(),
            )
        except (BrokerError, ConsentError) as refused:
            form.add_error("username", str(refused))
    return render(
        request,
        "administrator/enrol.html",
        {"form": form, "made": made, "password": password},
        status=400 if form.errors else 200,
    )


@require_http_methods(["GET", "POST"])
@allow(Right.APPOINT)
def organisations(request: HttpRequest) -> HttpResponse:
    """Every organisation; those that one administrator proposed wait for another."""
    form = OrganisationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            verbs.propose_organisation(
                said["name"],
                Organisation.Kind(said["kind"]),
                region=said["region"],
                by=_who(request),
                at=timezone.now(),
            )
        except (BrokerError, ConsentError) as refused:
            form.add_error("name", str(refused))
        else:
            told = {"name": said["name"]}
            messages.success(
                request, _("%(name)s is proposed. Another administrator has to confirm it.") % told
            )
            return redirect("administrator:organisations")
    known = Organisation.objects.select_related("proposed_by", "confirmed_by").order_by("name")
    return render(
        request,
        "administrator/organisations.html",
        {
            "form": form,
            "waiting": [_pending(one, _who(request)) for one in known if not one.verified],
            "rows": [_organisation(one) for one in known if one.verified],
            "columns": [
                {"label": _("Name")},
                {"label": _("Kind")},
                {"label": _("Where")},
                {"label": _("Verified by")},
            ],
        },
        status=400 if form.errors else 200,
    )


@require_http_methods(["POST"])
@allow(Right.APPOINT)
def confirm_organisation(request: HttpRequest, id: int) -> HttpResponse:
    """The second signature under an organisation."""
    proposed = get_object_or_404(Organisation.objects.filter(confirmed_by__isnull=True), pk=id)
    return _done(
        request,
        lambda user: verbs.confirm_organisation(proposed, by=user, at=timezone.now()),
        _("%(name)s is verified.") % {"name": proposed},
        "administrator:organisations",
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
        "uploads": _("Files on their way in"),
        "yeses": _("Yeses"),
        "records": _("Records"),
        "notices": _("Notices"),
        "demands": _("Demands of courts"),
        "tellings": _("Searches told"),
        "statements": _("Monthly statements"),
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


def _done(request: HttpRequest, verb: Callable[[User], Any], done: str, back: str) -> HttpResponse:
    try:
        verb(_who(request))
    except (BrokerError, ConsentError) as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, done)
    return redirect(back)


def _who(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # the door asked
    return request.user


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


def _pending(one: Organisation, me: User) -> dict[str, Any]:
    kind = _(one.get_kind_display())
    return {
        "id": one.pk,
        "name": one.name,
        "does": f"{kind}, {region_name(one.region)}",
        "by": one.proposed_by,
        "own": one.proposed_by_id == me.pk,
    }


def _organisation(one: Organisation) -> list[Any]:
    two = f"{one.proposed_by}, {one.confirmed_by}"
    return [
        one.name,
        str(_(one.get_kind_display())).capitalize(),
        {"text": region_name(one.region), "code": one.region},
        two,
    ]


def _first_password() -> str:
    """Sixteen letters in fours, to be read out or typed."""
    drawn = [secrets.choice(LETTERS) for _place in range(16)]
    return "-".join("".join(drawn[n : n + 4]) for n in range(0, 16, 4))


urls = [
    path("", people, name="people"),
    path("enrol/", enrol, name="enrol"),
    path("confirm/<int:id>/", confirm, name="confirm"),
    path("dismiss/<int:id>/", dismiss, name="dismiss"),
    path("organisations/", organisations, name="organisations"),
    path("organisations/<int:id>/", confirm_organisation, name="confirm_organisation"),
    path("health/", health, name="health"),
]
