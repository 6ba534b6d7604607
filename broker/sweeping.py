"""What is done about jobs that nobody is at: ring for those that wait or whose worker fell silent, put paused
ones back, and let answers go whose time is over. Running a job is in jobs, uploads' leavings in leftovers.

The job row is the truth: a bell too many finds nothing to do. But bells must not pile up where workers are
slow, so a sweep rings for a few, and for none while many wait to be heard.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from broker import disclosures, events, job_words, results
from broker.models import Disclosure, DisclosureState, Job, JobRange, JobState, RangeState, all_read
from consent.ledger import log

# A bell was rung and nobody came; no longer than a lease, after which somebody is looked for anyway.
RING_AGAIN = timedelta(seconds=min(10.0, settings.LEASE_SECONDS))
MOST_RINGS = 50  # in one sweep
MOST_WAITING = 200  # messages in the queue: from there on those are heard first
MOST_AT_ONCE = 100  # answers let go in one sweep


def room(waiting: int) -> int:
    """How many may be rung for while so many messages wait."""
    return min(MOST_RINGS, max(0, MOST_WAITING - waiting))


def unheard(*, at: datetime, most: int = MOST_RINGS) -> list[UUID]:
    """The jobs to ring for: rung long ago and not begun, begun by a worker that fell silent, or read to their
    last range. Marks them as rung now, so that two sweepers do not both ring."""
    silent = Q(state__in=[JobState.RUNNING, JobState.RELEASING], lease_until__lt=at)
    free = Q(state=JobState.QUEUED) | silent | all_read()
    due = Job.objects.filter(free, rung_at__lt=at - RING_AGAIN)
    rung = []
    for job in due.only("rung_at").order_by("rung_at")[:most]:
        if Job.objects.filter(pk=job.pk, rung_at=job.rung_at).update(rung_at=at):
            rung.append(job.pk)
    return rung


def unread(*, at: datetime, most: int = MOST_RINGS) -> list[UUID]:
    """The ranges to ring for, in the same way: begun by a worker that fell silent, or waiting while nobody is
    at any range of its job, who would come to it."""
    at_work = JobRange.objects.filter(state=RangeState.RUNNING, lease_until__gte=at)
    silent = Q(state=RangeState.RUNNING, lease_until__lt=at)
    waits = Q(state=RangeState.WAITING) & ~Q(job__in=at_work.values("job"))
    due = JobRange.objects.filter(silent | waits, job__state=JobState.CUT, rung_at__lt=at - RING_AGAIN)
    rung = []
    for one in due.only("rung_at").order_by("rung_at", "number")[:most]:
        if JobRange.objects.filter(pk=one.pk, rung_at=one.rung_at).update(rung_at=at):
            rung.append(one.pk)
    return rung


def resume(*, by: str, at: datetime, only: UUID | None = None) -> int:
    """Put every paused job back into the queue, or only this one; the next sweep rings for it. One that was
    parked because it ended its workers goes back by its name alone. Returns how many."""
    paused = Job.objects.filter(state=JobState.PAUSED)
    by_itself = paused.filter(attempt__lte=job_words.MOST_ATTEMPTS).exclude(trouble=job_words.PARKED)
    chosen = paused.filter(pk=only) if only else by_itself
    return sum(_resumed(job, by, at) for job in chosen.values_list("pk", flat=True))


def expire(*, at: datetime) -> int:
    """Let answers go that have been there for RESULT_DAYS. Who was read, and why, stays for those people and
    for auditors. Returns how many."""
    due = Job.objects.filter(state=JobState.RELEASED, ended_at__lte=results.too_old(at)).order_by("ended_at")
    return sum(_expired(job, at) for job in due.values_list("pk", flat=True)[:MOST_AT_ONCE])


def _resumed(job: UUID, by: str, at: datetime) -> int:
    with transaction.atomic():
        resumed = Job.objects.filter(pk=job, state=JobState.PAUSED).update(
            state=JobState.QUEUED, trouble="", attempt=0, ended_at=None, rung_at=at - 2 * RING_AGAIN
        )
        if resumed:
            log.append(events.JOB_RESUMED, at=at, by=by, subject=f"job:{job}")
    return resumed


def _expired(job: UUID, at: datetime) -> int:
    with transaction.atomic():
        gone = Job.objects.filter(pk=job, state=JobState.RELEASED).update(state=JobState.EXPIRED, answer=None)
        if gone:
            log.append(
                events.JOB_EXPIRED, at=at, by="worker", subject=f"job:{job}", days=settings.RESULT_DAYS
            )
            for waiting in Disclosure.objects.filter(job=job, state=DisclosureState.PROPOSED):
                disclosures.lapse(waiting, because=disclosures.GONE, by="worker", at=at)
    return gone
