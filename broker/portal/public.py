"""The doors that are open to all: landing page, sign up, is the house well.

The way in and out is in entry.
"""

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, password_validation
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods
from django.views.i18n import set_language as django_set_language

from broker import fresh, handovers, people
from broker.errors import Refused
from broker.languages.sentences import spoken
from broker.models import User
from broker.portal.frame import home_of
from broker.portal.region_field import RegionField
from broker.portal.zone_field import ZoneField
from broker.rights import allow, person
from broker.roles import Right
from consent import afterwards


@require_GET
@allow(Right.PUBLIC)
def landing(request: HttpRequest) -> HttpResponse:
    """What this is, in plain words."""
    return render(request, "public/landing.html")


@require_GET
@allow(Right.SIGNED_IN)
def home(request: HttpRequest) -> HttpResponse:
    """The first page of whoever signed in."""
    place = home_of(person(request))
    return redirect(place) if place else render(request, "public/no_role.html")


class SignUpForm(forms.Form):
    """Just what is needed: no name, no address."""

    username = forms.CharField(
        label=_("User name"),
        max_length=150,
        help_text=_("It need not be your real name. Nobody but you sees it."),
        widget=forms.TextInput(attrs={"autocomplete": "username"}),
    )
    password = forms.CharField(
        label=_("Password"),
        help_text=_("At least 12 characters."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    born_on = forms.DateField(
        label=_("Date of birth"),
        help_text=_("It decides from when you choose for yourself."),
        widget=forms.DateInput(attrs={"type": "date", "autocomplete": "bday"}),
    )
    home_zone = ZoneField(label=_("Where are you at home?"))
    home_region = RegionField(label=_("In which country, state or province?"))

    def clean_username(self) -> str:
        username: str = User.normalize_username(self.cleaned_data["username"])  # as it will be kept
        User.username_validator(username)
        if User.objects.filter(username=username).exists():
            raise ValidationError(_("Somebody has this user name. Choose another."))
        return username

    def clean_born_on(self) -> date:
        born: date = self.cleaned_data["born_on"]
        if not date(1900, 1, 1) <= born <= timezone.now().date():
            raise ValidationError(_("This is not a date of birth of somebody living."))
        return born

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if "password" in said:
            try:
                password_validation.validate_password(
                    said["password"], User(username=said.get("username", ""))
                )
            except ValidationError as weak:
                self.add_error("password", weak)
        return said


@require_http_methods(["GET", "POST"])
@allow(Right.PUBLIC)
def sign_up(request: HttpRequest) -> HttpResponse:
    """Become a participant. Nothing is allowed until she says so."""
    form = SignUpForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        user = people.sign_up(
            said["username"],
            said["password"],
            born_on=said["born_on"],
            home_zone=said["home_zone"],
            home_region=said["home_region"],
            language=(get_language() or "en")[:2],
            at=timezone.now(),
        )
        login(request, user, backend="django.contrib.auth.backends.ModelBackend")
        fresh.note_password(request.session, at=timezone.now())
        messages.success(request, _("Welcome. Nobody may use anything of yours until you say so."))
        return redirect("home")
    return render(request, "registration/sign_up.html", {"form": form}, status=400 if form.errors else 200)


class TakeOverForm(SignUpForm):
    """A young person's code beside what a new login needs."""

    # Both stand in the record that she takes over.
    home_zone = None  # type: ignore[assignment]
    home_region = None  # type: ignore[assignment]
    code = forms.CharField(label=_("Your code"), help_text=_("Four times four signs."), max_length=40)
    field_order = ("code", "born_on", "username", "password")


@require_http_methods(["GET", "POST"])
@allow(Right.PUBLIC)
def take_over(request: HttpRequest) -> HttpResponse:
    """A login of one's own to the record that guardians opened."""
    form = TakeOverForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            user = handovers.accept(
                said["code"],
                said["username"],
                said["password"],
                born_on=said["born_on"],
                language=(get_language() or "en")[:2],
                at=timezone.now(),
            )
        except Refused as refused:
            form.add_error(None, spoken(refused))
        else:
            login(request, user, backend="django.contrib.auth.backends.ModelBackend")
            messages.success(request, _("Welcome. This is your record."))
            return redirect("home")
    return render(request, "registration/take_over.html", {"form": form}, status=400 if form.errors else 200)


set_language = allow(Right.PUBLIC)(django_set_language)


@require_GET
@allow(Right.PUBLIC)
def healthz(request: HttpRequest) -> HttpResponse:
    """Whether the site and its database answer, and the database is no older than what was said since."""
    why = afterwards.behind()
    return JsonResponse({"ok": not why, **({"why": why} if why else {})}, status=503 if why else 200)


@require_GET
@allow(Right.PUBLIC)
def style(request: HttpRequest) -> HttpResponse:
    """All components together, for whoever builds pages. Not in production."""
    if not (settings.DEBUG or settings.DEMO):
        raise Http404
    return render(request, "styleguide.html")
