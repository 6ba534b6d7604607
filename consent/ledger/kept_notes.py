"""Checkpoints that somebody kept, held against the keys they should carry and against a ledger. Pure.

A note that was signed once and is not in the ledger now, or has another root there, tells on whoever changed
the ledger. Notes themselves are in consent.ledger.note, a witness's in consent.ledger.cosignature.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from consent.canonical import written
from consent.errors import NoteRefused
from consent.ledger import cosignature
from consent.ledger import note as notes
from consent.ledger.counting import Audit

NO_KEY = (
    "No key was given, and nothing beside it brings one, so nobody's signature was checked. Give the key of "
    "the ledger (--key)."
)


@dataclass(slots=True)
class KeptNotes:
    """The notes of one file, and what was found of them."""

    texts: list[str]
    torn: bool = False  # its end is half a note
    newest: notes.Checkpoint | None = None
    cosigned: datetime | None = None
    roots: dict[int, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str) -> "KeptNotes":
        """A file of notes, or a single one."""
        whole, rest = notes.split(text)
        try:
            if rest.strip():
                notes.parts(rest)
                whole, rest = [*whole, rest], ""
        except NoteRefused:
            return cls(whole, torn=True)
        return cls(whole)

    def problems(
        self, signer: notes.Signer, witness: notes.Signer | None, audit: Audit | None
    ) -> Iterator[str]:
        """A sentence for each thing that does not hold of them."""
        if self.torn:
            yield "It ends in the middle of a note: it was cut off."
        if not self.texts:
            yield "It holds no note."
        for text in self.texts:
            if witness is not None:
                yield from self._cosigned(text, witness)
            yield from self._signed(text, signer, audit)

    def _cosigned(self, text: str, witness: notes.Signer) -> Iterator[str]:
        try:
            self.cosigned = cosignature.verify(text, witness)
        except NoteRefused as refused:
            yield f"A checkpoint was not cosigned by the witness. {refused}"

    def _signed(self, text: str, signer: notes.Signer, audit: Audit | None) -> Iterator[str]:
        try:
            said = opened(text, signer)
        except NoteRefused as refused:
            yield f"A checkpoint does not hold. {refused}"
            return
        if self.roots.setdefault(said.size, said.root) != said.root:
            yield f"It tells two histories of the first {said.size} events."
        if self.newest is None or said.size > self.newest.size:
            self.newest = said
        if audit is not None:
            yield from against(said, audit)

    def told(self, signer: notes.Signer, *, against_ledger: bool) -> str:
        """What holds, when all of it does."""
        assert self.newest is not None
        count = "1 checkpoint" if len(self.texts) == 1 else f"{len(self.texts)} checkpoints"
        cosigned = "" if self.cosigned is None else f", cosigned by the witness at {written(self.cosigned)}"
        ledger = ", and the ledger only grew from there" if against_ledger else ""
        return f"{count} signed by {signer.name}{cosigned}, the newest of {self.newest.size} events{ledger}."


def opened(text: str, signer: notes.Signer) -> notes.Checkpoint:
    """The checkpoint of this ledger in a note. Raises NoteRefused for anything else."""
    said = notes.open(text, signer.name, signer.public_key)
    if said.origin != signer.name:
        raise NoteRefused(f"It is about another ledger: {said.origin}.")
    return said


def against(said: notes.Checkpoint, audit: Audit) -> Iterator[str]:
    """Where a checkpoint that was kept elsewhere does not fit a ledger that was counted."""
    known = audit.checkpoints.get(said.size)
    if known is not None and known.root != said.root:
        yield f"It and the ledger tell two histories of the first {said.size} events."
    elif known is None and said.size > audit.size:
        yield (
            f"It vouches for {said.size} events, the ledger for {audit.size}: the ledger is older, was put "
            "back to an earlier state, or its end was cut off."
        )
    elif known is None:
        yield f"The checkpoint of size {said.size} was signed, and is gone from the ledger."
