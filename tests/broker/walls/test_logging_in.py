"""A process that no wall stops does not start in a real house, and the doctor says why."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from broker import health, tasks
from broker.management.commands import up
from broker.walls import logging_in
from broker.walls.tables import Login
from genomics._vault import epochs
from tests.world import NOW

pytestmark = [pytest.mark.server, pytest.mark.django_db(transaction=True)]


@contextmanager
def without(sql: str, role: str) -> Iterator[None]:
    """As this role, with one thing changed, in a transaction that is taken back."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
        cursor.execute(f"SET LOCAL SESSION AUTHORIZATION {role}")
        yield
        transaction.set_rollback(True)


@pytest.mark.parametrize("login", Login)
def test_each_process_may_what_it_needs_and_no_more(walls, house, login):
    with walls.login(login):
        assert list(logging_in.faults(login)) == []


def test_a_superuser_is_stopped_by_nothing_and_told_so(walls, house):
    assert "is stopped by no row-level security" in next(logging_in.faults())


def test_the_owner_of_the_tables_is_told_so(walls, house):
    with without("SELECT 1", walls.names.owner):
        assert "owns the tables" in next(logging_in.faults())


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("ALTER TABLE genomics_participantkey DISABLE ROW LEVEL SECURITY", "is not forced"),
        ("ALTER TABLE genomics_sealed NO FORCE ROW LEVEL SECURITY", "is not forced"),
        ("DROP POLICY worker_select ON genomics_participantkey", "are not those of this version"),
        (
            "CREATE POLICY mine ON genomics_variantslab USING (true)",
            "The policies on genomics_variantslab are not those of this version",
        ),
        ("GRANT DELETE ON consent_statement TO {role}", "DELETE on consent_statement"),
        ("GRANT UPDATE ON broker_job TO {role}", "UPDATE on broker_job"),
        ("GRANT TRUNCATE ON consent_statement TO {role}", "TRUNCATE on consent_statement"),
    ],
)
def test_a_wall_that_is_gone_is_told(walls, house, sql, told):
    role = walls.names.of(Login.WORKER)
    with without(sql.format(role=role), role):
        assert told in next(logging_in.faults(Login.WORKER))


def test_the_web_does_not_pass_for_a_worker(walls, house):
    with walls.login("web"):
        assert "may do more than a worker needs" in next(logging_in.faults(Login.WORKER))


def test_in_a_real_house_nothing_starts_past_the_walls(walls, house, settings):
    settings.WALLS_REQUIRED = True
    for login in (Login.WEB, Login.WORKER, Login.SEQUENCER):
        with pytest.raises(ImproperlyConfigured, match="was not started, and nothing was changed"):
            logging_in.require(login)
        with walls.login(login):
            logging_in.require(login)
    with pytest.raises(ImproperlyConfigured):
        call_command("sequencer", once=True)
    with pytest.raises(SystemExit, match="DATABASE_URL"):
        tasks.refuse_to_pass_walls()
    with walls.login("keeper"):
        tasks.refuse_to_pass_walls()  # a worker of the upkeep


def test_one_address_for_all_processes_is_refused_before_anything_is_done(
    walls, house, settings, monkeypatch
):
    settings.WALLS_REQUIRED = True
    migrated = []
    monkeypatch.setattr(up, "call_command", lambda *told, **_: migrated.append(told))
    with pytest.raises(CommandError, match="start each with its own DATABASE_URL"):
        call_command("up")
    assert migrated == []


@pytest.mark.parametrize("login", [Login.WEB, Login.WORKER, Login.KEEPER, None])
def test_keys_that_are_lost_are_told_to_who_sees_them_and_others_are_told_who_that_is(
    walls, house, login, monkeypatch
):
    other = replace(epochs.every()[-1], number=99, began_at=NOW)
    monkeypatch.setattr(epochs, "every", lambda: [other])
    sees = login in {Login.KEEPER, None}
    with walls.login(login) if login else nullcontext():
        found = next(one for one in health.look(at=NOW) if one.part == "keys")
    assert found.well is not sees
    assert ("are gone" in found.words) is sees
    assert ("run with the keeper's" in found.words) is not sees


def test_the_doctor_tells_of_it_in_a_real_house(walls, house, settings):
    def database() -> health.Finding:
        return next(one for one in health.look(at=NOW) if one.part == "database")

    assert database().well
    settings.WALLS_REQUIRED = True
    assert not database().well
    assert "no row-level security" in database().words
    with walls.login("keeper"):
        assert database().well
