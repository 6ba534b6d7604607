"""Rows into tables by the fastest road that each database has: executemany for SQLite, COPY for PostgreSQL.

In a house of the bench's own the fences come down and the keys of other tables are not looked up meanwhile;
afterwards every fence stands again. Nothing of this is for a house that people live in.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db import connection, transaction

from consent.append_only import brick_up
from consent.apps import append_only_tables
from tests.unsafe import unsafe_drop_triggers

CACHE_KB = 3_000_000  # SQLite's page cache: random keys are sorted in memory, not on the disk


def write(table: str, columns: tuple[str, ...], rows: Any) -> None:
    """One chunk: tuples, or the text of a COPY."""
    name = apps.get_model("consent", table)._meta.db_table
    listed = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f'COPY "{name}" ({listed}) FROM STDIN') as copy:
                copy.write(rows)
        else:
            marks = ", ".join("?" * len(columns))
            sql = f'INSERT INTO "{name}" ({listed}) VALUES ({marks})'  # noqa: S608 - names of our own models
            cursor.cursor.connection.executemany(sql, rows)


@contextmanager
def unsafe_bulk() -> Iterator[None]:
    """All in one transaction without fences, in a house that holds nothing yet."""
    before, after = (
        (
            ("PRAGMA foreign_keys=OFF", f"PRAGMA cache_size=-{CACHE_KB}", "PRAGMA journal_mode=OFF"),
            ("PRAGMA foreign_keys=ON", "PRAGMA journal_mode=WAL"),
        )
        if connection.vendor == "sqlite"
        else (
            ("SET session_replication_role = replica", "SET synchronous_commit = off"),
            ("SET session_replication_role = DEFAULT", "SET synchronous_commit = on"),
        )
    )
    _run(before)
    try:
        with transaction.atomic():
            unsafe_drop_triggers(connection)
            yield
            brick_up(connection, append_only_tables())
    finally:
        _run(after)
    _run(("ANALYZE",))


def settle_sequences() -> None:
    """PostgreSQL numbers new people after the last one that was put in."""
    if connection.vendor != "postgresql":
        return
    for table, key in (("participant", "ordinal"), ("freeze", "id")):
        name = apps.get_model("consent", table)._meta.db_table
        _run(
            (
                f"SELECT setval(pg_get_serial_sequence('{name}', '{key}'), "  # noqa: S608
                f'(SELECT COALESCE(MAX("{key}"), 1) FROM "{name}"))',
            )
        )


def _run(statements: tuple[str, ...]) -> None:
    with connection.cursor() as cursor:
        for sql in statements:
            cursor.execute(sql)
