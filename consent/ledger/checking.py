"""Everything that was given to the verifier, each held against its key and all against each other: exports
are unpacked first, then the ledger is counted, then whatever rests on it. Whatever was asked for is checked,
or refused in a sentence. What a file is, is in recognised; what came of it, in telling.
"""

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from consent.errors import Unreadable
from consent.ledger import (
    excerpt,
    job_file,
    kept_notes,
    monthly,
    parcel,
    participation,
    recognised,
    recount,
    reported,
    untrusted,
)
from consent.ledger import note as notes
from consent.ledger.counting import Audit
from consent.ledger.gathered import Gathered
from consent.ledger.kept_notes import KeptNotes
from consent.ledger.leaves import Entry
from consent.ledger.parcel import Opened
from consent.ledger.recognised import Kind, Thing
from consent.ledger.shipped import Shipped
from consent.ledger.telling import NEEDS_LEDGER, NEEDS_OPENINGS, RESTS_ON_NOTHING, Telling, Told

Made = TypeVar("Made")

A_SELECTION = (
    "The events given are a selection, and what is missing from them may stand in the ledger: give the whole "
    "ledger to know."
)
NO_WORD = "Its key was given, and no checkpoint in which to look for its word. Give its newest.txt."
NO_WITNESS = "Nobody's word can be looked for in it without a key: give --witness-key."


@dataclass(slots=True, kw_only=True)
class Checking:
    """One run. `whole` is a checkpoint file that should hold every checkpoint there was; `asked` what the
    caller takes a file for; `witnessed` are files that must carry the witness's word."""

    signer: notes.Signer | None = None
    witness: notes.Signer | None = None
    whole: Path | None = None
    asked: Sequence[tuple[Path, Kind]] = ()
    witnessed: Sequence[Path] = ()
    shipped: Shipped = field(default_factory=Shipped)
    telling: Telling = field(default_factory=Telling)
    audit: Audit | None = None
    ledger_holds: bool = False
    _opened: list[tuple[Thing, Opened]] = field(default_factory=list)
    _selected: dict[int, Entry] = field(default_factory=dict)  # events of excerpts that hold, by their place

    def run(self, paths: Iterable[Path]) -> list[Told]:
        """Check everything. Nothing that a file says ends it: what cannot be read is told as that."""
        things = []
        for path in paths:
            with self.telling.reading(path.name):
                things.append(recognised.thing(path))
        with self.telling.reading("the key"):
            self._settle_key(things)
        of = self._sorted([*self._parts(things)])
        self._as_asked(things, of)
        gathered = Gathered([one.value for one in of[Kind.JOB]], whole=bool(of[Kind.LEDGER]))
        reports = [*self._each(of[Kind.REPORT], lambda one: reported.Counted.of(one.value))]
        statements = [*self._each(of[Kind.STATEMENT], lambda one: monthly.Recount(one.value))]
        seers = [gathered.see, self.shipped.see]
        seers += [one.see for _, one in reports] + [one.see for _, one in statements]
        self._ledger(of[Kind.LEDGER], seers)
        self._under()
        for thing in of[Kind.EXCERPT]:
            with self.telling.reading(thing.name):
                self._excerpt(thing, keep=not gathered.whole)
        for place in sorted(self._selected):
            gathered.see(self._selected[place])
        self._rest(of, gathered)
        for thing, report in reports:
            with self.telling.reading(thing.name):
                self._need_ledger()
                self._say(thing, [*self._rests(), *report.problems(self._key())], str(report))
        for thing, statement in statements:
            with self.telling.reading(thing.name):
                self._statement(thing, statement)
        if self.audit is not None and self.shipped.own:
            self.telling.aside(str(self.shipped))
        return self.telling.lines

    def _rest(self, of: Mapping[Kind, Sequence[Thing]], gathered: Gathered) -> None:
        if self.witness is not None and not any(thing.path != self.whole for thing in of[Kind.NOTES]):
            self.telling.refuse("the witness", NO_WORD)
        for thing in of[Kind.NOTES]:
            with self.telling.reading(thing.name):
                self._notes(thing)
        for thing in of[Kind.PROOF]:
            with self.telling.reading(thing.name):
                shown = participation.check(thing.value, signer=self.signer)
                wrong = [*shown.problems]
                if not wrong:
                    wrong += self._kept(thing.value["note"])
                self._say(thing, wrong, f"{shown} It lies under a checkpoint of {shown.size} events.")
        for thing in of[Kind.JOB]:
            with self.telling.reading(thing.name):
                self._job(thing, gathered)

    # --- what was asked for ---

    def _as_asked(self, things: Sequence[Thing], of: Mapping[Kind, Sequence[Thing]]) -> None:
        """What a caller takes a file for is what it is, and there is what it is to be held against."""
        known = {thing.path: thing for thing in things}
        for path, kind in self.asked:
            if path in known and not any(one.path == path for one in of[kind]):
                self.telling.refuse(path.name, f"It was given as {kind}, and is {known[path].kind}.")
        for path in self.witnessed if self.witness is None else ():
            self.telling.refuse(path.name, NO_WITNESS)
        if self.whole is not None and not of[Kind.LEDGER]:
            self.telling.refuse(self.whole.name, f"It was to hold every checkpoint. {NEEDS_LEDGER}")

    def _need_ledger(self) -> None:
        """Raises Unreadable where there is nothing from which anything could be counted."""
        if self.audit is None:
            raise Unreadable(NEEDS_LEDGER)
        if not self.audit.openings:
            raise Unreadable(NEEDS_OPENINGS)

    def _rests(self) -> list[str]:
        return [] if self.audit is None or self.ledger_holds else [RESTS_ON_NOTHING]

    # --- the key ---

    def _settle_key(self, things: Sequence[Thing]) -> None:
        """The key that was given; else the first that a file brings, which shows that the files agree."""
        for thing in things if self.signer is None else ():
            with self.telling.reading(thing.name, quiet=True):
                text = str(parcel.key_of(thing.path)) if thing.kind is Kind.PARCEL else thing.own_key()
                if text is not None:
                    self.signer = notes.Signer.parse(text)
                    self.telling.aside(
                        f"The key is the file's own; compare it with one you were given: {text}"
                    )
                    return

    def _key(self) -> notes.Signer:
        if self.signer is None:
            raise Unreadable(kept_notes.NO_KEY)
        return self.signer

    # --- one thing each ---

    def _parts(self, things: Iterable[Thing]) -> Iterator[Thing]:
        for thing in things:
            if thing.kind is not Kind.PARCEL:
                yield thing
                continue
            with self.telling.reading(thing.name):
                opened = parcel.opened(thing.path, signer=self.signer)
                torn = [*opened.problems]
                if torn:
                    torn.append("It is not as it was packed, so nothing in it was counted again.")
                self._say(thing, torn, f"{opened}. Each file is as it was packed and signed.")
                if not torn:
                    self._opened.append((thing, opened))
                yield from () if torn else [*recognised.parts(thing, opened)]

    def _ledger(self, ledgers: Sequence[Thing], seers: Sequence[Callable[[Entry], None]]) -> None:
        def seen(entry: Entry) -> None:
            for see in seers:
                see(entry)

        for thing in ledgers:
            with self.telling.reading(thing.name):
                if self.audit is not None:
                    self._say(thing, ["There is a ledger beside it already: give one at a time."], "")
                    continue
                with thing.text() as stream:
                    audit = recount.counted(untrusted.lines(stream), signer=self.signer, seen=seen)
                self.audit = audit
                if self.whole is not None:
                    audit.hold_against(notes.split(self.whole.read_text(encoding="utf-8"))[0])
                found = audit.verification()
                self.ledger_holds = found.ok
                size = f"{found.size} under the newest checkpoint{recount.unplaced(found.unplaced)}"
                root = base64.b64encode(found.root).decode()
                self._say(thing, found.problems, f"{found.events} events, {size}; root {root}")

    def _under(self) -> None:
        """The checkpoint under which an export says that it was packed is the one that is in it."""
        for thing, opened in self._opened:
            with self.telling.reading(thing.name):
                names, said = opened.names(), opened.manifest
                wrong: list[str] = []
                if recognised.LEDGER in names and self.audit is not None:
                    wrong = [*parcel.not_under(said, self.audit.size, self.audit.root)]
                elif recognised.NOTE in names:
                    with opened.text(recognised.NOTE) as stream:
                        held = kept_notes.opened(stream.read(), self._key())
                    wrong = [*parcel.not_under(said, held.size, held.root)]
                elif self.audit is not None and 0 < said.size <= self.audit.size:
                    signed = notes.Checkpoint(origin=said.key.name, size=said.size, root=said.root)
                    wrong = [*kept_notes.against(signed, self.audit)]
                if wrong:
                    self._say(thing, wrong, "")

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
        wrong = [*kept.problems(self._key(), witness, audit)]
        holds = "" if wrong else kept.told(self._key(), against_ledger=self.audit is not None)
        self._say(thing, wrong, holds)

    def _job(self, thing: Thing, gathered: Gathered) -> None:
        if self.audit is None and not self._selected:
            raise Unreadable(f"{NEEDS_LEDGER} An export of the events about it would do, too.")
        if self.audit is not None:
            self._need_ledger()
        outcome = job_file.check(thing.value, gathered)
        wrong = [*self._rests(), *outcome.problems]
        if outcome.problems and not gathered.whole:
            wrong.append(A_SELECTION)
        by = "" if gathered.whole else " By the events given, which may not be all."
        self._say(thing, wrong, f"{outcome}{by}")

    def _statement(self, thing: Thing, statement: monthly.Recount) -> None:
        if self.audit is None or not self.audit.openings:
            alone = statement.alone(self._key())
            self._say(thing, [], f"{alone} {NEEDS_LEDGER if self.audit is None else NEEDS_OPENINGS}")
            return
        wrong = [*self._rests(), *statement.problems(self._key())]
        self._say(thing, wrong, str(statement) if not wrong else "")

    def _kept(self, note: str) -> list[str]:
        """A checkpoint that a thing brings along, held against the ledger."""
        if self.audit is None:
            return []
        return [*kept_notes.against(kept_notes.opened(note, self._key()), self.audit)]

    # --- telling ---

    def _each(self, things: Iterable[Thing], make: Callable[[Thing], Made]) -> Iterator[tuple[Thing, Made]]:
        for thing in things:
            with self.telling.reading(thing.name):
                yield thing, make(thing)

    @staticmethod
    def _sorted(things: Iterable[Thing]) -> dict[Kind, list[Thing]]:
        of: dict[Kind, list[Thing]] = {kind: [] for kind in Kind}
        for thing in things:
            of[thing.kind].append(thing)
        return of

    def _say(self, thing: Thing, wrong: Sequence[str], holds: str) -> None:
        self.telling.say(thing.name, wrong, holds)
