"""Every decision of a job is made again from its file."""

from datetime import timedelta
from typing import Any

import pytest

from broker import access, job_files, jobs, queries
from broker.errors import Refused
from broker.models import JobState
from consent import policies, records, twins
from consent.ledger import job_file
from genomics.intake import erasure
from tests.broker.job_files.taking import asked, checked, run, taken
from tests.world import NOW, WITHOUT_COOLING_OFF, World, job_of

pytestmark = [pytest.mark.server, pytest.mark.django_db]


def test_every_decision_is_made_again(world: World):
    world.crowd(12, says="Ada")
    for name in ("Ben", "Noor", "Cleo", "Dov"):
        world.join(name)
    outcome = checked(taken(run(asked(world))))
    assert outcome.problems == []
    assert outcome.counts == {"read": 12, "not read": 4}
    assert str(outcome).endswith(": 4 not read, 12 read.")
    assert str(job_file.Outcome("J")) == "Job J: nobody was considered."


def test_it_is_decided_as_it_was_then_whatever_came_later(world: World):
    crowd = world.crowd(12, says="Ada")
    job = run(asked(world))
    later = NOW + timedelta(days=1)
    records.withdraw(crowd[0], by="self", at=later)
    changed = WITHOUT_COOLING_OFF.overlay({"policy_version": "later", "majority_age": 21})
    policies.adopt(changed, by="x", at=later)
    outcome = checked(taken(job))
    assert (outcome.problems, outcome.counts) == ([], {"read": 12})


def test_whoever_was_lost_on_the_way_is_decided_again_too(world: World, monkeypatch: pytest.MonkeyPatch):
    crowd = world.crowd(12, says="Ada")
    stage, staged = jobs._stage, []

    def stage_then_leave(claim: Any, given: Any) -> Any:
        manifest = stage(claim, given)
        if not staged:
            records.withdraw(crowd[1], by="self", at=NOW)
        staged.append(1)
        return manifest

    monkeypatch.setattr(jobs, "_stage", stage_then_leave)
    outcome = checked(taken(run(asked(world))))
    assert (outcome.problems, outcome.counts) == ([], {"read": 11, "not read": 1})


def test_an_erased_person_is_told_as_erased_and_the_rest_holds(world: World):
    crowd = world.crowd(12, says="Ada")
    job = run(asked(world))
    erasure.erase(crowd[0], by="self", at=NOW)
    outcome = checked(taken(job))
    assert (outcome.problems, outcome.counts) == ([], {"read": 11, "ERASED since": 1})


def test_twins_are_asked_together_again(world: World):
    crowd = world.crowd(3, says="Ada")
    link = twins.propose(crowd[0], crowd[1], by="one", at=NOW - timedelta(days=2))
    twins.confirm(link, by="another", at=NOW - timedelta(days=1))
    outcome = checked(taken(run(asked(world))))
    assert (outcome.problems, sum(outcome.counts.values())) == ([], 3)


def test_a_refusal_is_made_again(world: World):
    request = world.request()
    job = job_of(queries.submit(world.carriers(), under=request, by=world.staff.researcher, at=NOW))
    access.close(request, reason="audit", by=world.staff.steward, at=NOW)
    job = run(job)
    assert job.state == JobState.REFUSED
    file = taken(job)
    outcome = checked(file)
    assert (outcome.problems, outcome.counts) == ([], {"request refused as recorded": 1})


def test_a_job_that_decided_nothing_yet_is_not_taken(world: World):
    with pytest.raises(Refused):
        job_files.of(asked(world))
