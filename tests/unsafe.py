"""What only tests may do: take down the fence around append-only tables. Never import this from the house."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.operations import BaseDatabaseOperations

from consent.append_only import brick_up
from consent.apps import append_only_tables

_execute_sql_flush = BaseDatabaseOperations.execute_sql_flush


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


def unsafe_drop_triggers(connection: BaseDatabaseWrapper) -> None:
    _settle(connection)
    for table in append_only_tables():
        for trigger in standing_triggers(connection, table):
            on = f' ON "{table}"' if connection.vendor == "postgresql" else ""
            with connection.cursor() as cursor:
                cursor.execute(f'DROP TRIGGER "{trigger}"{on}')


@contextmanager
def unsafe_without_triggers(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """As an intruder with the database's own password would have it. The fence stands again afterwards."""
    unsafe_drop_triggers(connection)
    try:
        yield
    finally:
        _settle(connection)
        brick_up(connection, append_only_tables())


def unsafe_flush(operations: BaseDatabaseOperations, sql_list: list[Any]) -> None:
    """Empty the tables between transactional tests, which the triggers would refuse."""
    with (
        transaction.atomic(using=operations.connection.alias),
        unsafe_without_triggers(operations.connection),
    ):
        _execute_sql_flush(operations, sql_list)
