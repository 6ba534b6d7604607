"""The auditor's pages: the ledger, each event with its proof, verification, the way home with it, and jobs.

She reads what was done and why, never a genotype and never an answer; what she looks at is an event itself.
"""

import json
from urllib.parse import urlencode
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from broker import exports, oversight, states
from broker.errors import Refused
from broker.languages.sentences import spoken
from broker.models import Job, User
from broker.portal import (
    auditor_anomalies,
    auditor_canaries,
    auditor_jobs,
    auditor_ledger,
    auditor_papers,
    auditor_take,
    auditor_times,
    auditor_why,
)
from broker.rights import allow
from broker.roles import Right
from broker.staging import StagedBroken
from consent.errors import ConsentError
from consent.ledger import checkpoints
from consent.models import LedgerCheckpoint, LedgerEvent

EVENTS, JOBS = 50, 20  # a page


@require_http_methods(["GET"])
@allow(Right.READ_LEDGER)
def ledger(request: HttpRequest) -> HttpResponse:
    """All events, or those that fit a search, newest first. That she looked is written down."""
    now = timezone.now()
    form = auditor_ledger.SearchForm(request.GET, at=now)
    rows, newer, older = list[LedgerEvent](), "", ""
    if (search := form.search) is not None:
        found = oversight.found(search, by=_who(request), at=now)
        rows, newer, older = _page(found.select_related("opening", "leaf"), request.GET)
    sealed = auditor_ledger.sealed_size()
    return render(
        request,
        "auditor/ledger.html",
        {
            "form": form,
            "filtered": bool(request.GET.get("q", "").strip()),
            "presets": auditor_ledger.presets(),
            "words": auditor_ledger.words(),
            "values": auditor_ledger.values(),
            "word_columns": [{"label": _("Word")}, {"label": _("What it means")}, {"label": _("Example")}],
            "value_columns": [{"label": _("Word")}, {"label": _("What may stand behind it")}],
            "entries": [auditor_ledger.entry(event, sealed=sealed) for event in rows],
            "sealed": sealed,
            "alarm": auditor_ledger.alarm(at=now),
            "newer": newer,
            "older": older,
        },
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET"])
@allow(Right.READ_LEDGER)
def event(request: HttpRequest, uid: UUID) -> HttpResponse:
    """One event: its sentence, what it says, and whether it can be proved. The look is written down."""
    seen = get_object_or_404(LedgerEvent.objects.select_related("opening", "leaf"), uid=uid)
    rows = LedgerEvent.objects.exclude(kind__in=oversight.STEPS)
    oversight.open_event(seen, by=_who(request), at=timezone.now())
    checks, proof = auditor_ledger.checks(seen)
    return render(
        request,
        "auditor/event.html",
        {
            "event": seen,
            "told": auditor_ledger.tell(seen),
            "json": auditor_ledger.as_json(seen),
            "position": auditor_ledger.place(seen),
            "commitment": bytes(seen.commitment).hex(),
            "checks": checks,
            "proof": proof,
            "leaf_hash": proof.leaf_hash.hex() if proof else "",
            "path": "\n".join(step.hex() for step in proof.path) if proof else "",
            "newer": rows.filter(pk__gt=seen.pk).order_by("pk").first(),
            "older": rows.filter(pk__lt=seen.pk).order_by("-pk").first(),
        },
    )


@require_http_methods(["GET"])
@allow(Right.READ_LEDGER)
def jobs(request: HttpRequest) -> HttpResponse:
    """Every job of everybody, newest first. That she looked is written down."""
    oversight.turn("jobs", by=_who(request), at=timezone.now())
    rows = _jobs().order_by("-created_at", "-id")
    after = _job_named(request.GET.get("before", ""))
    if after is not None:
        same = Q(created_at=after.created_at, id__lt=after.pk)
        rows = rows.filter(Q(created_at__lt=after.created_at) | same)
    shown = list(rows[: JOBS + 1])
    more = len(shown) > JOBS
    return render(
        request,
        "auditor/jobs.html",
        {
            "states": states.drawing(),
            "rows": [auditor_jobs.row(job) for job in shown[:JOBS]],
            "columns": [
                {"label": _("Purposes")},
                {"label": _("Organisation")},
                {"label": _("Asked")},
                {"label": _("State")},
                {"label": _("Considered"), "number": True},
                {"label": _("Read"), "number": True},
                {"label": _("Left out, by gravest reason")},
            ],
            "first": "?" if after is not None else "",
            "older": f"?before={shown[JOBS - 1].pk}" if more else "",
        },
    )


@require_http_methods(["GET"])
@allow(Right.READ_LEDGER)
def job(request: HttpRequest, id: UUID) -> HttpResponse:
    """One job in full. That she looked is written down."""
    seen = get_object_or_404(_jobs(), pk=id)
    look, broken = None, ""
    try:
        look = oversight.look(seen, by=_who(request), at=timezone.now())
    except StagedBroken as trouble:
        broken = spoken(trouble)
    sealed = auditor_ledger.sealed_size()
    happened = oversight.events_of(seen).select_related("opening", "leaf")
    return render(
        request,
        "auditor/job.html",
        {
            "job": seen,
            "title": auditor_jobs.purposes(seen),
            "facts": auditor_jobs.facts(seen),
            "question": json.dumps(seen.query.question, indent=2, sort_keys=True),
            "status": auditor_jobs.status(seen),
            "look": look,
            "broken": broken,
            "reasons": auditor_jobs.reasons(look.counts) if look and look.counts else [],
            "reason_columns": [
                {"label": _("What they read about it")},
                {"label": _("People"), "number": True},
            ],
            "times": (steps := auditor_times.items(seen)),
            "timeline": auditor_times.drawing(steps),
            "states": auditor_jobs.drawing(seen),
            "state_rows": auditor_jobs.table(seen),
            "state_columns": [{"label": _("State")}, {"label": _("May become")}, {"label": _("This job")}],
            "entries": [auditor_ledger.entry(event, sealed=sealed) for event in happened],
            "who": auditor_why.WhoForm(),
        },
    )


@require_http_methods(["GET"])
@allow(Right.READ_LEDGER)
def explanation(request: HttpRequest, id: UUID) -> HttpResponse:
    """Why a job read one participant or did not, decided again. That she looked is written down."""
    seen = get_object_or_404(_jobs(), pk=id)
    form = auditor_why.WhoForm(request.GET or None)
    context = {"job": seen, "form": form, "title": auditor_jobs.purposes(seen)}
    if form.is_valid():
        person, as_of = form.cleaned_data["participant"], form.cleaned_data["as_of"]
        try:
            replay = oversight.explain(seen, person, as_of=as_of, by=_who(request), at=timezone.now())
        except (Refused, ConsentError) as refused:
            form.add_error(None, spoken(refused))
        else:
            context |= auditor_why.shown(replay)
    return render(request, "auditor/explanation.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@allow(Right.READ_LEDGER)
def verify(request: HttpRequest) -> HttpResponse:
    """The newest checkpoint; and, when asked, everything recomputed. The answer is shown at once and kept
    nowhere, so that it is never older than the question."""
    found, trouble = None, ""
    if request.method == "POST":
        try:
            found = oversight.verify(by=_who(request), at=timezone.now())
        except ConsentError as broken:
            trouble = spoken(broken)
    newest = LedgerCheckpoint.newest()
    return render(
        request,
        "auditor/verify.html",
        {"newest": newest, "key": str(checkpoints.signer()), "found": found, "trouble": trouble},
    )


@require_http_methods(["GET", "POST"])
@allow(Right.READ_LEDGER)
def export(request: HttpRequest) -> HttpResponseBase:
    """The ledger in a zip that can be verified elsewhere, without this house."""
    if request.method == "GET":
        return render(request, "auditor/export.html", {"key": str(checkpoints.signer())})
    openings = request.POST.get("openings") == "yes"
    by, at = _who(request), timezone.now()
    return auditor_take.zipped("ledger.zip", lambda out: exports.ledger(out, openings=openings, by=by, at=at))


def _page(events: QuerySet[LedgerEvent], asked: QueryDict) -> tuple[list[LedgerEvent], str, str]:
    """One page and the addresses of its neighbours, by event id: a list that grows does not shift."""
    before, since = _number(asked.get("before")), _number(asked.get("since"))
    if since is not None:
        rows = list(events.filter(pk__gt=since).order_by("pk")[: EVENTS + 1])
        more_newer, more_older = len(rows) > EVENTS, True
        rows = rows[:EVENTS][::-1]
    else:
        if before is not None:
            events = events.filter(pk__lt=before)
        rows = list(events.order_by("-pk")[: EVENTS + 1])
        more_newer, more_older = before is not None, len(rows) > EVENTS
        rows = rows[:EVENTS]
    kept = {"q": asked["q"]} if asked.get("q") else {}
    newer = "?" + urlencode({**kept, "since": rows[0].pk}) if rows and more_newer else ""
    older = "?" + urlencode({**kept, "before": rows[-1].pk}) if rows and more_older else ""
    return rows, newer, older


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


def _jobs() -> QuerySet[Job]:
    return Job.objects.select_related(
        "query__request__project__organisation", "query__case__organisation", "query__asked_by"
    )


def _job_named(text: str) -> Job | None:
    try:
        return Job.objects.filter(pk=text).first() if text else None
    except ValidationError:
        return None


def _who(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # the door asked
    return request.user


urls = [
    path("", ledger, name="ledger"),
    path("event/<uuid:uid>/", event, name="event"),
    path("jobs/", jobs, name="jobs"),
    path("jobs/<uuid:id>/", job, name="job"),
    path("jobs/<uuid:id>/explanation/", explanation, name="explanation"),
    path("jobs/<uuid:id>/job.zip", auditor_take.job_file, name="job_file"),
    path("anomalies/", auditor_anomalies.anomalies, name="anomalies"),
    *auditor_canaries.urls,
    path("events.zip", auditor_take.events, name="events"),
    path("verifier.pyz", auditor_take.verifier, name="verifier"),
    path("papers/", auditor_papers.papers, name="papers"),
    path("papers/<uuid:id>/", auditor_papers.paper, name="paper"),
    path("papers/<uuid:id>/scan/", auditor_papers.scan, name="scan"),
    path("verify/", verify, name="verify"),
    path("export/", export, name="export"),
]
