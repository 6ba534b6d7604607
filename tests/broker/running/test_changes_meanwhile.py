"""Who says no, comes or lapses while a job runs, and what then leaves it."""

from datetime import timedelta

import pytest

from broker import access, jobs
from broker.models import Job, JobState
from consent import records
from consent.models import Statement
from consent.reasons import Reason
from consent.terms import Permission, SignIn
from genomics import gate
from genomics._vault import files as vault
from tests.broker.running.asked import PowerCut, answer_of, ask, dies, outcome, run
from tests.builders import vcf
from tests.remembering import receive
from tests.world import EARLIER, NOW, World, job_of

pytestmark = [pytest.mark.server, pytest.mark.django_db]


def test_whoever_withdraws_while_it_runs_is_out_and_the_answer_is_made_again(world: World, monkeypatch):
    crowd = world.crowd(11, says="Ada")
    left = crowd[0]  # in the first batch: read before she goes

    def leave_after_first_batch(claim, done, total):
        if not Statement.objects.filter(participant=left, family="*").exists():
            records.withdraw(left, by="self", at=NOW)

    monkeypatch.setattr(jobs, "_went_on", leave_after_first_batch)
    job = run(job_of(ask(world)))
    assert job.state == JobState.RELEASED
    assert answer_of(world, job)["count"] == 10
    read, reasons = outcome(job, left)
    assert not read
    assert Reason.JOB_REVOKED_IN_FLIGHT in reasons


def test_whoever_withdraws_before_her_turn_is_never_opened(world: World, monkeypatch):
    crowd = world.crowd(11, says="Ada")
    goes = crowd[-1]
    opened: list[str] = []
    column = vault.column
    went_on = jobs._went_on

    def noted(file, proof):
        opened.append(str(file.participant))
        return column(file, proof)

    def leave_after_first_batch(claim, done, total):
        went_on(claim, done, total)
        if done <= 3 and not Statement.objects.filter(participant=goes, family="*").exists():
            records.withdraw(goes, by="self", at=NOW)

    monkeypatch.setattr(vault, "column", noted)
    monkeypatch.setattr(jobs, "_went_on", leave_after_first_batch)
    job = run(job_of(ask(world)))
    assert goes.pseudonym not in opened
    assert answer_of(world, job)["count"] == 10


def test_whoever_withdraws_between_staging_and_release_is_out(world: World, monkeypatch):
    crowd = world.crowd(11, says="Ada")
    stage = jobs._stage

    def stage_then_leave(claim, asked):
        manifest = stage(claim, asked)
        if not Statement.objects.filter(participant=crowd[3], family="*").exists():
            records.withdraw(crowd[3], by="self", at=NOW)
        return manifest

    monkeypatch.setattr(jobs, "_stage", stage_then_leave)
    job = run(job_of(ask(world)))
    assert answer_of(world, job)["count"] == 10
    assert not outcome(job, crowd[3])[0]


def test_while_an_answer_is_made_again_nothing_of_the_first_one_lies_there(world: World, monkeypatch):
    crowd = world.crowd(11, says="Ada")
    stage, plainly, found = jobs._stage, gate.ask, []

    def stage_then_leave(claim, asked):
        ready = stage(claim, asked)
        if len(found) == 1:
            records.withdraw(crowd[3], by="self", at=NOW)
        return ready

    def noted(*given, **facts):
        found.append(Job.objects.values_list("state", "answer", "manifest").get())
        return plainly(*given, **facts)

    monkeypatch.setattr(jobs, "_stage", stage_then_leave)
    monkeypatch.setattr(gate, "ask", noted)
    run(job_of(ask(world)))
    assert found == [(JobState.RUNNING, None, None)] * 2


def test_a_grant_after_the_snapshot_never_joins_even_on_a_second_attempt(world: World, monkeypatch):
    world.crowd(10, says="Ada")
    late = world.join("Dov")
    job = job_of(ask(world))
    with monkeypatch.context() as patch:
        patch.setattr(gate, "ask", dies)
        with pytest.raises(PowerCut):
            run(job)
    world.give(late, "RESEARCH", Permission(code="GRU"), at=NOW)
    job = run(job, at=NOW + timedelta(minutes=5))
    assert job.attempt == 2
    assert answer_of(world, job)["count"] == 10
    assert outcome(job, late)[1] == (Reason.JOB_NOT_IN_SNAPSHOT,)


def test_a_file_that_comes_after_the_snapshot_does_not_join(world: World, monkeypatch):
    crowd = world.crowd(10, says="Ada", genotype="0/0")
    crowd += world.crowd(10, says="Ben")
    extra = vcf([("20", 1000226, "A", "T", "1/1")])
    first_look = jobs._within_snapshot

    def another_file(claim, clearance):
        receive(crowd[0], extra, by="self", at=NOW)
        return first_look(claim, clearance)

    monkeypatch.setattr(jobs, "_within_snapshot", another_file)
    job = run(job_of(ask(world, variant=None, region="20:1000000-1000300")))
    assert answer_of(world, job)["fewer_than"] == 10
    assert job.state == JobState.RELEASED


def test_a_request_closed_while_it_runs_releases_nothing(world: World, monkeypatch):
    world.crowd(11, says="Ada")
    request = world.request()
    stage = jobs._stage

    def stage_then_close(claim, asked):
        manifest = stage(claim, asked)
        access.close(request, reason="audit", by=world.staff.steward, at=NOW)
        return manifest

    monkeypatch.setattr(jobs, "_stage", stage_then_close)
    job = run(job_of(ask(world, request)))
    assert job.state == JobState.REFUSED
    assert job.reasons == [str(Reason.REQ_PROJECT_NOT_APPROVED)]
    assert (job.answer, job.manifest) == (None, None)


class Clock:
    """Stands at NOW until it is told to jump."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self):
        return self.at

    def jump_at_stage(self, monkeypatch, to) -> None:
        stage = jobs._stage

        def stage_then_jump(claim, asked):
            manifest = stage(claim, asked)
            self.at = to
            return manifest

        monkeypatch.setattr(jobs, "_stage", stage_then_jump)


def test_an_approval_that_ends_by_time_between_look_and_release_releases_nothing(world: World, monkeypatch):
    world.crowd(11, says="Ada")
    request = world.request()
    job = job_of(ask(world, request))
    clock = Clock()
    clock.jump_at_stage(monkeypatch, request.valid_to)
    jobs.run(job.pk, clock=clock, batch=50)
    job.refresh_from_db()
    assert job.state == JobState.REFUSED
    assert job.answer is None


def test_a_yes_that_ends_by_time_between_look_and_release_does_not_count(world: World, monkeypatch):
    world.crowd(10, says="Ada")
    brief = world.join("Dov")
    ends = NOW + timedelta(minutes=1)
    form = records.FormVersion.objects.get(form="F-ADULT")
    wording = records.Wording(permissions=(Permission(code="GRU"),), valid_to=ends)
    sign_in = SignIn("totp", EARLIER)
    records.give(brief, "RESEARCH", form=form, by="self", at=EARLIER, wording=wording, sign_in=sign_in)
    job = job_of(ask(world))
    clock = Clock()
    clock.jump_at_stage(monkeypatch, ends)
    jobs.run(job.pk, clock=clock, batch=50)
    job.refresh_from_db()
    assert job.state == JobState.RELEASED
    assert answer_of(world, job)["count"] == 10
    assert not outcome(job, brief)[0]
