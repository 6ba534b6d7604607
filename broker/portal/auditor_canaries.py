"""The auditor's page of canaries: how many watch, since when, and the way by which two auditors retire one.

Who they are stands nowhere here: a canary works while nobody knows her.
"""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from broker import canaries, fresh, oversight, retiring, uses
from broker.errors import Refused
from broker.languages.sentences import spoken
from broker.models import User
from broker.rights import allow, person
from broker.roles import Right
from broker.staging import StagedBroken
from consent import giving

ACTS = ("ask", "keep", "retire")


@require_GET
@allow(Right.READ_LEDGER)
def canaries_(request: HttpRequest) -> HttpResponse:
    """Those that watch, and those that were retired. That she looked is written down."""
    by, now = person(request), timezone.now()
    oversight.turn("canaries", by=by, at=now)
    broken, watching = "", list[dict[str, Any]]()
    try:
        watching = [_row(one, by) for one in retiring.standing()]
    except StagedBroken as refused:
        broken = spoken(refused)
    context = {
        "watching": watching,
        "broken": broken,
        "missing": canaries.missing(),
        "longest": retiring.LONGEST,
        "rows": [_ended(said) for said in retiring.retired()],
        "columns": [
            {"label": _("Canary")},
            {"label": _("Retired")},
            {"label": _("Asked for by")},
            {"label": _("Done by")},
            {"label": _("Why")},
        ],
    }
    return render(request, "auditor/canaries.html", context)


@require_POST
@allow(Right.READ_LEDGER)
def settle(request: HttpRequest, id: UUID) -> HttpResponse:
    """Ask that she be retired, keep her, or retire her; the last with a fresh proof of who does it."""
    by, now, act = person(request), timezone.now(), request.POST.get("action")
    if act not in ACTS:
        raise Http404
    try:
        match act:
            case "ask":
                retiring.ask(id, reason=request.POST.get("reason", ""), by=by, at=now)
                messages.success(
                    request, _("Written down. Another auditor has to retire her; she watches on.")
                )
            case "keep":
                retiring.keep(id, by=by, at=now)
                messages.success(
                    request, _("She watches on. That somebody wanted otherwise stays on record.")
                )
            case _:
                proof = fresh.of(request, at=now)
                if proof is None or not giving.is_fresh(proof, uses.dials(now), now):
                    return fresh.ask(request, what=_("To retire a canary, show that it is you."))
                retiring.retire(id, by=by, at=now)
                messages.success(request, _("She is retired, and everything of hers was destroyed."))
    except (Refused, StagedBroken) as refused:
        messages.error(request, spoken(refused))
    return redirect("auditor:canaries")


def _row(one: retiring.Standing, by: User) -> dict[str, Any]:
    asked = one.asked
    return {
        "id": one.id,
        "name": str(one.id)[:8],
        "since": one.planted.at,
        "asked": asked,
        "asked_by": _login(asked.by) if asked else "",
        "mine": asked is not None and asked.by == by.reference,
    }


def _ended(said: dict[str, Any]) -> list[Any]:
    fields = said["fields"]
    return [
        said["subject"].partition(":")[2][:8],
        {"when": parse_datetime(said["at"])},
        _login(fields["asked_by"]),
        _login(said["by"]),
        fields["reason"],
    ]


def _login(reference: str) -> str:
    """As the ledger's sentences name a login: by the first letters of its id."""
    return _("login %(id)s") % {"id": reference.partition(":")[2][:8]}


urls = [
    path("canaries/", canaries_, name="canaries"),
    path("canaries/<uuid:id>/", settle, name="settle_canary"),
]
