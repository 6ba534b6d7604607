"""Many rows of the ledger at once: events of one kind, and leaves. A statement a table for all of them.

with transaction.atomic():
    batches.append(events.KEYED, [("P-17", {"key_sha256": ...}), ...], at=at, by="worker")
"""

import secrets
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import DatabaseError, connection

from consent.errors import LedgerUnavailable, OutsideTransaction
from consent.ledger.kinds import EventKind
from consent.ledger.leaves import SALT_BYTES
from consent.ledger.openings import Writer
from consent.models.ledger import LedgerEvent, LedgerLeaf, LedgerOpening

EVENT, OPENING, LEAF = (model._meta.db_table for model in (LedgerEvent, LedgerOpening, LedgerLeaf))
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
    writer, happened = Writer(kind, at=at, by=by), list(happened)
    salts = _drawn(len(happened), SALT_BYTES)
    said = [
        writer.opening(subject, fields, salt=salt)
        for (subject, fields), salt in zip(happened, salts, strict=True)
    ]
    try:
        with connection.cursor() as cursor:
            ids = _ids(cursor, len(said))
            moment = connection.ops.adapt_datetimefield_value(at)
            cursor.executemany(
                f"INSERT INTO {EVENT} (id, uid, kind, at, commitment) VALUES (%s, %s, %s, %s, %s)",  # noqa: S608
                [
                    (id_, uid, kind.tag, moment, one.commitment)
                    for id_, uid, one in zip(ids, _uids(len(said)), said, strict=True)
                ],
            )
            cursor.executemany(
                f"INSERT INTO {OPENING} (event_id, salt, body, subject) VALUES (%s, %s, %s, %s)",  # noqa: S608
                [(id_, one.salt, one.body, one.subject) for id_, one in zip(ids, said, strict=True)],
            )
    except DatabaseError as fault:
        raise LedgerUnavailable(UNWRITTEN) from fault
    return len(said)


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
        cursor.executemany(
            f"INSERT INTO {LEAF} (position, event_id, leaf_hash, subtrees) VALUES (%s, %s, %s, %s)",  # noqa: S608
            leaves,
        )


def _uids(many: int) -> list[Any]:
    uids = [uuid.UUID(bytes=drawn, version=4) for drawn in _drawn(many, 16)]
    return uids if connection.features.has_native_uuid_field else [uid.hex for uid in uids]


def _drawn(many: int, size: int) -> list[bytes]:
    """So many random strings of bytes, drawn together."""
    drawn = secrets.token_bytes(many * size)
    return [drawn[start : start + size] for start in range(0, len(drawn), size)]
