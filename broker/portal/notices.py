"""What somebody was told, and the ways to reach her: the inbox, and the channels. For everybody with a login.

What a notice says is in notice_kinds; how it was sent, in notices and postman.
"""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from broker import addresses, fresh, notice_kinds, notices, uses
from broker.errors import Refused
from broker.languages.sentences import spoken
from broker.models import Channel, Delivery, Notice, User
from broker.portal.frame import audience_of
from broker.rights import allow, person
from broker.roles import Right
from consent import giving

PAGE = 30
# What is said of a way that was added: is it an address that waits to be confirmed?
ADDED = {
    False: gettext_noop("From now on you are told there, too."),
    True: gettext_noop("A link is on its way there. Open it to confirm that the address is yours."),
}
ADDABLE = (Channel.Kind.EMAIL, Channel.Kind.POST)


class ChannelForm(forms.Form):
    """A further way to reach somebody."""

    kind = forms.ChoiceField(
        label=gettext_lazy("How?"),
        choices=[
            (Channel.Kind.EMAIL.value, gettext_lazy("By e-mail")),
            (Channel.Kind.POST.value, gettext_lazy("By letter")),
        ],
        widget=forms.RadioSelect,
    )
    address = forms.CharField(
        label=gettext_lazy("Where to?"),
        help_text=gettext_lazy("An e-mail address, or a name and a postal address."),
        max_length=400,
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("kind") == Channel.Kind.EMAIL and "address" in said:
            try:
                said["address"] = forms.EmailField().clean(said["address"])
            except forms.ValidationError as wrong:
                self.add_error("address", wrong)
        return said


@require_http_methods(["GET"])
@allow(Right.SIGNED_IN)
def inbox(request: HttpRequest) -> HttpResponse:
    """Everything she was told, newest first."""
    user = person(request)
    page = Paginator(notices.inbox(user), PAGE).get_page(request.GET.get("page"))
    context = {
        "notices": [_entry(delivery) for delivery in page],
        "newer": f"?page={page.number - 1}" if page.has_previous() else "",
        "older": f"?page={page.number + 1}" if page.has_next() else "",
        "audience": audience_of(user),
    }
    return render(request, "notices/inbox.html", context)


@require_http_methods(["POST"])
@allow(Right.SIGNED_IN)
def read(request: HttpRequest, id: UUID) -> HttpResponse:
    """She has read one."""
    user = person(request)
    notices.mark_read(user, get_object_or_404(Notice, pk=id, user=user), at=timezone.now())
    return redirect("notices:inbox")


@require_http_methods(["GET", "POST"])
@allow(Right.SIGNED_IN)
def channels(request: HttpRequest) -> HttpResponse:
    """The ways to reach her, and a form for one more. Adding takes a fresh proof of who she is."""
    user, form = person(request), ChannelForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        proof = fresh.of(request, at=now)
        if proof is None or not giving.is_fresh(proof, uses.dials(now), now):
            return fresh.ask(request, what=_("To add a way to reach you, show that it is you."))
        try:
            kind = Channel.Kind(form.cleaned_data["kind"])
            with transaction.atomic():
                added = notices.add_channel(user, kind, form.cleaned_data["address"], at=now)
                if added.waits:
                    addresses.send_link_on_commit(added, _link(request), at=now)
        except Refused as refused:
            form.add_error(None, spoken(refused))
        else:
            messages.success(request, _(ADDED[added.waits]))
            return redirect("notices:channels")
    return _channels(request, user, form)


@require_http_methods(["POST"])
@allow(Right.SIGNED_IN)
def end(request: HttpRequest, id: UUID) -> HttpResponse:
    """Do not use one any more. It is told so itself."""
    channel = get_object_or_404(Channel, pk=id, user=person(request))
    try:
        notices.end_channel(channel, at=timezone.now())
        messages.success(request, _("This way is not used any more. One last notice went there."))
    except Refused as refused:
        messages.error(request, spoken(refused))
    return redirect("notices:channels")


@require_http_methods(["POST"])
@allow(Right.SIGNED_IN)
def send_link(request: HttpRequest, id: UUID) -> HttpResponse:
    """Another link to an address that is not confirmed yet."""
    channel = get_object_or_404(notices.ways(person(request)), pk=id)
    if channel.waits:
        addresses.send_link_on_commit(channel, _link(request), at=timezone.now())
        messages.success(request, _("Another link is on its way."))
    return redirect("notices:channels")


@never_cache
@require_http_methods(["GET", "POST"])
@allow(Right.SIGNED_IN)
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind that link. Looking at it changes nothing; the button confirms."""
    user, now = person(request), timezone.now()
    try:
        if request.method == "POST":
            addresses.confirm(user, token, at=now)
            messages.success(request, _("Thank you. This address is confirmed."))
            return redirect("notices:channels")
        context = {"address": addresses.named(user, token, at=now).address}
    except Refused as refused:
        context = {"why": spoken(refused)}
    context["audience"] = audience_of(user)
    return render(request, "notices/confirm.html", context, status=200 if "address" in context else 410)


def _link(request: HttpRequest) -> addresses.Link:
    return lambda token: request.build_absolute_uri(reverse("notices:confirm", args=[token]))


def _channels(request: HttpRequest, user: User, form: ChannelForm) -> HttpResponse:
    context = {
        "form": form,
        "ways": [
            {
                "kind": capfirst(_(Channel.Kind(way.kind).label)),
                "address": way.address,
                "failed": way.has_failed,
                "waits": way.waits,
                "id": way.pk,
            }
            for way in notices.ways(user)
        ],
        "audience": audience_of(user),
    }
    return render(request, "notices/channels.html", context, status=422 if form.errors else 200)


def _entry(delivery: Delivery) -> dict[str, Any]:
    notice = delivery.notice
    return {
        "when": notice.at,
        "title": notice_kinds.subject(notice),
        "text": notice_kinds.text(notice),
        "id": notice.pk,
        "unread": delivery.state != Delivery.State.READ,
    }


urls = [
    path("", inbox, name="inbox"),
    path("<uuid:id>/read/", read, name="read"),
    path("channels/", channels, name="channels"),
    path("channels/confirm/<str:token>/", confirm, name="confirm"),
    path("channels/<uuid:id>/send-link/", send_link, name="send_link"),
    path("channels/<uuid:id>/end/", end, name="end"),
]
