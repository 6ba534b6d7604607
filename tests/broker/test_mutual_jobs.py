"""Whoever looks for her relatives must allow to be found: the verifier decides that again, too, from the
job's file, or says why it cannot."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from broker import explaining, job_files, jobs
from broker.models import Job
from consent import eligibility, records
from consent.clearance import NONE
from consent.ledger import gathered, job_file, log, recount
from consent.models import Participant
from genomics.intake import erasure
from tests.broker.asking import asked_by_a_participant
from tests.broker.exporting import exported
from tests.world import NOW, World

pytestmark = [pytest.mark.server, pytest.mark.django_db]


@pytest.fixture
def world() -> World:
    return World()


def ran(job: Job) -> Job:
    jobs.run(job.pk, clock=lambda: NOW, batch=3)
    job.refresh_from_db()
    return job


def taken(job: Job) -> dict[str, Any]:
    return json.loads(json.dumps(job_files.of(job)))


def checked(file: Any, change: Callable[[list[str]], list[str]] = list) -> job_file.Outcome:
    known = gathered.Gathered([file])
    recount.read(change(exported()), seen=known.see)
    return job_file.check(file, known)


def test_a_mutual_question_is_decided_again_with_what_the_asker_had_said(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    job, asker = asked_by_a_participant(world, monkeypatch)
    file = taken(ran(job))
    assert file["asker"] == asker.pseudonym
    outcome = checked(file)
    assert (outcome.problems, outcome.counts) == ([], {"read": 12})


def test_her_no_leaves_everybody_out_again(world: World, monkeypatch: pytest.MonkeyPatch):
    job, asker = asked_by_a_participant(world, monkeypatch)
    records.withdraw(asker, by="self", at=NOW)
    outcome = checked(taken(ran(job)))
    assert (outcome.problems, outcome.counts) == ([], {"not read": 12})


def test_her_no_while_it_ran_is_decided_again_too(world: World, monkeypatch: pytest.MonkeyPatch):
    job, asker = asked_by_a_participant(world, monkeypatch)
    _stop_after(monkeypatch, jobs, "_stage", asker)
    outcome = checked(taken(ran(job)))
    assert (outcome.problems, outcome.counts) == ([], {"not read": 12})


def test_her_no_at_the_very_moment_everybody_was_asked_fits_one_of_its_states(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    """She was seen as she was after the position of the gate: neither the house's own replay nor the verifier
    may take that for a lie."""
    job, asker = asked_by_a_participant(world, monkeypatch)
    eligible = eligibility.eligible

    def stop_then_ask(use: Any, *, relations: Any = NONE, **given: Any) -> Any:
        records.withdraw(asker, by="self", at=NOW)
        return eligible(use, relations=jobs.proofs.relations(asker.ordinal), **given)

    monkeypatch.setattr(eligibility, "eligible", stop_then_ask)
    job = ran(job)
    monkeypatch.setattr(eligibility, "eligible", eligible)
    outcome = checked(taken(job))
    assert (outcome.problems, outcome.counts) == ([], {"not read": 12})
    log.sequence(at=NOW)
    assert explaining.of(job, world.people["Ada 1"], at=NOW).equal


def test_an_asker_who_was_erased_cannot_be_decided_with_and_that_is_said(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    job, asker = asked_by_a_participant(world, monkeypatch)
    job = ran(job)
    erasure.erase(asker, by="self", at=NOW)
    outcome = checked(taken(job))
    assert outcome.problems == []
    assert outcome.counts == {"ERASED since": 1, "not decided again, as who asked was ERASED since": 11}


HARMS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "an older file": (lambda f: f.pop("asker"), "the file does not say who that was"),
    "nobody asked": (lambda f: f.update(asker=None), "names somebody else as who asked"),
    "somebody else asked": (
        lambda f: f.update(asker=f["people"][1]["pseudonym"]),
        "names somebody else as who asked",
    ),
    "her record is not shown": (
        lambda f: f.update(people=[one for one in f["people"] if one["pseudonym"] != f["asker"]]),
        "nothing is shown of what she had said",
    ),
    "a statement of hers is left out": (
        lambda f: next(one for one in f["people"] if one["pseudonym"] == f["asker"])["statements"].pop(),
        "is in the ledger, and is not shown",
    ),
}


@pytest.mark.parametrize("harm", HARMS)
def test_without_the_asker_nothing_is_decided_and_a_sentence_says_why(
    world: World, monkeypatch: pytest.MonkeyPatch, harm: str
):
    job, _ = asked_by_a_participant(world, monkeypatch, crowd=3)
    file = copy.deepcopy(taken(ran(job)))
    assert checked(file).problems == []
    change, why = HARMS[harm]
    change(file)
    outcome = checked(file)
    assert why in " ".join(outcome.problems)
    assert "read" not in outcome.counts


def test_a_house_that_asked_for_somebody_who_never_allowed_it_is_found_out(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    """It lets its own law forget the asker, consistent in all that it signs: her record tells on it."""
    job, asker = asked_by_a_participant(world, monkeypatch, crowd=3)
    records.withdraw(asker, by="self", at=NOW)
    honest = Participant.objects.get(pseudonym=world.people["Ada 1"].pseudonym)
    with monkeypatch.context() as forgetful:
        forgetful.setattr("consent.rules.relatives._agrees", lambda *_: True)
        file = taken(ran(job))
    assert f"{honest.pseudonym} was read; decided again from the statements: not read (" in " ".join(
        checked(file).problems
    )


def _stop_after(monkeypatch: pytest.MonkeyPatch, room: Any, step: str, asker: Participant) -> None:
    """She says no once that step is done for the first time."""
    whole, done = getattr(room, step), []

    def then_stop(*given: Any) -> Any:
        out = whole(*given)
        if not done:
            records.withdraw(asker, by="self", at=NOW)
        done.append(1)
        return out

    monkeypatch.setattr(room, step, then_stop)
