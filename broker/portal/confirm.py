"""Proving once more who one is, before something weighty; and going on from there with nothing lost."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from broker import fresh
from broker.errors import BrokerError
from broker.factors import held, passkeys, recovery, totp
from broker.languages.sentences import spoken
from broker.portal import ceremony
from broker.portal.factor_forms import CodeForm, PasskeyForm, RecoveryForm
from broker.portal.frame import home_of
from broker.rights import allow, person
from broker.roles import Right

GO_ON = "/go-on/"  # as broker.urls has it


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "POST"])
@allow(Right.SIGNED_IN)
def confirm(request: HttpRequest) -> HttpResponse:
    """By app or passkey; who has neither is led to make one first."""
    user, now, site = person(request), timezone.now(), ceremony.site_of(request)
    place = fresh.own_place(request, request.GET.get("next")) or reverse("home")
    codes = "codes" in request.GET
    has = held.of(user)
    how = request.POST.get("how", "")
    forms = {
        "code": CodeForm(request.POST if how == "code" else None),
        "passkey": PasskeyForm(request.POST if how == "passkey" else None),
        "recovery": RecoveryForm(request.POST if how == "recovery" and codes else None),
    }
    form = forms.get(how, forms["code"])
    if form.is_bound and form.is_valid():
        try:
            if how == "passkey":
                row = passkeys.check(
                    form.cleaned_data["answer"], ceremony.take(request, at=now), site, user=user, at=now
                )
                method, strong_from = passkeys.METHOD, row.strong_from
            elif how == "recovery":
                recovery.use(user, form.cleaned_data["recovery"], at=now)
                method, strong_from = "recovery", None
            else:
                method = totp.METHOD
                strong_from = totp.check(user, form.cleaned_data["code"], at=now).strong_from
            if fresh.note(request.session, method, strong_from=strong_from, at=now) or codes:
                return redirect(place)
            form.add_error(
                None, _("This one was added after a recovery code. It counts for a yes only later.")
            )
        except BrokerError as refused:
            form.add_error({"code": "code", "recovery": "recovery"}.get(how), spoken(refused))
    context = {
        "form": form,
        **{f"{name}_form": one for name, one in forms.items()},
        "held": has,
        "codes": codes,
        "waits_until": None if codes or not has.strong_from or has.strong_from <= now else has.strong_from,
        "site": site,
        "what": _what(request, place),
        "query": urlencode({"next": place}),
        "leave": home_of(user) or reverse("home"),
    }
    if has.passkeys and site.takes_passkeys:
        options, state = passkeys.challenge(site, user)
        ceremony.keep(request, state, at=now)
        context["options"] = ceremony.written(options)
    return render(request, "confirm/confirm.html", context, status=422 if form.errors else 200)


@never_cache
@require_GET
@allow(Right.SIGNED_IN)
def go_on(request: HttpRequest, token: str) -> HttpResponse:
    """The form that was interrupted, behind one button."""
    form = fresh.kept(request, token, at=timezone.now())
    context = {
        "path": form["path"] if form else "",
        "what": form["what"] if form else "",
        "confirmed": form is not None and fresh.confirmed_since(request, form),
        "fields": fresh.fields_of(form) if form else [],
        "leave": home_of(person(request)) or reverse("home"),
    }
    return render(request, "confirm/go_on.html", context, status=200 if form else 410)


def _what(request: HttpRequest, place: str) -> str:
    """What she was about to do, when a form waits."""
    token = place.removeprefix(GO_ON).rstrip("/")
    form = fresh.kept(request, token, at=timezone.now()) if place.startswith(GO_ON) else None
    return form["what"] if form else ""
