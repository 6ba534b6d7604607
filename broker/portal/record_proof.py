"""The proof file behind one row of "who used my data", to keep and to check without us."""

import json
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect

from broker import usage, usage_proofs
from broker.errors import Refused
from broker.portal.desk import Desk
from consent.errors import NotSealed


def proof(desk: Desk, id: UUID) -> HttpResponse:
    """As a download; she sees it when she sees the row, and no sooner."""
    use = usage.one(desk.ward.participant, id, at=desk.at)
    if use is None:
        raise Http404
    try:
        shown = usage_proofs.of(use, desk.ward.participant)
    except (NotSealed, Refused) as not_yet:
        messages.info(desk.request, str(not_yet))
        return redirect(desk.url("why", id))
    name = f"proof-{str(id)[:8]}.json"
    return HttpResponse(
        json.dumps(shown, indent=1),
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )
