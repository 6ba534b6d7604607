"""Who used my data: for one participant, every job that considered her, and why it read her or did not.

It shows what left as a kind, never a value, and never whether she matched; and never so soon that it betrays
somebody else: research from the next day on, police and counsel when the case's searching has ended.
"""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet

from broker import staging
from broker.models import Job, JobState
from consent.models import Participant
from consent.purposes import PURPOSES
from consent.reasons import Reason

logger = logging.getLogger(__name__)

LATEST = timedelta(days=365)  # a case that never closes is shown after a year all the same


@dataclass(frozen=True, slots=True)
class Use:
    """One row of the list."""

    job: Job
    at: datetime
    by: str  # the organisation
    purposes: tuple[str, ...]
    labels: tuple[str, ...]
    read: bool
    reasons: tuple[Reason, ...]  # why not, the gravest first; empty when read
    left: str  # what kind of thing left


WHAT_LEFT = {
    "carriers": "a number of people",
    "frequencies": "a number of people and how common an allele is",
    "relatives": "a list of likely relatives under case names",
    "identity": "whether somebody here is the same person, under a case name",
}


def of(participant: Participant, *, at: datetime) -> Iterator[Use]:
    """Newest first. Jobs begun before she had a file did not consider her and are not listed."""
    for job in _released().order_by("-ended_at").iterator():
        use = _use(job, participant, at)
        if use is not None:
            yield use


def one(participant: Participant, job: UUID, *, at: datetime) -> Use | None:
    """The row of one job; None if she may not see it yet, or it did not consider her."""
    found = _released().filter(pk=job).first()
    return None if found is None else _use(found, participant, at)


def _released() -> QuerySet[Job]:
    return Job.objects.filter(Q(state=JobState.RELEASED) | Q(state=JobState.EXPIRED)).select_related(
        "query__request__project__organisation", "query__case__organisation"
    )


def _use(job: Job, participant: Participant, at: datetime) -> Use | None:
    if at < visible_from(job):
        return None
    try:
        outcome = outcome_for(job, participant.ordinal)
    except staging.StagedBroken:
        logger.error("the manifest of job %s does not open", job.pk)  # the audit tells of it, too
        return None
    if outcome is None:
        return None
    read, reasons = outcome
    purposes = tuple(job.query.purposes)
    return Use(
        job=job,
        at=job.ended,
        by=str(job.query.undertaking.organisation),
        purposes=purposes,
        labels=tuple(PURPOSES[purpose].label for purpose in purposes),
        read=read,
        reasons=reasons,
        left=WHAT_LEFT[job.query.question["kind"]] if read else "nothing about you",
    )


def outcome_for(job: Job, ordinal: int) -> tuple[bool, tuple[Reason, ...]] | None:
    """Whether a job read this participant, or the reasons why not; None if it did not consider her."""
    manifest = manifest_of(job)
    if ordinal in manifest["permitted"]:
        return True, ()
    for one, reasons in manifest["left_out"]:
        if one == ordinal:
            return False, tuple(Reason(reason) for reason in reasons)
    return None


def manifest_of(job: Job) -> dict[str, list[Any]]:
    """Whom a released job read, and whom not and why: {"permitted": [ordinal], "left_out": [[ordinal,
    [reason]]], ...}; the rest is for broker.explaining."""
    manifest: dict[str, list[Any]] = json.loads(
        staging.unseal(bytes(job.manifest or b""), f"{job.pk}/manifest")
    )
    return manifest


def visible_from(job: Job) -> datetime:
    """The first instant at which participants see this job."""
    ended = job.ended
    if settings.HOLD_DAYS == 0:  # the demo, and it says so
        return ended
    if job.query.case is None:
        return (ended + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    closed = job.query.case.closed_at or ended + LATEST
    return min(max(closed, ended + timedelta(days=settings.HOLD_DAYS)), ended + LATEST)
