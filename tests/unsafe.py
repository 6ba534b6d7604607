"""What only tests may do: take down the fence around append-only tables. Never import this from the house."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.operations import BaseDatabaseOperations

from consent.append_only import brick_up
from consent.apps import append_only_tables

OF_MIGRATIONS = frozenset({"auth_permission", "django_content_type"})  # full before anything is founded

Fence = dict[tuple[str, str], tuple[str, ...]]


def standing_triggers(connection: BaseDatabaseWrapper, table: str) -> set[str]:
    """The names of the triggers on a table, as the database itself tells."""
    queries = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s",
        "postgresql": "SELECT tgname FROM pg_trigger "
        "WHERE tgrelid = to_regclass(quote_ident(%s)) AND NOT tgisinternal",
    }
    with connection.cursor() as cursor:
        cursor.execute(queries[connection.vendor], [table])
        return {name for (name,) in cursor.fetchall()}


def _settle(connection: BaseDatabaseWrapper) -> None:
    """PostgreSQL alters no table while a check of its rows is put off to the end of the transaction."""
    if connection.vendor == "postgresql" and connection.in_atomic_block:
        connection.check_constraints()


def unsafe_drop_triggers(connection: BaseDatabaseWrapper, tables: Iterable[str] | None = None) -> list[str]:
    """Take the fence down around all append-only tables, or these; what puts it up again as it stood."""
    _settle(connection)
    standing = _fence(connection, append_only_tables() if tables is None else tables)
    with connection.cursor() as cursor:
        for table, trigger in standing:
            on = f' ON "{table}"' if connection.vendor == "postgresql" else ""
            cursor.execute(f'DROP TRIGGER "{trigger}"{on}')
    return [sql for again in standing.values() for sql in again]


@contextmanager
def unsafe_without_triggers(
    connection: BaseDatabaseWrapper, tables: Iterable[str] | None = None
) -> Iterator[None]:
    """As an intruder with the database's own password would have it. The fence stands again afterwards."""
    put_up_again = unsafe_drop_triggers(connection, tables)
    try:
        yield
    finally:
        _settle(connection)
        with connection.cursor() as cursor:
            for sql in put_up_again:
                cursor.execute(sql)


def unsafe_flush(operations: BaseDatabaseOperations, sql_list: list[Any]) -> None:
    """Empty the tables between transactional tests, which the triggers would refuse. Only those that hold
    something are touched, what migrations wrote stays, and no number is given twice."""
    connection = operations.connection
    ours = {model._meta.db_table for model in apps.get_models(include_auto_created=True)} - OF_MIGRATIONS
    named = ours.intersection(name for sql in sql_list for name in re.findall(r'"([^"]+)"', str(sql)))
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        full = [table for table in sorted(named) if _holds_something(cursor, table)]
        with unsafe_without_triggers(connection, full):
            for table in full:
                cursor.execute(f'DELETE FROM "{table}"')  # noqa: S608
    _see_to_the_fence(connection)


def flush_without_migrating(name: str, *given: Any, **terms: Any) -> Any:
    """Django's call_command, for what its test cases flush: nothing was migrated, so nothing is done that
    follows a migration. It looks through the whole house each time."""
    if name == "flush":
        terms["inhibit_post_migrate"] = True
    return call_command(name, *given, **terms)


def _holds_something(cursor: Any, table: str) -> bool:
    cursor.execute(f'SELECT EXISTS (SELECT 1 FROM "{table}")')  # noqa: S608
    return bool(cursor.fetchone()[0])


_whole: dict[str, Fence] = {}


def _see_to_the_fence(connection: BaseDatabaseWrapper) -> None:
    """A test may have left it down, or changed."""
    name = str(connection.settings_dict["NAME"])
    if name not in _whole or _fence(connection, append_only_tables()) != _whole[name]:
        brick_up(connection, append_only_tables())
        _whole[name] = _fence(connection, append_only_tables())


def _fence(connection: BaseDatabaseWrapper, tables: Iterable[str]) -> Fence:
    """The triggers that stand, each with the statements that put it up as it is."""
    if connection.vendor == "postgresql":
        sought = (
            "SELECT c.relname, t.tgname, pg_get_triggerdef(t.oid), t.tgenabled FROM pg_trigger t "
            "JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal AND pg_table_is_visible(c.oid)"
        )
    else:
        sought = "SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger'"
    wanted = set(tables)
    with connection.cursor() as cursor:
        cursor.execute(sought)
        found = sorted(row for row in cursor.fetchall() if row[0] in wanted)
    if connection.vendor == "postgresql":
        when = {"A": "ENABLE ALWAYS", "R": "ENABLE REPLICA", "O": "ENABLE", "D": "DISABLE"}
        return {
            (table, name): (sql, f'ALTER TABLE "{table}" {when[enabled]} TRIGGER "{name}"')
            for table, name, sql, enabled in found
        }
    return {(table, name): (sql,) for table, name, sql in found}
