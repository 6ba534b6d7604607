"""Jobs that are run and taken home, and what the verifier says of their files."""

import json
from typing import Any

from broker import job_files, jobs, queries
from broker.models import Job
from consent.ledger import gathered, job_file, recount
from tests.broker.exporting import exported
from tests.world import NOW, World, job_of


def asked(world: World) -> Job:
    return job_of(queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW))


def run(job: Job) -> Job:
    jobs.run(job.pk, clock=lambda: NOW, batch=3)
    return Job.objects.get(pk=job.pk)


def taken(job: Job) -> dict[str, Any]:
    return json.loads(json.dumps(job_files.of(job)))


def checked(file: Any, lines: list[str] | None = None) -> job_file.Outcome:
    known = gathered.Gathered([file])
    found = recount.read(exported() if lines is None else lines, seen=known.see)
    assert found.ok, found.problems
    return job_file.check(file, known)
