"""The monthly statement on orders that sought people who had not agreed: a note that the ledger's key signed.
Pure.

    genomic-broker/ledger/monthly        whose, and that it is no checkpoint
    2026-05                              the month
    sought 0                             such orders of which we could speak from this month on
    earlier 0                            those of them that had come before it
    at 2026-06-01T00:05:00Z
    ...                                  the same in a sentence, in both languages

An order about a case is counted when the case is told, one that a court forbids to speak of when its ban
ends: so the number is never less than what may be said, and never a lie.
"""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Self

from consent.errors import NoteRefused
from consent.ledger import kinds
from consent.ledger import note as notes
from consent.ledger.leaves import Entry, commit, from_text

MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Monthly:
    """What a statement says."""

    month: str  # YYYY-MM
    sought: int
    earlier: int
    at: str

    def text(self, origin: str) -> str:
        lines = (
            *(f"{origin}/monthly", self.month, f"sought {self.sought}", f"earlier {self.earlier}"),
            *(f"at {self.at}", *self.sentences()),
        )
        return "\n".join(lines) + "\n"

    def sentences(self) -> tuple[str, str]:
        """English and Indonesian; both are signed."""
        english = "no order" if not self.sought else f"{self.sought} orders" if self.sought > 1 else "1 order"
        indonesian = "tidak ada perintah" if not self.sought else f"{self.sought} perintah"
        return (
            f"In {self.month} there was {english} to tell of that sought people who had not agreed. Whatever "
            "was demanded, nobody was read who had not agreed: this system has no such function. An order "
            "that we may not speak of yet is counted in the month in which we may.",
            f"Pada {self.month}, {indonesian} yang dapat kami beritahukan mencari orang yang tidak setuju. "
            "Apa pun yang diminta, tidak seorang pun yang tidak setuju telah dibaca: sistem ini tidak "
            "memiliki fungsi seperti itu. Perintah yang belum boleh kami bicarakan dihitung pada bulan "
            "ketika kami boleh.",
        )

    @classmethod
    def parse(cls, body: str, origin: str) -> Self:
        """Raises NoteRefused for a text that is not exactly a statement."""
        lines = body.split("\n")
        try:
            said = cls(
                month=lines[1],
                sought=int(lines[2].removeprefix("sought ")),
                earlier=int(lines[3].removeprefix("earlier ")),
                at=lines[4].removeprefix("at "),
            )
        except (IndexError, ValueError):
            raise NoteRefused("This is no monthly statement.") from None
        if said.text(origin) != body or not MONTH.fullmatch(said.month):
            raise NoteRefused("This is no monthly statement, or its sentence says something else.")
        return said


def opened(text: str, signer: notes.Signer) -> Monthly:
    """The statement in a note that the ledger's key signed. Raises NoteRefused for anything else."""
    return Monthly.parse(notes.open_text(text, signer.name, signer.public_key), signer.name)


@dataclass(slots=True, eq=False)
class Recount:
    """A statement's note, held against the events of an export."""

    note: str
    _told: dict[str, datetime] = field(default_factory=dict)
    _received: dict[str, datetime] = field(default_factory=dict)  # of those that sought such people
    _made: list[str] = field(default_factory=list)

    def see(self, entry: Entry) -> None:
        if entry.kind not in {kinds.PROCESS_RECEIVED, kinds.PROCESS_TOLD, kinds.STATEMENT_MADE}:
            return
        if entry.salt is None or entry.body is None or commit(entry.salt, entry.body) != entry.commitment:
            return
        said = from_text(entry.body)
        if entry.kind == kinds.PROCESS_TOLD:
            self._told.setdefault(said["subject"], entry.at)
        elif entry.kind == kinds.STATEMENT_MADE:
            self._made.append(said["fields"]["note_sha256"])
        elif said["fields"]["compels_non_consenting"]:
            self._received[said["subject"]] = datetime.fromisoformat(said["fields"]["received"])

    def alone(self, signer: notes.Signer) -> str:
        """What the note shows without a ledger. Raises NoteRefused for one that this key did not sign, or
        whose sentences say something else than its numbers."""
        said = opened(self.note, signer)
        return (
            f"The statement of {said.month} is signed by {signer.name}: {said.sought} orders, {said.earlier} "
            "of them from earlier. Whether that is so was not checked."
        )

    def problems(self, signer: notes.Signer) -> list[str]:
        """What does not hold, one sentence each."""
        try:
            said = opened(self.note, signer)
        except NoteRefused as refused:
            return [f"The statement does not hold. {refused}"]
        told = {one for one, at in self._told.items() if f"{at:%Y-%m}" == said.month} & self._received.keys()
        first = date.fromisoformat(f"{said.month}-01")
        earlier = sum(self._received[one].date() < first for one in told)
        found = []
        if (said.sought, said.earlier) != (len(told), earlier):
            found.append(
                f"The statement of {said.month} says {said.sought} orders, {said.earlier} from earlier; the "
                f"ledger says {len(told)}, and {earlier}."
            )
        if hashlib.sha256(self.note.encode()).hexdigest() not in self._made:
            found.append(f"The ledger does not know this statement of {said.month}.")
        return found

    def __str__(self) -> str:
        return f"The statement of {self.note.split(chr(10))[1]} is signed, and is what the ledger says."
