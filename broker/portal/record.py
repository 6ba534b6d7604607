"""A participant's record as pages: files, receipts, and who used the data; for herself or for a child.

Whoever comes here sits at a Desk already. Choices are in record_choices.
"""

from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from broker import explaining, uses
from broker import usage as usage_of
from broker.errors import Refused
from broker.languages.sentences import spoken
from broker.portal import record_files, record_uploads, usage_words, why_words
from broker.portal import record_words as words
from broker.portal.desk import Desk
from broker.portal.record_forms import FileForm, FindForm
from consent import receipts, records
from consent.errors import NotRemembered, SealBroken
from consent.ledger import log
from consent.models import Holding, Statement
from consent.models.ledger import LedgerEvent
from consent.purposes import FAMILIES, PURPOSES
from consent.terms import Verb
from genomics.intake import exchange
from genomics.models import GenomicFile

PAGE = 50


def files(desk: Desk, form: FileForm | None = None, *, status: int = 200) -> HttpResponse:
    """Her files, how good each is, and a form to add one."""
    person = desk.ward.participant
    held = dict(Holding.objects.filter(participant=person).values_list("file", "state"))
    rows = GenomicFile.objects.filter(participant=person).order_by("-received_at", "id")
    called, here = record_files.names(person), [row for row in rows if row.id in held]
    reviewed = record_uploads.held_files(desk)
    context = {
        "files": [
            _card(desk, row, called[str(row.id)], held[row.id], reviewed=row.id in reviewed) for row in here
        ],
        "arriving": record_uploads.under_way(desk),
        "script": record_uploads.for_script(desk),
        "take_url": desk.url("take") if desk.ward.may_leave else "",
        "public_key": exchange.public_key() if exchange.is_here() else "",
        "form": form or FileForm(),
        "can_add": desk.ward.brings_files,
        "most": settings.UPLOAD_BYTES // (1024 * 1024),
    }
    return desk.render("files", context, status=status)


def add_file(desk: Desk) -> HttpResponse:
    """Let one file come in; what becomes of it is told on a page of its own."""
    if not desk.ward.brings_files:
        messages.error(desk.request, _("A file can be added once your guardianship is verified."))
        return redirect(desk.url("files"))
    form = FileForm(desk.request.POST, desk.request.FILES)
    if not form.is_valid():
        return files(desk, form, status=422)
    upload = record_uploads.add_file(desk, form)
    if upload is None:
        return files(desk, form, status=422)
    return redirect(desk.url("upload", upload))


def usage(desk: Desk) -> HttpResponse:
    """Who used the data, newest first, and who was turned away."""
    every = list(usage_of.of(desk.ward.participant, at=desk.at))
    years = sorted({use.at.year for use in every}, reverse=True)
    named = sorted({purpose for use in every for purpose in use.purposes}, key=list(PURPOSES).index)
    form = FindForm(
        desk.request.GET or None, years=years, purposes=[(name, _(PURPOSES[name].label)) for name in named]
    )
    found = form.cleaned_data if form.is_valid() else {}
    year, purpose = found.get("year"), found.get("purpose")
    shown = [
        use
        for use in every
        if (not year or str(use.at.year) == year) and (not purpose or purpose in use.purposes)
    ]
    page = Paginator(shown, PAGE).get_page(desk.request.GET.get("page"))
    query = {name: value for name, value in (("year", year), ("purpose", purpose)) if value}
    context = {
        "form": form,
        "any": bool(every),
        "filtered": bool(query),
        "entries": [usage_words.use_entry(use, desk.url("why", use.job.pk)) for use in page],
        "read": sum(use.read for use in shown),
        "found": len(shown),
        "page": page,
        "newer": f"?{urlencode({**query, 'page': page.number - 1})}" if page.has_previous() else "",
        "older": f"?{urlencode({**query, 'page': page.number + 1})}" if page.has_next() else "",
        "hold": uses.dials(desk.at).hold_days,
    }
    return desk.render("usage", context)


def why(desk: Desk, id: UUID) -> HttpResponse:
    """One job that considered her: in plain words why it read her or did not, and how to stop."""
    use = usage_of.one(desk.ward.participant, id, at=desk.at)
    if use is None:
        raise Http404
    try:
        replay = explaining.of(use.job, desk.ward.participant, at=desk.at)
    except (Refused, NotRemembered):
        replay = None  # it ran before enough was kept; what it recorded is told all the same
    standing = desk.standing()
    context = {
        "use": use,
        "told": why_words.told(use, replay),
        "purpose": ", ".join(_(label) for label in use.labels),
        "left": _(use.left),
        "proof_url": desk.url("proof", id),
        "stops": [
            {"title": _(FAMILIES[family].label), "url": desk.url("stop", family)}
            for family in dict.fromkeys(why_words.families(replay))
            if standing.reaches(family)
        ],
    }
    return desk.render("why", context)


def receipt(desk: Desk, seq: int) -> HttpResponse:
    """What one statement said, as it was recorded: the page after a choice, and the paper to keep."""
    row = _row(desk, seq)
    try:
        paper, said = receipts.receipt(row), records.read(row, desk.ward.participant.pseudonym)
    except SealBroken as broken:
        messages.error(desk.request, spoken(broken))
        return redirect(desk.url("choices"))
    event = LedgerEvent.objects.filter(uid=row.event).first()
    sealed = event is not None and log.is_sealed(event)
    clause = desk.text(row.form)["clauses"].get(row.family, "")
    files = record_files.names(desk.ward.participant) if said.file else {}
    context = {
        "blocked": record_files.blocked(desk.standing(), said.family, desk.at)
        if said.file and said.is_grant
        else "",
        "title": words.title_of(said),
        "is_yes": said.decision is Verb.GRANT,
        "begins": words.day(said.effective_at) if said.is_grant and said.effective_at > desk.at else "",
        "said": said,
        "clause": clause,
        "facts": words.receipt_facts(said, paper, files.get(said.file or "", ""), sealed=sealed),
        "json_url": desk.url("receipt_json", seq),
        "exchange_url": desk.url("exchange"),
        "again_url": desk.url("choice", row.family) if row.family in FAMILIES else desk.url("choices"),
    }
    return desk.render("receipt", context)


def receipt_json(desk: Desk, seq: int) -> HttpResponse:
    """The same for programs."""
    try:
        return JsonResponse(receipts.receipt(_row(desk, seq)), json_dumps_params={"indent": 2})
    except SealBroken as broken:
        return JsonResponse({"error": spoken(broken)}, status=409)


def _card(desk: Desk, file: GenomicFile, name: str, state: str, *, reviewed: bool) -> dict[str, object]:
    card = usage_words.file_card(file, name, state, reviewed=reviewed)
    return {**card, "erase_url": desk.url("erase_file", file.id) if desk.ward.may_leave else ""}


def _row(desk: Desk, seq: int) -> Statement:
    return get_object_or_404(
        Statement.objects.select_related("participant", "form"), participant=desk.ward.participant, seq=seq
    )
