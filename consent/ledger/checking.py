"""Everything that was given to the verifier, each held against its key and all against each other: exports
are unpacked first, then the ledger is counted, then whatever rests on it. What a file is, is in recognised.
"""

import base64
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from consent.errors import ConsentError, NoteRefused
from consent.ledger import (
    excerpt,
    job_file,
    kept_notes,
    monthly,
    parcel,
    participation,
    recognised,
    recount,
    recount_report,
    untrusted,
)
from consent.ledger import note as notes
from consent.ledger.gathered import Gathered
from consent.ledger.kept_notes import KeptNotes
from consent.ledger.leaves import Entry
from consent.ledger.recognised import Kind, Thing
from consent.ledger.shipped import Shipped

Made = TypeVar("Made")

TOLD = 100  # problems of one thing; the rest are counted
NEEDS_LEDGER = "It can only be held against a ledger: give the export of the ledger beside it."
NEEDS_OPENINGS = "The ledger was exported without what its events say, so nothing can be counted from it."
A_SELECTION = (
    "The events given are a selection, and what is missing from them may stand in the ledger: give the whole "
    "ledger to know."
)


class Found(StrEnum):
    """What came of one thing."""

    HOLDS = "HOLDS"
    PROBLEM = "PROBLEM"
    UNREADABLE = "Nothing was verified of"
    ASIDE = ""


@dataclass(frozen=True, slots=True)
class Told:
    """One line: of what, how it stands, and a sentence."""

    found: Found
    name: str
    text: str


@dataclass(slots=True, kw_only=True)
class Checking:
    """One run. `whole` is a checkpoint file that should hold every checkpoint there was."""

    signer: notes.Signer | None = None
    witness: notes.Signer | None = None
    whole: Path | None = None
    shipped: Shipped = field(default_factory=Shipped)
    told: list[Told] = field(default_factory=list)
    audit: recount.Audit | None = None
    _selected: dict[int, Entry] = field(default_factory=dict)  # events of excerpts that hold, by their place

    def run(self, paths: Iterable[Path]) -> list[Told]:
        """Check everything. Nothing that a file says ends it: what cannot be read is told as that."""
        things = []
        for path in paths:
            with self._reading(path.name):
                things.append(recognised.thing(path))
        with self._reading("the key"):
            self._settle_key(things)
        of = self._sorted([*self._parts(things)])
        gathered = Gathered([one.value for one in of[Kind.JOB]], whole=bool(of[Kind.LEDGER]))
        reports = [*self._each(of[Kind.REPORT], lambda one: recount_report.Counted.of(one.value))]
        statements = [*self._each(of[Kind.STATEMENT], lambda one: monthly.Recount(one.value))]
        seers = [gathered.see, self.shipped.see]
        seers += [one.see for _, one in reports] + [one.see for _, one in statements]
        self._ledger(of[Kind.LEDGER], seers)
        for thing in of[Kind.EXCERPT]:
            with self._reading(thing.name):
                self._excerpt(thing, keep=not gathered.whole)
        for place in sorted(self._selected):
            gathered.see(self._selected[place])
        self._rest(of, gathered)
        for thing, report in reports:
            with self._reading(thing.name):
                self._say(thing, self._against_ledger() or report.problems(), str(report))
        for thing, statement in statements:
            with self._reading(thing.name):
                wrong = self._against_ledger() or statement.problems(self._key())
                self._say(thing, wrong, str(statement) if not wrong else "")
        if self.audit is not None and self.shipped.own:
            self._aside(str(self.shipped))
        return self.told

    def _rest(self, of: dict[Kind, list[Thing]], gathered: Gathered) -> None:
        if self.witness is not None and not any(thing.path != self.whole for thing in of[Kind.NOTES]):
            text = "Its key was given, and no checkpoint in which to look for its word. Give its newest.txt."
            self.told.append(Told(Found.PROBLEM, "the witness", text))
        for thing in of[Kind.NOTES]:
            with self._reading(thing.name):
                self._notes(thing)
        for thing in of[Kind.PROOF]:
            with self._reading(thing.name):
                shown = participation.check(thing.value, signer=self.signer)
                wrong = [*shown.problems]
                if not wrong:
                    wrong += self._kept(thing.value["note"])
                self._say(thing, wrong, f"{shown} It lies under a checkpoint of {shown.size} events.")
        for thing in of[Kind.JOB]:
            with self._reading(thing.name):
                self._job(thing, gathered)

    # --- the key ---

    def _settle_key(self, things: Sequence[Thing]) -> None:
        """The key that was given; else the first that a file brings, which shows that the files agree."""
        for thing in things if self.signer is None else ():
            with self._reading(thing.name, quiet=True):
                text = str(parcel.key_of(thing.path)) if thing.kind is Kind.PARCEL else thing.own_key()
                if text is not None:
                    self.signer = notes.Signer.parse(text)
                    self._aside(f"The key is the file's own; compare it with one you were given: {text}")
                    return

    def _key(self) -> notes.Signer:
        if self.signer is None:
            raise NoteRefused(kept_notes.NO_KEY)
        return self.signer

    # --- one thing each ---

    def _parts(self, things: Iterable[Thing]) -> Iterator[Thing]:
        for thing in things:
            if thing.kind is not Kind.PARCEL:
                yield thing
                continue
            with self._reading(thing.name):
                opened = parcel.opened(thing.path, signer=self.signer)
                torn = [*opened.problems]
                if torn:
                    torn.append("It is not as it was packed, so nothing in it was counted again.")
                self._say(thing, torn, f"{opened}. Each file is as it was packed and signed.")
                yield from () if torn else [*recognised.parts(thing, opened)]

    def _ledger(self, ledgers: Sequence[Thing], seers: Sequence[Callable[[Entry], None]]) -> None:
        def seen(entry: Entry) -> None:
            for see in seers:
                see(entry)

        for thing in ledgers:
            with self._reading(thing.name):
                if self.audit is not None:
                    self._say(thing, ["There is a ledger beside it already: give one at a time."], "")
                    continue
                with thing.text() as stream:
                    audit = recount.counted(untrusted.lines(stream), signer=self.signer, seen=seen)
                self.audit = audit
                if self.whole is not None:
                    audit.hold_against(notes.split(self.whole.read_text(encoding="utf-8"))[0])
                found = audit.verification()
                size = f"{found.size} under the newest checkpoint, {found.unplaced} waiting"
                root = base64.b64encode(found.root).decode()
                self._say(thing, found.problems, f"{found.events} events, {size}; root {root}")

    def _excerpt(self, thing: Thing, *, keep: bool) -> None:
        with thing.text(recognised.NOTE) as text:
            note = text.read()
        signed = kept_notes.opened(note, self._key())
        counted: list[int] = []

        def seen(event: excerpt.Proved) -> None:
            counted.append(event.position)
            if keep:
                self._selected[event.position] = event.entry

        with thing.text() as stream:
            wrong = [*excerpt.check(untrusted.lines(stream), signed, seen), *self._kept(note)]
        self._say(
            thing,
            wrong,
            f"{len(counted)} events, each under a checkpoint of {signed.size}. It may not be all of them.",
        )

    def _notes(self, thing: Thing) -> None:
        kept = KeptNotes.of(thing.value)
        is_whole = self.whole is not None and self.whole == thing.path
        witness, audit = (None, None) if is_whole else (self.witness, self.audit)
        wrong = [*kept.problems(self.signer, witness, audit)]
        holds = "" if wrong else kept.told(self._key(), against_ledger=self.audit is not None)
        self._say(thing, wrong, holds)

    def _job(self, thing: Thing, gathered: Gathered) -> None:
        if self.audit is None and not self._selected:
            self._say(thing, [f"{NEEDS_LEDGER} An export of the events about it would do, too."], "")
            return
        if self.audit is not None and not self.audit.openings:
            self._say(thing, [NEEDS_OPENINGS], "")
            return
        outcome = job_file.check(thing.value, gathered)
        wrong = list(outcome.problems)
        if wrong and not gathered.whole:
            wrong.append(A_SELECTION)
        by = "" if gathered.whole else " By the events given, which may not be all."
        self._say(thing, wrong, f"{outcome}{by}")

    def _kept(self, note: str) -> list[str]:
        """A checkpoint that a thing brings along, held against the ledger."""
        if self.audit is None:
            return []
        return [*kept_notes.against(kept_notes.opened(note, self._key()), self.audit)]

    def _against_ledger(self) -> list[str]:
        if self.audit is None:
            return [NEEDS_LEDGER]
        return [] if self.audit.openings else [NEEDS_OPENINGS]

    # --- telling ---

    def _each(self, things: Iterable[Thing], make: Callable[[Thing], Made]) -> Iterator[tuple[Thing, Made]]:
        for thing in things:
            with self._reading(thing.name):
                yield thing, make(thing)

    @staticmethod
    def _sorted(things: Iterable[Thing]) -> dict[Kind, list[Thing]]:
        of: dict[Kind, list[Thing]] = {kind: [] for kind in Kind}
        for thing in things:
            of[thing.kind].append(thing)
        return of

    def _say(self, thing: Thing, wrong: Sequence[str], holds: str) -> None:
        if not wrong:
            self.told.append(Told(Found.HOLDS, thing.name, holds))
            return
        self.told += [Told(Found.PROBLEM, thing.name, text) for text in wrong[:TOLD]]
        if len(wrong) > TOLD:
            self.told.append(Told(Found.PROBLEM, thing.name, f"{len(wrong) - TOLD} more of this kind."))

    def _aside(self, text: str) -> None:
        self.told.append(Told(Found.ASIDE, "", text))

    @contextmanager
    def _reading(self, name: str, *, quiet: bool = False) -> Iterator[None]:
        """Whatever a file does to its reader becomes a sentence about that file, and the next one is read."""
        found = Found.UNREADABLE
        try:
            yield
            return
        except NoteRefused as refused:
            found, text = Found.PROBLEM, str(refused)
        except ConsentError as refused:
            text = str(refused)
        except UnicodeDecodeError:
            text = "It is no text, or not all of it."
        except Exception as fault:  # a file of somebody who wants the program to end in silence
            text = f"It is not as it was given ({type(fault).__name__}: {fault})."
        if not quiet:
            self.told.append(Told(found, name, text))
