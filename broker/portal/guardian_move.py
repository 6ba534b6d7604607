"""A guardian's or proxy's page for saying that somebody she acts for is at home in another place.

It moves nothing by itself: a clerk sees a paper first (clerk_homes). What may move is in consent.homes.
"""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from broker import fresh, homes, uses
from broker.errors import BrokerError
from broker.languages.sentences import spoken
from broker.portal import record_words as words
from broker.portal.desk import Desk
from broker.portal.guardian_desk import desk_of
from broker.portal.region_field import RegionField, place
from broker.portal.zone_field import ZoneField
from broker.rights import allow
from broker.roles import Right
from consent import giving
from consent import homes as law
from consent.errors import ConsentError
from consent.homes import Home
from consent.models import HomeChange
from consent.terms import Capacity

SAYS = {
    Capacity.SELF: gettext_lazy("As the person herself says."),
    Capacity.GUARDIAN: gettext_lazy("As another guardian says."),
    Capacity.PROXY: gettext_lazy("As somebody else says who acts for this person."),
}


class HomeForm(forms.Form):
    """Where somebody else is at home now."""

    zone = ZoneField(label=gettext_lazy("Where is this person at home?"))
    region = RegionField(label=gettext_lazy("In which country, state or province?"))


@require_http_methods(["GET", "POST"])
@allow(Right.KEEP_CHILD_RECORD)
def move(request: HttpRequest, pseudonym: str) -> HttpResponse:
    """Say it, and see what waits."""
    desk = desk_of(request, pseudonym)
    ward = desk.ward
    if not ward.may_say_where:
        raise Http404
    person = ward.participant
    begin = {"zone": person.home_zone, "region": person.home_region}
    form = HomeForm(request.POST if request.method == "POST" else None, initial=begin)
    if request.method == "POST" and form.is_valid():
        policy, proof = uses.dials(desk.at), fresh.of(request, at=desk.at)
        if proof is None or not giving.is_fresh(proof, policy, desk.at):
            return fresh.ask(request, what=_("To say where somebody is at home, show that it is you."))
        home = Home(form.cleaned_data["zone"], form.cleaned_data["region"])
        try:
            homes.say(desk.user, pseudonym, home, sign_in=proof, policy=policy, at=desk.at)
        except (BrokerError, ConsentError) as refused:
            form.add_error(None, spoken(refused))
        else:
            messages.success(request, _("This waits for a clerk to see a paper. Nothing has moved yet."))
            return redirect(desk.url("move"))
    context = {
        "form": form,
        "facts": _facts(desk),
        "waits": [_entry(one, desk) for one in homes.said_of(person)],
    }
    return desk.render("move", context, status=422 if form.errors else 200)


def _facts(desk: Desk) -> list[dict[str, str]]:
    person = desk.ward.participant
    facts = [{"term": _("At home, as it stands"), "text": place(person.home_region, person.home_zone)}]
    if desk.ward.is_child:
        day = words.day(desk.ward.of_age_at, person.home_zone)
        facts.append({"term": _("Chooses alone from"), "text": day})
    return facts


def _entry(change: HomeChange, desk: Desk) -> dict[str, Any]:
    """One word that waits, and what would follow, for components/entries.html."""
    mine = change.proposed_by == desk.user.reference
    said = _("As you said.") if mine else SAYS[Capacity(change.capacity)]
    if desk.ward.is_child:
        home = Home(change.zone, change.region)
        there = law.of_age_at(change.participant, home, uses.dials(desk.at))
        follows = _("The child would choose alone from %(day)s.") % {"day": words.day(there, change.zone)}
        said = f"{said} {follows}"
    return {
        "when": change.proposed_at,
        "title": place(change.region, change.zone),
        "text": said,
        "kind": "wait",
        "word": _("Waits for a clerk"),
    }
