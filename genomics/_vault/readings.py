"""For what the vault is opened: whoever opens something sealed says it first, and what was opened is counted.

What is opened and nobody said for what is an event at once, for auditors to see. It stops nobody with hands
in the machine; the keys do that as far as it can be done.

    with readings.under(Purpose.JOB) as tally: ...        # tally.files, tally.slabs, tally.openings
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from consent.ledger import log
from genomics import events


class Purpose(StrEnum):
    """What the vault may be opened for."""

    JOB = "job"  # by the gate, under a Clearance
    EXPORT = "export"  # handed back to whom it belongs
    ERASURE = "erasure"  # sealed anew without somebody, or under another key
    UPKEEP = "upkeep"  # rows, slabs and formats made anew from what is kept


@dataclass(slots=True)
class Tally:
    """What was opened under one purpose."""

    purpose: Purpose
    openings: int = 0
    files: set[UUID] = field(default_factory=set)
    slabs: set[str] = field(default_factory=set)
    evidence: set[str] = field(default_factory=set)

    def add(self, name: str) -> None:
        self.openings += 1
        kind, _, rest = name.partition("/")
        thing = rest.partition("/")[0]
        if kind == "files":
            self.files.add(UUID(thing))
        else:
            (self.slabs if kind == "slabs" else self.evidence).add(thing)


_current: ContextVar[Tally | None] = ContextVar("reading", default=None)


@contextmanager
def under(purpose: Purpose) -> Iterator[Tally]:
    """What is opened inside is opened for this. Not around a yield: whoever waits there would borrow it."""
    tally = Tally(purpose)
    token = _current.set(tally)
    try:
        yield tally
    finally:
        _current.reset(token)


def note(name: str) -> None:
    """Something sealed under this name is about to be opened."""
    tally = _current.get()
    if tally is not None:
        tally.add(name)
        return
    with transaction.atomic():
        # Nobody said anything, so nobody said the time either.
        log.append(events.VAULT_UNACCOUNTED, at=timezone.now(), by="vault", subject=name)
