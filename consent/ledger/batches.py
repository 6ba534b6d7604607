"""Rows of the ledger in the database's own words: many events of one kind at once, one event, and leaves.

with transaction.atomic():
    batches.append(events.KEYED, [("P-17", {"key_sha256": ...}), ...], at=at, by="worker")
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain, islice, repeat
from typing import Any

from django.db import DatabaseError, connection

from consent.errors import LedgerUnavailable, OutsideTransaction
from consent.ledger.kinds import EventKind
from consent.ledger.leaves import SALT_BYTES, commit
from consent.ledger.openings import Opening, Writer
from consent.models.ledger import LedgerEvent, LedgerLeaf, LedgerOpening

EVENT, OPENING, LEAF = (model._meta.db_table for model in (LedgerEvent, LedgerOpening, LedgerLeaf))
EVENT_COLUMNS = ("id", "uid", "kind", "at", "commitment")
OPENING_COLUMNS = ("event_id", "salt", "body", "subject")
LEAF_COLUMNS = ("position", "event_id", "leaf_hash", "subtrees")
ONE_EVENT = f"INSERT INTO {EVENT} (uid, kind, at, commitment) VALUES (%s, %s, %s, %s)"  # noqa: S608
ONE_OPENING = f"INSERT INTO {OPENING} (event_id, salt, body, subject) VALUES (%s, %s, %s, %s)"  # noqa: S608
ONE = f"""
    WITH event AS ({ONE_EVENT} RETURNING id),
    opening AS (INSERT INTO {OPENING} (event_id, salt, body, subject) SELECT id, %s, %s, %s FROM event)
    SELECT id FROM event
"""  # noqa: S608
TOGETHER = 150  # rows in one statement of SQLite's: some builds take no more than 999 values
VERSION_4 = bytes(byte & 0x0F | 0x40 for byte in range(256))
VARIANT = bytes(byte & 0x3F | 0x80 for byte in range(256))
UNWRITTEN = (
    "What was to be done could not be written into the ledger, so it was not done. Nothing is lost; please "
    "try again in a moment, and tell whoever runs this service if it lasts."
)


def append(
    kind: EventKind, happened: Iterable[tuple[str, Mapping[str, Any]]], *, at: datetime, by: str
) -> int:
    """Write each subject with its fields, in the caller's transaction; returns how many. Raises as log.append
    does, with nothing written."""
    if not connection.in_atomic_block:
        raise OutsideTransaction(f"Events of {kind.tag} were to be written outside a transaction. None was.")
    write, happened = Writer(kind, at=at, by=by).body, list(happened)
    many = len(happened)
    subjects = [subject for subject, _ in happened]
    bodies = [write(subject, fields) for subject, fields in happened]
    salts = _drawn(many, SALT_BYTES)
    commitments = list(map(commit, salts, bodies))
    try:
        with connection.cursor() as cursor:
            ids = _ids(cursor, many)
            tag, moment = repeat(kind.tag), repeat(connection.ops.adapt_datetimefield_value(at))
            _insert(
                cursor, EVENT, EVENT_COLUMNS, zip(ids, _uids(many), tag, moment, commitments, strict=False)
            )
            _insert(cursor, OPENING, OPENING_COLUMNS, zip(ids, salts, bodies, subjects, strict=True))
    except DatabaseError as fault:
        raise LedgerUnavailable(UNWRITTEN) from fault
    return many


def write(kind: EventKind, said: Opening, *, at: datetime) -> LedgerEvent:
    """One event with its opening, in the caller's transaction. In the database's own words, and in one
    statement where it can: a release keeps others waiting meanwhile."""
    event = LedgerEvent(kind=kind.tag, at=at, commitment=said.commitment)
    facts = (
        event.uid.hex,
        event.kind,
        connection.ops.adapt_datetimefield_value(at),
        said.commitment,
    )
    opening = (said.salt, said.body, said.subject)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(ONE, (*facts, *opening))
            event.pk = cursor.fetchone()[0]
        else:
            cursor.execute(ONE_EVENT, facts)
            event.pk = cursor.lastrowid
            cursor.execute(ONE_OPENING, (event.pk, *opening))
    event._state.adding, event._state.db = False, connection.alias
    return event


def _insert(cursor: Any, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    names = ", ".join(columns)
    if connection.vendor == "postgresql":
        # Its faults are the driver's own: Django turns them into its own only where it is asked to.
        with connection.wrap_database_errors, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    # Many rows a statement take half as long as one row a statement; over the driver's own connection, which
    # keeps the statement as it is and does not put its marks into other words each time.
    rows, marks = iter(rows), f"({', '.join('?' * len(columns))})"
    with connection.wrap_database_errors:
        while some := list(islice(rows, TOGETHER)):
            every = ", ".join([marks] * len(some))
            sql = f"INSERT INTO {table} ({names}) VALUES {every}"  # noqa: S608
            connection.connection.execute(sql, list(chain.from_iterable(some)))


def _ids(cursor: Any, many: int) -> list[int]:
    """The next ids of events, ours from now on."""
    if connection.vendor == "postgresql":
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [EVENT, many]
        )
        return [id_ for (id_,) in cursor.fetchall()]
    # The transaction is IMMEDIATE: nobody else takes an id meanwhile.
    cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [EVENT])
    first = 1 + (row[0] if (row := cursor.fetchone()) else 0)
    return list(range(first, first + many))


def place(leaves: Sequence[tuple[int, int, bytes, bytes]]) -> None:
    """Each leaf as its position, the id of its event, its hash, and the subtrees that it completes."""
    with connection.cursor() as cursor:
        _insert(cursor, LEAF, LEAF_COLUMNS, leaves)


def _uids(many: int) -> list[str]:
    """So many random UUIDs (version 4) in hex. In order, for then their index is walked once, from left to
    right, and not searched for every event."""
    drawn = bytearray(secrets.token_bytes(16 * many))
    drawn[6::16] = drawn[6::16].translate(VERSION_4)
    drawn[8::16] = drawn[8::16].translate(VARIANT)
    text = drawn.hex()
    return sorted(text[start : start + 32] for start in range(0, len(text), 32))


def _drawn(many: int, size: int) -> list[bytes]:
    """So many random strings of bytes, drawn together."""
    drawn = secrets.token_bytes(many * size)
    return [drawn[start : start + size] for start in range(0, len(drawn), size)]
