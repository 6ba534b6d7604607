"""What a claimed range opens: the keys of its own people and its own case's evidence, while it stands."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from broker import access, cases, jobs, queries, ranges, results
from broker.models import Job, JobRange, JobState
from broker.walls import leases
from consent import records
from consent.ledger import log
from consent.models import Participant
from tests.broker.walls.seeing import KEYS, NO_RIGHT, rows
from tests.world import NOW, World, genotypes, job_of, small_panel, with_panel

pytestmark = [pytest.mark.server, pytest.mark.django_db(transaction=True)]

LATER = NOW + timedelta(seconds=30)
CLAIM = "SELECT count(*) FROM walls.claim_range('{}', now(), now())"
SEALED = "SELECT count(*) FROM broker_jobrange WHERE found IS NOT NULL OR people IS NOT NULL"


def ask(walls: Any, world: World) -> Job:
    request = world.request()
    with walls.login("web"):
        return job_of(queries.submit(world.carriers(), under=request, by=world.staff.researcher, at=NOW))


def cut(walls: Any, job: Job) -> list[UUID]:
    with walls.login("worker"):
        rung = jobs.run(job.pk, clock=lambda: NOW, batch=2)
    job.refresh_from_db()
    assert job.state == JobState.CUT, job.trouble
    return rung


def claimed(one: UUID) -> UUID:
    found = leases.claim_range(one, at=NOW, lasts=LATER)
    assert found is not None
    assert found.lease is not None
    return found.lease


@pytest.fixture
def job(walls, world: World, settings) -> Job:
    settings.RANGE_PEOPLE = 4
    world.crowd(11, says="Ada")
    world.join("Cleo")
    return ask(walls, world)


def test_a_job_is_cut_read_and_joined_by_the_workers_login(walls, world: World, job: Job):
    rung = cut(walls, job)
    with walls.login("worker"):
        assert [ranges.run(one, clock=lambda: NOW, batch=2) for one in rung] == [None, None, job.pk]
        assert jobs.run(job.pk, clock=lambda: NOW, batch=2) == []
    job.refresh_from_db()
    assert job.state == JobState.RELEASED, job.trouble
    assert not JobRange.objects.exists()
    with walls.login("sequencer"):
        log.sequence(at=NOW)
    with walls.login("web"):
        assert results.read(job, by=world.staff.researcher, at=NOW)["count"] == 11


def test_a_range_opens_the_keys_of_its_own_people_only(walls, job: Job):
    first, second, _ = cut(walls, job)
    with walls.login("worker"):
        one, other = claimed(first), claimed(second)
        assert rows(KEYS) == 0
        assert (rows(KEYS, lease=one), rows(KEYS, lease=other)) == (3, 4)
        both = f"{KEYS} WHERE participant_id <= {Participant.objects.order_by('ordinal')[2].ordinal}"
        assert (rows(both, lease=one), rows(both, lease=other)) == (3, 0)


def test_its_lease_ends_with_it_with_its_job_and_with_its_undertaking(walls, world: World, job: Job):
    first, second, third = cut(walls, job)
    with walls.login("worker"):
        leased = [claimed(one) for one in (first, second, third)]
        assert all(rows(KEYS, lease=one) for one in leased)
        JobRange.objects.filter(pk=first).update(state="done", asked=b"x", found=b"x")
        assert [bool(rows(KEYS, lease=one)) for one in leased] == [False, True, True]
        assert rows("UPDATE broker_jobrange SET state = 'running' WHERE state = 'done'") == 0, "it is done"
    with walls.login("web"):
        assert queries.cancel(job, by=world.staff.researcher, at=NOW)
    with walls.login("worker"):
        assert [rows(KEYS, lease=one) for one in leased] == [0, 0, 0]
        assert leases.claim_range(third, at=NOW, lasts=LATER) is None
    assert not JobRange.objects.exists()


def test_an_undertaking_that_is_closed_shuts_its_ranges(walls, world: World, job: Job):
    first, *_ = cut(walls, job)
    with walls.login("worker"):
        lease = claimed(first)
        assert rows(KEYS, lease=lease) == 3
    with walls.login("web"):
        access.close(job.query.request, reason="audit", by=world.staff.steward, at=NOW)
    with walls.login("worker"):
        assert rows(KEYS, lease=lease) == 0


def test_only_a_worker_claims_and_nobody_writes_a_token_or_takes_a_range_away(walls, job: Job):
    first, *_ = cut(walls, job)
    for login in ("web", "keeper", "auditor", "sequencer"):
        with walls.login(login):
            assert rows(CLAIM.format(first)) == NO_RIGHT
            assert rows(SEALED) == NO_RIGHT
    for login in ("web", "worker", "keeper"):
        with walls.login(login):
            assert rows("DELETE FROM broker_jobrange") == 0, "its job is cut, and needs it"
    with walls.login("worker"):
        assert rows("UPDATE broker_jobrange SET token = id") == NO_RIGHT
        assert rows("UPDATE broker_jobrange SET first = 0, last = 1000000") == NO_RIGHT
        lease = claimed(first)
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind, person FROM walls.lease WHERE subject = %s", [str(first)])
        assert cursor.fetchall() == [("range", None)]
    with walls.login("web"):
        assert rows(KEYS, lease=lease) == 0, "a lease is of its login"


def test_a_search_in_ranges_sees_its_own_cases_evidence(walls, world: World, settings):
    settings.RANGE_PEOPLE = 2
    panel = with_panel(small_panel(60))
    for n in range(4):
        world.join(f"kin {n}", says="Noor", data=genotypes(panel, [1] * 60))
    case = world.case()
    by = world.investigator_of(case)
    with walls.login("web"):
        profile = cases.bring_evidence(case, genotypes(panel, [1] * 60), by=by, at=NOW)
        question = {"kind": "relatives", "evidence": str(profile.id)}
        job = job_of(queries.submit(question, under=case, by=by, at=NOW))
    rung = cut(walls, job)
    with walls.login("worker"):
        lease = claimed(rung[0])
        assert rows("SELECT count(*) FROM genomics_evidencekey", lease=lease) == 1
        JobRange.objects.filter(pk=rung[0]).update(lease_until=NOW - timedelta(seconds=1))
        assert [ranges.run(one, clock=lambda: NOW, batch=2) for one in rung] == [None, job.pk]
        assert jobs.run(job.pk, clock=lambda: NOW, batch=2) == []
    job.refresh_from_db()
    assert job.state == JobState.RELEASED, job.trouble


def test_who_withdraws_over_the_web_when_her_range_is_done_is_out(walls, world: World, job: Job):
    rung = cut(walls, job)
    with walls.login("worker"):
        for one in rung:
            ranges.run(one, clock=lambda: NOW, batch=2)
    with walls.login("web"):
        records.withdraw(world.people["Ada 0"], by="self", at=NOW)
    with walls.login("worker"):
        jobs.run(job.pk, clock=lambda: NOW, batch=2)
    job.refresh_from_db()
    with walls.login("sequencer"):
        log.sequence(at=NOW)
    with walls.login("web"):
        assert results.read(job, by=world.staff.researcher, at=NOW)["count"] == 10
