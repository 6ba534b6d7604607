"""Running a job: who is read, who is not, and what nothing can change."""

import hashlib
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from broker import (
    access,
    events,
    gates,
    job_words,
    jobs,
    queries,
    results,
    staging,
    supervised,
    sweeping,
    usage,
)
from broker.models import TRANSITIONS, Job, JobGate, JobState, Notice, QueryState
from consent import holdings, participants, records
from consent.errors import LedgerBroken, SealBroken
from consent.ledger import log
from consent.models import Holding, LedgerEvent, Statement
from consent.reasons import Reason
from consent.terms import Permission, SignIn
from genomics import gate
from genomics._vault import files as vault
from genomics.errors import VaultSealed
from tests.builders import vcf
from tests.remembering import receive
from tests.unsafe import unsafe_without_triggers
from tests.world import EARLIER, NOW, World, job_of

pytestmark = [pytest.mark.server, pytest.mark.django_db]


@pytest.fixture
def world() -> World:
    return World()


def run(job: Job, *, at=NOW, batch: int = 3) -> Job:
    jobs.run(job.pk, clock=lambda: at, batch=batch)
    job.refresh_from_db()
    return job


def ask(world: World, under=None, **question: Any):
    under = under or world.request()
    return queries.submit(world.carriers(**question), under=under, by=world.staff.researcher, at=NOW)


def outcome(job: Job, person) -> tuple[bool, tuple[Reason, ...]]:
    found = usage.outcome_for(job, person.ordinal)
    assert found is not None
    return found


def answer_of(world: World, job: Job) -> dict[str, Any]:
    log.sequence(at=NOW)
    return results.read(job, by=world.staff.researcher, at=NOW)


def test_only_those_whose_consent_covers_the_purpose_are_counted(world: World):
    world.crowd(12, says="Ada")
    others = [world.join(name) for name in ("Ben", "Noor", "Cleo", "Dov")]
    job = run(job_of(ask(world)))
    assert job.state == JobState.RELEASED
    assert answer_of(world, job)["count"] == 12
    assert [outcome(job, person)[0] for person in others] == [False] * 4
    assert outcome(job, world.people["Ben"])[1] == (Reason.PURPOSE_NOT_COVERED,)
    assert outcome(job, world.people["Noor"])[1] == (Reason.CONSENT_NONE,)
    assert outcome(job, world.people["Cleo"])[1] == (Reason.CONSENT_WITHDRAWN,)
    assert outcome(job, world.people["Dov"])[1] == (Reason.CONSENT_NONE,)


def test_a_cancer_project_reaches_ben_as_well(world: World):
    world.crowd(9, says="Ada")
    world.join("Ben")
    job = run(job_of(ask(world, world.request("R.DS", disease="MONDO:0004992"))))
    assert answer_of(world, job)["count"] == 10


def test_commercial_use_needs_its_own_yes(world: World):
    unwilling = world.crowd(10, says="Ada")
    willing = world.crowd(11, says="Ada")
    for number, person in enumerate(willing):
        world.give(person, "COMMERCIAL", at=EARLIER + timedelta(seconds=number))
    job = run(job_of(ask(world, world.request(commercial_use=True))))
    assert answer_of(world, job)["count"] == 11
    assert outcome(job, unwilling[0])[1] == (Reason.COMMERCIAL_NOT_GRANTED,)


def test_a_small_number_is_not_told(world: World):
    world.crowd(9, says="Ada")
    job = run(job_of(ask(world)))
    answer = answer_of(world, job)
    assert (answer["count"], answer["fewer_than"]) == (None, 10)


def test_reference_and_missing_genotypes_are_not_carriers(world: World):
    world.crowd(10, says="Ada")
    for n, genotype in enumerate(["0/0", "./.", "0/0", "./."]):
        world.join(f"other {n}", says="Ada", genotype=genotype)
    assert answer_of(world, run(job_of(ask(world))))["count"] == 10
    assert answer_of(world, run(job_of(ask(world, variant=None, region="20:1000000-1000300"))))["count"] == 10


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


def test_a_grant_after_the_snapshot_never_joins_even_on_a_second_attempt(world: World, monkeypatch):
    world.crowd(10, says="Ada")
    late = world.join("Dov")
    job = job_of(ask(world))
    with monkeypatch.context() as patch:
        patch.setattr(gate, "ask", _dies)
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
    assert job.answer is None


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


def test_a_second_delivery_finds_nothing_to_do(world: World):
    world.crowd(10, says="Ada")
    job = run(job_of(ask(world)))
    events = LedgerEvent.objects.count()
    before = Job.objects.filter(pk=job.pk).values().get()
    run(job, at=NOW + timedelta(hours=1))
    assert Job.objects.filter(pk=job.pk).values().get() == before
    assert LedgerEvent.objects.count() == events


def test_a_running_job_is_nobody_elses_until_its_lease_runs_out(world: World, monkeypatch):
    world.crowd(10, says="Ada")
    job = job_of(ask(world))
    with monkeypatch.context() as patch:
        patch.setattr(gate, "ask", _dies)
        with pytest.raises(PowerCut):
            run(job)
    token = Job.objects.get(pk=job.pk).token
    assert run(job, at=NOW + timedelta(seconds=1)).token == token
    assert sweeping.unheard(at=NOW + timedelta(seconds=1)) == []
    assert sweeping.unheard(at=NOW + timedelta(minutes=1)) == [job.pk]
    assert sweeping.unheard(at=NOW + timedelta(minutes=1)) == []  # rung for once, not again at once
    assert run(job, at=NOW + timedelta(minutes=1)).state == JobState.RELEASED


def test_a_worker_that_wakes_up_late_changes_nothing(world: World, monkeypatch):
    world.crowd(10, says="Ada")
    job = job_of(ask(world))
    stage = jobs._stage

    def sleep_too_long(claim, asked):
        manifest = stage(claim, asked)
        if claim.job.attempt == 1:  # meanwhile another one takes over, and finishes
            run(job, at=NOW + timedelta(minutes=5))
        return manifest

    monkeypatch.setattr(jobs, "_stage", sleep_too_long)
    jobs.run(job.pk, clock=lambda: NOW, batch=50)
    released = [e for e in LedgerEvent.objects.all() if e.kind == "query:job:released"]
    assert len(released) == 1
    assert Job.objects.get(pk=job.pk).attempt == 2


def test_a_cancelled_job_stops_and_stays_so(world: World, monkeypatch):
    world.crowd(10, says="Ada")
    job = job_of(ask(world))
    stage = jobs._stage

    def cancel_then_stage(claim, asked):
        queries.cancel(job, by=world.staff.researcher, at=NOW)
        return stage(claim, asked)

    monkeypatch.setattr(jobs, "_stage", cancel_then_stage)
    assert run(job).state == JobState.CANCELLED
    assert job.answer is None


def test_a_job_that_ends_every_worker_is_parked(world: World, monkeypatch):
    job = job_of(ask(world))
    monkeypatch.setattr(gate, "ask", _dies)
    for attempt in range(sweeping.MOST_ATTEMPTS):
        with pytest.raises(PowerCut):
            run(job, at=NOW + timedelta(minutes=attempt))
    job = run(job, at=NOW + timedelta(hours=1))
    assert job.state == JobState.PAUSED
    assert "parked" in job.trouble
    assert sweeping.unheard(at=NOW + timedelta(days=1)) == []


def test_no_ledger_no_release(world: World, monkeypatch):
    world.crowd(10, says="Ada")
    job = job_of(ask(world))
    append = log.append

    def full_disk(kind, **facts):
        if kind.tag == "query:job:released":
            raise LedgerBroken("The ledger cannot be written.")
        return append(kind, **facts)

    monkeypatch.setattr(log, "append", full_disk)
    job = run(job)
    assert job.state == JobState.PAUSED
    assert job.answer is None
    monkeypatch.undo()
    assert sweeping.resume(by="operator", at=NOW) == 1
    assert run(job).state == JobState.RELEASED


def test_a_tampered_statement_releases_nothing_to_anybody(world: World):
    world.crowd(11, says="Ada")
    victim = world.join("Cleo")
    withdrawal = victim.statements.get(family="*")
    yes = withdrawal.body.replace('"withdraw"', '"grant"').replace('"*"', '"RESEARCH"')
    with unsafe_without_triggers(connection), connection.cursor() as cursor:
        cursor.execute("UPDATE consent_statement SET body = %s WHERE seq = %s", [yes, withdrawal.seq])
    job = run(job_of(ask(world)))
    assert job.state == JobState.PAUSED
    assert job.answer is None
    assert "auditor" in job.trouble


def test_a_snapshot_that_was_changed_releases_nothing_and_rings(world: World, monkeypatch):
    world.crowd(2, says="Ada")
    job = job_of(ask(world))
    with monkeypatch.context() as patch:
        patch.setattr(gate, "ask", _dies)
        with pytest.raises(PowerCut):
            run(job)
    everybody = staging.seal(bytes([255]) * 8, f"{uuid.uuid4()}/snapshot")  # another job's
    Job.objects.filter(pk=job.pk).update(snapshot=everybody)
    job = run(job, at=NOW + timedelta(minutes=5))
    assert (job.state, job.trouble, job.answer) == (JobState.PAUSED, job_words.UNSOUND, None)
    assert Notice.objects.filter(user=world.staff.auditor, kind="unsound").count() == 1


def test_a_quarantined_file_and_a_frozen_person_are_left_out(world: World):
    crowd = world.crowd(12, says="Ada")
    holdings.set_state(crowd[0].holdings.get(), Holding.State.QUARANTINED, by="steward", at=NOW)
    participants.freeze(crowd[1], until=None, by="steward", at=NOW)
    job = run(job_of(ask(world)))
    assert answer_of(world, job)["count"] == 10
    assert outcome(job, crowd[0])[1] == (Reason.FILE_QUARANTINED,)
    assert outcome(job, crowd[1])[1] == (Reason.SUBJ_FROZEN,)


def test_an_unapproved_request_is_refused_at_the_door_and_remembered(world: World):
    query = ask(world, world.request(approve=False))
    assert query.state == QueryState.REFUSED
    assert query.reasons == [str(Reason.REQ_PROJECT_NOT_APPROVED)]
    assert query.job is None
    assert LedgerEvent.objects.filter(kind="query:query:refused").exists()


def test_a_query_is_undone_with_its_ledger_line(world: World, monkeypatch):
    request = world.request()

    def broken(*_args, **_facts):
        raise LedgerBroken("no")

    monkeypatch.setattr(log, "append", broken)
    with pytest.raises(LedgerBroken), transaction.atomic():
        ask(world, request)
    assert not Job.objects.exists()


def test_the_same_idempotency_key_asks_once(world: World):
    request = world.request()
    by = world.staff.researcher
    key = str(uuid.uuid4())
    one = queries.submit(world.carriers(), under=request, by=by, at=NOW, idempotency_key=key)
    two = queries.submit(world.carriers(), under=request, by=by, at=NOW, idempotency_key=key)
    assert one == two
    assert Job.objects.count() == 1


def test_every_arrow_of_the_table_starts_and_ends_in_a_state():
    assert set(TRANSITIONS) == set(JobState)
    reached = {JobState.QUEUED}.union(*TRANSITIONS.values())
    assert reached == set(JobState)


class PowerCut(Exception):
    """What a test raises in place of a dying worker."""


def _dies(*_args: Any, **_kwargs: Any) -> None:
    raise PowerCut


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
    monkeypatch.setattr(supervised, "run", lambda _work: next(ends))
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


def test_the_first_release_of_a_project_is_its_first_access_and_a_later_one_is_not(world: World):
    request = world.request()
    for at in (NOW, NOW + timedelta(hours=1)):
        assert run(job_of(ask(world, request)), at=at).state == JobState.RELEASED
    request.project.refresh_from_db()
    assert request.project.first_access_at == NOW


def test_what_the_ledger_and_the_row_keep_of_a_release(world: World, caplog: pytest.LogCaptureFixture):
    caplog.set_level("INFO")
    world.crowd(10, says="Ada")
    world.join("Ben")
    job = run(job_of(ask(world)))
    assert "went on without this worker" not in caplog.text
    assert (job.progress, job.started_at, job.ended_at, job.lease_until) == (100, NOW, NOW, None)
    first, *_, last = JobGate.objects.filter(job=job).order_by("number")
    assert (first.kind, last.kind, last.at) == (JobGate.Kind.SNAPSHOT, JobGate.Kind.RELEASE, NOW)
    asked = {
        "considered": 11,
        "permitted": 10,
        "left_out": {str(Reason.PURPOSE_NOT_COVERED): 1},
        "position": job.position,
    }
    [cleared] = log.openings([events.JOB_CLEARED.tag]).values()
    assert cleared["fields"] == asked | {
        "asker": None,
        "policy_version": job.policy_version,
        "snapshot_sha256": staging.commitment(bytes(job.snapshot)),
        "gate_sha256": first.sha256,
    }
    [released] = log.openings([events.JOB_RELEASED.tag]).values()
    written_down = staging.unseal(bytes(job.manifest), f"{job.pk}/manifest")
    assert released["fields"] == asked | {
        "answer_commitment": staging.commitment(bytes(job.answer)),
        "manifest_commitment": staging.commitment(bytes(job.manifest)),
        "manifest_sha256": hashlib.sha256(written_down).hexdigest(),
        "kind_of_answer": "carriers",
        "gates_sha256": gates.commitment(job),
    }
    for said in (cleared, released):
        assert (said["by"], said["subject"]) == ("worker", f"job:{job.pk}")


def test_what_the_ledger_and_the_row_keep_of_a_refusal(world: World):
    request = world.request()
    job = job_of(ask(world, request))
    access.close(request, reason="audit", by=world.staff.steward, at=NOW)
    job = run(job)
    why = [str(Reason.REQ_PROJECT_NOT_APPROVED)]
    assert (job.state, job.reasons, job.ended_at) == (JobState.REFUSED, why, NOW)
    [said] = log.openings([events.JOB_REFUSED.tag]).values()
    last = JobGate.objects.filter(job=job).latest("number")
    assert last.kind == JobGate.Kind.REFUSED
    assert said["fields"] == {"reasons": why, "gate_sha256": last.sha256}
    assert (said["by"], said["subject"]) == ("worker", f"job:{job.pk}")


def test_what_the_ledger_and_the_row_keep_of_a_failure(world: World, monkeypatch):
    def sealed(*_args, **_facts):
        raise VaultSealed("files/of-somebody is not as it was written.")

    monkeypatch.setattr(gate, "ask", sealed)
    job = run(job_of(ask(world)))
    assert (job.ended_at, job.answer, job.manifest) == (NOW, None, None)
    [said] = log.openings([events.JOB_FAILED.tag]).values()
    assert said["fields"] == {"trouble": "files/of-somebody is not as it was written."}
    assert (said["by"], said["subject"]) == ("worker", f"job:{job.pk}")


def test_progress_goes_on_with_every_batch_and_never_back(world: World, monkeypatch, settings):
    settings.LEASE_SECONDS = 60
    crowd = world.crowd(5, says="Ada")
    seen: list[tuple[int, datetime | None]] = []
    went_on, stage = jobs._went_on, jobs._stage

    def noted(claim, done, total):
        went_on(claim, done, total)
        row = Job.objects.get(pk=claim.job.pk)
        seen.append((row.progress, row.lease_until))

    def stage_then_leave_once(claim, asked):
        manifest = stage(claim, asked)
        if len(seen) == 3:
            records.withdraw(crowd[0], by="self", at=NOW)
        return manifest

    monkeypatch.setattr(jobs, "_went_on", noted)
    monkeypatch.setattr(jobs, "_stage", stage_then_leave_once)
    run(job_of(ask(world)), batch=2)
    assert [progress for progress, _ in seen] == [40, 80, 100, 100, 100]
    assert {lease for _, lease in seen} == {NOW + timedelta(minutes=1)}


def test_a_second_attempt_did_not_begin_anew(world: World, monkeypatch):
    job = job_of(ask(world))
    with monkeypatch.context() as patch:
        patch.setattr(gate, "ask", _dies)
        with pytest.raises(PowerCut):
            run(job)
    job = run(job, at=NOW + timedelta(minutes=5))
    assert (job.started_at, job.ended_at) == (NOW, NOW + timedelta(minutes=5))
    assert [one.kind for one in JobGate.objects.filter(job=job).order_by("number")] == [
        JobGate.Kind.SNAPSHOT,
        JobGate.Kind.AGAIN,
        JobGate.Kind.RELEASE,
    ]
