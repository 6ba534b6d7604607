"""A release that stands still in its transaction: who waits for it, for how long, and what becomes of it."""

import os
import signal
import time
from pathlib import Path

import pytest
from django.db import OperationalError, connection, connections, transaction

from broker import jobs, queries, releasing, results, supervised
from broker.errors import LostClaim
from broker.models import Job, JobState
from consent import records
from consent.ledger import log
from consent.models import LedgerEvent
from tests.world import NOW, World, job_of

pytestmark = [pytest.mark.server, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def only_sqlite() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("only sqlite has one lock for all who write")


def nothing() -> None:
    """What is asked first where nothing is."""


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
    stopped, holds = tmp_path / "stopped", releasing.holds

    def stands_still_once(*given):
        found = holds(*given)
        if not stopped.exists():
            stopped.touch()
            os.kill(os.getpid(), signal.SIGSTOP)  # inside the transaction, with the database's only lock
        return found

    monkeypatch.setattr(releasing, "holds", stands_still_once)
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

    def done_and_mute(work, first):
        said(work, first)
        os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(supervised, "_said", done_and_mute)
    jobs.run(job.pk, clock=lambda: NOW, batch=3)
    job.refresh_from_db()
    assert job.state == JobState.RELEASED
    assert LedgerEvent.objects.filter(kind="query:job:released").count() == 1


@pytest.mark.usefixtures("only_sqlite")
def test_the_work_is_done_in_another_process_and_one_transaction():
    here = os.getpid()
    apart = supervised.run(
        lambda seen: seen == (os.getpid(), False) and connection.in_atomic_block and os.getpid() != here,
        first=lambda: (os.getpid(), connection.in_atomic_block),
    )
    assert apart is True, "what comes first is asked there too, before the transaction"
    assert supervised.run(lambda _: False, first=nothing) is False


def test_inside_a_transaction_the_work_is_done_on_the_spot():
    here = os.getpid()
    with transaction.atomic():
        assert supervised.run(lambda seen: seen == os.getpid() == here, first=os.getpid) is True


def test_what_the_work_raises_is_raised_here():
    def lost(_: object = None) -> bool:
        raise LostClaim("gone")

    with pytest.raises(LostClaim, match="gone"):
        supervised.run(lost, first=nothing)
    with pytest.raises(LostClaim, match="gone"):
        supervised.run(lambda _: True, first=lost)


@pytest.mark.usefixtures("only_sqlite")
def test_while_somebody_else_writes_it_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    tried = tmp_path / "tried"

    def busy_twice(_: None) -> bool:
        with tried.open("a") as log:
            log.write("x")
        if len(tried.read_text()) < 3:
            raise OperationalError("database is locked")
        return True

    assert supervised.run(busy_twice, first=nothing) is True
    tried.unlink()
    monkeypatch.setattr(supervised, "TRIES", 2)
    assert supervised.run(busy_twice, first=nothing) is None


@pytest.mark.usefixtures("only_sqlite")
def test_what_a_child_says_is_the_outcome_or_the_trouble():
    assert supervised.pickle.loads(supervised._said(lambda _: True, nothing)) is True
    said = supervised._said(lambda _: bool(Job.objects.get(pk="no uuid")), nothing)
    trouble = supervised.pickle.loads(said)
    assert isinstance(trouble, Exception)


def test_postgresql_ends_a_release_that_stands_still_by_itself():
    if connection.vendor != "postgresql":
        pytest.skip("only postgresql ends a session that stands still")

    def told(_: None = None) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SHOW idle_in_transaction_session_timeout")
            return cursor.fetchone() == ("3s",)

    assert supervised.run(told, first=nothing) is True
    assert told() is False, "for the transaction of a release alone"
