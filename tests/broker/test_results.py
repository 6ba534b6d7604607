"""Reading an answer: by whom, from when on, and only as the ledger recorded it."""

import json
from datetime import timedelta

import pytest
from django.db import connection

from broker import jobs, manifests, queries, results, staging
from broker.errors import NotAllowed, Refused
from broker.models import Job, JobState
from consent.errors import LedgerBroken, NotSealed
from consent.ledger import log
from consent.models import LedgerOpening
from tests.consent.ledger.build import unsafe_rows
from tests.unsafe import unsafe_without_triggers
from tests.world import NOW, World, job_of

pytestmark = [pytest.mark.server, pytest.mark.django_db]


@pytest.fixture
def world() -> World:
    world = World()
    world.crowd(2, says="Ada")
    return world


def ask(world: World) -> Job:
    return job_of(queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW))


@pytest.fixture
def job(world: World) -> Job:
    """Released, and not yet under a checkpoint."""
    released = ask(world)
    jobs.run(released.pk, clock=lambda: NOW, batch=3)
    released.refresh_from_db()
    return released


def test_an_answer_is_read_once_its_release_lies_under_a_checkpoint(world: World, job: Job):
    assert not results.is_sealed(job)
    with pytest.raises(NotSealed):
        results.read(job, by=world.staff.researcher, at=NOW)
    log.sequence(at=NOW)
    assert results.is_sealed(job)
    answer = results.read(job, by=world.staff.researcher, at=NOW)
    assert answer["query_id"] == str(job.query_id)
    assert (answer["question"], answer["policy_version"]) == (job.query.question, job.policy_version)
    assert (answer["fewer_than"], answer["since_release"]) == (10, "")
    assert answer["consent_snapshot"] == results.snapshot_of(job)


def test_who_reads_it_stands_in_the_ledger_and_a_refused_reader_does_not(world: World, job: Job):
    log.sequence(at=NOW)
    with pytest.raises(NotAllowed, match="not yours"):
        results.read(job, by=world.staff.investigator, at=NOW)
    results.read(job, by=world.staff.researcher, at=NOW)
    [said] = log.openings(["query:result:read"]).values()
    assert (said["by"], said["subject"]) == (world.staff.researcher.reference, f"job:{job.pk}")


def test_without_its_ledger_line_nothing_is_read(world: World, job: Job, monkeypatch: pytest.MonkeyPatch):
    log.sequence(at=NOW)

    def full_disk(*_args: object, **_facts: object) -> None:
        raise log.LedgerUnavailable("full")

    monkeypatch.setattr(log, "append", full_disk)
    with pytest.raises(log.LedgerUnavailable):
        results.read(job, by=world.staff.researcher, at=NOW)


def test_an_answer_whose_time_is_over_is_not_read_though_nobody_swept_it(world: World, job: Job, settings):
    later = NOW + timedelta(days=settings.RESULT_DAYS)
    log.sequence(at=NOW)
    assert results.read(job, by=world.staff.researcher, at=later - timedelta(seconds=1))
    with pytest.raises(Refused, match="that is over"):
        results.read(job, by=world.staff.researcher, at=later)
    assert job.state == JobState.RELEASED


def test_a_job_that_waits_has_no_answer(world: World):
    waiting = ask(world)
    with pytest.raises(Refused, match="no result to read"):
        results.read(waiting, by=world.staff.researcher, at=NOW)


def test_an_answer_that_is_not_the_one_released_is_not_read(world: World, job: Job):
    log.sequence(at=NOW)
    forged = json.dumps({"granularity": "count", "count": 900}).encode()
    Job.objects.filter(pk=job.pk).update(answer=staging.seal(forged, f"{job.pk}/answer"))
    job.refresh_from_db()
    assert results.is_sealed(job), "whoever reads it is told"
    with pytest.raises(staging.StagedBroken, match="not as it was written when it was released"):
        results.read(job, by=world.staff.researcher, at=NOW)


def test_neither_is_one_to_which_the_ledgers_words_were_changed(world: World, job: Job):
    log.sequence(at=NOW)
    forged = staging.seal(b"{}", f"{job.pk}/answer")
    before, after = staging.commitment(bytes(job.answer or b"")), staging.commitment(forged)
    Job.objects.filter(pk=job.pk).update(answer=forged)
    job.refresh_from_db()
    with unsafe_without_triggers(connection):
        rows = unsafe_rows(LedgerOpening).filter(event__kind="query:job:released")
        rows.update(body=rows.get().body.replace(before, after))
    with pytest.raises(staging.StagedBroken):
        results.read(job, by=world.staff.researcher, at=NOW)


def test_a_release_that_the_ledger_does_not_know_is_none(world: World):
    waiting = ask(world)
    forged = staging.seal(b"{}", f"{waiting.pk}/answer")
    Job.objects.filter(pk=waiting.pk).update(
        state=JobState.RELEASED, answer=forged, manifest=forged, ended_at=NOW
    )
    waiting.refresh_from_db()
    assert results.is_sealed(waiting), "whoever reads it is told"
    with pytest.raises(LedgerBroken, match="does not know that this answer was released"):
        results.read(waiting, by=world.staff.researcher, at=NOW)


def test_whom_it_considered_is_told_of_nobody_where_the_manifest_does_not_open(world: World, job: Job):
    assert manifests.considered(job) == {one.ordinal for one in world.people.values()}
    Job.objects.filter(pk=job.pk).update(manifest=staging.seal(b"{}", "another/manifest"))
    job.refresh_from_db()
    with pytest.raises(staging.StagedBroken, match="Tell an auditor"):
        manifests.considered(job)


def test_a_snapshot_is_named_for_a_citation_by_what_it_is(job: Job):
    assert results.snapshot_of(job) == staging.commitment(bytes(job.snapshot or b""))[:16]
    assert results.snapshot_of(Job(snapshot=None)) == staging.commitment(b"")[:16]
