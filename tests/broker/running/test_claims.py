"""A job is one worker's at a time, whoever wakes up late, stops it or dies of it."""

from datetime import timedelta

import pytest

from broker import job_words, jobs, queries, sweeping
from broker.models import Job, JobState
from consent.models import LedgerEvent
from genomics import gate
from genomics.errors import VaultSealed
from tests.broker.running.asked import PowerCut, ask, dies, run
from tests.world import NOW, World, job_of

pytestmark = [pytest.mark.server, pytest.mark.django_db]


def test_a_second_delivery_finds_nothing_to_do(world: World):
    world.crowd(10, says="Ada")
    job = run(job_of(ask(world)))
    events = LedgerEvent.objects.count()
    before = Job.objects.filter(pk=job.pk).values().get()
    run(job, at=NOW + timedelta(hours=1))
    assert Job.objects.filter(pk=job.pk).values().get() == before
    assert LedgerEvent.objects.count() == events


def test_a_running_job_is_nobody_elses_until_its_lease_runs_out(world: World, monkeypatch):
    world.crowd(10, says="Ada")
    job = job_of(ask(world))
    with monkeypatch.context() as patch:
        patch.setattr(gate, "ask", dies)
        with pytest.raises(PowerCut):
            run(job)
    token = Job.objects.get(pk=job.pk).token
    assert run(job, at=NOW + timedelta(seconds=1)).token == token
    assert sweeping.unheard(at=NOW + timedelta(seconds=1)) == []
    assert sweeping.unheard(at=NOW + timedelta(minutes=1)) == [job.pk]
    assert sweeping.unheard(at=NOW + timedelta(minutes=1)) == []  # rung for once, not again at once
    assert run(job, at=NOW + timedelta(minutes=1)).state == JobState.RELEASED


def test_a_worker_that_wakes_up_late_changes_nothing(world: World, monkeypatch):
    world.crowd(10, says="Ada")
    job = job_of(ask(world))
    stage = jobs._stage

    def sleep_too_long(claim, asked):
        manifest = stage(claim, asked)
        if claim.job.attempt == 1:  # meanwhile another one takes over, and finishes
            run(job, at=NOW + timedelta(minutes=5))
        return manifest

    monkeypatch.setattr(jobs, "_stage", sleep_too_long)
    jobs.run(job.pk, clock=lambda: NOW, batch=50)
    released = [e for e in LedgerEvent.objects.all() if e.kind == "query:job:released"]
    assert len(released) == 1
    assert Job.objects.get(pk=job.pk).attempt == 2


def test_a_worker_that_wakes_up_late_leaves_alone_what_another_is_at(world: World, monkeypatch):
    """The other one is not done: the state would let the late one go on, the token does not."""
    world.crowd(10, says="Ada")
    job = job_of(ask(world))
    stage = jobs._stage

    def sleep_too_long(claim, asked):
        manifest = stage(claim, asked)
        assert jobs._claim(job.pk, lambda: NOW + timedelta(minutes=5)) is not None
        return manifest

    monkeypatch.setattr(jobs, "_stage", sleep_too_long)
    jobs.run(job.pk, clock=lambda: NOW, batch=50)
    job.refresh_from_db()
    assert (job.state, job.attempt, job.answer) == (JobState.RUNNING, 2, None)
    assert not LedgerEvent.objects.filter(kind="query:job:released").exists()


def test_a_worker_that_fails_late_does_not_fail_for_another(world: World, monkeypatch):
    world.crowd(10, says="Ada")
    job = job_of(ask(world))

    def fail_too_late(*_args, **_facts):
        assert jobs._claim(job.pk, lambda: NOW + timedelta(minutes=5)) is not None
        raise VaultSealed("x")

    monkeypatch.setattr(gate, "ask", fail_too_late)
    jobs.run(job.pk, clock=lambda: NOW, batch=50)
    job.refresh_from_db()
    assert (job.state, job.attempt) == (JobState.RUNNING, 2)
    assert not LedgerEvent.objects.filter(kind="query:job:failed").exists()


def test_a_cancelled_job_stops_and_stays_so(world: World, monkeypatch):
    world.crowd(10, says="Ada")
    job = job_of(ask(world))
    stage = jobs._stage

    def cancel_then_stage(claim, asked):
        queries.cancel(job, by=world.staff.researcher, at=NOW)
        return stage(claim, asked)

    monkeypatch.setattr(jobs, "_stage", cancel_then_stage)
    assert run(job).state == JobState.CANCELLED
    assert job.answer is None


def test_a_job_that_ends_every_worker_is_parked(world: World, monkeypatch):
    job = job_of(ask(world))
    monkeypatch.setattr(gate, "ask", dies)
    for attempt in range(job_words.MOST_ATTEMPTS):
        with pytest.raises(PowerCut):
            run(job, at=NOW + timedelta(minutes=attempt))
    job = run(job, at=NOW + timedelta(hours=1))
    assert job.state == JobState.PAUSED
    assert "parked" in job.trouble
    assert sweeping.unheard(at=NOW + timedelta(days=1)) == []
