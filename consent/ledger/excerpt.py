"""Some events of the ledger, each with its way to the root of one signed checkpoint. Pure.

An excerpt proves what it shows, and never that it shows everything.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Self

from consent.canonical import instant
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
        return cls(line["position"], path, entry, None if entry.body is None else from_text(entry.body))

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


def check(
    lines: Iterable[str], signed: notes.Checkpoint, seen: Callable[[Proved], None] = lambda _: None
) -> Iterator[str]:
    """A sentence for every line that does not hold; `seen` is handed every event that does."""
    for number, text in enumerate(lines, start=1):
        try:
            event = Proved.of(from_text(text))
            found = list(_problems(event, signed))
        except (ValueError, TypeError, KeyError, AttributeError) as fault:
            yield f"Line {number} is no event of an excerpt ({type(fault).__name__}: {fault})."
            continue
        yield from (f"Line {number}: event {event.entry.uid} {problem}" for problem in found)
        if not found:
            seen(event)


def _problems(event: Proved, signed: notes.Checkpoint) -> Iterator[str]:
    if not event.is_as_committed():
        yield "does not say what was committed to."
    elif event.said is not None and (event.said["kind"], instant(event.said["at"])) != (
        event.entry.kind,
        event.entry.at,
    ):
        yield "is shown with another kind or time than it was written with."
    if not event.lies_under(signed):
        yield "does not lie under the checkpoint."
