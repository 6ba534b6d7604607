"""Whole days over the real logins: what each process does, done as that process logs in."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from broker import (
    access,
    case_ends,
    cases,
    checks,
    disclosures,
    erasing,
    jobs,
    people,
    queries,
    releasing,
    results,
    reviews,
    same_person,
    sweeping,
    taking_along,
    tasks,
)
from broker.demo import house
from broker.errors import Refused
from broker.models import (
    Case,
    DisclosureState,
    HandoverStep,
    ImpactSnapshot,
    Job,
    JobState,
    MonthlyStatement,
    PublishedReport,
    Query,
    Upload,
    UploadState,
    User,
)
from broker.roles import Role
from consent import records
from consent.ledger import log
from consent.models import LedgerEvent, Statement
from genomics.intake import upkeep
from genomics.models import (
    EvidenceKey,
    EvidenceProfile,
    GenomicFile,
    ParticipantKey,
    SlabMember,
    VariantSlab,
)
from tests.broker.test_processes import receive
from tests.broker.uploads.sending import arrived, begun
from tests.world import FAR, NOW, World, genotypes, job_of, small_panel, with_panel

pytestmark = [pytest.mark.server, pytest.mark.django_db(transaction=True)]

MUCH_LATER = NOW + timedelta(days=3)


def ask(walls: Any, world: World, **question: Any) -> Job:
    request = world.request()
    with walls.login("web"):
        asked = world.carriers(**question)
        return job_of(queries.submit(asked, under=request, by=world.staff.researcher, at=NOW))


def run(walls: Any, job: Job, *, batch: int = 3) -> Job:
    with walls.login("worker"):
        jobs.run(job.pk, clock=lambda: NOW, batch=batch)
        job.refresh_from_db()
        return job


def sequence(walls: Any) -> None:
    with walls.login("sequencer"):
        log.sequence(at=NOW)


def count(walls: Any, world: World, job: Job) -> int | None:
    sequence(walls)
    with walls.login("web"):
        return results.read(job, by=world.staff.researcher, at=NOW)["count"]


def test_a_job_is_asked_run_placed_and_read_by_four_logins(walls, world):
    world.crowd(11, says="Ada")
    world.join("Cleo")
    job = run(walls, ask(walls, world))
    assert job.state == JobState.RELEASED, job.trouble
    assert count(walls, world, job) == 11


def test_who_withdraws_over_the_web_while_a_worker_reads_is_out(walls, world, monkeypatch):
    """Two real logins at once: the withdrawal takes the gate lock between two of the worker's batches."""
    left = world.crowd(11, says="Ada")[0]
    job = ask(walls, world)
    went_on = jobs._went_on

    def leave_after_first_batch(claim, done, total):
        went_on(claim, done, total)
        if done <= 3 and not Statement.objects.filter(participant=left, family="*").exists():
            walls.beside("web", lambda: records.withdraw(left, by="self", at=NOW))

    monkeypatch.setattr(jobs, "_went_on", leave_after_first_batch)
    assert run(walls, job).state == JobState.RELEASED
    assert count(walls, world, job) == 10


def test_who_withdraws_between_staging_and_release_is_out(walls, world, monkeypatch):
    left = world.crowd(11, says="Ada")[0]
    job = ask(walls, world)
    release, gone = jobs._release, []

    def leave_first(claim, clearance, manifest):
        if not gone:
            gone.append(left)
            walls.beside("web", lambda: records.withdraw(left, by="self", at=NOW))
        return release(claim, clearance, manifest)

    monkeypatch.setattr(jobs, "_release", leave_first)
    assert run(walls, job).state == JobState.RELEASED
    assert count(walls, world, job) == 10


def test_a_job_that_is_cancelled_over_the_web_is_read_no_further(walls, world, monkeypatch):
    world.crowd(6, says="Ada")
    job = ask(walls, world)
    keys_seen = []

    def cancel_at_the_first_batch(claim, done, total):
        walls.beside("web", lambda: queries.cancel(job, by=world.staff.researcher, at=NOW))
        keys_seen.append(ParticipantKey.objects.count())

    monkeypatch.setattr(jobs, "_went_on", cancel_at_the_first_batch)
    assert run(walls, job).state == JobState.CANCELLED
    assert set(keys_seen) == {0}, "the lease outlived its job"


def test_a_case_is_searched_with_evidence_that_the_web_took_in(walls, world):
    panel = with_panel(small_panel(60))
    world.join("Noor", data=genotypes(panel, [1] * 60))
    case = world.case()
    investigator = world.investigator_of(case)
    with walls.login("web"):
        cases.bring_evidence(case, genotypes(panel, [0] * 60), by=investigator, at=NOW)
        profile = cases.bring_evidence(case, genotypes(panel, [1] * 60), by=investigator, at=NOW)
        assert EvidenceKey.objects.count() == 0  # one for both; shut again
        question = {"kind": "identity", "evidence": str(profile.id)}
        job = job_of(queries.submit(question, under=case, by=investigator, at=NOW))
    assert run(walls, job).state == JobState.RELEASED, job.trouble
    sequence(walls)
    with walls.login("web"):
        made = disclosures.propose(job, reason="leads", by=investigator, at=NOW)
        for role, reviewer in house.second_pair(world.staff):
            made = disclosures.decide(made, role=role, approves=True, reason="seen", by=reviewer, at=NOW)
        assert made.state == DisclosureState.DISCLOSED
    sequence(walls)
    with walls.login("web"):
        assert disclosures.is_disclosed(made)
        assert results.read(job, by=investigator, at=NOW)["granularity"] == "record"
        case_ends.close(case, by=investigator, at=NOW)
        (told,) = case_ends.certificates(case)
        assert told["left"] == {"profiles": 0, "keys": 0, "files": 0}
    assert not EvidenceKey.objects.exists()


def test_what_has_run_out_is_ended_by_the_keeper_and_a_key_that_stays_is_told(walls, world, monkeypatch):
    panel = with_panel(small_panel(60))
    world.join("Noor", data=genotypes(panel, [1] * 60))
    case = world.case()
    investigator = world.investigator_of(case)
    with walls.login("web"):
        profile = cases.bring_evidence(case, genotypes(panel, [1] * 60), by=investigator, at=NOW)
        question = {"kind": "identity", "evidence": str(profile.id)}
        asked = [queries.submit(question, under=case, by=investigator, at=NOW) for _ in range(3)]
        released, queued = job_of(asked[0]), job_of(asked[1])
    assert run(walls, released).state == JobState.RELEASED, released.trouble
    sequence(walls)
    with walls.login("web"):
        made = disclosures.propose(released, reason="leads", by=investigator, at=NOW)
    Case.objects.update(valid_to=NOW)
    kept = EvidenceKey.objects.get()
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(days=settings.RESULT_DAYS))
    with walls.login("keeper"):
        tasks.end_due()
    for row in (case, asked[2], queued, made, released):
        row.refresh_from_db()
    assert (case.state, asked[2].state, queued.state) == ("closed", "refused", "cancelled")
    assert (made.state, released.state, released.answer) == ("lapsed", "expired", None)
    assert not EvidenceKey.objects.exists()
    assert not EvidenceProfile.objects.exists()
    kept.save(force_insert=True)  # as a restore might
    with walls.login("web"):
        (told,) = case_ends.certificates(case)
        assert told["left"]["keys"] == 1


def test_a_file_is_sent_over_the_web_and_taken_in_by_a_worker(walls, world, settings, tmp_path):
    settings.STAGING_DIR = tmp_path / "arriving"
    with walls.login("web"):
        eve = people.sign_up("eve", "x" * 12, born_on=date(1980, 1, 1), at=NOW)
        upload = arrived(eve)
    with walls.login("worker"):
        checks.run(upload.pk, clock=lambda: NOW)
        upload.refresh_from_db()
        assert upload.state == UploadState.TAKEN, (upload.reason, upload.told)
        assert ParticipantKey.objects.count() == 0  # its own door is shut again
    with walls.login("web"):
        again = arrived(eve)  # the same file: her key stands, and is read to know it again
    with walls.login("worker"):
        checks.run(again.pk, clock=lambda: NOW)
        again.refresh_from_db()
        assert (again.state, again.reason) == (UploadState.REFUSED, "duplicate")


def test_a_held_file_is_compared_by_the_worker_and_its_profile_goes(walls, world, settings, tmp_path):
    settings.STAGING_DIR, settings.REVIEW_HOURS = tmp_path / "arriving", 48
    panel = with_panel(small_panel(60))
    world.give(world.join("Dov", data=genotypes(panel, [1] * 60)), "QC")
    officer = User.objects.create_user("quinn", organisation=world.staff.researcher.organisation)
    proposed = people.propose(officer, Role.QUALITY_OFFICER, by=world.staff.admin, at=NOW)
    people.confirm(proposed, by=world.staff.second_admin, at=NOW)
    request = same_person.undertake(summary="Doubled accounts", valid_to=FAR, by=officer, at=NOW)
    access.decide(request, approves=True, reason="seen", by=world.staff.steward, at=NOW)
    with walls.login("web"):
        eve = people.sign_up("eve", "x" * 12, born_on=date(1980, 1, 1), at=NOW)
        upload = arrived(eve, genotypes(panel, [1] * 60))
    with walls.login("worker"):
        checks.run(upload.pk, clock=lambda: NOW)
    assert run(walls, job_of(Query.objects.get())).state == JobState.RELEASED
    with walls.login("worker"):
        assert not EvidenceProfile.objects.exists(), "a held file's profile is seen without a claim"
        assert not EvidenceKey.objects.exists()
        reviews.settle_due(at=MUCH_LATER)
    upload.refresh_from_db()
    assert upload.state == UploadState.TAKEN
    assert not EvidenceProfile.objects.exists()
    assert not EvidenceKey.objects.exists()


def test_a_person_takes_everything_along_and_has_a_file_and_then_all_erased(walls, world):
    ada, ben = world.join("Ada"), world.join("Ben")
    world.join("Ada again", says="Ada")
    with walls.login("keeper"):
        assert len(list(upkeep.fill_slabs(at=NOW))) == 3
    key = bytes(VariantSlab.objects.get().wrapped)
    with walls.login("web"):
        assert b"".join(taking_along.take(ada, by="self", at=NOW)).startswith(b"PK")
        erasing.erase_file(GenomicFile.objects.get(participant=ben), by="self", at=NOW)
        erasing.erase(ada, by="self", at=NOW)
    assert not ParticipantKey.objects.filter(participant=ada).exists()
    assert bytes(VariantSlab.objects.get().wrapped) != key, "the slab's key outlived her"
    assert SlabMember.objects.count() == 1
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT person FROM walls.lease WHERE login = %s AND kind = 'record'", [walls.role("web")]
        )
        assert {person for (person,) in cursor.fetchall()} == {ada.pk, ben.pk}


def test_what_a_worker_does_every_minute_and_every_hour_it_may(walls, world):
    world.crowd(2, says="Ada")
    with walls.login("worker"):
        for task in (tasks.sweep, tasks.keep_population, tasks.hand_over):
            task()
    with walls.login("keeper"):
        tasks.look()


def test_everything_that_is_due_a_year_later_is_done_by_the_worker(
    walls, world, settings, tmp_path, monkeypatch
):
    """Searches and demands told, a demand nobody answered, the month's and the year's papers, uploads that
    never ended, a child grown up, a mark that was touched: each has something to do."""
    settings.STAGING_DIR = tmp_path / "arriving"
    panel = with_panel(small_panel(60))
    noor = world.join("Noor", data=genotypes(panel, [1] * 60))
    case = world.case()
    by = world.investigator_of(case)
    with walls.login("web"):
        mother = people.sign_up("gita", "x" * 12, born_on=date(1980, 1, 1), at=NOW)
        child = people.add_child(mother, born_on=date(2010, 1, 1), at=NOW)
        people.verify_guardian(child.kin_links.get(), by=world.staff.steward, at=NOW)
        begun(mother)
        profile = cases.bring_evidence(case, genotypes(panel, [1] * 60), by=by, at=NOW)
        question = {"kind": "identity", "evidence": str(profile.id)}
        job = job_of(queries.submit(question, under=case, by=by, at=NOW))
        receive(world, case=case)
        receive(world, concerned=[noor])
    assert run(walls, job).state == JobState.RELEASED, job.trouble
    Case.objects.update(valid_to=NOW + timedelta(days=100))
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(days=400))
    with walls.login("keeper"):
        tasks.end_due()
        for _ in range(2):
            tasks.look()
    with walls.login("worker"):
        for _ in range(2):
            tasks.hand_over()
    told = set(LedgerEvent.objects.values_list("kind", flat=True))
    assert told >= {
        "broker:case:lapsed",
        "broker:case:told",
        "broker:process:overdue",
        "broker:process:told",
        "broker:upload:ended",
    }
    assert MonthlyStatement.objects.exists()
    assert PublishedReport.objects.exists()
    assert ImpactSnapshot.objects.exists()
    assert HandoverStep.objects.filter(participant=child).exists()
    assert Upload.objects.get().state == UploadState.EXPIRED


def test_upkeep_is_the_keepers(walls, world):
    world.crowd(2, says="Ada")
    with walls.login("keeper"):
        tasks.keep_up()
        assert SlabMember.objects.count() == 2
        assert upkeep.roll(by="worker", at=timezone.now() + 2 * upkeep.DAY).rewrapped == 3
        assert sweeping.resume(by="operator", at=NOW) == 0


def test_a_slab_is_read_in_a_job(walls, world):
    world.crowd(11, says="Ada")
    with walls.login("keeper"):
        assert len(list(upkeep.fill_slabs(at=NOW))) == 11
    job = run(walls, ask(walls, world))
    assert job.state == JobState.RELEASED, job.trouble
    assert count(walls, world, job) == 11


def test_an_auditor_verifies_and_takes_a_job_along(walls, world, tmp_path):
    world.crowd(11, says="Ada")
    job = run(walls, ask(walls, world))
    with walls.login("sequencer"):
        call_command("sequencer", once=True)
    with walls.login("auditor"):
        call_command("verify_ledger")
        call_command("export_job", str(job.pk), str(tmp_path / "job.json"), by=world.staff.auditor.username)
    assert (tmp_path / "job.json").stat().st_size
    assert LedgerEvent.objects.order_by("id").last().kind == "broker:export:made"


def test_a_withdrawal_over_the_web_waits_for_the_workers_release_and_no_longer(walls, world, monkeypatch):
    """The gate lock holds between two logins: "done" is not said before the release that read her ended."""
    left = world.crowd(11, says="Ada")[0]
    job = ask(walls, world)
    holds, order = releasing.holds, []

    def withdraw() -> None:
        records.withdraw(left, by="self", at=NOW)
        order.append("withdrawn")

    with ThreadPoolExecutor(1) as beside:
        under_way = []

        def while_it_is_released(seen):
            under_way.append(beside.submit(walls.beside, "web", withdraw))
            while not waits_for_the_gate():
                assert not under_way[0].done(), "the withdrawal did not wait for the release"
            held = holds(seen)
            order.append("released")
            return held

        monkeypatch.setattr(releasing, "holds", while_it_is_released)
        assert run(walls, job).state == JobState.RELEASED
        under_way[0].result(timeout=60)
    assert order == ["released", "withdrawn"]
    monkeypatch.undo()
    with pytest.raises(Refused, match="has changed what she allows"):
        count(walls, world, job)
    assert count(walls, world, run(walls, ask(walls, world))) == 10


def waits_for_the_gate() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
        )
        return bool(cursor.fetchone()[0])
