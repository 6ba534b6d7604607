"""What this session has proved lately, and how to be asked for it."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from consent.terms import SignIn

STRONG = "fresh_strong"


def of(request: HttpRequest, *, at: datetime) -> SignIn | None:
    """The newest strong confirmation of this session."""
    said = request.session.get(STRONG)
    if said is None or not request.user.is_authenticated:
        return None
    proof = SignIn(said["method"], datetime.fromisoformat(said["at"]))
    return proof if proof.at <= at else None


def ask(request: HttpRequest, *, what: str = "", codes: bool = False) -> HttpResponse:
    """Off to sign in, and back here afterwards."""
    return redirect("sign_in")
