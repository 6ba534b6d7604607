"""Jobs that are asked and run here, and how each stands afterwards."""

from typing import Any

from broker import jobs, queries, results, usage
from broker.models import Job
from consent.ledger import log
from consent.reasons import Reason
from tests.world import NOW, World


def run(job: Job, *, at=NOW, batch: int = 3) -> Job:
    jobs.run(job.pk, clock=lambda: at, batch=batch)
    job.refresh_from_db()
    return job


def ask(world: World, under=None, **question: Any):
    under = under or world.request()
    return queries.submit(world.carriers(**question), under=under, by=world.staff.researcher, at=NOW)


def outcome(job: Job, person) -> tuple[bool, tuple[Reason, ...]]:
    found = usage.outcome_for(job, person.ordinal)
    assert found is not None
    return found


def answer_of(world: World, job: Job) -> dict[str, Any]:
    log.sequence(at=NOW)
    return results.read(job, by=world.staff.researcher, at=NOW)


class PowerCut(Exception):
    """What a test raises in place of a dying worker."""


def dies(*_args: Any, **_kwargs: Any) -> None:
    raise PowerCut
