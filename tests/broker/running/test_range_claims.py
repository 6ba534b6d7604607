"""A range is one worker's at a time, whoever dies of it, wakes up late or stops its job; and ends with it."""

from datetime import timedelta
from typing import Any

import pytest

from broker import job_words, jobs, queries, ranges, staging, sweeping, tasks
from broker.models import Job, JobRange, JobState, Notice, RangeState
from consent.errors import SealBroken
from consent.ledger import log
from consent.models import LedgerEvent
from genomics import gate
from genomics.errors import VaultSealed
from tests.broker.running import asked as uncut
from tests.broker.running import cut
from tests.broker.running.asked import PowerCut, ask, dies
from tests.broker.running.cut import LATER
from tests.world import NOW, World, job_of

pytestmark = [pytest.mark.server, pytest.mark.django_db]

SOON = NOW + timedelta(seconds=1)


@pytest.fixture
def job(world: World, settings) -> Job:
    settings.RANGE_PEOPLE = 4
    world.crowd(12, says="Ada")
    return job_of(ask(world))


def states(job: Job) -> list[str]:
    return list(JobRange.objects.filter(job=job).order_by("number").values_list("state", flat=True))


def read_by_a_worker_that_dies(one: Any, monkeypatch, at: Any = NOW, batches: int = 1) -> None:
    went_on, through = ranges._went_on, []

    def dies_after(claim, done, total):
        went_on(claim, done, total)
        through.append(1)
        if len(through) == batches:
            raise PowerCut

    with monkeypatch.context() as patch:
        patch.setattr(ranges, "_went_on", dies_after)
        with pytest.raises(PowerCut):
            ranges.run(one, clock=lambda: at, batch=2)


def test_a_range_whose_worker_dies_in_the_middle_is_done_again_and_changes_nothing(
    world: World, job: Job, settings, monkeypatch
):
    first, second, third = cut.cut(job)
    cut.read([first])
    read_by_a_worker_that_dies(second, monkeypatch)
    cut.read([third])
    assert states(job) == [RangeState.DONE, RangeState.RUNNING, RangeState.DONE]
    assert jobs.run(job.pk, clock=lambda: SOON, batch=2) == []
    assert Job.objects.get(pk=job.pk).state == JobState.CUT, "a range is missing, and it was joined"
    assert cut.read([second], at=SOON) is None, "somebody else's until its lease runs out"
    assert sweeping.unread(at=SOON) == []
    assert sweeping.unread(at=LATER) == [second]
    assert cut.read([second], at=LATER) == job.pk
    job = uncut.run(job, at=LATER)
    settings.RANGE_PEOPLE = 100
    assert cut.answer(job) == cut.answer(uncut.run(job_of(ask(world)), at=LATER))
    cut.require_decided_again(job)


def test_a_worker_that_wakes_up_late_changes_nothing(job: Job, monkeypatch):
    first, *others = cut.cut(job)
    look, kept = gate.look, list[bytes]()

    def sleep_too_long(*given, **facts):
        found = look(*given, **facts)
        if JobRange.objects.get(pk=first).attempt == 1:  # meanwhile another one takes over, and finishes
            assert cut.read([first], at=LATER) is None
            kept.append(bytes(JobRange.objects.get(pk=first).found))
        return found

    monkeypatch.setattr(gate, "look", sleep_too_long)
    assert cut.read([first]) is None
    one = JobRange.objects.get(pk=first)
    assert (one.state, one.attempt) == (RangeState.DONE, 2)
    assert cut.read([first], at=LATER) is None, "done, and done again"
    assert [bytes(JobRange.objects.get(pk=first).found)] == kept
    assert cut.read(others) == job.pk
    assert uncut.run(job).state == JobState.RELEASED


def test_a_job_whose_worker_dies_while_it_joins_is_joined_again(world: World, job: Job, monkeypatch):
    cut.read(cut.cut(job))
    with monkeypatch.context() as patch:
        patch.setattr(jobs, "_stage", dies)
        with pytest.raises(PowerCut):
            uncut.run(job)
    assert states(job) == [RangeState.DONE] * 3
    assert sweeping.unheard(at=LATER) == [job.pk]
    assert sweeping.unread(at=LATER) == []
    job = uncut.run(job, at=LATER)
    assert (job.state, job.attempt) == (JobState.RELEASED, 3)
    assert cut.is_cleared_away(job)
    cut.require_decided_again(job)


@pytest.mark.parametrize("when", ["waiting", "reading", "read"])
def test_a_cancelled_job_is_read_no_further_and_nothing_of_it_stays(
    world: World, job: Job, monkeypatch, when: str
):
    first, second, third = cut.cut(job)
    went_on = ranges._went_on

    def cancel() -> None:
        assert queries.cancel(job, by=world.staff.researcher, at=NOW)

    def cancel_after(claim, done, total):
        cancel()
        went_on(claim, done, total)

    with monkeypatch.context() as patch:
        if when == "reading":
            patch.setattr(ranges, "_went_on", cancel_after)
        cut.read([first])
    if when == "read":
        cut.read([second, third])
    if when != "reading":
        cancel()
    job = uncut.run(job)
    assert (job.state, job.answer, job.token) == (JobState.CANCELLED, None, None)
    assert cut.is_cleared_away(job)
    assert [ranges.run(one, clock=lambda: LATER, batch=2) for one in (first, second, third)] == [None] * 3
    assert not LedgerEvent.objects.filter(kind="query:job:released").exists()


def test_a_range_that_ends_its_workers_parks_its_job(job: Job, monkeypatch):
    first, *_ = cut.cut(job)
    for attempt in range(job_words.MOST_ATTEMPTS):
        read_by_a_worker_that_dies(first, monkeypatch, NOW + attempt * timedelta(minutes=5))
    cut.read([first], at=NOW + timedelta(hours=1))
    job.refresh_from_db()
    assert (job.state, job.trouble, job.cut_into) == (JobState.PAUSED, job_words.PARKED, 0)
    assert cut.is_cleared_away(job)
    assert sweeping.resume(by="operator", at=NOW) == 0, "an operator has to look first"
    assert sweeping.resume(by="operator", at=NOW, only=job.pk) == 1
    assert cut.run(job).state == JobState.RELEASED


def test_a_record_that_is_not_as_it_was_written_pauses_the_job_and_rings(world: World, job: Job, monkeypatch):
    def broken(*_given, **_facts):
        raise SealBroken("The record of somebody is not as it was written.")

    first, *_ = cut.cut(job)
    with monkeypatch.context() as patch:
        patch.setattr(gate, "look", broken)
        cut.read([first])
    job.refresh_from_db()
    assert (job.state, job.trouble) == (JobState.PAUSED, job_words.UNSOUND)
    assert cut.is_cleared_away(job)
    assert Notice.objects.filter(user=world.staff.auditor, kind="unsound").count() == 1
    assert sweeping.resume(by="operator", at=NOW) == 1
    assert cut.run(job).state == JobState.RELEASED


def test_what_cannot_be_read_fails_the_job_without_a_word_about_whose_it_was(job: Job, monkeypatch):
    def sealed(*_given, **_facts):
        raise VaultSealed("files/of-somebody is not as it was written.")

    first, *_ = cut.cut(job)
    monkeypatch.setattr(gate, "look", sealed)
    cut.read([first])
    job.refresh_from_db()
    assert (job.state, job.trouble) == (JobState.FAILED, job_words.UNREADABLE)
    assert cut.is_cleared_away(job)
    (said,) = log.openings(["query:job:failed"]).values()
    assert said["fields"] == {"trouble": "files/of-somebody is not as it was written."}


def test_a_range_that_takes_too_long_is_stopped(job: Job):
    first, *_ = cut.cut(job)
    clock = iter([NOW, NOW, NOW] + [NOW + 2 * job_words.LONGEST] * 20)
    ranges.run(first, clock=lambda: next(clock), batch=2)
    job.refresh_from_db()
    assert (job.state, job.trouble) == (JobState.FAILED, job_words.TOO_LONG)


def test_no_ledger_no_cut(job: Job, monkeypatch):
    append = log.append

    def full_disk(kind, **facts):
        if kind.tag == "query:job:cut":
            raise PowerCut
        return append(kind, **facts)

    monkeypatch.setattr(log, "append", full_disk)
    with pytest.raises(PowerCut):
        uncut.run(job)
    job.refresh_from_db()
    assert (job.state, job.cut_into) == (JobState.RUNNING, 0)
    assert cut.is_cleared_away(job)


def test_a_paused_job_of_ranges_is_cut_anew(job: Job):
    cut.read(cut.cut(job))
    JobRange.objects.filter(job=job, number=1).update(asked=staging.seal(b"{}", "elsewhere"))
    job = uncut.run(job)
    assert (job.state, job.cut_into) == (JobState.PAUSED, 0)
    assert sweeping.resume(by="operator", at=NOW) == 1
    assert cut.run(job).state == JobState.RELEASED


def test_a_sweep_rings_for_ranges_that_wait_while_nobody_is_at_their_job(job: Job, monkeypatch):
    monkeypatch.setattr(tasks.timezone, "now", lambda: LATER)
    monkeypatch.setattr(tasks, "waiting", lambda: 0)
    rung: list[Any] = []
    monkeypatch.setattr(tasks, "ring_range", rung.append)
    first, second, third = cut.cut(job)
    read_by_a_worker_that_dies(first, monkeypatch, at=LATER)
    tasks.sweep()
    assert rung == [], "who is at the first range comes to the others"
    JobRange.objects.filter(pk=first).update(lease_until=NOW)
    tasks.sweep()
    tasks.sweep()
    assert rung == [second, third], "the first was claimed a moment ago"
    JobRange.objects.filter(pk=first).update(rung_at=NOW)
    tasks.sweep()
    assert rung == [second, third, first]


def test_the_last_range_rings_for_its_job_and_when_nobody_heard_the_sweep_does(job: Job, monkeypatch):
    rung: list[Any] = []
    monkeypatch.setattr(tasks.timezone, "now", lambda: NOW)
    monkeypatch.setattr(tasks, "ring", rung.append)
    monkeypatch.setattr(tasks, "ring_range", rung.append)
    tasks.run_job(str(job.pk))
    ids = list(JobRange.objects.order_by("number").values_list("pk", flat=True))
    assert rung == ids
    rung.clear()
    for one in ids:
        tasks.run_range(str(one))
    assert rung == [job.pk]
    assert sweeping.unheard(at=SOON) == []
    assert sweeping.unheard(at=LATER) == [job.pk]


def test_a_house_that_is_held_reads_no_range(job: Job, monkeypatch):
    rung = cut.cut(job)
    with monkeypatch.context() as patch:
        patch.setattr("broker.reopening.is_held", lambda: True)
        assert cut.read(rung) is None
    assert states(job) == [RangeState.WAITING] * 3
