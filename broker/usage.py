"""Who used my data: for one participant, every job that considered her, and why it read her or did not.

It shows what left as a kind, never a value, and never whether she matched: of a search a number of leads; a
list, if any, once it is told that they were disclosed. And never so soon that it betrays somebody else:
research from the next day on, police and counsel when their case is told (broker.tellings).
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from broker import staging, tellings
from broker.manifests import manifest_of
from broker.models import Job, JobState
from consent.models import Participant
from consent.purposes import PURPOSES
from consent.reasons import Reason

logger = logging.getLogger(__name__)


__all__ = ["WHAT_LEFT", "Use", "is_visible", "manifest_of", "of", "one", "outcome_for"]


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
    "relatives": "a list of likely relatives, if any, under case names",
    "identity": "whether somebody here is the same person, under a case name",
}
NOTHING_LEFT = "nothing about you"
NOT_DISCLOSED = "a number of leads"  # what leaves of a search before a second pair has signed


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
    if not is_visible(job, at=at):
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
        left=_left(job, at) if read else NOTHING_LEFT,
    )


def _left(job: Job, at: datetime) -> str:
    """The same to everybody whom it read, found or not."""
    if job.query.case is not None and not tellings.is_disclosure_told(job, at=at):
        return NOT_DISCLOSED
    return WHAT_LEFT[job.query.question["kind"]]


def outcome_for(job: Job, ordinal: int) -> tuple[bool, tuple[Reason, ...]] | None:
    """Whether a job read this participant, or the reasons why not; None if it did not consider her."""
    manifest = manifest_of(job)
    if ordinal in manifest["permitted"]:
        return True, ()
    for one, reasons in manifest["left_out"]:
        if one == ordinal:
            return False, tuple(Reason(reason) for reason in reasons)
    return None


def _next_day(job: Job) -> datetime:
    return (job.ended + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)


def is_visible(job: Job, *, at: datetime) -> bool:
    """Whether participants may see this job: research from the next day on, a case's when it was told."""
    if not tellings.is_held(job.ended):  # the demo, and it says so
        return job.ended <= at
    return tellings.is_told(job, at=at) if job.query.case else at >= _next_day(job)
