"""The page "Your sign-in": what somebody proves herself with, to see, add and take away.

The first factor takes her password, typed just now; every later change takes a fresh confirmation by a factor
or a recovery code. There is no door by which anybody does this for another.
"""

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlencode

import segno
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from broker import fresh
from broker.errors import BrokerError
from broker.factors import guesses, held, passkeys, recovery, seals, totp
from broker.languages.sentences import spoken
from broker.models import User
from broker.portal import ceremony
from broker.portal.factor_forms import CodeForm, NewPasskeyForm, PasswordForm
from broker.rights import allow, person
from broker.roles import Right

SECRET = "new_app"  # noqa: S105 - the name of a place in the session; what lies there is sealed
Page = Callable[..., HttpResponse]


@never_cache
@require_GET
@allow(Right.SIGNED_IN)
def factors(request: HttpRequest) -> HttpResponse:
    """What she has, and what she could add."""
    context = {"held": held.of(person(request)), "now": timezone.now(), "site": ceremony.site_of(request)}
    return render(request, "factors/factors.html", context)


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "POST"])
@allow(Right.SIGNED_IN)
def password(request: HttpRequest) -> HttpResponse:
    """Her password again, before the first factor."""
    user, now = person(request), timezone.now()
    place = _place(request)
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        what = f"password again/{user.pk}"
        try:
            guesses.spend(what, guesses.CODE, at=now)
            if user.check_password(form.cleaned_data["password"]):
                guesses.forgive(what)
                fresh.note_password(request.session, at=now)
                return redirect(place)
            form.add_error("password", _("This is not your password. Nothing was changed."))
        except guesses.TooManyGuesses as waits:
            form.add_error(None, str(waits))
    return render(request, "factors/password.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "POST"])
@allow(Right.SIGNED_IN)
def totp_new(request: HttpRequest) -> HttpResponse:
    """An app: scan the picture or type the secret, then show that it works."""
    user, now = person(request), timezone.now()
    if (elsewhere := _proof_first(request, user, at=now)) is not None:
        return elsewhere
    if held.of(user).totp is not None:
        messages.info(request, _("You have an app already. To use another, remove it first."))
        return redirect("factors:factors")
    secret = _secret(request, user)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            proven = _proven(request, user, at=now)
            row = totp.enrol(user, secret, form.cleaned_data["code"], proven=proven, at=now)
            del request.session[SECRET]
            return _added(request, user, totp.METHOD, strong_from=row.strong_from, at=now)
        except BrokerError as refused:
            form.add_error("code", spoken(refused))
    site = ceremony.site_of(request)
    picture = segno.make(totp.address(secret, user, issuer=site.name), error="m")
    context = {
        "form": form,
        "picture": mark_safe(picture.svg_inline(scale=5, border=3, omitsize=True)),  # noqa: S308 - our own
        "secret": " ".join(secret[part : part + 4] for part in range(0, len(secret), 4)),
        "site": site,
    }
    return render(request, "factors/totp_new.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "POST"])
@allow(Right.SIGNED_IN)
def passkey_new(request: HttpRequest) -> HttpResponse:
    """A passkey of this device, or of a token."""
    user, now, site = person(request), timezone.now(), ceremony.site_of(request)
    if (elsewhere := _proof_first(request, user, at=now)) is not None:
        return elsewhere
    form = NewPasskeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            row = passkeys.enrol(
                user,
                said["name"],
                said["answer"],
                ceremony.take(request, at=now),
                site,
                proven=_proven(request, user, at=now),
                at=now,
            )
            return _added(request, user, passkeys.METHOD, strong_from=row.strong_from, at=now)
        except BrokerError as refused:
            form.add_error(None, spoken(refused))
    options, state = passkeys.invite(user, site)
    ceremony.keep(request, state, at=now)
    context = {"form": form, "options": ceremony.written(options), "site": site}
    return render(request, "factors/passkey_new.html", context, status=422 if form.errors else 200)


@require_POST
@allow(Right.SIGNED_IN)
def totp_remove(request: HttpRequest) -> HttpResponse:
    user, now = person(request), timezone.now()
    if (elsewhere := _proof_first(request, user, at=now)) is not None:
        return elsewhere
    totp.remove(user, at=now)
    messages.success(request, _("The app no longer opens anything here. Delete its entry on your phone."))
    return redirect("factors:factors")


@require_POST
@allow(Right.SIGNED_IN)
def passkey_remove(request: HttpRequest, number: int) -> HttpResponse:
    user, now = person(request), timezone.now()
    row = get_object_or_404(user.passkeys, pk=number)
    if (elsewhere := _proof_first(request, user, at=now)) is not None:
        return elsewhere
    passkeys.remove(row, at=now)
    messages.success(request, _("This passkey no longer opens anything here."))
    return redirect("factors:factors")


@never_cache
@require_POST
@allow(Right.SIGNED_IN)
def codes(request: HttpRequest) -> HttpResponse:
    """New recovery codes; the old ones end."""
    user, now = person(request), timezone.now()
    if not held.of(user):
        messages.info(request, _("Recovery codes are for who has an app or a passkey. Add one first."))
        return redirect("factors:factors")
    if (elsewhere := _proof_first(request, user, at=now)) is not None:
        return elsewhere
    made = recovery.make(user, at=now)
    return render(request, "factors/codes.html", {"codes": made, "next": reverse("factors:factors")})


def _proof_first(request: HttpRequest, user: User, *, at: datetime) -> HttpResponse | None:
    """Where to prove herself before this; None when she has."""
    if held.of(user):
        what = _("You are about to change how you sign in.")
        return None if fresh.confirmed(request, at=at) else fresh.ask(request, what=what, codes=True)
    if fresh.knows_password(request, at=at):
        return None
    here = request.get_full_path() if request.method == "GET" else reverse("factors:factors")
    return redirect(f"{reverse('factors:password')}?{urlencode({'next': here})}")


def _proven(request: HttpRequest, user: User, *, at: datetime) -> bool:
    """Whether she has shown a strong factor lately, so that a new one is as strong from the start."""
    proof = fresh.of(request, at=at)
    return proof is not None and at - proof.at <= fresh.FOR_SETTINGS


def _added(
    request: HttpRequest, user: User, method: str, *, strong_from: datetime, at: datetime
) -> HttpResponse:
    """Added; it counts as shown. With the first factor come recovery codes, shown this once."""
    fresh.note(request.session, method, strong_from=strong_from, at=at)
    place = _place(request)
    if held.of(user).codes_left == 0:
        made = recovery.make(user, at=at)
        context = {
            "codes": made,
            "next": place,
            "first": True,
            "waits_until": strong_from if strong_from > at else None,
        }
        return render(request, "factors/codes.html", context)
    messages.success(request, _("Added. You can prove yourself with it from now on."))
    return redirect(place)


def _secret(request: HttpRequest, user: User) -> str:
    """The secret she is being shown, the same until it is used; sealed, for sessions lie in the database."""
    place = f"new app/{user.public_id}"
    if (kept := request.session.get(SECRET)) is not None:
        return seals.unseal(bytes.fromhex(kept), place).decode()
    secret = totp.new_secret()
    request.session[SECRET] = seals.seal(secret.encode(), place).hex()
    return secret


def _place(request: HttpRequest) -> str:
    return fresh.own_place(request, request.GET.get("next")) or reverse("factors:factors")


urls = [
    path("", factors, name="factors"),
    path("password/", password, name="password"),
    path("app/", totp_new, name="totp_new"),
    path("app/remove/", totp_remove, name="totp_remove"),
    path("passkey/", passkey_new, name="passkey_new"),
    path("passkey/<int:number>/remove/", passkey_remove, name="passkey_remove"),
    path("codes/", codes, name="codes"),
]
