"""Keys for somebody's programs as a page: those she has, a new one shown once, and the end of one.

For whom the page is, and what making a key takes, the audience's own door says (researcher, participant).
"""

from datetime import timedelta

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from broker import tokens
from broker.models import TokenName
from broker.rights import person


class TokenForm(forms.Form):
    """A token for a program."""

    name = forms.CharField(
        label=gettext_lazy("What will use it?"),
        help_text=gettext_lazy(
            "So that you know later which one to revoke. For example: notebook on the cluster."
        ),
        max_length=60,
    )
    days = forms.TypedChoiceField(
        label=gettext_lazy("For how long?"),
        choices=[
            (7, gettext_lazy("One week")),
            (30, gettext_lazy("30 days")),
            (90, gettext_lazy("90 days")),
        ],
        coerce=int,
    )

    def lasts(self) -> timedelta:
        return timedelta(days=self.cleaned_data["days"])


def page(request: HttpRequest, audience: str, *, door: str) -> HttpResponse:
    """Hers, and a new one if she sent the form: it is shown once, in this answer, and is kept nowhere. `door`
    is the name of a REST door to try it at."""
    user, now = person(request), timezone.now()
    form = TokenForm(request.POST if request.method == "POST" else None, initial={"days": 30})
    made: tuple[TokenName, str] | None = None
    if request.method == "POST" and form.is_valid():
        made = tokens.issue(user, form.cleaned_data["name"], lasts=form.lasts())
        form = TokenForm(initial={"days": 30})
    hers = TokenName.objects.filter(token__user=user).select_related("token").order_by("-token__created")
    return render(
        request,
        f"{audience}/tokens.html",
        {
            "form": form,
            "made": made,
            "hers": [
                {
                    "called": one,
                    "over": one.token.expiry is not None and one.token.expiry <= now,
                    "revoke_url": reverse(f"{audience}:token_revoke", args=[one.pk]),
                }
                for one in hers
            ],
            "address": request.build_absolute_uri(reverse(door)),
        },
        status=400 if form.errors else 200,
    )


def revoke(request: HttpRequest, id: int, audience: str) -> HttpResponse:
    """End one of hers at once."""
    called = get_object_or_404(TokenName.objects.filter(token__user=person(request)), pk=id)
    tokens.revoke(called)
    messages.success(request, _("“%(name)s” is revoked. It opens nothing from now on.") % {"name": called})
    return redirect(f"{audience}:tokens")
