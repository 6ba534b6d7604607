"""Takes a ledger in its order, counts it again, and notes what does not hold. Pure.

What must hold: every opening fits its commitment, every leaf its event, positions have no gap, every
checkpoint its leaves and its signature, and no kept checkpoint vouches for more than is there. Everything is
recomputed; each thing that does not hold is one sentence. Nothing is handed on before a checkpoint over it
has held: what waits for one is counted, and never believed. Rows are read in consent.ledger.audit, an
export in recount.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from consent.canonical import canonical
from consent.errors import NoteRefused
from consent.ledger import note as notes
from consent.ledger.kinds import ERASED, KEYED
from consent.ledger.leaves import Entry, Leaf, Sealed, commit, from_text
from consent.ledger.losses import Losses
from consent.ledger.tree import Frontier

TOLD = 100  # so many problems are told in full, the rest are counted
MOST_BEHIND = 100_000  # events between two checkpoints; the sequencer never places so many at once


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
    """Takes a ledger in order and notes what does not hold. `seen` is handed each event once a checkpoint
    over it has held."""

    _WITHOUT = "The export says in its first line that it was made without what events say, and"

    def __init__(
        self,
        signer: notes.Signer,
        *,
        openings: bool = True,
        in_house: bool = False,
        seen: Callable[[Entry], None] = lambda _: None,
    ) -> None:
        self.signer = signer
        self.openings = openings  # False: the export was made without them, so there are none
        self.in_house = in_house  # then what waits are rows that the sequencer is about to place
        self.seen = seen
        self.edge = Frontier()
        self.checkpoints: dict[int, Sealed] = {}
        self.size = 0
        self.root = self.edge.root()
        self.unplaced = 0
        self._problems: list[str] = []
        self._untold = 0
        self._losses = Losses(named=TOLD)
        self._behind: list[Entry] = []  # since the last checkpoint that held
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
            if self._opening(record, f"Event {record.uid} (not yet placed)") and record.kind == ERASED:
                self._erasure(record, is_sealed=self.in_house)

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
        for problem in self._losses.problems():
            self.say(problem)
        rest = (f"There are {self._untold} more problems of this kind.",) if self._untold else ()
        return Verification(
            problems=(*self._problems, *rest),
            events=self.edge.size + self.unplaced if events is None else events,
            unplaced=self.unplaced,
            size=self.size,
            root=self.root,
        )

    def _leaf(self, leaf: Leaf) -> None:
        expected = self.edge.size
        if leaf.position != expected:
            self.say(f"Position {leaf.position} stands where {expected} should: events are missing or moved.")
        is_placed = leaf.entry.leaf_hash == leaf.leaf_hash
        if not is_placed:
            self.say(
                f"Position {leaf.position}: event {leaf.entry.uid} is not the one that was placed there; "
                "it or its leaf was changed."
            )
        is_told = self._opening(leaf.entry, f"Position {leaf.position}: event {leaf.entry.uid}")
        if is_placed and is_told:
            self._behind.append(leaf.entry)
        if len(self._behind) > MOST_BEHIND:
            self.say(f"More than {MOST_BEHIND} events follow each other without a checkpoint.")
            self._behind = []
        completed = b"".join(self.edge.append(leaf.leaf_hash))
        if leaf.subtrees is not None and leaf.subtrees != completed:
            self.say(f"Position {leaf.position}: the hashes kept there for proofs were changed.")

    def _opening(self, entry: Entry, where: str) -> bool:
        """Whether it says what was committed to, or says nothing any more."""
        if not self.openings:
            if entry.salt is not None or entry.body is not None:
                self.say(f"{self._WITHOUT} {where} says something: its first line was changed.")
            return True
        if entry.salt is None or entry.body is None:
            self._losses.lost(entry.kind, where)
            return True
        if commit(entry.salt, entry.body) != entry.commitment:
            self.say(f"{where} does not say what was committed to: it was changed.")
            return False
        try:
            said = from_text(entry.body)
            same = said["kind"] == entry.kind and datetime.fromisoformat(said["at"]) == entry.at
        except (ValueError, TypeError, KeyError):
            same = False
        if not same:
            self.say(f"{where} is shown with another kind or time than it was written with.")
        return same

    def _hand_on(self) -> None:
        """A checkpoint over these has held."""
        behind, self._behind = self._behind, []
        for entry in behind:
            try:
                if entry.kind == ERASED:
                    self._erasure(entry, is_sealed=True)
                elif entry.kind == KEYED and entry.body is not None:
                    self._bound(from_text(entry.body)["subject"])
                self.seen(entry)
            except (ValueError, TypeError, KeyError, AttributeError) as fault:
                self.say(f"Event {entry.uid} is not as such are written ({type(fault).__name__}: {fault}).")

    def _erasure(self, entry: Entry, *, is_sealed: bool) -> None:
        if entry.body is not None and self.openings:
            self._losses.told(from_text(entry.body)["fields"]["openings"], is_sealed=is_sealed)

    def _bound(self, subject: str) -> None:
        """With a second key somebody could be told that a job did not read her."""
        if subject in self._keyed:
            self.say(f"For {subject} more than one key was bound: proofs about her cannot be relied on.")
        self._keyed.add(subject)

    def _checkpoint(self, sealed: Sealed) -> None:
        size, before = sealed.size, self._problem_count
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
        if self._problem_count == before:
            self._hand_on()

    @property
    def _problem_count(self) -> int:
        return len(self._problems) + self._untold

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
