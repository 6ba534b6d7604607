"""For what the vault is opened: whoever opens something sealed says it first, and what was opened is counted.

What is opened and nobody said for what is an event at once, for auditors to see. It stops nobody with hands
in the machine; the keys do that as far as it can be done.

    with readings.under(Purpose.JOB) as tally: ...        # tally.files, tally.slabs, tally.openings
"""

from collections.abc import Iterable, Iterator, Sequence
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
    others: set[UUID] = field(default_factory=set)  # files of which anything but a row was opened
    rows: set[UUID] = field(default_factory=set)  # those whose row of a panel was opened
    remembered: set[UUID] = field(default_factory=set)  # those whose row was in memory
    sketches: set[UUID] = field(default_factory=set)  # and those whose sketch was opened
    slabs: set[str] = field(default_factory=set)
    evidence: set[str] = field(default_factory=set)

    def add(self, name: str) -> None:
        self.openings += 1
        kind, thing, _ = f"{name}//".split("/", 2)
        if kind == "files":
            self.others.add(UUID(thing))
        else:
            (self.slabs if kind == "slabs" else self.evidence).add(thing)

    def add_rows(self, files: Sequence[UUID], *, sketches: bool, opened: bool) -> None:
        """Rows of these files, opened now or read where they lie opened in memory; or their sketches."""
        self.openings += len(files) if opened else 0
        looked = self.sketches if sketches else self.rows
        (looked if opened else self.remembered).update(files)

    @property
    def files(self) -> set[UUID]:
        """Every file of which anything was opened, or read in memory."""
        return self.others | self.rows | self.remembered | self.sketches

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


def note(name: str) -> None:
    """What is sealed under this name is about to be opened. Whose it is stands in the name."""
    tally = _current.get()
    if tally is not None:
        tally.add(name)
        return
    _unaccounted(name)


def note_rows(names: Iterable[str], *, of: Sequence[UUID], sketches: bool, opened: bool = True) -> None:
    """The same of the rows, or the sketches, of these files, which are read many at a time."""
    tally = _current.get()
    if tally is not None:
        tally.add_rows(of, sketches=sketches, opened=opened)
        return
    for name in names:
        _unaccounted(name)


def _unaccounted(name: str) -> None:
    with transaction.atomic():
        # Nobody said anything, so nobody said the time either.
        log.append(events.VAULT_UNACCOUNTED, at=timezone.now(), by="vault", subject=name)
