"""A job's page while it runs, and when it could not be answered."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from broker import access, job_words, jobs
from broker.models import TRANSITIONS, Job, JobState
from broker.portal import asked
from consent import records
from consent.reasons import Reason
from genomics import gate
from genomics.errors import QuestionRefused, VaultSealed
from tests.broker.portal.jobs.running import ask, course, run, shown, without_token
from tests.world import NOW, World

pytestmark = pytest.mark.django_db


def polled(client: Client, job: Job, seen: str = "") -> Any:
    return client.get(reverse("jobs:progress", args=[job.pk]), {"seen": seen})


def settled(job: Job, state: JobState, **facts: Any) -> Job:
    """A job put into a state by hand, as a worker would leave it."""
    held = {"token": None, "lease_until": None}
    if state in {JobState.RUNNING, JobState.RELEASING}:
        held = {"token": job.pk, "lease_until": NOW + timedelta(minutes=1)}
    Job.objects.filter(pk=job.pk).update(state=state, **held, **facts)
    job.refresh_from_db()
    return job


def test_a_waiting_job_says_so_and_asks_again_without_script(world: World, rosa: Client):
    page = shown(rosa, ask(world))
    assert "Waiting for its turn" in page
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page
    assert 'hx-trigger="every 2s"' in page
    assert course(page)[0] == ("now", "Queued")
    assert {state for state, _ in course(page)[1:]} == {"next"}


def test_each_step_is_shown_as_it_is_reached(world: World, rosa: Client):
    job = settled(ask(world), JobState.RUNNING)
    assert course(shown(rosa, job))[:2] == [("done", "Queued"), ("now", "Consent asked")]
    job = settled(job, JobState.RUNNING, position=4, progress=30)
    page = shown(rosa, job)
    assert course(page)[1:3] == [("done", "Consent asked"), ("now", "Read")]
    assert "30 %" in page


def test_the_page_is_told_only_what_is_new(world: World, rosa: Client):
    job = settled(ask(world), JobState.RUNNING, position=4, progress=30)
    first = polled(rosa, job)
    assert first.status_code == 200
    seen = re.search(r"\?seen=([\w-]+)", first.content.decode())[1]
    assert polled(rosa, job, seen).status_code == 204
    job = settled(job, JobState.RUNNING, progress=60)
    later = polled(rosa, job, seen)
    assert later.status_code == 200
    assert "60 %" in later.content.decode()
    assert 'id="timeline" hx-swap-oob="true"' in later.content.decode()


@pytest.mark.parametrize("state", [JobState.CANCELLED, JobState.REFUSED, JobState.FAILED, JobState.PAUSED])
def test_a_job_that_has_ended_is_asked_for_no_more(world: World, rosa: Client, state: JobState):
    answer = polled(rosa, settled(ask(world), state))
    assert answer.status_code == 286
    assert answer["HX-Refresh"] == "true"
    assert answer.content == b""


def test_a_release_that_is_tried_again_cannot_be_told_from_reading(world: World, rosa: Client):
    """Only a change of mind makes a release start anew: whoever watches must not see one."""
    job = settled(ask(world), JobState.RUNNING, position=4, progress=100)
    running, seen = without_token(shown(rosa, job)), polled(rosa, job).content
    job = settled(job, JobState.RELEASING)
    assert without_token(shown(rosa, job)) == running
    assert polled(rosa, job).content == seen
    assert "99 %" in running


def test_progress_never_goes_back_while_somebody_changes_her_mind(world: World, rosa: Client):
    """Seen from the inside of a real run: one withdraws in its middle, and the numbers only grow."""
    crowd = world.crowd(13, says="Ada")
    job = ask(world)
    told: list[tuple[int, str]] = []
    release = jobs._release

    def watched(claim: Any, clearance: Any, manifest: Any) -> bool:
        job.refresh_from_db()
        told.append((job.progress, polled(rosa, job).content.decode()))
        if len(told) == 1:
            records.withdraw(crowd[0], by="self", at=NOW)
        return release(claim, clearance, manifest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "_release", watched)
        run(job)
    assert job.state == JobState.RELEASED
    assert len(told) == 2, "the withdrawal made it try again"
    assert told[0] == told[1]
    assert "12" in shown(rosa, job)


def test_a_job_is_stopped_by_its_asker(world: World, rosa: Client):
    job = ask(world)
    assert "Stop this" in shown(rosa, job)
    answer = rosa.post(reverse("jobs:cancel", args=[job.pk]), follow=True)
    page = html.unescape(answer.content.decode())
    assert "Stopped. Nothing was released." in page
    assert "Stop this" not in page
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert run(job).state == JobState.CANCELLED, "a worker that comes late finds nothing to do"
    again = rosa.post(reverse("jobs:cancel", args=[job.pk]), follow=True).content.decode()
    assert "It had ended already." in again


def test_looking_stops_nothing(world: World, rosa: Client):
    assert rosa.get(reverse("jobs:cancel", args=[ask(world).pk])).status_code == 405


def test_a_job_that_lost_its_approval_says_why(world: World, rosa: Client):
    job = ask(world)
    access.close(job.query.request, reason="over", by=world.staff.steward, at=NOW)
    page = shown(rosa, run(job))
    assert "Why it was refused" in page
    assert str(asked.SENTENCES[Reason.REQ_PROJECT_NOT_APPROVED]) in page
    assert ("failed", "Refused") in course(page)


def test_what_a_question_lacked_is_said(world: World, rosa: Client, monkeypatch: Any):
    def lacks(*_: Any, **__: Any) -> None:
        raise QuestionRefused("No panel of sites is loaded, so nobody can be compared. Nothing was read.")

    monkeypatch.setattr(gate, "ask", lacks)
    page = shown(rosa, run(ask(world)))
    assert "It failed" in page
    assert "No panel of sites is loaded" in page


def test_whose_record_would_not_open_is_not_said(world: World, rosa: Client, monkeypatch: Any):
    person = world.join("Ada")

    def sealed(*_: Any, **__: Any) -> None:
        raise VaultSealed(f"{person} has no key here: nothing of hers can be opened.")

    monkeypatch.setattr(gate, "ask", sealed)
    page = shown(rosa, run(ask(world)))
    assert job_words.UNREADABLE in page
    assert person.pseudonym not in page


def test_a_paused_job_says_so_and_can_be_stopped(world: World, rosa: Client):
    page = shown(rosa, settled(ask(world), JobState.PAUSED, trouble=job_words.UNSETTLED))
    assert job_words.UNSETTLED in page
    assert "Stop this" in page
    assert "onsent changed" not in page


def test_every_state_has_its_words(world: World, rosa: Client):
    assert set(asked.STATES) == set(JobState) - {JobState.CUT, JobState.RELEASING}, "both are told as running"
    job = ask(world)
    for state in TRANSITIONS:
        if state in {JobState.RELEASED, JobState.EXPIRED}:
            continue
        word = asked.STATES[settled(job, state).state_told][1]
        assert str(word) in shown(rosa, job)


def test_every_reason_that_concerns_a_request_has_its_sentence():
    wanted = {reason for reason in Reason if reason.is_of_request} | {Reason.JOB_LEDGER_UNAVAILABLE}
    assert set(asked.SENTENCES) == wanted
    for sentence in asked.SENTENCES.values():
        assert str(sentence).endswith(".")


def test_a_reason_that_concerns_a_person_is_never_told(world: World, rosa: Client):
    job = settled(ask(world), JobState.REFUSED, reasons=["CONSENT_WITHDRAWN"])
    page = shown(rosa, job)
    assert "The request was not in order." in page
    assert Reason.CONSENT_WITHDRAWN.sentence not in page
