"""Paper forms as an auditor reads them: every step, all that anybody read, and the scan.

Opening a form or its scan is itself recorded.
"""

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from broker import events, oversight
from broker import papers as desk
from broker.portal import clerk_words as words
from broker.portal import sheets
from broker.portal.clerk_forms import told, words_of
from broker.rights import allow, person
from broker.roles import Right
from consent import forms
from consent import paper as paper_rules
from consent.ledger import log
from consent.models import PaperImport
from consent.paper_steps import state_of
from consent.readings import SIGNATURE

PAGE = 50


@require_http_methods(["GET"])
@allow(Right.READ_LEDGER)
def papers(request: HttpRequest) -> HttpResponse:
    """Every paper form, the newest first. That she looked is written down."""
    oversight.turn("papers", by=person(request), at=timezone.now())
    rows = PaperImport.objects.select_related("participant", "form").order_by("-received_at", "paper")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    entries = [words.done(sheet) | {"url": reverse("auditor:paper", args=[sheet.paper])} for sheet in page]
    context = {
        "entries": entries,
        "newer": f"?page={page.number - 1}" if page.has_previous() else "",
        "older": f"?page={page.number + 1}" if page.has_next() else "",
    }
    return render(request, "auditor/papers.html", context)


@require_http_methods(["GET"])
@allow(Right.READ_LEDGER)
def paper(request: HttpRequest, id: UUID) -> HttpResponse:
    """One form: its steps, and every reading clause by clause."""
    sheet = _sheet(id)
    who, now = person(request), timezone.now()
    with transaction.atomic():
        subject = sheet.participant.pseudonym
        log.append(events.PAPER_AUDITED, at=now, by=who.reference, subject=subject, paper=str(sheet.paper))
    columns, rows = _readings(sheet)
    context = {
        "sheet": sheet,
        "status": words.status(state_of(sheet)),
        "facts": words.facts(sheet),
        "history": words.history(sheet, who),
        "left": words.left(sheet),
        "columns": columns,
        "rows": rows,
        "is_pdf": sheet.media_type == "application/pdf",
    }
    return render(request, "auditor/paper.html", context)


@require_http_methods(["GET"])
@allow(Right.READ_LEDGER)
def scan(request: HttpRequest, id: UUID) -> HttpResponse:
    return sheets.scan(_sheet(id), by=person(request), at=timezone.now())


def _sheet(id: UUID) -> PaperImport:
    return get_object_or_404(PaperImport.objects.select_related("participant", "form"), pk=id)


def _readings(sheet: PaperImport) -> tuple[list[dict[str, Any]], list[list[Any]]]:
    """A column for each reader, a row for each clause and one for the signature."""
    clauses, clause_words = forms.clauses(sheet.form), words_of(sheet)
    entries = words.readers(sheet)
    names = (_("First reader"), _("Second reader"), _("Third person"))
    columns = [{"label": _("Clause")}, *({"label": names[entry.order - 1]} for entry in entries)]
    seen = [paper_rules.reading_of(entry) for entry in entries]
    parts = [(clause.id, clause_words[clause.id]) for clause in clauses] + [(SIGNATURE, _("The signature"))]
    rows: list[list[Any]] = [
        [
            {"text": said, "code": part if part != SIGNATURE else ""},
            *(told(part, one, clauses, desk.reference_of(one.signature.signer)) for one in seen),
        ]
        for part, said in parts
    ]
    return columns, rows if entries else []
