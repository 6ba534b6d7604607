"""What the ledger and the row keep of each end, and of the way there."""

import hashlib
from datetime import datetime, timedelta

import pytest

from broker import access, events, gates, jobs, staging
from broker.models import Job, JobGate, JobState
from consent import fence, records
from consent.ledger import log
from consent.reasons import Reason
from genomics import gate
from genomics.errors import VaultSealed
from tests.broker.running.asked import PowerCut, ask, dies, run
from tests.world import NOW, World, job_of

pytestmark = [pytest.mark.server, pytest.mark.django_db]


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
    assert (last.kind, last.position) == (JobGate.Kind.REFUSED, fence.position())
    assert '"status":"CLOSED"' in last.use, "as it stood then"
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
        patch.setattr(gate, "ask", dies)
        with pytest.raises(PowerCut):
            run(job)
    job = run(job, at=NOW + timedelta(minutes=5))
    assert (job.started_at, job.ended_at) == (NOW, NOW + timedelta(minutes=5))
    assert [one.kind for one in JobGate.objects.filter(job=job).order_by("number")] == [
        JobGate.Kind.SNAPSHOT,
        JobGate.Kind.AGAIN,
        JobGate.Kind.RELEASE,
    ]
