"""A second step for tests: an app for a user, its current code, a client whose session is freshly confirmed.

secret = factors.enrol(user, at=NOW)
client.post(reverse("confirm"), {"how": "code", "code": factors.code(user, at=NOW)})
factors.confirm(client, at=NOW)      # or at once: fresh.of(request, at=NOW) is strong
"""

from datetime import datetime

from django.contrib.sessions.backends.base import SessionBase
from django.test import Client

from broker import fresh
from broker.demo.codes import enrol, unsafe_code
from broker.models import User

__all__ = ["code", "confirm", "confirm_session", "enrol"]


def code(user: User, *, at: datetime) -> str:
    """The digits her app shows now; the next ones when these were used."""
    return unsafe_code(user, at=at)


def confirm(client: Client, *, at: datetime, method: str = "totp") -> None:
    """As if whoever is signed in with this client had just shown her app."""
    session = client.session
    confirm_session(session, at=at, method=method)
    session.save()
    client.cookies["sessionid"] = session.session_key


def confirm_session(session: SessionBase, *, at: datetime, method: str = "totp") -> None:
    """The same for a session in hand (a browser's)."""
    fresh.note(session, method, strong_from=at, at=at)
