"""The steward's pages of tables of diseases: what was proposed, what each would widen, and who confirms it.

The table comes from a file that an operator loads (manage.py load_diseases). A name in a file stands here as
people who choose would read it.
"""

import csv
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from broker import fresh, uses
from broker.languages.sentences import spoken
from broker.rights import allow, person
from broker.roles import Right
from consent import disease_tables, diseases, giving
from consent.disease_tables import MOVES, State
from consent.errors import ConsentError
from consent.hierarchies import DISEASE_NAMES
from consent.models import DiseaseMove, DiseaseProposal

PAGE = 40  # diseases whose reach grows, on one page
SHOWN = 50  # of what one newly covers; all of it stands in the file

STATUS = {
    State.PROPOSED: ("wait", gettext_lazy("Waits for two")),
    State.SEEN: ("wait", gettext_lazy("Confirmed by the first of two")),
    State.LOADED: ("good", gettext_lazy("Came into force")),
    State.REJECTED: ("off", gettext_lazy("Rejected")),
}


@require_GET
@allow(Right.KEEP_FORMS)
def proposals(request: HttpRequest) -> HttpResponse:
    """Every table that was proposed, the newest first."""
    entries = [_entry(move) for move in disease_tables.standing()]
    return render(request, "steward/diseases.html", {"entries": entries})


@require_GET
@allow(Right.KEEP_FORMS)
def proposal(request: HttpRequest, id: int) -> HttpResponse:
    """One table: what a yes would newly cover, what is called differently, and what may be done."""
    found = get_object_or_404(DiseaseProposal, pk=id)
    moves = list(found.moves.order_by("-number"))
    kind, word = STATUS[State(moves[0].state)]
    context: dict[str, Any] = {
        "proposal": found,
        "kind": kind,
        "word": word,
        "open": bool(MOVES[State(moves[0].state)]),
        "mine": person(request).reference in {moves[0].by, found.proposed_by},
        "story": [{"when": one.at, "title": STATUS[State(one.state)][1], "code": one.by} for one in moves],
    }
    try:
        table = disease_tables.table_of(found)
    except ConsentError as refused:
        context["broken"] = spoken(refused)
    else:
        known = uses.dials(timezone.now()).disease_parents
        page = Paginator(_widest_first(found.widens), PAGE).get_page(request.GET.get("page"))
        context |= {
            "facts": [
                {"term": _("Diseases in it"), "text": f"{len(table.names):,}"},
                {"term": _("The file, SHA-256"), "text": "", "code": found.sha256},
                {"term": _("The table, SHA-256"), "text": "", "code": found.digest},
            ],
            "page": page,
            "rows": [
                {
                    "code": code,
                    "name": _name(code, table.names),
                    "total": len(covered),
                    "covered": [
                        {"code": one, "name": _name(one, table.names), "new": not known.knows(one)}
                        for one in sorted(covered, key=lambda one: (not known.knows(one), one))[:SHOWN]
                    ],
                    "more": max(len(covered) - SHOWN, 0),
                }
                for code, covered in page
            ],
            "renamed": diseases.renamed(table.names),
        }
    return render(request, "steward/diseases_proposal.html", context)


@require_GET
@allow(Right.KEEP_FORMS)
def all_of_it(request: HttpRequest, id: int) -> HttpResponse:
    """Everything that it would widen, as a file: a row for each pair."""
    found = get_object_or_404(DiseaseProposal, pk=id)
    names = disease_tables.table_of(found).names
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="diseases-{found.pk}.csv"'
    rows = csv.writer(answer)
    rows.writerow(("a yes to", "called", "would newly cover", "called"))
    for code, covered in _widest_first(found.widens):
        rows.writerows((code, _name(code, names), one, _name(one, names)) for one in covered)
    return answer


@require_POST
@allow(Right.KEEP_FORMS)
def settle(request: HttpRequest, id: int) -> HttpResponse:
    """Confirm it, with a fresh proof of who she is, or reject it with one press."""
    found, user, now = get_object_or_404(DiseaseProposal, pk=id), person(request), timezone.now()
    action, done = request.POST.get("action"), redirect("steward:diseases_proposal", id)
    if action not in ("confirm", "reject"):
        raise Http404
    if action == "confirm" and "read" not in request.POST:
        messages.error(request, _("Tick that you have read what it widens. Nothing was changed."))
        return done
    try:
        if action == "reject":
            disease_tables.reject(found, by=user.reference, at=now)
            messages.success(request, _("Rejected. What is in force stays as it was."))
            return done
        sign_in = fresh.of(request, at=now)
        if sign_in is None or not giving.is_fresh(sign_in, uses.dials(now), now):
            return fresh.ask(request, what=_("To confirm a table of diseases, show that it is you."))
        state = disease_tables.confirm(found, sign_in=sign_in, by=user.reference, at=now)
    except ConsentError as refused:
        messages.error(request, spoken(refused))
        return done
    if state is State.LOADED:
        messages.success(request, _("It is in force now, and written in the ledger."))
    else:
        messages.success(request, _("Written down. Another steward has to confirm it, too."))
    return done


def _entry(move: DiseaseMove) -> dict[str, Any]:
    kind, word = STATUS[State(move.state)]
    place = reverse("steward:diseases_proposal", args=[move.proposal_id])
    return {"when": move.at, "title": str(move.proposal), "url": place, "kind": kind, "word": word}


def _widest_first(widens: Mapping[str, list[str]]) -> list[tuple[str, list[str]]]:
    return sorted(widens.items(), key=lambda one: (-len(one[1]), one[0]))


def _name(code: str, names: Mapping[str, str]) -> str:
    return DISEASE_NAMES.get(code) or names.get(code, code)


urls = [
    path("diseases/", proposals, name="diseases"),
    path("diseases/<int:id>/", proposal, name="diseases_proposal"),
    path("diseases/<int:id>/all/", all_of_it, name="diseases_all"),
    path("diseases/<int:id>/settle/", settle, name="settle_diseases"),
]
