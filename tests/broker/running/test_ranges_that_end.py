"""A range, or the joining of ranges, that comes too late or upon what cannot be: how its job ends then."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from broker import access, cutting, joining, queries, ranges, staging, sweeping
from broker.models import Job, JobRange, JobState
from consent import records
from consent.reasons import Reason
from consent.terms import Permission
from genomics import gate
from genomics.errors import QuestionRefused
from tests.broker.asking import asked_by_a_participant
from tests.broker.running import asked as uncut
from tests.broker.running import cut
from tests.broker.running.asked import ask, outcome
from tests.world import NOW, World, job_of

pytestmark = [pytest.mark.server, pytest.mark.django_db]


@pytest.fixture
def crowd(world: World, settings) -> list[Any]:
    settings.RANGE_PEOPLE = 6
    return world.crowd(12, says="Ada")


def test_a_range_that_tells_of_others_than_its_people_releases_nothing(world: World, crowd):
    """As if whoever has the keys had left somebody out of what a range was asked."""
    job = job_of(ask(world))
    first, *_ = rung = cut.cut(job)
    cut.read(rung)
    part = JobRange.objects.get(pk=first)
    place = cutting.place(job.pk, part.number, "asked")
    said = joining.Asked.from_bytes(staging.unseal(bytes(part.asked), place))
    forged = staging.seal(replace(said, read=said.read[1:]).as_bytes(), place)
    JobRange.objects.filter(pk=first).update(asked=forged)
    job = uncut.run(job)
    assert (job.state, job.answer) == (JobState.PAUSED, None)
    assert cut.is_cleared_away(job)


@pytest.mark.parametrize("trouble", [None, QuestionRefused("There is nothing to compare with.")])
def test_a_range_whose_job_was_cancelled_at_its_last_step_changes_nothing(
    world: World, monkeypatch, crowd, trouble: Exception | None
):
    job = job_of(ask(world))
    first, *_ = cut.cut(job)
    genuine = gate.look

    def cancelled_meanwhile(*arguments: Any, **said: Any) -> Any:
        part = genuine(*arguments, **said)
        assert queries.cancel(job, by=world.staff.researcher, at=NOW)
        if trouble is not None:
            raise trouble
        return part

    monkeypatch.setattr(gate, "look", cancelled_meanwhile)
    assert ranges.run(first, clock=lambda: NOW, batch=2) is None
    job.refresh_from_db()
    assert (job.state, job.trouble, job.answer) == (JobState.CANCELLED, "", None)
    assert cut.is_cleared_away(job)


def test_a_request_that_lapses_while_those_who_changed_are_asked_about_is_refused(
    world: World, monkeypatch, crowd
):
    request = world.request()
    job = job_of(ask(world, request))
    cut.read(cut.cut(job))
    world.give(crowd[0], "RESEARCH", Permission(code="GRU"), at=NOW)
    genuine = joining.Whole._doubtful

    def closed_meanwhile(*arguments: Any) -> set[int]:
        access.close(request, reason="audit", by=world.staff.steward, at=NOW)
        return genuine(*arguments)

    monkeypatch.setattr(joining.Whole, "_doubtful", closed_meanwhile)
    job = uncut.run(job)
    assert (job.state, job.answer) == (JobState.REFUSED, None)
    assert job.reasons == [str(Reason.REQ_PROJECT_NOT_APPROVED)]


def test_when_the_asker_says_no_after_the_ranges_everybody_is_asked_about_again(
    world: World, monkeypatch, settings
):
    """It is she with whom everybody would have been matched."""
    job, asker = asked_by_a_participant(world, monkeypatch)
    settings.RANGE_PEOPLE = 6
    rung = cut.cut(job)
    cut.read(rung)
    records.withdraw(asker, by="self", at=NOW)
    job = uncut.run(job)
    people = [one for name, one in world.people.items() if name.startswith("Ada ")]
    assert people
    assert not any(outcome(job, one)[0] for one in people)


def test_two_sweepers_ring_for_a_range_once(world: World, monkeypatch, crowd):
    job = job_of(ask(world))
    first, second = cut.cut(job)
    later = NOW + timedelta(hours=1)
    genuine = JobRange.objects.filter

    def beaten(*arguments: Any, **said: Any) -> Any:
        """The other one is there between the look and the ring."""
        if said.get("pk") == first and "rung_at" in said:
            genuine(pk=first).update(rung_at=later)
        return genuine(*arguments, **said)

    monkeypatch.setattr(JobRange.objects, "filter", beaten)
    assert sweeping.unread(at=later) == [second]
    assert Job.objects.get(pk=job.pk).state == JobState.CUT
