"""Where no try comes to a release, the job waits and says truly why."""

import pytest

from broker import events, job_words, jobs, supervised, sweeping
from broker.models import JobState, Notice
from consent import records
from consent.errors import SealBroken
from consent.ledger import log
from consent.models import LedgerEvent
from genomics import gate
from genomics.errors import VaultSealed
from tests.broker.running.asked import ask, run
from tests.world import NOW, World, job_of

pytestmark = [pytest.mark.server, pytest.mark.django_db]


def test_where_consent_changes_at_every_try_nothing_is_released_and_it_waits(world: World, monkeypatch):
    crowd = world.crowd(2, says="Ada")
    tries: list[int] = []
    stage = jobs._stage

    def stage_then_another_no(claim, asked):
        manifest = stage(claim, asked)
        tries.append(len(asked.clearance.permitted))
        records.deny(
            crowd[0], "LE.HOM", by="self", at=NOW
        )  # no change for this use, and a change all the same
        return manifest

    monkeypatch.setattr(jobs, "_stage", stage_then_another_no)
    job = run(job_of(ask(world)))
    assert tries == [2] * job_words.MOST_ROUNDS
    assert (job.state, job.trouble, job.answer) == (JobState.PAUSED, job_words.UNSETTLED, None)
    [paused] = log.openings([events.JOB_PAUSED.tag]).values()
    assert f"at each of {job_words.MOST_ROUNDS} tries" in paused["fields"]["trouble"]
    monkeypatch.undo()
    assert sweeping.resume(by="operator", at=NOW) == 1
    assert run(job).state == JobState.RELEASED


@pytest.mark.parametrize("died", [10, 4])
def test_where_releases_die_consent_is_not_said_to_have_changed(world: World, monkeypatch, died: int):
    world.crowd(2, says="Ada")
    ends = iter([None] * died + [False] * (job_words.MOST_ROUNDS - died))
    monkeypatch.setattr(supervised, "run", lambda _work, first: next(ends))
    job = run(job_of(ask(world)))
    assert (job.state, job.trouble, job.answer) == (JobState.PAUSED, job_words.UNSETTLED, None)
    said = LedgerEvent.objects.get(kind="query:job:paused").opening.said["fields"]["trouble"]
    assert f"{died} stood still or died" in said
    assert f"at {job_words.MOST_ROUNDS - died} consent had changed" in said


def test_what_cannot_be_read_fails_the_job_without_a_word_about_whose_it_was(world: World, monkeypatch):
    def sealed(*_args, **_facts):
        raise VaultSealed("files/of-somebody is not as it was written.")

    monkeypatch.setattr(gate, "ask", sealed)
    job = run(job_of(ask(world)))
    assert (job.state, job.trouble) == (JobState.FAILED, job_words.UNREADABLE)
    assert "of-somebody" not in job.trouble


def test_auditors_are_told_once_of_each_thing_that_is_unsound(world: World, monkeypatch):
    what = ["The record of somebody is not as it was written."]

    def broken(*_args, **_facts):
        raise SealBroken(what[0])

    monkeypatch.setattr(gate, "ask", broken)
    request = world.request()
    for many, told in ((1, 1), (2, 1), (3, 2)):
        if many == 3:
            what[0] = "A change of consent that was recorded is gone from the database."
        job = run(job_of(ask(world, request)))
        assert (job.state, job.trouble) == (JobState.PAUSED, job_words.UNSOUND)
        assert LedgerEvent.objects.filter(kind="consent:alarm:unsound").count() == many
        assert Notice.objects.filter(user=world.staff.auditor, kind="unsound").count() == told
