"""A query's run, for researchers, investigators and counsel alike: how it stands, its answer, its files.

It never tells how many people were considered, whether anybody changed her mind, or why it took longer.
"""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from broker import cutting, disclosures, queries, results
from broker.errors import Refused
from broker.languages.sentences import spoken
from broker.models import TRANSITIONS, Job, JobRange, JobState, Query, QueryState, RangeState, Reviewed, User
from broker.portal import answers, asked, would_be
from broker.portal import steward_papers as papers
from broker.rights import allow
from broker.roles import Right
from consent.errors import NotSealed

UNDER_WAY = cutting.UNDER_WAY | {JobState.QUEUED}
NOTHING_NEW, NO_MORE = 204, 286  # to htmx: swap nothing; ask no more


@never_cache
@require_http_methods(["GET"])
@allow(Right.ASK)
def job(request: HttpRequest, id: UUID) -> HttpResponse:
    """One run: where it is, why it was refused, or its answer. Looking at an answer is an event."""
    user = _who(request)
    run = _visible(user, id)
    context = _about(request, run.query) | {"job": run, "status": asked.status(run)} | _progress(run)
    context |= {
        "under_way": run.state in UNDER_WAY,
        "may_stop": JobState.CANCELLED in TRANSITIONS[JobState(run.state)],
        "refusals": asked.refusals(run.query, run),
    }
    if run.state == JobState.REFUSED:
        context["would"] = would_be.of_request(run.query, run, at=timezone.now())
    if run.state == JobState.RELEASED:
        try:
            answer = results.read(run, by=user, at=timezone.now())
        except NotSealed:  # in a moment: the page asks again by itself
            context["under_way"] = True
        except asked.REFUSALS as broken:
            context["broken"] = spoken(broken)
            if isinstance(broken, Refused):  # a number that is not shown any more; its leads may be asked for
                context |= _disclosure(run)
        else:
            context |= {"answer": answers.shown(answer), "kind": answer["question"]["kind"]}
            context["since"] = _(answer[answers.SINCE]) if answer[answers.SINCE] else ""
            context |= _disclosure(run)
            context["facts"] += [
                {"term": _("Policy"), "text": answer["policy_version"]},
                {"term": _("Consent snapshot"), "text": answer["consent_snapshot"]},
            ]
    return render(request, "jobs/job.html", context)


@never_cache
@require_http_methods(["GET"])
@allow(Right.ASK)
def progress(request: HttpRequest, id: UUID) -> HttpResponse:
    """What of a running job is new since the page saw it: nothing, another line, or that it has ended and
    the page has to be read again."""
    run = _visible(_who(request), id)
    if run.state not in UNDER_WAY and not _waits_for_its_seal(run):
        return HttpResponse(status=NO_MORE, headers={"HX-Refresh": "true"})
    told = _progress(run)
    if request.GET.get("seen") == told["seen"]:
        return HttpResponse(status=NOTHING_NEW)
    return render(request, "jobs/progress.html", told | {"job": run, "swapped": True})


@require_http_methods(["POST"])
@allow(Right.ASK)
def cancel(request: HttpRequest, id: UUID) -> HttpResponse:
    """Stop a run that has not been released."""
    user = _who(request)
    run = _visible(user, id)
    if queries.cancel(run, by=user, at=timezone.now()):
        messages.success(request, _("Stopped. Nothing was released."))
    else:
        messages.info(request, _("It had ended already. Nothing was changed."))
    return redirect("jobs:job", run.pk)


@never_cache
@require_http_methods(["GET"])
@allow(Right.ASK)
def download(request: HttpRequest, id: UUID, kind: str) -> HttpResponse:
    """The answer as a file that says what it answers. Taking it is an event, as looking at it is."""
    user = _who(request)
    run = _visible(user, id)
    files = answers.kinds(run.query.question["kind"])
    if kind not in files:
        raise Http404
    try:
        answer = results.read(run, by=user, at=timezone.now())
    except asked.REFUSALS as refused:
        messages.error(request, spoken(refused))
        return redirect("jobs:job", run.pk)
    content_type, write = files[kind]
    name = f"query-{str(run.query_id)[:8]}.{kind}"
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(write(answer), content_type=content_type, headers=disposition)


@require_http_methods(["GET"])
@allow(Right.ASK)
def query(request: HttpRequest, id: UUID) -> HttpResponse:
    """A query that was refused before it ran, with the reasons, or that waits for its signatures; any other
    is found at its run."""
    seen = get_object_or_404(
        Query.objects.visible_to(_who(request)).select_related("request__project", "case"), pk=id
    )
    if (run := seen.job) is not None:
        return redirect("jobs:job", run.pk)
    context = _about(request, seen) | {"status": asked.search_status(seen)}
    context["refusals"] = asked.refusals(seen, None)
    if seen.reasons:
        context["would"] = would_be.of_request(seen, None, at=timezone.now())
    else:
        context |= {"signatures": papers.signatures(seen), "waiting": seen.state == QueryState.SUBMITTED}
    return render(request, "jobs/query.html", context)


def _who(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # the door asked
    return request.user


def _visible(user: User, id: UUID) -> Job:
    runs = Job.objects.visible_to(user).select_related("query__request__project", "query__case")
    return get_object_or_404(runs.defer("snapshot", "manifest"), pk=id)


def _waits_for_its_seal(run: Job) -> bool:
    return run.state == JobState.RELEASED and not results.is_sealed(run)


def _about(request: HttpRequest, seen: Query) -> dict[str, Any]:
    """What was asked, for what, and under what."""
    under = seen.case if seen.case is not None else seen.request
    assert under is not None  # a constraint of the table
    context = {
        "query": seen,
        "title": asked.title(seen.question),
        "under": str(seen.undertaking),
        "facts": [
            {
                "term": _("Asked for"),
                "text": asked.purposes(seen.purposes),
                "code": ", ".join(papers.purpose_code(purpose) for purpose in seen.purposes),
            },
            {"term": _("Asked"), "when": seen.submitted_at},
            {"term": _("Query"), "text": "", "code": str(seen.pk)},
        ],
    }
    if seen.case is not None:
        return context | {"audience": "agency", "back": reverse("agency:case", args=[seen.case.pk])}
    assert seen.request is not None
    body = asked.as_json(seen.request, seen.question)
    return context | {
        "audience": "researcher",
        "back": reverse("researcher:project", args=[seen.request.project_id]),
        "ask_again": reverse("researcher:query_new", args=[seen.request.pk]),
        "body": body,
        "curl": asked.as_curl(body, request.build_absolute_uri(reverse("api:queries"))),
    }


def _disclosure(run: Job) -> dict[str, Any]:
    """Whether the leads of a search were asked for, or where to ask."""
    case = run.query.case
    if case is None:
        return {}
    made = disclosures.living(run)
    if made is not None:
        return {"disclosure": asked.disclosure_status(made)}
    open_ = case.state == Reviewed.APPROVED
    return {"ask": reverse("agency:disclose", args=[case.pk, run.pk]) if open_ else ""}


def _progress(run: Job) -> dict[str, Any]:
    """How far it is, and a word by which the page knows what it has seen."""
    read = run.position is not None
    if run.state == JobState.QUEUED:
        label = _("Waiting for its turn")
    else:
        label = _("Reading, and asking consent again before each part") if read else _("Asking consent")
    value = run.progress_told if read and (run.query.case_id is None or run.cut_into) else None
    text = "" if value is None else _("%(n)d %%") % {"n": value}
    if run.state == JobState.CUT:
        done = JobRange.objects.filter(job=run, state=RangeState.DONE).count()
        text = _("%(done)d of %(all)d parts are read") % {"done": done, "all": run.cut_into}
    return {
        "label": label,
        "value": value,
        "text": text,
        "seen": f"{run.state_told}-{read:d}-{run.progress_told}",
        "timeline": _timeline(run),
    }


def _timeline(run: Job) -> list[dict[str, Any]]:
    """Queued, consent asked, read, released, ready. A release that is tried again is not told."""
    state, cleared = run.state_told, run.position is not None
    labels = [
        _("Queued"),
        _("Consent asked"),
        _("Read"),
        _("Consent asked again, and released"),
        _("Ready"),
    ]
    if state in {JobState.RELEASED, JobState.EXPIRED}:
        reached = len(labels)
    elif state == JobState.QUEUED:
        reached = 0
    else:
        reached = 2 if cleared else 1
    items: list[dict[str, Any]] = [
        {"label": label, "state": "done" if place < reached else "next"} for place, label in enumerate(labels)
    ]
    items[0]["at"] = run.created_at
    if reached == len(labels):
        items[-1]["at"] = run.ended_at
    elif run.state in UNDER_WAY:
        items[reached]["state"] = "now"
    else:
        ended = "now" if state == JobState.PAUSED else "failed"
        stopped = {"label": str(asked.STATES[state][1]), "state": ended, "at": run.ended_at}
        items = [*items[: max(reached, 1)], stopped]
        items[0]["state"] = "done"
    return items


urls = [
    path("<uuid:id>/", job, name="job"),
    path("progress/<uuid:id>/", progress, name="progress"),
    path("cancel/<uuid:id>/", cancel, name="cancel"),
    path("download/<uuid:id>.<str:kind>", download, name="download"),
    path("query/<uuid:id>/", query, name="query"),
]
