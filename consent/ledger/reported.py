"""A published report, held against a ledger: that the ledger knows it, that it is of this ledger, and that
each number and each word in it is what the ledger gives. Pure. The numbers are counted in recount_report.

Nothing that the report says of itself is taken from it but its period: the threshold is the law's, and
whether it is final follows from when the ledger says that it was made.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from consent.canonical import canonical, instant
from consent.ledger import kinds, recount_report
from consent.ledger import note as notes
from consent.ledger import report_form as form
from consent.ledger.leaves import Entry, commit, from_text

NAMES = ("report", "format", "ledger", "start", "end", "is_final", "k", "groups")


@dataclass(slots=True)
class Counted:
    """A published report beside the ledger's own count of its period."""

    said: Mapping[str, Any]
    recount: recount_report.Recount
    sha256: str
    newest: datetime | None = None  # the ledger's newest time
    made: datetime | None = None  # when the ledger says that this report was made
    then: list[str] = field(default_factory=list)  # where it differed from what the ledger said until then

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Self:
        """Raises ValueError, KeyError or TypeError for a report that names no period."""
        period = form.Period(start=instant(said["start"]), end=instant(said["end"]))
        if period.start >= period.end:
            raise ValueError("its period ends before it begins")
        return cls(said, recount_report.Recount(period), hashlib.sha256(canonical(said)).hexdigest())

    def see(self, entry: Entry) -> None:
        self.newest = entry.at if self.newest is None else max(self.newest, entry.at)
        if entry.kind == kinds.REPORT_MADE:
            self._made(entry)
        self.recount.see(entry)

    def _made(self, entry: Entry) -> None:
        if entry.salt is None or entry.body is None or commit(entry.salt, entry.body) != entry.commitment:
            return
        if self.made is None and from_text(entry.body)["fields"]["sha256"] == self.sha256:
            self.made = entry.at
            if entry.at < self.recount.period.end:
                self.then = recount_report.differences(self.said, self.recount)

    def problems(self, signer: notes.Signer) -> list[str]:
        """What does not hold, one sentence each."""
        found = [*self._of_itself(signer)]
        if self.made is None:
            found.append(
                "The ledger does not know this report: either it was changed, or it was made so lately that "
                "its line lies under no checkpoint yet."
            )
        if self.made is not None and self.made < self.recount.period.end:
            return found + self.then
        return found + recount_report.differences(self.said, self.recount)

    def _of_itself(self, signer: notes.Signer) -> Iterator[str]:
        """What it says besides its numbers."""
        if set(self.said) != {*NAMES}:
            yield f"It says other things than a report does ({', '.join(sorted(map(str, self.said)))})."
        if self.said.get("ledger") != str(signer):
            yield "It names another ledger than the one beside it."
        if self.said.get("k") != form.THRESHOLD or type(self.said.get("k")) is not int:
            yield f"It names a threshold of its own; the law's is {form.THRESHOLD}."
        at = self.made or self.newest
        is_over = at is not None and at >= self.recount.period.end
        if self.said.get("is_final") is not is_over:
            yield (
                f"It says that it is {'' if self.said.get('is_final') else 'not '}final; by the ledger its "
                f"period was {'' if is_over else 'not '}over when it was made."
            )

    def __str__(self) -> str:
        final = "" if self.said["is_final"] else " It is not final: its period was not over when it was made."
        return (
            f"The report of {self.said['start'][:10]} to {self.said['end'][:10]} is what the ledger says."
            f"{final}"
        )
