"""A small ledger for tests, and an intruder's hands to change it with."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Model, QuerySet

from consent.ledger import log
from consent.ledger.kinds import EventKind
from consent.models import LedgerEvent

AT = datetime(2026, 5, 1, 8, tzinfo=UTC)
HAPPENED = EventKind("test:thing:happened", "{by} did {what} to {subject}.", ("what", "times"))
ENDED = EventKind("test:thing:ended", "It ended.")


def minute(number: int) -> datetime:
    return AT + timedelta(minutes=number)


def happen(count: int, *, start: int = 0) -> list[LedgerEvent]:
    with transaction.atomic():
        return [
            log.append(
                HAPPENED,
                at=minute(n),
                by="user:7",
                subject=f"P-{n}",
                what=f"thing {n}",
                times=[n, None, True],
            )
            for n in range(start, start + count)
        ]


def grow(*batches: int) -> None:
    """One checkpoint for each batch."""
    start = LedgerEvent.objects.count()
    for count in batches:
        happen(count, start=start)
        start += count
        log.sequence(at=minute(start))


def unsafe_rows(model: type[Model]) -> QuerySet[Any]:
    """The rows of an append-only model as Django would have them: they can be changed and removed."""
    return QuerySet(model)


def unsafe_delete(rows: QuerySet[Any]) -> None:
    rows._raw_delete(using="default")


def bent(raw: bytes, chance: random.Random) -> bytes:
    """The same bytes with one bit turned over."""
    place = chance.randrange(len(raw) * 8)
    changed = bytearray(raw)
    changed[place // 8] ^= 1 << place % 8
    return bytes(changed)
