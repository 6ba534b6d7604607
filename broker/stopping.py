"""Ending runs that have not been released, whoever has the word: their asker, or the end of their case."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from broker import cutting, events
from broker.models import TRANSITIONS, Job, JobState
from consent import fence
from consent.ledger import log

NOTHING: dict[str, None] = {"token": None, "lease_until": None, "answer": None, "manifest": None}
STOPPABLE = [state for state, after in TRANSITIONS.items() if JobState.CANCELLED in after]


def stop(runs: QuerySet[Job], *, by: str, at: datetime) -> int:
    """Cancel these of them that can be; whoever runs one notices at its next step. Returns how many."""
    stopped = 0
    with transaction.atomic():
        fence.advance([])  # a restore may not start it again; and a release that has begun comes first
        for run in runs.filter(state__in=STOPPABLE).order_by("created_at").only("pk"):
            row = Job.objects.filter(pk=run.pk, state__in=STOPPABLE)
            if row.update(state=JobState.CANCELLED, ended_at=at, **NOTHING):
                cutting.clear_away(run)
                log.append(events.JOB_CANCELLED, at=at, by=by, subject=f"job:{run.pk}")
                stopped += 1
    return stopped
