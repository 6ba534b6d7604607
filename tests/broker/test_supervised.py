"""A release that stands still in its transaction: who waits for it, for how long, and what becomes of it."""

import os
import signal
import time
from pathlib import Path

import pytest
from django.db import OperationalError, connection, connections, transaction

from broker import jobs, queries, results, supervised
from broker.errors import LostClaim
from broker.models import Job, JobState
from consent import clearance as proofs
from consent import records
from consent.ledger import log
from consent.models import LedgerEvent
from tests.world import NOW, World, job_of

pytestmark = [pytest.mark.server, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def only_sqlite() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("only sqlite has one lock for all who write")


def until(there: Path) -> None:
    while not there.exists():
        time.sleep(0.01)


@pytest.mark.usefixtures("only_sqlite")
def test_who_withdraws_while_a_release_stands_still_is_answered_and_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    world = World()
    crowd = world.crowd(11, says="Ada")
    job = job_of(queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW))
    stopped, stands = tmp_path / "stopped", proofs.stands

    def stands_still_once(*given, **facts):
        found = stands(*given, **facts)
        if not stopped.exists():
            stopped.touch()
            os.kill(os.getpid(), signal.SIGSTOP)  # inside the transaction, with the database's only lock
        return found

    monkeypatch.setattr(proofs, "stands", stands_still_once)
    monkeypatch.setattr(supervised, "PATIENCE", 1.0)
    connections.close_all()
    worker = os.fork()
    if worker == 0:
        try:
            jobs.run(job.pk, clock=lambda: NOW, batch=3)
        finally:
            os._exit(0)
    until(stopped)
    records.withdraw(crowd[0], by="self", at=NOW)  # unsupervised, "database is locked" after 20 seconds
    os.waitpid(worker, 0)
    job.refresh_from_db()
    assert (job.state, job.attempt) == (JobState.RELEASED, 1)
    log.sequence(at=NOW)
    assert results.read(job, by=world.staff.researcher, at=NOW)["count"] == 10
    assert LedgerEvent.objects.filter(kind="query:job:released").count() == 1


@pytest.mark.usefixtures("only_sqlite")
def test_a_release_that_was_done_and_not_told_is_not_done_twice(monkeypatch: pytest.MonkeyPatch):
    world = World()
    world.crowd(10, says="Ada")
    job = job_of(queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW))
    said = supervised._said

    def done_and_mute(work):
        said(work)
        os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(supervised, "_said", done_and_mute)
    jobs.run(job.pk, clock=lambda: NOW, batch=3)
    job.refresh_from_db()
    assert job.state == JobState.RELEASED
    assert LedgerEvent.objects.filter(kind="query:job:released").count() == 1


@pytest.mark.usefixtures("only_sqlite")
def test_the_work_is_done_in_another_process_and_one_transaction():
    here = os.getpid()
    assert supervised.run(lambda: connection.in_atomic_block and os.getpid() != here) is True
    assert supervised.run(lambda: False) is False


def test_inside_a_transaction_the_work_is_done_on_the_spot():
    here = os.getpid()
    with transaction.atomic():
        assert supervised.run(lambda: os.getpid() == here) is True


def test_what_the_work_raises_is_raised_here():
    def lost() -> bool:
        raise LostClaim("gone")

    with pytest.raises(LostClaim, match="gone"):
        supervised.run(lost)


@pytest.mark.usefixtures("only_sqlite")
def test_while_somebody_else_writes_it_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    tried = tmp_path / "tried"

    def busy_twice() -> bool:
        with tried.open("a") as log:
            log.write("x")
        if len(tried.read_text()) < 3:
            raise OperationalError("database is locked")
        return True

    assert supervised.run(busy_twice) is True
    tried.unlink()
    monkeypatch.setattr(supervised, "TRIES", 2)
    assert supervised.run(busy_twice) is None


@pytest.mark.usefixtures("only_sqlite")
def test_what_a_child_says_is_the_outcome_or_the_trouble():
    assert supervised.pickle.loads(supervised._said(lambda: True)) is True
    trouble = supervised.pickle.loads(supervised._said(lambda: bool(Job.objects.get(pk="no uuid"))))
    assert isinstance(trouble, Exception)


def test_postgresql_ends_a_release_that_stands_still_by_itself():
    if connection.vendor != "postgresql":
        pytest.skip("only postgresql ends a session that stands still")

    def told() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SHOW idle_in_transaction_session_timeout")
            return cursor.fetchone() == ("3s",)

    assert supervised.run(told) is True
    assert told() is False, "for the transaction of a release alone"
