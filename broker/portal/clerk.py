"""The clerk's pages: what waits, a new paper, reading it, settling it, and how each form stands.

Whoever reads second is shown nothing of the first entry, not even how much of it was a yes. What a reading
does is in consent.paper; whose work a form is, in broker.papers.
"""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from broker import papers, uses
from broker.errors import BrokerError
from broker.languages.sentences import spoken
from broker.models import User
from broker.portal import clerk_homes, processes, sheets
from broker.portal import clerk_words as words
from broker.portal.clerk_forms import KeyForm, ReceiveForm, RejectForm, SettleForm, told, words_of
from broker.rights import allow, person
from broker.roles import Right
from consent import forms, paper
from consent.errors import ConsentError
from consent.models import PaperEntry, PaperImport
from consent.paper_steps import State, state_of
from consent.readings import SIGNATURE

SHOWN = 50


@require_http_methods(["GET"])
@allow(Right.KEY_PAPER)
def inbox(request: HttpRequest) -> HttpResponse:
    """What waits for her, the oldest first, and what she has worked on."""
    user, now = person(request), timezone.now()
    read = PaperEntry.objects.filter(keyed_by=user.reference).values("paper")
    mine = papers.on_the_desk(user).filter(paper__in=read).order_by("-received_at")[:SHOWN]
    return render(
        request,
        "clerk/inbox.html",
        {
            "first": [words.entry(one, "key", at=now) for one in papers.waiting(user, State.RECEIVED)],
            "second": [words.entry(one, "key", at=now) for one in papers.waiting(user, State.KEYED)],
            "third": [words.entry(one, "settle", at=now) for one in papers.waiting(user, State.DISCREPANT)],
            "mine": [words.done(one) for one in mine],
            "homes": clerk_homes.waiting(user),
            "demands": processes.waiting(user, at=now),
        },
    )


@require_http_methods(["GET", "POST"])
@allow(Right.KEY_PAPER)
def new(request: HttpRequest) -> HttpResponse:
    """A form has come: whose, which, and the scan."""
    form = ReceiveForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            sheet = papers.receive(
                said["participant"],
                said["version"],
                said["scan"].read(),
                language=said["language"],
                by=person(request),
                at=timezone.now(),
            )
        except (BrokerError, ConsentError) as refused:
            form.add_error(None, spoken(refused))
        else:
            messages.success(request, _("The scan is locked away. Anybody at this desk may read it now."))
            return redirect("clerk:paper", sheet.paper)
    return render(request, "clerk/new.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@allow(Right.KEY_PAPER)
def key(request: HttpRequest, id: UUID) -> HttpResponse:
    """The scan beside the clauses of the form, and nothing that anybody else has read."""
    user = person(request)
    sheet = _sheet(user, id)
    if papers.work_for(user, sheet) not in (papers.READ, papers.READ_AGAIN):
        return _not_hers(request, sheet)
    known = uses.dials(timezone.now()).disease_parents
    form = KeyForm(request.POST or None, sheet=sheet, clauses=forms.clauses(sheet.form), known=known)
    if request.method == "POST" and form.is_valid():
        try:
            papers.key(sheet, form.reading(), by=user, at=timezone.now())
        except (BrokerError, ConsentError) as refused:
            form.add_error(None, spoken(refused))
        else:
            messages.success(request, words.outcome(sheet))
            return redirect("clerk:inbox")
    return _work(request, "clerk/key.html", sheet, form)


@require_http_methods(["GET", "POST"])
@allow(Right.KEY_PAPER)
def settle(request: HttpRequest, id: UUID) -> HttpResponse:
    """Both entries where they differ, and the scan, for the third person."""
    user = person(request)
    sheet = _sheet(user, id)
    if papers.work_for(user, sheet) != papers.SETTLE:
        return _not_hers(request, sheet)
    form = SettleForm(request.POST or None, told=_differences(sheet))
    if request.method == "POST" and form.is_valid():
        try:
            papers.settle(sheet, form.sides(), by=user, at=timezone.now())
        except (BrokerError, ConsentError) as refused:
            form.add_error(None, spoken(refused))
        else:
            messages.success(request, words.outcome(sheet))
            return redirect("clerk:paper", sheet.paper)
    return _work(request, "clerk/settle.html", sheet, form)


@require_http_methods(["GET", "POST"])
@allow(Right.KEY_PAPER)
def reject(request: HttpRequest, id: UUID) -> HttpResponse:
    """This form cannot be used, and why."""
    user = person(request)
    sheet = _sheet(user, id)
    if papers.work_for(user, sheet) is None:
        return _not_hers(request, sheet)
    form = RejectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            papers.reject(sheet, form.cleaned_data["reason"], by=user, at=timezone.now())
        except (BrokerError, ConsentError) as refused:
            form.add_error(None, spoken(refused))
        else:
            messages.success(request, words.outcome(sheet))
            return redirect("clerk:paper", sheet.paper)
    return _work(request, "clerk/reject.html", sheet, form)


@require_http_methods(["GET"])
@allow(Right.KEY_PAPER)
def paper_(request: HttpRequest, id: UUID) -> HttpResponse:
    """How one form stands, and each step so far: never what anybody read."""
    user = person(request)
    sheet = _sheet(user, id)
    context = {
        "sheet": sheet,
        "status": words.status(state_of(sheet)),
        "facts": words.facts(sheet),
        "history": words.history(sheet, user),
        "left": words.left(sheet),
        "work": papers.work_for(user, sheet),
    }
    return render(request, "clerk/paper.html", context)


@require_http_methods(["GET"])
@allow(Right.KEY_PAPER)
def scan(request: HttpRequest, id: UUID) -> HttpResponse:
    """The scan, for the clerk whose work it is now."""
    user = person(request)
    sheet = _sheet(user, id)
    if papers.work_for(user, sheet) is None:
        raise Http404
    return sheets.scan(sheet, by=user, at=timezone.now())


@require_http_methods(["GET"])
@allow(Right.KEY_PAPER)
def print_form(request: HttpRequest) -> HttpResponse:
    """A form to print: for somebody, or blank for a filing cabinet."""
    return sheets.chosen(request, "clerk/print_form.html")


def _desk(user: User) -> QuerySet[PaperImport]:
    return papers.on_the_desk(user)


def _sheet(user: User, id: UUID) -> PaperImport:
    """A form on her desk; her own, and those of whom she stands for, are not there."""
    return get_object_or_404(_desk(user), pk=id)


def _not_hers(request: HttpRequest, sheet: PaperImport) -> HttpResponse:
    messages.error(request, _("This form does not wait for you. Nothing was recorded."))
    return redirect("clerk:paper", sheet.paper)


def _work(request: HttpRequest, template: str, sheet: PaperImport, form: Any) -> HttpResponse:
    context = {"sheet": sheet, "form": form, "is_pdf": sheet.media_type == "application/pdf"}
    return render(request, template, context, status=422 if form.errors else 200)


def _differences(sheet: PaperImport) -> dict[str, tuple[str, str, str]]:
    """Each part that two saw differently: its words, and what each of them saw."""
    first, second = (
        paper.reading_of(entry)
        for entry in PaperEntry.objects.filter(paper=sheet.paper, order__lte=2).order_by("order")
    )
    clauses, clause_words = forms.clauses(sheet.form), words_of(sheet)

    def saw(part: str, reading: Any) -> str:
        return told(part, reading, clauses, papers.reference_of(reading.signature.signer))

    return {
        part: (
            _("The signature") if part == SIGNATURE else clause_words[part],
            saw(part, first),
            saw(part, second),
        )
        for part in paper.differences(sheet)
    }


urls = [
    path("home/<int:id>/", clerk_homes.home, name="home"),
    path("", inbox, name="inbox"),
    path("new/", new, name="new"),
    path("print/", print_form, name="print_form"),
    path("paper/<uuid:id>/", paper_, name="paper"),
    path("paper/<uuid:id>/key/", key, name="key"),
    path("paper/<uuid:id>/settle/", settle, name="settle"),
    path("paper/<uuid:id>/reject/", reject, name="reject"),
    path("paper/<uuid:id>/scan/", scan, name="scan"),
]
