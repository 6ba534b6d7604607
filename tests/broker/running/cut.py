"""Jobs of a house so large that they are cut: run to their end here, range by range."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from broker import explaining, jobs, ranges, staging
from broker.models import Job, JobRange, JobState
from consent.ledger import log
from consent.models import Participant
from tests.broker.job_files.taking import checked, taken
from tests.world import NOW

LATER = NOW + timedelta(minutes=5)


def cut(job: Job, *, at: Any = NOW, batch: int = 2) -> list[UUID]:
    """The ranges it was cut into."""
    rung = jobs.run(job.pk, clock=lambda: at, batch=batch)
    job.refresh_from_db()
    assert job.state == JobState.CUT, (job.state, job.trouble)
    return rung


def read(rung: list[UUID], *, at: Any = NOW, batch: int = 2) -> UUID | None:
    """Read these, one after the other; the job to ring for, if any is."""
    bells = [ranges.run(one, clock=lambda: at, batch=batch) for one in rung]
    assert not any(bells[:-1]), "not the last one rang"
    return bells[-1]


def run(job: Job, *, at: Any = NOW, batch: int = 2, before: Callable[[], object] = lambda: None) -> Job:
    """All of it; something may happen when all ranges are done, before they are joined."""
    assert read(cut(job, at=at, batch=batch), at=at, batch=batch) == job.pk
    before()
    assert jobs.run(job.pk, clock=lambda: at, batch=batch) == []
    job.refresh_from_db()
    return job


def answer(job: Job) -> bytes:
    """The very bytes that were released."""
    assert job.state == JobState.RELEASED, (job.state, job.trouble, job.reasons)
    return staging.unseal(bytes(job.answer), f"{job.pk}/answer")


def is_cleared_away(job: Job) -> bool:
    return not JobRange.objects.filter(job=job).exists()


def require_decided_again(job: Job) -> None:
    """Every decision of it is made again, by the house and by the verifier."""
    for person in Participant.objects.all():
        replay = explaining.of(job, person, at=LATER)
        assert (replay.equal, replay.problems) == (True, ()), (person, replay.recorded, replay.then)
    log.sequence(at=NOW)
    assert checked(taken(job)).problems == []
