"""The clerk's page for a young person who says that she lives where she is of age earlier."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from broker import homes
from broker.errors import BrokerError
from broker.models import User
from broker.rights import allow, person
from broker.roles import Right
from consent.errors import ConsentError
from consent.hierarchies import REGION_NAMES

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
            form.add_error(None, str(refused))
    her = change.participant
    context = {
        "change": change,
        "form": form,
        "facts": [
            {"term": _("Until now"), "text": _place(her.home_region, her.home_zone)},
            {"term": _("As she says"), "text": _place(change.region, change.zone)},
        ],
    }
    return render(request, "clerk/home.html", context, status=422 if form.errors else 200)


def waiting(user: User) -> list[dict[str, object]]:
    """What waits for this clerk, for components/entries.html."""
    return [
        {
            "when": one.proposed_at,
            "title": str(one.participant),
            "text": _place(one.region, one.zone),
            "url": reverse("clerk:home", args=[one.pk]),
        }
        for one in homes.waiting(user)
    ]


def _place(region: str, zone: str) -> str:
    return f"{_(REGION_NAMES[region]) if region in REGION_NAMES else _('no region said')}, {zone}"
