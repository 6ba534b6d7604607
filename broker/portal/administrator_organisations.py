"""The administrator's organisations: proposed by one and verified by another; withdrawn by one, at once."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from broker import people as verbs
from broker.errors import BrokerError
from broker.languages.sentences import spoken
from broker.models import Organisation, User
from broker.portal.administrator_forms import OrganisationForm, WithdrawForm, region_name
from broker.portal.doing import done
from broker.rights import allow, person
from broker.roles import Right
from consent.errors import ConsentError


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
                by=person(request),
                at=timezone.now(),
            )
        except (BrokerError, ConsentError) as refused:
            form.add_error("name", spoken(refused))
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
            "waiting": [
                _pending(one, person(request)) for one in known if one.proposed_by and not one.verified
            ],
            "withdrawn": [_pending(one, person(request)) for one in known if one.proposed_by is None],
            "withdraw": WithdrawForm(),
            "verified": any(one.verified for one in known),
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
    return done(
        request,
        lambda user: verbs.confirm_organisation(proposed, by=user, at=timezone.now()),
        _("%(name)s is verified.") % {"name": proposed},
        "administrator:organisations",
    )


@require_http_methods(["POST"])
@allow(Right.APPOINT)
def withdraw_organisation(request: HttpRequest) -> HttpResponse:
    """The end of a verification: one administrator is enough, and it holds at once."""
    form = WithdrawForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose one, and say why. Nothing was changed."))
        return redirect("administrator:organisations")
    ended, why = form.cleaned_data["organisation"], form.cleaned_data["why"]
    return done(
        request,
        lambda user: verbs.withdraw_organisation(ended, why=why, by=user, at=timezone.now()),
        _("%(name)s is not verified any more.") % {"name": ended},
        "administrator:organisations",
    )


@require_http_methods(["POST"])
@allow(Right.APPOINT)
def propose_again(request: HttpRequest, id: int) -> HttpResponse:
    """The first signature under an organisation that lost its verification."""
    withdrawn = get_object_or_404(Organisation.objects.filter(proposed_by__isnull=True), pk=id)
    return done(
        request,
        lambda user: verbs.propose_again(withdrawn, by=user, at=timezone.now()),
        _("%(name)s is proposed. Another administrator has to confirm it.") % {"name": withdrawn},
        "administrator:organisations",
    )


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


urls = [
    path("organisations/", organisations, name="organisations"),
    path("organisations/withdraw/", withdraw_organisation, name="withdraw_organisation"),
    path("organisations/<int:id>/again/", propose_again, name="propose_again"),
    path("organisations/<int:id>/", confirm_organisation, name="confirm_organisation"),
]
