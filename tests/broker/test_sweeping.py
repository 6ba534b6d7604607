"""Jobs that nobody is at: who is rung for and when not, what is put back, what is let go."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings

from broker import job_words, jobs, queries, results, sweeping, tasks, usage
from broker.errors import Refused
from broker.events import BY_TAG, sentence
from broker.models import Job, JobState
from consent.ledger import log
from consent.models import LedgerEvent
from genomics import gate
from tests.world import NOW, World, job_of

pytestmark = [pytest.mark.server, pytest.mark.django_db]
DAY = timedelta(days=1)


@pytest.fixture
def world() -> World:
    return World()


def ask(world: World, *, times: int = 1) -> list[Job]:
    request, by = world.request(), world.staff.researcher
    return [job_of(queries.submit(world.carriers(), under=request, by=by, at=NOW)) for _ in range(times)]


def run(job: Job) -> Job:
    jobs.run(job.pk, clock=lambda: NOW, batch=3)
    job.refresh_from_db()
    return job


def said(kind: str) -> list[str]:
    rows = LedgerEvent.objects.filter(kind=kind).select_related("opening")
    return [row.opening.said["subject"] for row in rows]


def test_a_sweep_rings_for_a_few_and_the_next_for_the_others(world: World):
    waiting = ask(world, times=5)
    first = sweeping.unheard(at=NOW + DAY, most=3)
    second = sweeping.unheard(at=NOW + DAY, most=3)
    assert (len(first), len(second)) == (3, 2)
    assert {*first, *second} == {job.pk for job in waiting}
    assert sweeping.unheard(at=NOW + DAY, most=0) == []


def test_for_whom_another_sweeper_rings_meanwhile_this_one_does_not(world: World):
    job, other = ask(world, times=2)

    rung: list[str] = []

    def another_rings_first(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("UPDATE") and not rung:
            rung.append(sql)
            Job.objects.update(rung_at=NOW + DAY / 2)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(another_rings_first):
        assert sweeping.unheard(at=NOW + DAY) == []
    assert sweeping.unheard(at=NOW + 2 * DAY) == [job.pk, other.pk]


@pytest.mark.parametrize(
    ("what", "sweep", "kind"),
    [
        ("_expired", lambda: sweeping.expire(at=NOW + 40 * DAY), "query:job:expired"),
        ("_resumed", lambda: sweeping.resume(by="operator", at=NOW), "query:job:resumed"),
    ],
)
def test_what_another_has_done_meanwhile_is_not_done_again(
    world: World, settings, monkeypatch: pytest.MonkeyPatch, what: str, sweep: Any, kind: str
):
    settings.RESULT_DAYS = 30
    done, paused = ask(world, times=2)
    run(done)
    Job.objects.filter(pk=paused.pk).update(state=JobState.PAUSED)
    plainly = getattr(sweeping, what)
    monkeypatch.setattr(sweeping, what, lambda *given: (plainly(*given), plainly(*given))[1])
    assert sweep() == 0
    assert LedgerEvent.objects.filter(kind=kind).count() == 1


def test_nobody_is_rung_for_while_many_messages_wait():
    assert sweeping.room(0) == sweeping.MOST_RINGS
    assert sweeping.room(sweeping.MOST_WAITING - 3) == 3
    assert sweeping.room(sweeping.MOST_WAITING) == sweeping.room(10**6) == 0


def test_the_sweep_asks_the_queue_how_many_wait(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tasks.timezone, "now", lambda: NOW + DAY)
    (job,) = ask(world)
    rung: list[object] = []
    monkeypatch.setattr(tasks, "ring", rung.append)
    monkeypatch.setattr(tasks, "waiting", lambda: sweeping.MOST_WAITING)
    tasks.sweep()
    assert rung == []
    monkeypatch.setattr(tasks, "waiting", lambda: 0)
    tasks.sweep()
    assert rung == [job.pk]


def test_how_many_wait_is_what_was_sent_and_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with override_settings(QUEUE_FILE=tmp_path / "queue.sqlite3"):
        url = f"embedded://{tmp_path / 'queue.sqlite3'}"
        opened = current_app.connection_for_read
        monkeypatch.setattr(current_app, "connection_for_read", lambda: opened(url))
        assert tasks.waiting() == 0
        with opened(url) as connection:
            for number in range(3):
                tasks.run_job.apply_async([str(number)], connection=connection)
        assert tasks.waiting() == 3


def test_an_answer_is_let_go_when_its_time_is_over(world: World, settings):
    settings.RESULT_DAYS = 30
    crowd = world.crowd(2, says="Ada")
    job = run(ask(world)[0])
    assert sweeping.expire(at=NOW + 30 * DAY - timedelta(seconds=1)) == 0
    assert sweeping.expire(at=NOW + 30 * DAY) == 1
    assert sweeping.expire(at=NOW + 30 * DAY) == 0
    job.refresh_from_db()
    assert (job.state, job.answer) == (JobState.EXPIRED, None)
    assert said("query:job:expired") == [f"job:{job.pk}"]
    [let_go] = log.openings(["query:job:expired"]).values()
    assert (let_go["by"], let_go["fields"]) == ("worker", {"days": 30})
    with pytest.raises(Refused, match="no result to read"):
        results.read(job, by=world.staff.researcher, at=NOW + 31 * DAY)
    assert usage.outcome_for(job, crowd[0].ordinal) == (True, ()), "whom it read stays for her to see"


def test_what_was_released_yesterday_stays(world: World, settings):
    settings.RESULT_DAYS = 30
    world.crowd(2, says="Ada")
    job = run(ask(world)[0])
    sweeping.expire(at=NOW + DAY)
    log.sequence(at=NOW)
    assert results.read(job, by=world.staff.researcher, at=NOW + DAY)["fewer_than"] == 10


def test_without_its_ledger_line_no_answer_is_let_go(world: World, settings, monkeypatch):
    settings.RESULT_DAYS = 1
    job = run(ask(world)[0])

    def full_disk(*_args, **_facts):
        raise log.LedgerUnavailable("full")

    with monkeypatch.context() as patch:
        patch.setattr(log, "append", full_disk)
        with pytest.raises(log.LedgerUnavailable):
            sweeping.expire(at=NOW + 2 * DAY)
    job.refresh_from_db()
    assert job.state == JobState.RELEASED
    assert job.answer is not None


class PowerCut(Exception):
    """In place of a dying worker."""


def parked(world: World, monkeypatch: pytest.MonkeyPatch) -> Job:
    (job,) = ask(world)

    def dies(*_args, **_facts):
        raise PowerCut

    with monkeypatch.context() as patch:
        patch.setattr(gate, "ask", dies)
        for attempt in range(job_words.MOST_ATTEMPTS):
            with pytest.raises(PowerCut):
                jobs.run(job.pk, clock=lambda n=attempt: NOW + n * DAY, batch=3)
        jobs.run(job.pk, clock=lambda: NOW + 9 * DAY, batch=3)
    job.refresh_from_db()
    assert job.state == JobState.PAUSED
    return job


def test_a_parked_job_goes_back_by_its_name_alone(world: World, monkeypatch: pytest.MonkeyPatch):
    job = parked(world, monkeypatch)
    assert sweeping.resume(by="operator", at=NOW + 9 * DAY) == 0, "it would end five more workers"
    assert sweeping.resume(by="operator", at=NOW + 9 * DAY, only=job.pk) == 1
    assert said("query:job:resumed") == [f"job:{job.pk}"]
    assert sweeping.unheard(at=NOW + 10 * DAY) == [job.pk]
    jobs.run(job.pk, clock=lambda: NOW + 10 * DAY, batch=3)
    job.refresh_from_db()
    assert (job.state, job.attempt) == (JobState.RELEASED, 1)


def test_the_next_sweep_rings_for_a_job_that_was_put_back_however_lately_it_was_rung(world: World):
    (job,) = ask(world)
    stopped = {"state": JobState.PAUSED, "trouble": "It could not go on.", "ended_at": NOW, "attempt": 3}
    Job.objects.filter(pk=job.pk).update(**stopped, rung_at=NOW)
    assert sweeping.resume(by="operator", at=NOW) == 1
    job.refresh_from_db()
    assert (job.state, job.trouble, job.ended_at, job.attempt) == (JobState.QUEUED, "", None, 0)
    assert sweeping.unheard(at=NOW) == [job.pk]
    [back] = log.openings(["query:job:resumed"]).values()
    assert back["by"] == "operator"


def test_an_operator_puts_it_back(world: World, monkeypatch: pytest.MonkeyPatch, capsys):
    job, rung = parked(world, monkeypatch), []
    monkeypatch.setattr("broker.tasks.ring", rung.append)
    call_command("requeue")
    assert "0 resumed" in capsys.readouterr().out
    call_command("requeue", "--job", str(job.pk))
    assert "1 resumed, 1 rung for" in capsys.readouterr().out
    assert rung == [job.pk]
    with pytest.raises(CommandError, match="not paused"):
        call_command("requeue", "--job", str(job.pk))


def test_whoever_stops_a_job_is_heard_at_the_next_batch(world: World, monkeypatch: pytest.MonkeyPatch):
    world.crowd(3, says="Ada")
    (job,) = ask(world)
    went_on, batches = jobs._went_on, []

    def stop_after_the_first(claim, done, total):
        batches.append(done)
        went_on(claim, done, total)
        queries.cancel(job, by=world.staff.researcher, at=NOW)

    monkeypatch.setattr(jobs, "_went_on", stop_after_the_first)
    jobs.run(job.pk, clock=lambda: NOW, batch=1)
    job.refresh_from_db()
    assert (job.state, batches) == (JobState.CANCELLED, [1, 2]), "the third is not read any more"


def test_a_job_that_does_not_end_is_stopped_with_a_sentence(world: World):
    world.crowd(3, says="Ada")
    (job,) = ask(world)
    clock = iter(NOW + n * job_words.LONGEST / 4 for n in range(1000))
    jobs.run(job.pk, clock=lambda: next(clock), batch=1)
    job.refresh_from_db()
    assert (job.state, job.answer) == (JobState.FAILED, None)
    assert job.trouble == job_words.TOO_LONG


def test_what_an_attempt_had_staged_is_gone_when_the_next_begins(world: World, monkeypatch):
    (job,) = ask(world)

    def dies(*_args, **_facts):
        raise PowerCut

    monkeypatch.setattr("broker.supervised.run", dies)
    with pytest.raises(PowerCut):
        run(job)
    assert Job.objects.get(pk=job.pk).answer is not None
    seen: list[object] = []
    monkeypatch.setattr(
        gate, "ask", lambda *_a, **_f: seen.append(Job.objects.get(pk=job.pk).answer) or dies()
    )
    with pytest.raises(PowerCut):
        jobs.run(job.pk, clock=lambda: NOW + DAY, batch=3)
    assert seen == [None]


@pytest.mark.parametrize("tag", ["query:job:expired", "query:job:resumed"])
def test_both_languages_say_it(tag: str):
    fields = {"subject": "J", "by": "operator", **dict.fromkeys(BY_TAG[tag].fields, "30")}
    told = {sentence(tag, language).format(**fields) for language in ("en", "id")}
    assert len(told) == 2
    assert all("J" in one for one in told)
