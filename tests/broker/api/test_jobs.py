"""REST: following a job, stopping it, reading what it may say."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.urls import reverse
from django.utils import timezone

from broker import access, jobs, queries, results, staging
from broker.models import Job, JobState
from consent.ledger import log
from consent.models import LedgerEvent
from tests.broker.api.queries.programs import Program, problem
from tests.world import NOW, WITHOUT_COOLING_OFF, World, job_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def rosa(world: World) -> Program:
    return Program(world.staff.researcher)


def ask(world: World) -> Job:
    query = queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW)
    job: Job = job_of(query)
    return job


def run(job: Job) -> Job:
    jobs.run(job.pk, clock=lambda: NOW, batch=3)
    log.sequence(at=NOW)
    job.refresh_from_db()
    return job


def door(name: str, job: Job) -> str:
    return reverse(f"api:{name}", args=[job.pk])


def test_a_job_is_followed_to_its_answer(world: World, rosa: Program):
    world.crowd(12, says="Ada")
    job = ask(world)
    told = rosa.get(door("job", job)).json()
    assert (told["state"], told["progress"], told["result"]) == ("queued", 0, None)
    run(job)
    told = rosa.get(door("job", job)).json()
    assert (told["state"], told["progress"]) == ("released", 100)
    assert told["result"] == door("result", job)
    answer = rosa.get(told["result"]).json()
    assert answer["count"] == 12
    assert answer["query_id"] == told["query"] == str(job.query_id)
    assert answer["policy_version"] == WITHOUT_COOLING_OFF.version
    assert answer["consent_snapshot"] == results.snapshot_of(job)
    assert answer["granularity"] == "count"
    assert answer["question"] == world.carriers()


def test_nothing_a_rest_door_says_is_kept_on_the_way(world: World, rosa: Program):
    world.crowd(11, says="Ada")
    job = ask(world)
    jobs.run(job.pk, clock=lambda: NOW, batch=50)
    log.sequence(at=NOW)
    for path in (reverse("api:result", args=[job.pk]), reverse("api:job", args=[job.pk]), "/api/v1/nowhere"):
        said = rosa.get(path)["Cache-Control"]
        assert {"no-store", "private"} <= set(said.split(", ")), path


def test_a_small_number_has_no_number(world: World, rosa: Program):
    world.crowd(9, says="Ada")
    answer = rosa.get(door("result", run(ask(world)))).json()
    assert answer["count"] is None
    assert answer["fewer_than"] == 10
    assert "9" not in json.dumps(answer["notes"])


def test_what_a_job_tells_is_this_and_no_more(world: World, rosa: Program):
    world.crowd(12, says="Ada")
    job = run(ask(world))
    assert set(rosa.get(door("job", job)).json()) == {
        *("id", "query", "state", "progress", "created_at", "ended_at", "reasons", "trouble", "result"),
    }
    assert set(rosa.get(door("result", job)).json()) == {
        *("query_id", "question", "policy_version", "consent_snapshot", "granularity", "count"),
        *("fewer_than", "frequency", "records", "pairs", "telling", "notes", "since_release"),
    }


def test_a_release_that_is_tried_again_is_told_as_running(world: World, rosa: Program):
    job = ask(world)
    held = {"token": job.pk, "lease_until": NOW + timedelta(minutes=1), "progress": 100}
    told = []
    for state in (JobState.RUNNING, JobState.RELEASING):
        Job.objects.filter(pk=job.pk).update(state=state, **held)
        told.append(rosa.get(door("job", job)).json())
    assert told[0] == told[1]
    assert (told[0]["state"], told[0]["progress"]) == ("running", 99)
    refused = problem(rosa.get(door("result", job)), 422, "refused")
    assert "running" in refused["detail"]


def test_a_job_that_waits_has_no_answer_yet(world: World, rosa: Program):
    told = problem(rosa.get(door("result", ask(world))), 422, "refused")
    assert "there is no result to read" in told["detail"]


def test_a_refused_job_says_why(world: World, rosa: Program):
    job = ask(world)
    access.close(job.query.request, reason="over", by=world.staff.steward, at=NOW)
    run(job)
    told = rosa.get(door("job", job)).json()
    assert (told["state"], told["reasons"]) == ("refused", ["REQ_PROJECT_NOT_APPROVED"])


def test_a_job_is_stopped_once(world: World, rosa: Program):
    job = ask(world)
    assert rosa.post(door("job_cancel", job)).json()["state"] == "cancelled"
    assert rosa.post(door("job_cancel", job)).json()["state"] == "cancelled"
    assert LedgerEvent.objects.filter(kind="query:job:cancelled").count() == 1
    assert run(job).state == JobState.CANCELLED


def test_an_ended_job_stays_as_it_ended(world: World, rosa: Program):
    job = run(ask(world))
    assert rosa.post(door("job_cancel", job)).json()["state"] == "released"
    assert rosa.get(door("result", job)).status_code == 200


def test_reading_an_answer_is_an_event(world: World, rosa: Program):
    job = run(ask(world))
    rosa.get(door("job", job))
    assert not LedgerEvent.objects.filter(kind="query:result:read").exists()
    rosa.get(door("result", job))
    assert LedgerEvent.objects.filter(kind="query:result:read").count() == 1


def test_an_answer_that_was_tampered_with_is_not_read(world: World, rosa: Program):
    job = run(ask(world))
    Job.objects.filter(pk=job.pk).update(answer=staging.seal(b"{}", "elsewhere/answer"))
    told = problem(rosa.get(door("result", job)), 422, "refused")
    assert "not as it was written" in told["detail"]


def test_an_answer_waits_until_its_release_lies_under_a_checkpoint(world: World, rosa: Program):
    world.crowd(12, says="Ada")
    job = ask(world)
    log.sequence(at=NOW)
    jobs.run(job.pk, clock=lambda: NOW, batch=3)
    answer = rosa.get(door("result", job))
    told = problem(answer, 503, "not-sealed")
    assert "ask again" in told["detail"]
    assert int(answer.headers["Retry-After"]) > 0
    log.sequence(at=NOW)
    assert rosa.get(door("result", job)).json()["count"] == 12


def test_a_release_that_the_ledger_does_not_know_is_not_read(world: World, rosa: Program):
    """Somebody sets a job to released by hand, with an answer of her own."""
    job = ask(world)
    sealed = staging.seal(b"{}", f"{job.pk}/answer")
    Job.objects.filter(pk=job.pk).update(state="released", answer=sealed, manifest=sealed, ended_at=NOW)
    told = problem(rosa.get(door("result", job)), 409, "conflict")
    assert "does not know that this answer was released" in told["detail"]


def test_nothing_is_asked_or_read_while_the_ledger_cannot_be_written(
    world: World, rosa: Program, monkeypatch: pytest.MonkeyPatch
):
    world.crowd(12, says="Ada")
    job = run(ask(world))
    request, before = world.request(), LedgerEvent.objects.count()
    with monkeypatch.context() as broken:

        def full(*_args: Any, **_kwargs: Any) -> None:
            raise OperationalError("database or disk is full")

        broken.setattr("consent.ledger.batches.write", full)
        told = problem(rosa.get(door("result", job)), 503, "ledger-unavailable")
        assert "was not done" in told["detail"]
        body = {"request": str(request.pk), "question": world.carriers()}
        problem(rosa.post(reverse("api:queries"), body), 503, "ledger-unavailable")
    assert (Job.objects.count(), LedgerEvent.objects.count()) == (1, before)


@pytest.mark.parametrize("name", ["job", "result"])
def test_what_is_not_ones_own_is_not_there(world: World, name: str):
    job = run(ask(world))
    ivan = Program(world.staff.investigator)
    problem(ivan.get(door(name, job)), 404, "not-found")
    problem(ivan.post(door("job_cancel", job)), 404, "not-found")


@pytest.mark.parametrize("who", ["steward", "auditor", "admin"])
def test_who_asks_nothing_reads_no_answer(world: World, who: str):
    job = run(ask(world))
    program = Program(getattr(world.staff, who))
    problem(program.get(door("job", job)), 403, "not-allowed")
    problem(program.get(door("result", job)), 403, "not-allowed")


def test_without_a_token_there_is_no_job(world: World, client: Any):
    job = run(ask(world))
    for name in ("job", "result"):
        problem(client.get(door(name, job)), 401, "not-signed-in")
    problem(client.post(door("job_cancel", job)), 401, "not-signed-in")


def test_stopping_is_not_done_by_looking(world: World, rosa: Program):
    problem(rosa.get(door("job_cancel", ask(world))), 405, "wrong-method")
