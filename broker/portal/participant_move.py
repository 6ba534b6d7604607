"""Her own page for saying that she is at home in another place: what it changes, and the day it leads to."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from broker import fresh, homes, uses
from broker.errors import BrokerError
from broker.languages.sentences import spoken
from broker.portal import record_words as words
from broker.portal.desk import Desk
from broker.portal.participant_growing import desk_of
from broker.portal.region_field import RegionField, place
from broker.portal.zone_field import ZoneField
from broker.rights import allow
from broker.roles import Right
from consent import giving
from consent.errors import ConsentError
from consent.homes import Home
from consent.terms import Capacity

DONE = {  # or does it wait?
    True: gettext_lazy("You are at home there from now on."),
    False: gettext_lazy(
        "This waits for a clerk to see a paper of where you live. Until then all stays as it is."
    ),
}


class HomeForm(forms.Form):
    """Where she is at home now."""

    zone = ZoneField(label=gettext_lazy("Where are you at home?"))
    region = RegionField(label=gettext_lazy("In which country, state or province?"))


@require_http_methods(["GET", "POST"])
@allow(Right.KEEP_OWN_RECORD)
def move(request: HttpRequest) -> HttpResponse:
    """At once, or once a clerk has seen where she lives."""
    desk = desk_of(request)
    person = desk.ward.participant
    begin = {"zone": person.home_zone, "region": person.home_region}
    form = HomeForm(request.POST if request.method == "POST" else None, initial=begin)
    if request.method == "POST" and form.is_valid():
        policy, proof = uses.dials(desk.at), fresh.of(request, at=desk.at)
        if proof is None or not giving.is_fresh(proof, policy, desk.at):
            return fresh.ask(request, what=_("To change where you are at home, show that it is you."))
        home = Home(form.cleaned_data["zone"], form.cleaned_data["region"])
        try:
            done = homes.change(desk.user, home, sign_in=proof, policy=policy, at=desk.at)
        except (BrokerError, ConsentError) as refused:
            form.add_error(None, spoken(refused))
        else:
            messages.success(request, DONE[done])
            return redirect("participant:move")
    context = {
        "form": form,
        "is_minor": desk.at < desk.ward.of_age_at,
        "of_age_on": words.day(desk.ward.of_age_at, person.home_zone),
        **_waits(desk),
    }
    return desk.render("move", context, status=422 if form.errors else 200)


def _waits(desk: Desk) -> dict[str, object]:
    """What she said herself and a clerk has not seen yet, and what others say of her."""
    said = homes.said_of(desk.ward.participant)
    return {
        "waits": said.filter(capacity=Capacity.SELF).first(),
        "said": [place(one.region, one.zone) for one in said.exclude(capacity=Capacity.SELF)],
    }
