"""The table of rights names every table there is, and the walls are put up by one command."""

from io import StringIO

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from broker.walls import building, logging_in
from broker.walls.building import Names
from broker.walls.policies import POLICIES
from broker.walls.tables import POLICED, TABLES, VERBS, WALLED, Login
from consent.apps import append_only_tables
from tests.broker.walls.seeing import KEYS, NO_RIGHT, rows

OURS = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
NOT_MODELS = {"django_migrations"}


def test_every_table_has_a_row_in_the_table_of_rights():
    assert not OURS - set(TABLES), (
        f"{', '.join(sorted(OURS - set(TABLES)))}: say in broker.walls.tables what each login may do on it."
    )
    assert not set(TABLES) - OURS - NOT_MODELS, "There are rights on tables that are no more."


def test_rights_are_letters_of_verbs_for_every_login():
    for table, rights in TABLES.items():
        assert len(rights.letters) == len(Login), table
        for login in Login:
            assert set(rights.of(login)) <= set(VERBS), table
        for (login, letter), columns in rights.only.items():
            assert letter in rights.of(login), f"{table} names columns for what {login} may not do"
            assert columns


def test_columns_that_are_named_are_there():
    columns = {
        model._meta.db_table: {field.column for field in model._meta.local_fields}
        for model in apps.get_models()
    }
    for table, rights in TABLES.items():
        for named in rights.only.values():
            assert set(named) <= columns[table], table


def test_nobody_but_the_owner_changes_what_is_kept_forever():
    for table in append_only_tables():
        for login in Login:
            assert "U" not in TABLES[table].of(login), f"{login} may change {table}"


def test_a_worker_removes_nothing_that_is_kept_forever():
    for table in append_only_tables():
        assert "D" not in TABLES[table].of(Login.WORKER), table


def test_only_keys_are_without_policy_for_who_has_no_right():
    """Whoever may do something on a policed table has a policy for it; a right without one is dead."""
    verbs = {
        (one.table, one.login, verb) for one in POLICIES for verb in (VERBS if one.verb == "*" else one.verb)
    }
    for table in POLICED:
        for login in Login:
            for letter in TABLES[table].of(login):
                assert (table, login, letter) in verbs, (
                    f"{login} has no policy for {VERBS[letter]} on {table}"
                )


def test_no_policy_of_a_walled_table_is_open_but_the_keepers_and_evidences_facts():
    for one in POLICIES:
        if one.table in WALLED and "true" in (one.using, one.check):
            assert one.login == Login.KEEPER or (one.login, one.table) == (
                Login.WEB,
                "genomics_evidenceprofile",
            )


def test_the_sql_holds_no_password_and_no_purpose():
    text = "\n".join(building.up(Names("x"), database="d", owner='"o"', tables=TABLES))
    assert "PASSWORD" not in text
    assert "purpose" not in text.lower()


@pytest.mark.django_db
def test_elsewhere_the_command_says_what_it_needs():
    if connection.vendor == "postgresql":
        pytest.skip("only sqlite has no logins")
    with pytest.raises(CommandError, match="Only PostgreSQL has logins"):
        call_command("database_roles")


@pytest.mark.server
@pytest.mark.django_db(transaction=True)
class TestOnPostgreSQL:
    def test_it_may_be_run_again_and_says_what_it_did(self, walls):
        said = walls.again()
        assert f"rights on {len(TABLES)} tables" in said
        assert "its password is that of DATABASE_PASSWORD_WEB" in said
        for password in walls.passwords.values():
            assert password not in said
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_policies WHERE 'public' = schemaname")
            assert cursor.fetchone()[0] == len(POLICIES) + len(set(building.CLAIMS) & POLICED)

    def test_show_changes_nothing(self, walls, capsys):
        call_command("database_roles", prefix="somebody_elses", show=True)
        assert "CREATE POLICY worker_select ON genomics_participantkey" in capsys.readouterr().out
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'somebody_elses%'")
            assert cursor.fetchone()[0] == 0

    def test_no_login_is_more_than_a_login(self, walls):
        roles = [walls.role(login) for login in Login]
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_roles WHERE rolname = ANY(%s) AND NOT rolsuper AND NOT rolbypassrls "
                "AND NOT rolcreaterole AND NOT rolcreatedb AND NOT rolreplication AND rolcanlogin",
                [roles],
            )
            assert cursor.fetchone()[0] == len(Login)
            cursor.execute("SELECT count(*) FROM pg_tables WHERE tableowner = ANY(%s)", [roles])
            assert cursor.fetchone()[0] == 0

    def test_walled_tables_are_forced_on_their_owner(self, walls):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity "
                "AND relnamespace = 'public'::regnamespace"
            )
            assert {name for (name,) in cursor.fetchall()} == POLICED

    def test_a_prefix_is_a_name(self, walls):
        with pytest.raises(CommandError, match="A prefix is made of"):
            call_command("database_roles", prefix='x"; DROP TABLE consent_statement')

    def test_the_owner_itself_runs_it_after_a_migrate(self, walls):
        with connection.cursor() as cursor:
            cursor.execute(f"SET SESSION AUTHORIZATION {walls.names.owner}")
            try:
                assert "The walls stand" in walls.again()
            finally:
                cursor.execute("RESET SESSION AUTHORIZATION")
        with walls.login("worker"):
            assert list(logging_in.faults(Login.WORKER)) == []

    def test_the_owner_sees_behind_the_walls_only_when_they_are_down(self, walls, house):
        def seen() -> int:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL SESSION AUTHORIZATION {walls.names.owner}")
                cursor.execute("SET LOCAL row_security = off")  # as its login has it
                return rows(KEYS)

        assert seen() == NO_RIGHT, "a migration would change nothing, and not say so"
        call_command("database_roles", prefix=walls.names.prefix, down=True, stdout=StringIO())
        assert seen() == 3
        with walls.login("worker"):
            assert rows(KEYS) == 0
        walls.again()
        assert seen() == NO_RIGHT

    def test_a_refused_command_changes_nothing(self, walls):
        with connection.cursor() as cursor:
            cursor.execute(f"SET SESSION AUTHORIZATION {walls.names.of(Login.KEEPER)}")
            try:
                with pytest.raises(CommandError, match="Nothing was changed"):
                    walls.again()
            finally:
                cursor.execute("RESET SESSION AUTHORIZATION")
