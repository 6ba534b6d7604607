"""From the door to the answer with a real worker process, and what kill -9 in the middle of it changes."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import clock, people, results
from broker.crew import Crew
from broker.models import ENDED, Job, JobState, Upload
from consent import kept_lines, records
from consent.ledger import heads, log
from consent.models import LedgerEvent
from tests.builders import vcf
from tests.logins import Walls, walls_if_any
from tests.world import World

__all__ = ["walls_if_any"]

pytestmark = [
    pytest.mark.server,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("worker"),
]

MANY = 40  # read one by one: enough to be killed in the middle


def database_url(walls: Walls | None, login: str = "worker") -> str:
    """The test database, as a worker, or the site, beside this process logs into it."""
    return f"sqlite:///{connection.settings_dict['NAME']}" if walls is None else walls.url(login)


@pytest.fixture
def crew(checkpoint_file: Path, walls_if_any: Walls | None) -> Iterator[Crew]:
    env = {
        "DATABASE_URL": database_url(walls_if_any),
        "BROKER_HOME": str(settings.HOME),
        "GATE_BATCH": "1",
        "LEASE_SECONDS": "3",
    }
    for outside in (kept_lines.path(), heads.path(), checkpoint_file):  # a worker keeps its own at home
        (settings.HOME / outside.name).unlink(missing_ok=True)  # an earlier test tells of people gone
    with Crew(env) as crew:
        yield crew


@pytest.fixture
def world() -> World:
    return World()


def until(what: Callable[[], bool], *, seconds: float = 60, every: float = 0.05) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(every)


def submit(world: World) -> Job:
    door = Client()
    door.force_login(world.staff.researcher, backend="django.contrib.auth.backends.ModelBackend")
    body = {"request": str(world.request().pk), "question": world.carriers()}
    answer = door.post(reverse("api:queries"), body, content_type="application/json")
    assert answer.status_code == 202, answer.content
    return Job.objects.get(query_id=answer.json()["id"])


def state(job: Job) -> JobState:
    job.refresh_from_db()
    return JobState(job.state)


def released(job: Job) -> int:
    events = LedgerEvent.objects.filter(kind="query:job:released").select_related("opening")
    return sum(str(job.pk) in event.opening.body for event in events)


def answer_of(world: World, job: Job) -> dict[str, Any]:
    log.sequence(at=timezone.now())
    return results.read(job, by=world.staff.researcher, at=timezone.now())


def test_a_question_goes_through_the_queue_and_comes_back_answered(world: World, crew: Crew):
    world.crowd(11, says="Ada")
    world.join("Cleo")
    crew.start("worker")
    job = submit(world)
    until(lambda: state(job) in ENDED)
    assert job.state == JobState.RELEASED
    assert answer_of(world, job)["count"] == 11


def test_kill_9_in_the_middle_and_the_job_still_finishes_once(world: World, crew: Crew):
    world.crowd(MANY, says="Ada")
    crew.start("worker")
    job = submit(world)
    until(lambda: state(job) == JobState.RUNNING and job.progress > 0, every=0.002)
    crew.kill("worker")
    assert state(job) == JobState.RUNNING, "it had ended before it was killed"
    first = job.token
    crew.start("worker")
    until(lambda: state(job) in ENDED)
    assert job.state == JobState.RELEASED
    assert job.attempt >= 2  # on a slow machine a lease of three seconds may run out once more
    assert released(job) == 1
    assert job.token != first
    assert answer_of(world, job)["count"] == MANY


def test_who_withdraws_while_a_worker_is_dead_is_out_of_what_the_next_one_releases(world: World, crew: Crew):
    crowd = world.crowd(MANY, says="Ada")
    crew.start("worker")
    job = submit(world)
    until(lambda: state(job) == JobState.RUNNING and job.progress > 0, every=0.002)
    crew.kill("worker")
    records.withdraw(crowd[0], by="self", at=timezone.now())  # she had been read already
    crew.start("worker")
    until(lambda: state(job) in ENDED)
    assert answer_of(world, job)["count"] == MANY - 1


def test_a_worker_does_not_outlive_its_clock(crew: Crew):
    settings.TICK_FILE.unlink(missing_ok=True)
    crew.start("worker")
    until(lambda: settings.TICK_FILE.exists() and settings.TICK_FILE.read_text().strip() != "")
    beat = int(settings.TICK_FILE.read_text())
    assert beat != crew.processes["worker"].pid
    assert crew.fallen() == []
    os.kill(beat, signal.SIGKILL)
    until(lambda: crew.fallen() == ["worker"])
    assert crew.processes["worker"].returncode == clock.DIED


def test_a_file_goes_through_the_queue_and_is_taken(crew: Crew):
    eve = people.sign_up("eve", "x" * 12, born_on=date(1980, 1, 1), at=timezone.now())
    door = Client()
    door.force_login(eve, backend="django.contrib.auth.backends.ModelBackend")
    crew.start("worker")
    content = vcf([("20", 1000226, "A", "T", "0/1")])
    answer = door.post(reverse("api:files"), content, content_type="application/octet-stream")
    assert answer.status_code == 202, answer.content
    until(lambda: not Upload.objects.get().is_under_way)
    assert door.get(answer["Location"]).json()["state"] == "taken"
    (file,) = door.get(reverse("api:files")).json()
    assert (file["state"], file["size"]) == ("active", len(content))


def test_a_file_that_nobody_rang_for_is_found_by_the_sweeper(crew: Crew, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("broker.tasks.ring_check", lambda _upload: None)
    eve = people.sign_up("eve", "x" * 12, born_on=date(1980, 1, 1), at=timezone.now())
    door = Client()
    door.force_login(eve, backend="django.contrib.auth.backends.ModelBackend")
    answer = door.post(reverse("api:files"), b"no genome", content_type="application/octet-stream")
    crew.start("worker")
    until(lambda: not Upload.objects.get().is_under_way)
    assert door.get(answer["Location"]).json()["state"] == "refused"
