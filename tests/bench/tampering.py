"""An attacker changes a ledger and recomputes everything behind it: does an auditor find out, alone?

    python -m tests.bench.tampering --ledgers 1000 --events 2000 [--seed 1]

Each ledger is another one, its export made by the same rooms as in the house, with a checkpoint every few
hundred events, of which a witness keeps the newest. One thing is changed in it: an opening, an event's kind
or time, an event removed, put in, exchanged with another, or the end cut off. Then every commitment, leaf,
root, edge and count is made anew. Half of the attackers hold the ledger's key and sign it all again; the
others sign with a key of their own or keep the old notes. The verifier has the export, the ledger's public
key and the witness's newest note. Ledgers that nobody changed are verified too: a false alarm is a failure.
Prints what was tried; last `found: X of Y`. Ends 1 unless all are found, and nothing else.
"""

import argparse
import json
import random
import sys
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from consent.canonical import canonical, written
from consent.ledger import counting, note, recount
from consent.ledger.kept_notes import KeptNotes
from consent.ledger.leaves import Entry, Leaf, Sealed, as_text, commit
from consent.ledger.tree import Frontier

AT = datetime(2026, 5, 1, 8, tzinfo=UTC)
KINDS = ("consent:statement:given", "consent:statement:withdrawn", "query:job:released")
ORIGIN = "bench/ledger"
KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))
SIGNER = note.Signer.of(ORIGIN, KEY)


@dataclass(slots=True)
class Ledger:
    """Entries in their order, and the sizes at which they were signed."""

    entries: list[Entry]
    sizes: list[int]

    def sealed(self, seed: bytes) -> tuple[list[Leaf], list[Sealed]]:
        """All that follows from the entries, signed with a key."""
        edge, leaves, seals = Frontier(), [], []
        signed = set(self.sizes)
        for position, entry in enumerate(self.entries):
            leaf = Leaf(position=position, entry=entry, leaf_hash=entry.leaf_hash)
            edge.append(leaf.leaf_hash)
            leaves.append(leaf)
            if edge.size in signed:
                at = AT + timedelta(seconds=edge.size)
                made = counting.vouch(ORIGIN, size=edge.size, root=edge.root(), at=at)
                text = note.sign(made, ORIGIN, seed)
                seals.append(Sealed(size=edge.size, root=made.root, note=text, at=at))
        return leaves, seals


def grown(events: int, dice: random.Random) -> Ledger:
    entries = []
    for n in range(events):
        kind, at = dice.choice(KINDS), AT + timedelta(seconds=n)
        entries.append(_entry(dice, kind, at, {"seq": n, "family": dice.choice(("RESEARCH", "LE.HOM"))}))
    sizes = sorted({*dice.sample(range(1, events), min(9, events - 1)), events})
    return Ledger(entries, sizes)


def _entry(dice: random.Random, kind: str, at: datetime, fields: dict[str, Any]) -> Entry:
    said = {"kind": kind, "at": written(at), "by": "user:1", "subject": f"P-{dice.randrange(999)}"}
    body, salt = as_text({**said, "fields": fields}), dice.randbytes(32)
    uid = str(uuid.UUID(bytes=dice.randbytes(16), version=4))
    return Entry(uid=uid, kind=kind, at=at, commitment=commit(salt, body), salt=salt, body=body)


def _said_anew(entry: Entry, **change: Any) -> Entry:
    said = json.loads(entry.body or "") | change
    body, at = as_text(said), datetime.fromisoformat(said["at"])
    commitment = commit(entry.salt or b"", body)
    return replace(entry, kind=said["kind"], at=at, body=body, commitment=commitment)


def _opening(ledger: Ledger, at: int, dice: random.Random) -> None:
    ledger.entries[at] = _said_anew(ledger.entries[at], fields={"seq": at, "family": "EVERYTHING"})


def _kind(ledger: Ledger, at: int, dice: random.Random) -> None:
    other = next(kind for kind in KINDS if kind != ledger.entries[at].kind)
    ledger.entries[at] = _said_anew(ledger.entries[at], kind=other)


def _time(ledger: Ledger, at: int, dice: random.Random) -> None:
    ledger.entries[at] = _said_anew(ledger.entries[at], at=written(AT - timedelta(days=1)))


def _removed(ledger: Ledger, at: int, dice: random.Random) -> None:
    del ledger.entries[at]
    ledger.sizes = sorted({size - (size > at) for size in ledger.sizes} - {0})


def _put_in(ledger: Ledger, at: int, dice: random.Random) -> None:
    ledger.entries.insert(at, _entry(dice, KINDS[0], ledger.entries[at].at, {"seq": 0, "family": "RESEARCH"}))
    ledger.sizes = sorted({size + (size > at) for size in ledger.sizes})


def _put_in_and_removed(ledger: Ledger, at: int, dice: random.Random) -> None:
    """The count stays what it was."""
    ledger.entries.insert(at, _entry(dice, KINDS[0], ledger.entries[at].at, {"seq": 0, "family": "RESEARCH"}))
    del ledger.entries[dice.choice([n for n in range(len(ledger.entries)) if n != at])]


def _exchanged(ledger: Ledger, at: int, dice: random.Random) -> None:
    other = dice.choice([n for n in range(len(ledger.entries)) if n != at])
    entries = ledger.entries
    entries[at], entries[other] = entries[other], entries[at]


def _cut(ledger: Ledger, at: int, dice: random.Random) -> None:
    del ledger.entries[max(at, 1) :]
    ledger.sizes = sorted(
        {*(size for size in ledger.sizes if size <= len(ledger.entries)), len(ledger.entries)}
    )


WAYS: dict[str, Callable[[Ledger, int, random.Random], None]] = {
    "an opening": _opening,
    "a kind": _kind,
    "a time": _time,
    "an event removed": _removed,
    "an event put in": _put_in,
    "one put in, one removed": _put_in_and_removed,
    "two exchanged": _exchanged,
    "the end cut off": _cut,
}


KEYS = ("the ledger's key", "a key of her own", "the ledger's key", "the old notes")  # to sign with


def exported(leaves: Sequence[Leaf], seals: Sequence[Sealed], key: str) -> list[str]:
    """Lines as consent.ledger.audit.export writes them."""
    waiting = list(seals)
    lines = [canonical({"ledger": key, "format": recount.FORMAT, "openings": True})]
    for leaf in leaves:
        lines.append(canonical(leaf.as_json()))
        while waiting and waiting[0].size == leaf.position + 1:
            lines.append(canonical(waiting.pop(0).as_json()))
    lines += [canonical(seal.as_json()) for seal in waiting]
    counts = {"leaves": len(leaves), "checkpoints": len(seals), "unplaced": 0}
    return [line.decode() for line in (*lines, canonical({"end": counts}))]


def run(ledgers: int, events: int, seed: int) -> tuple[Counter[str], Counter[str], int]:
    """What was tried, what of it was found, and how many honest ledgers gave an alarm."""
    tried, found, alarms = Counter[str](), Counter[str](), 0
    for number in range(ledgers):
        dice = random.Random(f"{seed}/{number}")  # noqa: S311 - what is tried, not a secret
        ledger = grown(events, dice)
        leaves, seals = ledger.sealed(KEY)
        kept = [seals[-1].note]
        honest = recount.read(
            exported(leaves, seals, str(SIGNER)), signer=SIGNER, published=[s.note for s in seals]
        )
        alarms += not honest.ok
        way = list(WAYS)[number % len(WAYS)]
        key = ("the ledger's key", "a key of her own", "the ledger's key", "the old notes")[
            number // len(WAYS) % 4
        ]
        WAYS[way](ledger, dice.randrange(events), dice)
        forged, resealed = ledger.sealed(OTHER_KEY if key == "a key of her own" else KEY)
        if key == "the old notes":
            notes = {seal.size: seal.note for seal in seals}
            resealed = [replace(seal, note=notes.get(seal.size, seals[-1].note)) for seal in resealed]
        audit = recount.counted(exported(forged, resealed, str(SIGNER)), signer=SIGNER)
        against = [*KeptNotes(kept).problems(SIGNER, None, audit)]
        tried[f"{way}, {key}"] += 1
        found[f"{way}, {key}"] += bool(against) or not audit.verification().ok
    return tried, found, alarms


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--ledgers", type=int, default=1_000)
    parser.add_argument("--events", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    tried, found, alarms = run(given.ledgers, given.events, given.seed)
    for what in sorted(tried):
        print(f"{found[what]:>5} of {tried[what]:>5}  {what}")
    print(f"false alarms: {alarms} of {given.ledgers}")
    print(f"found: {found.total()} of {tried.total()}")
    return 1 if alarms or found != tried else 0


if __name__ == "__main__":
    sys.exit(main())
