"""What this session has proved lately: the password, any factor, a strong one. And how to be asked for it.

    proof = fresh.of(request, at=now)                  # None, or SignIn("passkey" | "totp", at)
    if proof is None or now - proof.at > POLICY: return fresh.ask(request)

How fresh is fresh enough is the caller's to decide. `ask` keeps a form that was being sent; she finds it
again behind the confirmation, as one button. Which factors somebody has is in broker.factors.
"""

import secrets
from datetime import datetime, timedelta
from typing import TypedDict
from urllib.parse import urlencode

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect

from consent.terms import SignIn

STRONG, CONFIRMED, PASSWORD, KEPT = "fresh_strong", "fresh_confirmed", "fresh_password", "fresh_kept"
FOR_SETTINGS = timedelta(minutes=10)  # to change one's sign-in: any factor within
FOR_PASSWORD = timedelta(minutes=5)  # to add the first factor: the password within
KEEP = timedelta(minutes=30)  # a form that waits for a confirmation
MOST_KEPT = 5
LARGEST = 32_768  # characters of a form


class Kept(TypedDict):
    """A form that waits: where it was going, and what it said."""

    path: str
    fields: str
    what: str
    at: str


def of(request: HttpRequest, *, at: datetime) -> SignIn | None:
    """The newest strong confirmation of this session. A recovery code is none, nor is a factor that waits."""
    said = request.session.get(STRONG)
    if said is None or not request.user.is_authenticated:
        return None
    proof = SignIn(said["method"], datetime.fromisoformat(said["at"]))
    return proof if proof.at <= at else None


def confirmed(request: HttpRequest, *, at: datetime) -> bool:
    """Whether any factor, a recovery code too, was shown lately: what changing one's sign-in takes."""
    return _within(request.session.get(CONFIRMED), FOR_SETTINGS, at)


def confirmed_since(request: HttpRequest, form: Kept) -> bool:
    """Whether she has shown who she is since this form began to wait."""
    said = request.session.get(CONFIRMED)
    return said is not None and datetime.fromisoformat(said) >= datetime.fromisoformat(form["at"])


def knows_password(request: HttpRequest, *, at: datetime) -> bool:
    """Whether the password was typed in the last minutes: what adding the first factor takes."""
    return _within(request.session.get(PASSWORD), FOR_PASSWORD, at)


def note(session: SessionBase, method: str, *, strong_from: datetime | None, at: datetime) -> bool:
    """Remember a proof, under a new session key. Returns whether it is strong: it never is without a
    `strong_from`, and not before it."""
    strong = strong_from is not None and strong_from <= at
    session.cycle_key()
    session[CONFIRMED] = at.isoformat()
    if strong:
        session[STRONG] = {"method": method, "at": at.isoformat()}
    return strong


def note_password(session: SessionBase, *, at: datetime) -> None:
    session[PASSWORD] = at.isoformat()


def ask(request: HttpRequest, *, what: str = "", codes: bool = False) -> HttpResponse:
    """Off to the confirm page, and back here after. `what` says in a sentence what it is for; with `codes`
    a recovery code will do."""
    place = request.get_full_path()
    if request.method == "POST":
        place = reverse("go_on", args=[_keep(request, what)])
    to = f"{reverse('confirm')}?{urlencode({'next': place} | ({'codes': '1'} if codes else {}))}"
    return HttpResponseClientRedirect(to) if getattr(request, "htmx", False) else redirect(to)


def kept(request: HttpRequest, token: str, *, at: datetime) -> Kept | None:
    """The form that waits under this token, unless it waited too long."""
    said: Kept | None = request.session.get(KEPT, {}).get(token)
    return said if said is not None and _within(said["at"], KEEP, at) else None


def fields_of(form: Kept) -> list[tuple[str, str]]:
    """What it said, name by name, in order."""
    said = QueryDict(form["fields"])
    return [(name, value) for name, values in said.lists() for value in values]


def own_place(request: HttpRequest, place: str | None) -> str:
    """The place she wanted to go to, if it is on this site; else nothing."""
    fits = place is not None and url_has_allowed_host_and_scheme(
        place, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return place if fits and place else ""


def _within(said: str | None, span: timedelta, at: datetime) -> bool:
    return said is not None and at - span <= datetime.fromisoformat(said) <= at


def _keep(request: HttpRequest, what: str) -> str:
    said = request.POST.copy()
    said.pop("csrfmiddlewaretoken", None)
    fields = said.urlencode()
    token = secrets.token_urlsafe(12)
    every = dict(list(request.session.get(KEPT, {}).items())[1 - MOST_KEPT :])
    if len(fields) <= LARGEST:  # a larger one is not kept: she is told, and fills it in again
        path = request.get_full_path()
        every[token] = Kept(path=path, fields=fields, what=str(what), at=timezone.now().isoformat())
    request.session[KEPT] = every
    return token
