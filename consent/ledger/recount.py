"""Counts a ledger again, from its rows or from an export, and notes what does not hold. Pure.

What must hold: every opening fits its commitment, every leaf its event, positions have no gap, every
checkpoint its leaves and its signature, and no kept checkpoint vouches for more than is there. Everything is
recomputed; each thing that does not hold is one sentence. Reading rows is the work of consent.ledger.audit.
"""

import base64
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from consent.canonical import canonical
from consent.errors import NoteRefused
from consent.ledger import note as notes
from consent.ledger.kinds import ERASED, KEYED
from consent.ledger.leaves import Entry, Leaf, Sealed, commit, from_text
from consent.ledger.tree import Frontier

FORMAT = 1
TOLD = 100  # so many problems are told in full, the rest are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What an audit found. `size` and `root` are those of the newest checkpoint."""

    problems: tuple[str, ...]
    events: int
    unplaced: int  # not yet in the tree: the sequencer will place them
    size: int
    root: bytes

    @property
    def ok(self) -> bool:
        return not self.problems


class Audit:
    """Takes a ledger in order and notes what does not hold."""

    def __init__(self, signer: notes.Signer, *, openings: bool = True) -> None:
        self.signer = signer
        self.openings = openings  # False: the export was made without them, and they are not missed
        self.edge = Frontier()
        self.checkpoints: dict[int, Sealed] = {}
        self.size = 0
        self.root = self.edge.root()
        self.unplaced = 0
        self._problems: list[str] = []
        self._untold = 0
        # By kind: openings that are gone, where the first of them were, and how many the erasures tell of.
        self._gone: Counter[str] = Counter()
        self._gone_at: dict[str, list[str]] = defaultdict(list)
        self._erased: Counter[str] = Counter()
        self._keyed: set[str] = set()  # who has a key of names

    def say(self, problem: str) -> None:
        if len(self._problems) < TOLD:
            self._problems.append(problem)
        else:
            self._untold += 1

    def see(self, record: Leaf | Sealed | Entry) -> None:
        """Leaves by position, each checkpoint after its last leaf, entries without a place at the end."""
        if isinstance(record, Leaf):
            self._leaf(record)
        elif isinstance(record, Sealed):
            self._checkpoint(record)
        else:
            self.unplaced += 1
            self._opening(record, f"Event {record.uid} (not yet placed)")

    def hold_against(self, published: Iterable[str], *, newest: int | None = None) -> None:
        """Compare with all notes, kept elsewhere. `newest` is the size to which the ledger has grown
        meanwhile. Single ones: consent.ledger.kept_notes."""
        sizes = {sealed.note: size for size, sealed in self.checkpoints.items()}
        seen: set[int] = set()
        last = 0
        for text in published:
            size = sizes.get(text) or self._published(text)
            if size is None:
                continue
            if size <= last:
                self.say(f"The checkpoint file names size {size} after size {last}: it was rearranged.")
            last = max(last, size)
            seen.add(size)
        if last > max(self.size, newest or 0):
            self.say(
                f"The checkpoint file vouches for {last} events, the ledger for {self.size}: the ledger is "
                "older than the file. It was put back to an earlier state, or its end was cut off."
            )
        # The newest may be missing for a moment: the file is written after the database has committed.
        for size in sorted(self.checkpoints.keys() - seen - {self.size}):
            self.say(f"The checkpoint of size {size} is missing from the checkpoint file.")

    def verification(self, *, events: int | None = None) -> Verification:
        if self.openings:
            self._hold_gone_against_erasures()
        rest = (f"There are {self._untold} more problems of this kind.",) if self._untold else ()
        return Verification(
            problems=(*self._problems, *rest),
            events=self.edge.size + self.unplaced if events is None else events,
            unplaced=self.unplaced,
            size=self.size,
            root=self.root,
        )

    def _hold_gone_against_erasures(self) -> None:
        """What somebody said goes when she is erased, and the erasure tells how much; no more may be gone."""
        for kind, gone in self._gone.items():
            told = self._erased[kind]
            if not told:
                for where in self._gone_at[kind]:
                    self.say(f"{where} has lost what it said: its opening was removed.")
            elif gone > told:
                self.say(f"{gone} events of kind {kind} have lost what they said; erasures tell of {told}.")

    def _leaf(self, leaf: Leaf) -> None:
        expected = self.edge.size
        if leaf.position != expected:
            self.say(f"Position {leaf.position} stands where {expected} should: events are missing or moved.")
        if leaf.entry.leaf_hash != leaf.leaf_hash:
            self.say(
                f"Position {leaf.position}: event {leaf.entry.uid} is not the one that was placed there; "
                "it or its leaf was changed."
            )
        self._opening(leaf.entry, f"Position {leaf.position}: event {leaf.entry.uid}")
        completed = b"".join(self.edge.append(leaf.leaf_hash))
        if leaf.subtrees is not None and leaf.subtrees != completed:
            self.say(f"Position {leaf.position}: the hashes kept there for proofs were changed.")

    def _opening(self, entry: Entry, where: str) -> None:
        if entry.salt is None or entry.body is None:
            self._gone[entry.kind] += 1
            if len(self._gone_at[entry.kind]) < TOLD:
                self._gone_at[entry.kind].append(where)
            return
        if commit(entry.salt, entry.body) != entry.commitment:
            self.say(f"{where} does not say what was committed to: it was changed.")
            return
        try:
            said = from_text(entry.body)
            same = said["kind"] == entry.kind and datetime.fromisoformat(said["at"]) == entry.at
            if entry.kind == ERASED:
                self._erased.update(said["fields"]["openings"])
            if entry.kind == KEYED:
                self._bound(said["subject"])
        except (ValueError, TypeError, KeyError):
            same = False
        if not same:
            self.say(f"{where} is shown with another kind or time than it was written with.")

    def _bound(self, subject: str) -> None:
        """With a second key somebody could be told that a job did not read her."""
        if subject in self._keyed:
            self.say(f"For {subject} more than one key was bound: proofs about her cannot be relied on.")
        self._keyed.add(subject)

    def _checkpoint(self, sealed: Sealed) -> None:
        size = sealed.size
        if size <= self.size and self.checkpoints:
            self.say(f"A checkpoint of size {size} follows one of size {self.size}: they were rearranged.")
        if self.edge.size != size:
            self.say(f"The checkpoint of size {size} vouches for more than is there ({self.edge.size}).")
        elif self.edge.root() != sealed.root:
            self.say(f"The first {size} events do not hash to the root that was signed: some were changed.")
        if sealed.frontier is not None and self.edge.size == size and sealed.frontier != self.edge.to_bytes():
            self.say(f"The growing edge kept with the checkpoint of size {size} was changed.")
        signed = self._opened(sealed.note, f"The note of the checkpoint of size {size}")
        further = signed.extensions[1:] if signed else ()
        claimed = vouch(self.signer.name, size=size, root=sealed.root, at=sealed.at, further=further)
        if signed is not None and signed != claimed:
            self.say(f"The checkpoint of size {size} says something else than its signed note.")
        self.checkpoints[size] = sealed
        self.size, self.root = size, sealed.root

    def _published(self, text: str) -> int | None:
        """The size that a note kept elsewhere vouches for, if it is ours; compared with ours."""
        checkpoint = self._opened(text, "A note in the checkpoint file")
        if checkpoint is None:
            return None
        size = checkpoint.size
        known = self.checkpoints.get(size)
        if known is not None and known.root != checkpoint.root:
            self.say(f"The checkpoint file and the ledger tell two histories of the first {size} events.")
        elif known is None and size <= self.size:
            self.say(f"The checkpoint of size {size} was published, and is gone from the ledger.")
        return size

    def _opened(self, text: str, what: str) -> notes.Checkpoint | None:
        try:
            checkpoint = notes.open(text, self.signer.name, self.signer.public_key)
        except NoteRefused as refused:
            self.say(f"{what} does not hold. {refused}")
            return None
        if checkpoint.origin != self.signer.name:
            self.say(f"{what} is about another ledger: {checkpoint.origin}.")
            return None
        return checkpoint


def vouch(
    origin: str, *, size: int, root: bytes, at: datetime, further: Sequence[str] = ()
) -> notes.Checkpoint:
    """The checkpoint as it is signed; the instant is an extension line, so that it is signed too, as is what
    `further` binds (the file of heads)."""
    instant = json.loads(canonical(at))
    return notes.Checkpoint(origin=origin, size=size, root=root, extensions=(f"at {instant}", *further))


def read(
    lines: Iterable[str],
    *,
    signer: notes.Signer | None = None,
    published: Sequence[str] = (),
    seen: Callable[[Entry], None] = lambda _: None,
) -> Verification:
    """Verify an export, and hold it against `published`, a whole checkpoint file."""
    audit = counted(lines, signer=signer, seen=seen)
    if published:
        audit.hold_against(published)
    return audit.verification()


def counted(
    lines: Iterable[str],
    *,
    signer: notes.Signer | None = None,
    seen: Callable[[Entry], None] = lambda _: None,
) -> Audit:
    """Count an export again. Without a `signer` the key is taken from the export's own first line, which then
    shows only that the export agrees with itself. `seen` is handed every event in its order."""
    audit = Audit(signer or notes.Signer(name="", public_key=b""))
    leaves = seals = ended = 0
    for number, text in enumerate(lines, start=1):
        try:
            line = from_text(text)
            if ended:
                audit.say(f"Line {number} stands after the end of the export.")
            elif number == 1:
                audit = Audit(signer or notes.Signer.parse(line["ledger"]), openings=line["openings"])
                if line["format"] != FORMAT:
                    audit.say(f"The export has format {line['format']!r}; this verifier reads {FORMAT}.")
            elif "end" in line:
                ended = number
                counts = {"leaves": leaves, "checkpoints": seals, "unplaced": audit.unplaced}
                if line["end"] != counts:
                    audit.say("The export does not hold as many lines as it says at its end: it was cut.")
            else:
                record = _record(line)
                leaves += isinstance(record, Leaf)
                seals += isinstance(record, Sealed)
                audit.see(record)
                if not isinstance(record, Sealed):
                    seen(record.entry if isinstance(record, Leaf) else record)
        except (ValueError, TypeError, KeyError, AttributeError, NoteRefused) as fault:
            audit.say(f"Line {number} is not a line of an export ({type(fault).__name__}: {fault}).")
    if not ended:
        audit.say("The export has no last line: it was cut off.")
    if leaves != audit.size:
        audit.say(f"{leaves} events are placed, the newest checkpoint vouches for {audit.size}.")
    return audit


def _record(line: dict[str, Any]) -> Leaf | Sealed | Entry:
    if "size" in line:
        return Sealed.from_json(line)
    return Entry.from_json(line) if line["position"] is None else Leaf.from_json(line)


def report(found: Verification) -> Iterable[str]:
    """A verification as lines for people."""
    yield from (f"PROBLEM  {problem}" for problem in found.problems)
    yield f"{found.events} events, {found.size} under the newest checkpoint, {found.unplaced} waiting"
    yield f"root {base64.b64encode(found.root).decode()}"
    yield (
        "Everything holds."
        if found.ok
        else "It does not hold. Keep everything as it is, and tell an auditor."
    )
