"""Police and courts in numbers, for everybody: the report of each year that is over, and the signed statement
of each month. Nothing here is counted when it is looked at: what was published stands.
"""

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from broker import statements
from broker.languages.sentences import spoken
from broker.models import MonthlyStatement, PublishedReport
from broker.portal import report_words as words
from broker.rights import allow
from broker.roles import Right
from consent.errors import NoteRefused
from consent.ledger import checkpoints

MONTHS_DRAWN = 12


@require_GET
@allow(Right.PUBLIC)
def transparency(request: HttpRequest) -> HttpResponse:
    """The newest year, or the one that is asked for; every monthly statement."""
    published = {one.year: one for one in PublishedReport.objects.order_by("-year")}
    asked = request.GET.get("year", "")
    if asked and not (asked.isdecimal() and int(asked) in published):
        raise Http404
    shown = published[int(asked)] if asked else next(iter(published.values()), None)
    made = list(MonthlyStatement.objects.order_by("-month"))
    context: dict[str, Any] = {
        "report": shown,
        "groups": words.groups(shown.report) if shown else [],
        "k": shown.report["k"] if shown else 0,
        "years": [year for year in published if shown and year != shown.year],
        "months": [_row(one) for one in made],
        "bars": _bars(made[:MONTHS_DRAWN]),
        "missing": [_month(one) for one in statements.missing(at=timezone.now())],
        "key": str(checkpoints.signer()),
    }
    context["most"] = max([1, *(bar["value"] for bar in context["bars"])])
    return render(request, "public/transparency.html", context)


@require_GET
@allow(Right.PUBLIC)
def report_json(request: HttpRequest, year: int) -> HttpResponse:
    """A year's report as the verifier takes it."""
    published = get_object_or_404(PublishedReport, year=year)
    return JsonResponse(published.report, json_dumps_params={"indent": 2})


@require_GET
@allow(Right.PUBLIC)
def statement(request: HttpRequest, month: str) -> HttpResponse:
    """One month's statement: what it says, the signed note itself, and how to check it."""
    seen = _statement(month)
    context: dict[str, Any] = {
        "month": _month(seen.month),
        "statement": seen,
        "note_url": reverse("statement_note", args=[month]),
        "key": str(checkpoints.signer()),
    }
    try:
        said = statements.read(seen)
        english, indonesian = said.sentences()
        context["text"] = indonesian if (get_language() or "en").startswith("id") else english
    except NoteRefused as broken:
        context["broken"] = spoken(broken)
    return render(request, "public/statement.html", context)


@require_GET
@allow(Right.PUBLIC)
def statement_note(request: HttpRequest, month: str) -> HttpResponse:
    """The signed note alone, for programs."""
    return HttpResponse(_statement(month).note, content_type="text/plain; charset=utf-8")


def _statement(month: str) -> MonthlyStatement:
    try:
        return get_object_or_404(MonthlyStatement, month=date.fromisoformat(f"{month}-01"))
    except ValueError:
        raise Http404 from None


def _row(made: MonthlyStatement) -> list[dict[str, Any]]:
    name = {"text": _month(made.month), "url": reverse("statement", args=[f"{made.month:%Y-%m}"])}
    try:
        sought = statements.read(made).sought
    except NoteRefused:
        return [name, {"kind": "bad", "word": _("It is not as it was signed")}, {"when": made.at}]
    return [name, {"number": sought} if sought else {"text": _("none")}, {"when": made.at}]


def _bars(made: list[MonthlyStatement]) -> list[dict[str, Any]]:
    bars = []
    for one in reversed(made):
        try:
            bars.append({"label": str(date_format(one.month, "M Y")), "value": statements.read(one).sought})
        except NoteRefused:
            continue
    return bars


def _month(first: date) -> str:
    return str(date_format(first, "F Y"))
