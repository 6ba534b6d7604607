"""Whole jobs over the real logins: asked by the web, run by the worker, placed by the sequencer, read."""

import pytest
from django.db import connection

from broker import jobs, queries, results
from broker.models import JobState
from consent.ledger import log
from tests.world import NOW, job_of

pytestmark = [pytest.mark.server, pytest.mark.django_db(transaction=True)]


def test_a_job_is_asked_run_placed_and_read_by_four_logins(walls, world):
    world.crowd(11, says="Ada")
    world.join("Cleo")
    request = world.request()
    with walls.login("web"):
        job = job_of(queries.submit(world.carriers(), under=request, by=world.staff.researcher, at=NOW))
    with walls.login("worker"):
        with connection.cursor() as cursor:
            cursor.execute("SELECT session_user")
            assert cursor.fetchone()[0] == walls.role("worker")
        jobs.run(job.pk, clock=lambda: NOW, batch=3)
        job.refresh_from_db()
        assert job.state == JobState.RELEASED, job.trouble
    with walls.login("sequencer"):
        log.sequence(at=NOW)
    with walls.login("web"):
        assert results.read(job, by=world.staff.researcher, at=NOW)["count"] == 11
