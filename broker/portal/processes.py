"""The register of what courts and agencies demand: the list, a new entry, one entry with its steps, its paper
and the letter that answers it. For clerks, stewards and legal reviewers.

What an entry does, and that it can never do more, is in broker.processes.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from broker import letter_pdfs, process_letters, rights
from broker import processes as verbs
from broker.errors import BrokerError, Refused
from broker.languages.sentences import spoken
from broker.models import ANSWERED, LegalProcess, User
from broker.portal.frame import audience_of
from broker.portal.process_forms import GagForm, ReceiveForm, StepForm
from broker.portal.sheets import ENDINGS, SEALED_OFF
from broker.process_letters import Letter
from broker.rights import allow, person
from broker.roles import Right
from consent.errors import ConsentError

PAGE = 30
Entry = dict[str, Any]


def waiting(user: User, *, at: datetime) -> list[Entry]:
    """What waits for an answer, for the inboxes of all desks; the most urgent first."""
    seen = verbs.unanswered().filter(pk__in=verbs.on_the_desk(user).values("pk"))
    return [_entry(one, at) for one in seen]


@require_http_methods(["GET"])
@allow(Right.ENTER_PROCESSES)
def register(request: HttpRequest) -> HttpResponse:
    """What waits, and everything that ever came, newest first."""
    user, now = person(request), timezone.now()
    page = Paginator(verbs.on_the_desk(user), PAGE).get_page(request.GET.get("page"))
    context = {
        "audience": audience_of(user),
        "waiting": waiting(user, at=now),
        "entries": [_entry(one, now) for one in page],
        "newer": f"?page={page.number - 1}" if page.has_previous() else "",
        "older": f"?page={page.number + 1}" if page.has_next() else "",
    }
    return render(request, "processes/register.html", context)


@require_http_methods(["GET", "POST"])
@allow(Right.ENTER_PROCESSES)
def new(request: HttpRequest) -> HttpResponse:
    """A paper has come. Once entered it stays."""
    user, now = person(request), timezone.now()
    form = ReceiveForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            said, document = form.particulars(now), form.cleaned_data["document"].read()
            entered = verbs.receive(said, document, by=user, at=now)
        except (BrokerError, ConsentError) as refused:
            form.add_error(None, spoken(refused))
        else:
            messages.success(request, _("Entered. It stays in the register, and waits for an answer."))
            return redirect("processes:process", entered.pk)
    context = {"form": form, "audience": audience_of(user)}
    return render(request, "processes/new.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@allow(Right.ENTER_PROCESSES)
def process(request: HttpRequest, id: UUID) -> HttpResponse:
    """One entry: what stands on the paper, each step so far, and the next for who may answer."""
    user, now = person(request), timezone.now()
    seen = _seen(user, id)
    state = verbs.state_of(seen)
    may_answer = rights.has(user, Right.ANSWER_PROCESSES)
    lifts = request.method == "POST" and "lift" in request.POST
    until = verbs.gag_end(seen)
    is_banned = until is not None and until > now
    step = StepForm(None if lifts else request.POST or None, state=state) if may_answer else None
    gag = GagForm(request.POST if lifts else None, prefix="gag") if may_answer and is_banned else None
    form = gag if lifts else step
    if request.method == "POST" and form is None:
        messages.error(request, _("The next step is not yours. Nothing was changed."))
        return redirect("processes:process", seen.pk)
    if request.method == "POST" and form is not None and form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            if lifts:
                verbs.end_gag(seen, reason, by=user, at=now)
            else:
                verbs.move(seen, LegalProcess.State(form.cleaned_data["state"]), reason, by=user, at=now)
        except BrokerError as refused:
            form.add_error(None, spoken(refused))
        else:
            messages.success(request, _("Recorded."))
            return redirect("processes:process", seen.pk)
    is_open = step is not None and bool(step.fields["state"].choices)  # type: ignore[attr-defined]
    context = {
        "audience": audience_of(user),
        "process": seen,
        "status": _status(seen, state, now),
        "facts": _facts(seen, now),
        "steps": _steps(seen),
        "step": step if is_open else None,
        "gag": gag,
        "form": form,
        "answered": state in ANSWERED,
    }
    status = 422 if form is not None and form.errors else 200
    return render(request, "processes/process.html", context, status=status)


@require_http_methods(["GET"])
@allow(Right.ENTER_PROCESSES)
def paper(request: HttpRequest, id: UUID) -> HttpResponse:
    """The paper itself. The look is recorded."""
    user = person(request)
    seen = _seen(user, id)
    name = f"{seen.pk}.{ENDINGS[seen.document_type]}"
    headers = {**SEALED_OFF, "Content-Disposition": f'attachment; filename="{name}"'}
    data = verbs.look(seen, by=user, at=timezone.now())
    return HttpResponse(data, content_type=seen.document_type, headers=headers)


@require_http_methods(["GET"])
@allow(Right.ENTER_PROCESSES)
def letter(request: HttpRequest, id: UUID, language: str) -> HttpResponse:
    """The answer as a letter to print, in one of our languages."""
    seen = _seen(person(request), id)
    answer = _answer(seen, language)
    others = [
        {"code": code, "label": label, "url": reverse("processes:letter", args=[seen.pk, code])}
        for code, label in process_letters.LANGUAGES
        if code != language
    ]
    context = {
        "letter": answer,
        "pages": others,
        "back": reverse("processes:process", args=[seen.pk]),
        "pdf": reverse("processes:letter_pdf", args=[seen.pk, language]),
    }
    return render(request, "processes/letter.html", context)


@require_http_methods(["GET"])
@allow(Right.ENTER_PROCESSES)
def letter_pdf(request: HttpRequest, id: UUID, language: str) -> HttpResponse:
    """The same letter as a PDF; back to its page where the PDF lacks a letter of it."""
    answer = _answer(_seen(person(request), id), language)
    try:
        pdf = letter_pdfs.drawn(answer)
    except Refused as missing:
        messages.error(request, str(missing))
        return redirect("processes:letter", id, language)
    name = f"{answer.reference}-{language}.pdf"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(pdf, content_type="application/pdf", headers=headers)


def _answer(seen: LegalProcess, language: str) -> Letter:
    """The letter in one of our languages; not found while there is no answer."""
    known = language in dict(process_letters.LANGUAGES)
    answer = process_letters.letter(seen, language) if known else None
    if answer is None:
        raise Http404
    return answer


def _seen(user: User, id: UUID) -> LegalProcess:
    return get_object_or_404(verbs.on_the_desk(user).select_related("case"), pk=id)


def _entry(process: LegalProcess, at: datetime) -> Entry:
    return {
        "when": process.received_at,
        "title": str(process),
        "text": f"{capfirst(_(process.get_kind_display()))} · {_about(process)}",
        "url": reverse("processes:process", args=[process.pk]),
        **_status(process, verbs.state_of(process), at),
    }


def _status(process: LegalProcess, state: LegalProcess.State, at: datetime) -> dict[str, str]:
    if state in ANSWERED:
        return {"kind": "off", "word": capfirst(_(state.label))}
    if process.due_at < at:
        return {"kind": "bad", "word": _("Overdue")}
    return {"kind": "warn", "word": _("Due in %(time)s") % {"time": timesince(at, process.due_at)}}


def _about(process: LegalProcess) -> str:
    return _("everybody") if process.concerns_all else _("people it names")


def _facts(process: LegalProcess, at: datetime) -> list[Entry]:
    named = [one.participant.pseudonym for one in process.concerned.select_related("participant")]
    until = verbs.gag_end(process)
    facts: list[Entry] = [
        {"term": _("What it is"), "text": capfirst(_(process.get_kind_display()))},
        {
            "term": _("Date and number"),
            "text": date_format(process.issued_on, "j F Y"),
            "code": process.number,
        },
        {"term": _("Received"), "when": process.received_at},
        {"term": _("To be answered by"), "when": process.due_at},
        {"term": _("Whom it concerns"), "text": " ".join(named) or _about(process)},
        {
            "term": _("Demands people who have not agreed"),
            "text": _("Yes. It changes nothing.") if process.compels_non_consenting else _("No"),
        },
        {"term": _("Those concerned"), "text": _told(process, until, at)},
    ]
    if until is not None:
        facts.append({"term": _("Nobody may speak of it until"), "when": until})
    if process.case is not None:
        facts.append({"term": _("Case"), "text": process.case.number})
    return facts


def _told(process: LegalProcess, until: datetime | None, at: datetime) -> str:
    if process.steps.filter(kind=verbs.Step.TOLD).exists():
        return _("They were told.")
    if process.case_id is not None:
        return _("Their notices are queued, and go out together with the case.")
    if until is not None and until > at:
        return _("Their notices are queued, and go out when the ban ends.")
    return _("Their notices go out within a minute.")


def _steps(process: LegalProcess) -> list[Entry]:
    """For components/timeline.html."""
    first = {"label": _("Received"), "state": "done", "at": process.received_at, "text": ""}
    return [first] + [
        {
            "label": capfirst(
                _(LegalProcess.State(one.state).label if one.state else one.get_kind_display())
            ),
            "state": "failed" if one.kind == verbs.Step.OVERDUE else "done",
            "at": one.at,
            "text": one.reason,
        }
        for one in process.steps.order_by("order")
    ]


urls = [
    path("", register, name="register"),
    path("new/", new, name="new"),
    path("<uuid:id>/", process, name="process"),
    path("<uuid:id>/paper/", paper, name="paper"),
    path("<uuid:id>/letter/<str:language>/", letter, name="letter"),
    path("<uuid:id>/letter/<str:language>.pdf", letter_pdf, name="letter_pdf"),
]
