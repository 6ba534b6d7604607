"""Jobs as an auditor reads them: whom they considered, and where each stands among all it may become."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from broker import oversight
from broker.models import TRANSITIONS, Job, JobState
from broker.staging import StagedBroken
from consent.purposes import PURPOSES
from consent.reasons import Reason

KINDS = {
    JobState.QUEUED: "wait",
    JobState.RUNNING: "wait",
    JobState.CUT: "wait",
    JobState.RELEASING: "wait",
    JobState.RELEASED: "good",
    JobState.REFUSED: "bad",
    JobState.FAILED: "bad",
    JobState.PAUSED: "warn",
    JobState.CANCELLED: "off",
    JobState.EXPIRED: "off",
}


def status(job: Job) -> dict[str, str]:
    state = JobState(job.state)
    return {"kind": KINDS[state], "word": str(_(state.label)).capitalize()}


def purposes(job: Job) -> str:
    return ", ".join(_(PURPOSES[purpose].label) for purpose in job.query.purposes)


def row(job: Job) -> list[Any]:
    """One line of the table of jobs."""
    try:
        counts = oversight.counts(job)
    except StagedBroken:
        counts, out = None, {"kind": "bad", "word": _("Changed since")}
    else:
        out = _left_out(counts)
    return [
        {"text": purposes(job), "url": reverse("auditor:job", args=[job.pk]), "code": str(job.pk)[:8]},
        str(job.query.undertaking.organisation),
        {"when": job.created_at},
        status(job),
        {"number": counts.considered} if counts else "–",
        {"number": counts.permitted} if counts else "–",
        out,
    ]


def _left_out(counts: oversight.Counts | None) -> dict[str, Any]:
    if counts is None:
        return {"text": "–"}
    codes = " · ".join(f"{reason} {people}" for reason, people in counts.left_out)
    return {"text": str(counts.considered - counts.permitted), "code": codes}


def facts(job: Job) -> list[dict[str, Any]]:
    """Who asked, under what, and when what happened."""
    query, now = job.query, {"kind": "off", "word": _("Not yet")}
    under = query.undertaking
    lines: list[dict[str, Any]] = [
        {"term": _("Organisation"), "text": str(under.organisation)},
        {"term": _("Case") if query.case else _("Project"), "text": str(under), "code": str(under.pk)},
        {"term": _("Asked by"), "text": query.role.replace("_", " "), "code": query.asked_by.reference},
        {
            "term": _("For"),
            "text": purposes(job),
            "code": ", ".join(query.purposes),
        },
        {"term": _("Asked"), "when": query.submitted_at},
        {"term": _("Begun"), **({"when": job.started_at} if job.started_at else now)},
        {"term": _("Ended"), **({"when": job.ended_at} if job.ended_at else now)},
        {"term": _("Attempts"), "number": job.attempt},
    ]
    if job.reasons:
        told = " ".join(_(Reason(reason).sentence) for reason in job.reasons)
        lines.append({"term": _("Refused because"), "text": told, "code": ", ".join(job.reasons)})
    if job.trouble:
        lines.append({"term": _("Trouble"), "text": job.trouble})
    if job.position is not None:
        lines += [
            {"term": _("Consent looked at up to"), "text": str(job.position)},
            {"term": _("Policy"), "text": job.policy_version},
        ]
    return lines


def reasons(counts: oversight.Counts) -> list[list[Any]]:
    """How many were left out for which reason, and the sentence that each of them reads."""
    return [
        [{"text": _(Reason(reason).sentence), "code": str(reason)}, {"number": people}]
        for reason, people in counts.left_out
    ]


@dataclass(frozen=True, slots=True)
class Box:
    """A state in the drawing: where its middle is."""

    x: int
    y: int
    state: JobState
    now: bool

    @property
    def left(self) -> int:
        return self.x - WIDE // 2

    @property
    def top(self) -> int:
        return self.y - HIGH // 2

    @property
    def text_y(self) -> int:
        return self.y + 4


@dataclass(frozen=True, slots=True)
class Arrow:
    """From one state to another, edge to edge."""

    x1: int
    y1: int
    x2: int
    y2: int


WIDE, HIGH, APART = 64, 30, 4
_PLACES = {
    JobState.QUEUED: (34, 90),
    JobState.RUNNING: (116, 90),
    JobState.CUT: (164, 20),
    JobState.RELEASING: (198, 90),
    JobState.RELEASED: (280, 90),
    JobState.PAUSED: (75, 20),
    JobState.CANCELLED: (70, 165),
    JobState.FAILED: (139, 165),
    JobState.REFUSED: (208, 165),
    JobState.EXPIRED: (280, 165),
}


def drawing(job: Job) -> dict[str, list[Any]]:
    """Every state and every arrow of the table; arrows back to the same state are not drawn."""
    boxes = [Box(*_PLACES[state], state, state == job.state) for state in TRANSITIONS]
    arrows = [
        _arrow(before, after) for before, all_after in TRANSITIONS.items() for after in all_after - {before}
    ]
    return {"boxes": boxes, "arrows": arrows}


def table(job: Job) -> list[list[Any]]:
    """The same in words."""
    now, end = {"kind": "info", "word": _("Here now")}, _("nothing: it has ended")
    return [
        [
            {"text": _(state.label), "code": state.value},
            ", ".join(str(_(other.label)) for other in TRANSITIONS if other in after) or end,
            now if state == job.state else "",
        ]
        for state, after in TRANSITIONS.items()
    ]


def _arrow(before: JobState, after: JobState) -> Arrow:
    (x1, y1), (x2, y2) = _PLACES[before], _PLACES[after]
    if before in TRANSITIONS[after]:  # there and back: two lines side by side
        length = max(1, abs(x2 - x1) + abs(y2 - y1))
        aside_x, aside_y = -(y2 - y1) * APART // length, (x2 - x1) * APART // length
        x1, y1, x2, y2 = x1 + aside_x, y1 + aside_y, x2 + aside_x, y2 + aside_y
    start, end = _edge(x1, y1, x2, y2, gap=1), _edge(x2, y2, x1, y1, gap=4)
    return Arrow(*start, *end)


def _edge(x: int, y: int, to_x: int, to_y: int, *, gap: int) -> tuple[int, int]:
    """Where a line from the middle of a box leaves it."""
    dx, dy = to_x - x, to_y - y
    reach = min(
        (WIDE / 2 + gap) / abs(dx) if dx else float("inf"), (HIGH / 2 + gap) / abs(dy) if dy else float("inf")
    )
    return round(x + dx * reach), round(y + dy * reach)
