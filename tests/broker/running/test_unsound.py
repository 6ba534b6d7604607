"""Without a ledger, or with a record that was changed, nothing is released."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection, transaction

from broker import job_words, queries, staging, sweeping
from broker.models import TRANSITIONS, Job, JobState, Notice, QueryState
from consent import holdings, participants
from consent.errors import LedgerBroken
from consent.ledger import log
from consent.models import Holding, LedgerEvent
from consent.reasons import Reason
from genomics import gate
from tests.broker.running.asked import PowerCut, answer_of, ask, dies, outcome, run
from tests.unsafe import unsafe_without_triggers
from tests.world import NOW, World, job_of

pytestmark = [pytest.mark.server, pytest.mark.django_db]


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
        patch.setattr(gate, "ask", dies)
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
