"""Jobs that run and are decided again, for these tests."""

from datetime import timedelta

from django.db import connection

from broker import explaining, jobs, queries
from broker.models import Job
from consent.models import Participant
from tests.unsafe import unsafe_without_triggers
from tests.world import NOW, World, job_of

HOUR = timedelta(hours=1)

LATER = NOW + timedelta(days=40)


def run(job: Job, *, at=NOW, batch: int = 3) -> Job:
    jobs.run(job.pk, clock=lambda: at, batch=batch)
    job.refresh_from_db()
    return job


def ask(world: World, under=None) -> Job:
    under = under or world.request()
    return job_of(queries.submit(world.carriers(), under=under, by=world.staff.researcher, at=NOW))


def why(job: Job, person: Participant, at=LATER, **more) -> explaining.Replay:
    return explaining.of(job, Participant.objects.get(pk=person.pk), at=at, **more)


def tamper(sql: str, *values) -> None:
    with unsafe_without_triggers(connection), connection.cursor() as cursor:
        cursor.execute(sql, values)
