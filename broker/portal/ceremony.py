"""What a browser and a passkey need from a page: where it is, and a challenge, kept for one answer."""

import json
from datetime import datetime, timedelta

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from broker.factors import passkeys

STATE = "passkey_challenge"
LASTS = timedelta(minutes=5)


def site_of(request: HttpRequest) -> passkeys.Site:
    """This place, as the browser names it. Django has checked the host."""
    host = request.get_host()
    name = render_to_string("components/name.html").strip()
    bare = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    return passkeys.Site(name=name, host=bare, origin=f"{request.scheme}://{host}")


def written(options: passkeys.Options) -> str:
    return json.dumps(options, default=dict)


def keep(request: HttpRequest, state: passkeys.State, *, at: datetime) -> None:
    request.session[STATE] = {"state": state, "at": at.isoformat()}


def take(request: HttpRequest, *, at: datetime) -> passkeys.State:
    """The state of the challenge given out last; gone afterwards. One challenge, one answer."""
    kept = request.session.pop(STATE, None)
    if kept is None or at - datetime.fromisoformat(kept["at"]) > LASTS:
        raise passkeys.WrongPasskey(_("This took too long. Nothing was changed. Please try again."))
    state: passkeys.State = kept["state"]
    return state
