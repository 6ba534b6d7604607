"""The way in and out: a password and, for who has a second step, a code; or a passkey alone.

sign_in -> (no second step) -> home
sign_in -> second_step -> home        sign_in_passkey -> home
"""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from broker import fresh
from broker.errors import BrokerError
from broker.factors import guesses, held, passkeys, recovery, totp
from broker.languages.sentences import spoken
from broker.models import User
from broker.portal import ceremony
from broker.portal.factor_forms import CodeForm, PasskeyForm, RecoveryForm
from broker.rights import allow
from broker.roles import Right

HALF = "half_signed_in"
HALF_LASTS = timedelta(minutes=10)
BACKEND = "django.contrib.auth.backends.ModelBackend"


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "POST"])
@allow(Right.PUBLIC)
def sign_in(request: HttpRequest) -> HttpResponse:
    """User name and password. It is not the whole way in for who has a second step."""
    place = fresh.own_place(request, request.POST.get("next") or request.GET.get("next"))
    if request.user.is_authenticated:
        return redirect(place or "home")
    form = AuthenticationForm(request, request.POST or None)
    if request.method == "POST":
        now = timezone.now()
        counted = _password_guesses(request)
        try:
            for what, limits in counted:
                guesses.spend(what, limits, at=now)
        except guesses.TooManyGuesses as waits:
            form = AuthenticationForm(request)
            return _page(request, form, place, status=429, trouble=str(waits))
        if form.is_valid():
            for what, _limits in counted:
                guesses.forgive(what)
            user = form.get_user()
            assert isinstance(user, User)
            if held.of(user):
                request.session.cycle_key()
                request.session[HALF] = {
                    "user": user.pk,
                    "hash": user.get_session_auth_hash(),
                    "at": now.isoformat(),
                    "next": place,
                }
                return redirect("second_step")
            return _welcome(request, user, place, password_at=now)
    return _page(request, form, place, status=200)


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "POST"])
@allow(Right.PUBLIC)
def second_step(request: HttpRequest) -> HttpResponse:
    """The code of an app, or a recovery code, after the password."""
    now = timezone.now()
    user = _half(request, at=now)
    if user is None:
        messages.info(request, _("Please sign in from the start."))
        return redirect("sign_in")
    half, has = request.session[HALF], held.of(user)
    by_paper = request.POST.get("how") == "recovery"
    code = CodeForm(request.POST if request.method == "POST" and not by_paper else None)
    paper = RecoveryForm(request.POST if by_paper else None)
    form: CodeForm | RecoveryForm = paper if by_paper else code
    if request.method == "POST" and form.is_valid():
        try:
            if by_paper:
                left = recovery.use(user, form.cleaned_data["recovery"], at=now)
                messages.warning(
                    request, _("You used a recovery code. Codes left: %(left)d.") % {"left": left}
                )
                method, strong_from = "recovery", None
            else:
                method, strong_from = (
                    totp.METHOD,
                    totp.check(user, form.cleaned_data["code"], at=now).strong_from,
                )
            return _welcome(
                request,
                user,
                half["next"],
                method=method,
                strong_from=strong_from,
                password_at=datetime.fromisoformat(half["at"]),
            )
        except BrokerError as refused:
            form.add_error("recovery" if by_paper else "code", spoken(refused))
    context = {"code": code, "paper": paper, "held": has, "form": form, "site": ceremony.site_of(request)}
    return render(request, "entry/second_step.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "POST"])
@allow(Right.PUBLIC)
def sign_in_passkey(request: HttpRequest) -> HttpResponse:
    """A passkey alone: it says who she is, and that it is she."""
    place = fresh.own_place(request, request.POST.get("next") or request.GET.get("next"))
    if request.user.is_authenticated:
        return redirect(place or "home")
    site, now = ceremony.site_of(request), timezone.now()
    form = PasskeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            state = ceremony.take(request, at=now)
            row = passkeys.check(form.cleaned_data["answer"], state, site, at=now)
            place = place or request.session.get(HALF, {}).get("next", "")
            return _welcome(
                request,
                row.user,
                place,
                method=passkeys.METHOD,
                strong_from=row.strong_from,
                password_at=None,
            )
        except BrokerError as refused:
            form.add_error(None, spoken(refused))
    options, state = passkeys.challenge(site)
    ceremony.keep(request, state, at=now)
    context = {"form": form, "options": ceremony.written(options), "site": site, "next": place}
    return render(request, "entry/sign_in_passkey.html", context, status=422 if form.errors else 200)


sign_out = allow(Right.PUBLIC)(LogoutView.as_view())


def _page(
    request: HttpRequest, form: AuthenticationForm, place: str, *, status: int, trouble: str = ""
) -> HttpResponse:
    context = {"form": form, "next": place, "trouble": trouble, "site": ceremony.site_of(request)}
    return render(request, "entry/sign_in.html", context, status=status)


def _welcome(
    request: HttpRequest,
    user: User,
    place: str,
    *,
    password_at: datetime | None,
    method: str = "",
    strong_from: datetime | None = None,
) -> HttpResponse:
    """Signed in, in a session under a new key that remembers what was proved."""
    request.session.pop(HALF, None)
    login(request, user, backend=BACKEND)
    if password_at is not None:
        fresh.note_password(request.session, at=password_at)
    if method:
        fresh.note(request.session, method, strong_from=strong_from, at=timezone.now())
    return redirect(place or "home")


def _half(request: HttpRequest, *, at: datetime) -> User | None:
    """Who typed her password here a moment ago, if it is still hers."""
    said: dict[str, Any] = request.session.get(HALF, {})
    if not said or at - datetime.fromisoformat(said["at"]) > HALF_LASTS:
        return None
    user = User.objects.filter(pk=said["user"], is_active=True).first()
    return user if user and constant_time_compare(said["hash"], user.get_session_auth_hash()) else None


def _password_guesses(request: HttpRequest) -> tuple[tuple[str, guesses.Limits], ...]:
    name = User.normalize_username(request.POST.get("username", "")[:150])
    here = f"password/{name}/{request.META.get('REMOTE_ADDR', '')}"
    return (here, guesses.PASSWORD), (f"password/{name}", guesses.PASSWORD_ANYWHERE)
