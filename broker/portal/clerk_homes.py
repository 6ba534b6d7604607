"""The clerk's page for where somebody is at home: as a young person says who would be of age earlier there,
or as whoever acts for somebody says. What it moves is shown beside it: that is what she answers for."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from broker import homes, uses
from broker.errors import BrokerError
from broker.languages.sentences import spoken
from broker.models import User
from broker.portal import record_words as words
from broker.portal.region_field import place
from broker.rights import allow, person
from broker.roles import Right
from consent import homes as law
from consent.errors import ConsentError
from consent.models import HomeChange
from consent.participants import of_age_at
from consent.terms import Capacity

SEEN, NOT_SHOWN = "seen", "not_shown"


class HomeForm(forms.Form):
    """What the clerk has seen."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("What did you see?"),
        choices=[
            (SEEN, gettext_lazy("A paper that shows that she lives there")),
            (NOT_SHOWN, gettext_lazy("Nothing that shows it")),
        ],
        widget=forms.RadioSelect,
    )
    what = forms.CharField(
        label=gettext_lazy("Which paper, or why not?"),
        help_text=gettext_lazy("A reference by which it can be found again. No name and no address."),
        max_length=200,
    )


@require_http_methods(["GET", "POST"])
@allow(Right.SEE_HOMES)
def home(request: HttpRequest, id: int) -> HttpResponse:
    """From where to where, and what the clerk has seen of it."""
    user, now = person(request), timezone.now()
    change = get_object_or_404(homes.waiting(user), pk=id)
    form = HomeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            if said["outcome"] == SEEN:
                homes.confirm(change, papers=said["what"], by=user, at=now)
                messages.success(request, _("She is at home there from now on."))
            else:
                homes.refuse(change, why=said["what"], by=user, at=now)
                messages.success(request, _("All stays as it was."))
            return redirect("clerk:inbox")
        except (BrokerError, ConsentError) as refused:
            form.add_error(None, spoken(refused))
    context = {"change": change, "form": form, "facts": _facts(change, now), "is_own": _is_own(change)}
    return render(request, "clerk/home.html", context, status=422 if form.errors else 200)


SAYS: dict[str, Any] = {
    Capacity.SELF: gettext_lazy("She herself"),
    Capacity.GUARDIAN: gettext_lazy("A guardian of hers"),
    Capacity.PROXY: gettext_lazy("Who acts for her as an adult"),
}


def _facts(change: HomeChange, at: datetime) -> list[dict[str, object]]:
    """From where to where, who says so, and the day from which she chooses alone: as it is, and there."""
    her, policy = change.participant, uses.dials(at)
    facts: list[dict[str, object]] = [
        {"term": _("Who says it"), "text": SAYS[change.capacity]},
        {"term": _("Until now"), "text": place(her.home_region, her.home_zone)},
        {"term": _("As is said"), "text": place(change.region, change.zone)},
    ]
    now, there = of_age_at(her, policy), law.of_age_at(her, law.Home(change.zone, change.region), policy)
    if at < max(now, there):
        facts += [
            {"term": _("Chooses alone from, until now"), "text": words.day(now, her.home_zone)},
            {"term": _("Chooses alone from, there"), "text": words.day(there, change.zone)},
        ]
    return facts


def _is_own(change: HomeChange) -> bool:
    return change.capacity == Capacity.SELF


def waiting(user: User) -> list[dict[str, object]]:
    """What waits for this clerk, for components/entries.html."""
    return [
        {
            "when": one.proposed_at,
            "title": str(one.participant),
            "text": place(one.region, one.zone),
            "url": reverse("clerk:home", args=[one.pk]),
        }
        for one in homes.waiting(user)
    ]
