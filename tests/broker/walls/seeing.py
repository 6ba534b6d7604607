"""What a login sees and may do, asked in plain SQL: as somebody would who came past Python."""

from typing import Any
from uuid import UUID

from django.db import Error, connection, transaction

from broker import queries
from broker.models import Job
from tests.world import NOW, World, job_of

NO_RIGHT, INSUFFICIENT_PRIVILEGE = -1, "42501"
KEYS = "SELECT count(*) FROM genomics_participantkey"


def rows(sql: str, *, lease: UUID | None = None) -> int:
    """The one number that a statement gives, under a lease if there is one; NO_RIGHT if that is missing.
    Nothing of it is kept."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            if lease is not None:
                cursor.execute("SELECT set_config('walls.lease', %s, true)", [str(lease)])
            cursor.execute(sql)
            transaction.set_rollback(True)
            return cursor.fetchone()[0] if cursor.description else max(0, cursor.rowcount)
    except Error as refused:
        if getattr(refused.__cause__, "sqlstate", "") != INSUFFICIENT_PRIVILEGE:
            raise
        return NO_RIGHT


def claim(job: Job, *, lasts: Any = NOW) -> UUID:
    """Claim a job as the worker does; the lease."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT lease FROM walls.claim_job(%s, %s, %s)", [job.pk, NOW, lasts])
        return cursor.fetchone()[0]


def asked(world: World) -> Job:
    """A job that waits."""
    return job_of(queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW))
