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
from hashlib import sha256
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
    files: set[UUID] = field(default_factory=set)  # of which anything was opened, or read in memory
    rows: set[UUID] = field(default_factory=set)  # of them, those whose row of a panel was opened
    remembered: set[UUID] = field(default_factory=set)  # those whose row was in memory
    sketches: set[UUID] = field(default_factory=set)  # and those whose sketch was opened
    slabs: set[str] = field(default_factory=set)
    evidence: set[str] = field(default_factory=set)

    def add(self, name: str, *, of: UUID | None = None, opened: bool) -> None:
        self.openings += opened
        kind, thing, what = f"{name}//".split("/", 2)
        if kind == "files":
            file = UUID(thing) if of is None else of
            self.files.add(file)
            if what.startswith("row-"):
                looked = self.sketches if "-sketch" in what else self.rows
                (looked if opened else self.remembered).add(file)
        else:
            (self.slabs if kind == "slabs" else self.evidence).add(thing)

    @property
    def files_sha256(self) -> str:
        """Whose they are, for who knows the files and asks whether it was these: no id can be guessed."""
        return sha256(b"".join(sorted(file.bytes for file in self.files))).hexdigest()


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


def note(name: str, *, of: UUID | None = None, opened: bool = True) -> None:
    """What is sealed under this name is about to be opened, or read where it lies opened in memory. Whose it
    is stands in the name; who knows the file says it, and saves reading it there."""
    tally = _current.get()
    if tally is not None:
        tally.add(name, of=of, opened=opened)
        return
    with transaction.atomic():
        # Nobody said anything, so nobody said the time either.
        log.append(events.VAULT_UNACCOUNTED, at=timezone.now(), by="vault", subject=name)
