"""A job's way through time, drawn for auditors: when it was asked, begun, each gate it came to, and its end.

The picture is to scale; the list beside it says the same in words. Neither says anything about anybody.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from broker.models import Job, JobGate

LEFT, WIDTH, ROW, TOP = 8, 298, 26, 14  # the axis, in units of the picture
END = {"released": "done", "expired": "done", "refused": "failed", "failed": "failed", "cancelled": "failed"}


@dataclass(frozen=True, slots=True)
class Mark:
    """One moment on the axis, with its words on a row of their own."""

    x: int
    y: int
    words: str
    anchor: str  # where the words stand: start or end of them at the mark


def items(job: Job) -> list[dict[str, Any]]:
    """Every step in order, for components/timeline.html."""
    steps = [{"label": _("Asked"), "state": "done", "at": job.created_at}]
    if job.started_at:
        begun = _("Begun (attempt %(n)d is the newest)") % {"n": job.attempt}
        steps.append({"label": begun, "state": "done", "at": job.started_at})
    for gate in JobGate.objects.filter(job=job).order_by("number"):
        label = _("The law was asked: %(kind)s") % {"kind": _(JobGate.Kind(gate.kind).label)}
        text = _("At consent position %(position)d, policy %(policy)s") % {
            "position": gate.position,
            "policy": gate.policy_version,
        }
        steps.append({"label": label, "state": "done", "at": gate.at, "text": text})
    if job.ended_at:
        label = str(_(job.get_state_display())).capitalize()
        steps.append({"label": label, "state": END.get(job.state, "now"), "at": job.ended_at})
    else:
        steps.append({"label": str(_(job.get_state_display())).capitalize(), "state": "now"})
    return sorted(steps, key=_moment)


def drawing(steps: list[dict[str, Any]]) -> dict[str, Any]:
    """The same to scale; the first and the last moment stand at the ends."""
    timed = [step for step in steps if "at" in step]
    first, last = timed[0]["at"], timed[-1]["at"]
    whole = (last - first).total_seconds()
    marks = []
    for number, step in enumerate(timed):
        share = (step["at"] - first).total_seconds() / whole if whole else 0.0
        x = LEFT + round(WIDTH * share)
        anchor = "start" if share < 0.5 else "end"
        marks.append(Mark(x, TOP + ROW * (number + 1), step["label"], anchor))
    return {"marks": marks, "height": TOP + ROW * len(timed) + 12, "seconds": f"{whole:.1f}"}


def _moment(step: dict[str, Any]) -> tuple[bool, float]:
    at: datetime | None = step.get("at")
    return (at is None, at.timestamp() if at else 0.0)
