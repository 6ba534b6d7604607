"""Some events of the ledger, each with its way to the root of one signed checkpoint. Pure.

An excerpt proves what it shows, and never that it shows everything.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Self

from consent.ledger import note as notes
from consent.ledger import tree
from consent.ledger.leaves import Entry, commit, from_text


@dataclass(frozen=True, slots=True)
class Proved:
    """An event with its way to the root. `said` is None where its opening went with somebody erased."""

    position: int
    path: tuple[bytes, ...]
    entry: Entry
    said: dict[str, Any] | None

    @classmethod
    def of(cls, line: dict[str, Any]) -> Self:
        path = tuple(bytes.fromhex(step) for step in line["path"])
        entry = Entry.from_json(line)
        return cls(line["position"], path, entry, None if entry.body is None else json.loads(entry.body))

    def as_json(self) -> dict[str, Any]:
        return {"position": self.position, "path": [step.hex() for step in self.path], **self.entry.as_json()}

    @property
    def fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = (self.said or {})["fields"]
        return fields

    def is_as_committed(self) -> bool:
        entry = self.entry
        return entry.body is None or commit(entry.salt or b"", entry.body) == entry.commitment

    def lies_under(self, signed: notes.Checkpoint) -> bool:
        return tree.verify_inclusion(
            index=self.position,
            size=signed.size,
            leaf=self.entry.leaf_hash,
            proof=self.path,
            root=signed.root,
        )


def check(lines: Iterable[str], signed: notes.Checkpoint) -> Iterator[str]:
    """A sentence for every line that does not hold."""
    for number, text in enumerate(lines, start=1):
        try:
            event = Proved.of(from_text(text))
        except (ValueError, TypeError, KeyError, AttributeError) as fault:
            yield f"Line {number} is no event of an excerpt ({type(fault).__name__}: {fault})."
            continue
        if not event.is_as_committed():
            yield f"Line {number}: event {event.entry.uid} does not say what was committed to."
        elif event.said is not None and event.said["kind"] != event.entry.kind:
            yield f"Line {number}: event {event.entry.uid} is shown with another kind."
        if not event.lies_under(signed):
            yield f"Line {number}: event {event.entry.uid} does not lie under the checkpoint."
