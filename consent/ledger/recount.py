"""Reads an export of the ledger line by line, and counts it again. Pure: what must hold is in
consent.ledger.counting.
"""

import base64
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from consent.errors import NoteRefused
from consent.ledger import note as notes
from consent.ledger.counting import Audit, Verification
from consent.ledger.leaves import Entry, Leaf, Sealed, from_text

FORMAT = 1


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
    shows only that the export agrees with itself. `seen` is handed every event under a checkpoint that holds,
    in its order."""
    audit = Audit(signer or notes.Signer(name="", public_key=b""), seen=seen)
    leaves = seals = ended = 0
    for number, text in enumerate(lines, start=1):
        try:
            line = from_text(text)
            if ended:
                audit.say(f"Line {number} stands after the end of the export.")
            elif number == 1:
                openings = line["openings"]
                audit = Audit(
                    signer or notes.Signer.parse(line["ledger"]), openings=openings is not False, seen=seen
                )
                if type(openings) is not bool:
                    audit.say(
                        "The first line says neither that it was made with what events say nor without "
                        f"({openings!r})."
                    )
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


def unplaced(number: int) -> str:
    """What is said of the events under no checkpoint; nothing of none."""
    return f", {number} under no checkpoint yet, on which nothing rests" if number else ""


def report(found: Verification) -> Iterable[str]:
    """A verification as lines for people."""
    yield from (f"PROBLEM  {problem}" for problem in found.problems)
    yield f"{found.events} events, {found.size} under the newest checkpoint{unplaced(found.unplaced)}"
    yield f"root {base64.b64encode(found.root).decode()}"
    yield (
        "Everything holds."
        if found.ok
        else "It does not hold. Keep everything as it is, and tell an auditor."
    )
