"""Rounds of bent files, read behind the walls; what came of each. An escape is anything but a Profile that
tells whole, or a FileRefused: another error, a reader that dies, one that hangs.

    python -m tests.fuzz.rounds FD

is a nursery whose children read many files each.
"""

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from genomics import formats
from genomics.columns import Column
from genomics.coordinates import Build
from genomics.errors import FileReason, FileRefused
from genomics.formats import DEFAULT
from genomics.intake import handing, nurseries, sandbox
from genomics.intake.walled import child, nursery, walls, wire
from genomics.intake.walled.wire import Errand
from tests.fuzz.bending import bent

TAKEN, SLOW = "taken", 5.0  # seconds for a file of a few kilobytes
_A_CHILD = 500  # rounds
_MEMORY = 512 << 20


@dataclass(slots=True)
class Tally:
    """What came of many rounds."""

    rounds: int = 0
    came: Counter[str] = field(default_factory=Counter)
    escapes: dict[int, str] = field(default_factory=dict)

    def add(self, number: int, what: str) -> None:
        """One round: TAKEN, a reason, or what escaped."""
        self.rounds += 1
        self.came[what] += 1
        if what != TAKEN and what not in set(FileReason):
            self.escapes[number] = what


def run(*, rounds: int, seed: int, module: str = "tests.fuzz.rounds") -> Tally:
    """So many rounds, by the children of this nursery. Nothing of it comes to this process but words."""
    tally = Tally()
    readers = nurseries.Nursery(module)
    try:
        for begin in range(0, rounds, _A_CHILD):
            _stretch(readers, tally, seed, begin, min(begin + _A_CHILD, rounds))
    finally:
        readers.close()
    return tally


def _stretch(readers: nurseries.Nursery, tally: Tally, seed: int, begin: int, end: int) -> None:
    """The rounds of one child; when it breaks down, of further ones, from behind the round that did it."""
    while begin < end:
        order = json.dumps({"seed": seed, "begin": begin, "end": end}).encode()
        came, broken = _child(readers, order, rounds=end - begin)
        if broken and not came and end - begin > 1:  # hung: nothing was heard; one by one, then
            for number in range(begin, end):
                _stretch(readers, tally, seed, number, number + 1)
            return
        for what in came:
            tally.add(begin, what)
            begin += 1
        if broken:
            tally.add(begin, broken)
            begin += 1


def _child(readers: nurseries.Nursery, order: bytes, *, rounds: int) -> tuple[list[str], str]:
    """What came of its rounds, and how it broke down if it did."""
    seconds = int(SLOW) + rounds // 10
    errand = Errand(
        task="bend", limits=DEFAULT, allowance=walls.Allowance(memory=_MEMORY, cpu_seconds=seconds)
    )
    given = handing.handed(order, DEFAULT)
    kept, nurseries.send = nurseries.send, readers.send
    try:
        told, end = sandbox._watched(errand, given, most=1 << 20, until=time.monotonic() + 4 * seconds)
    except FileRefused as late:
        return [], str(late.reason) + " (hangs)"
    finally:
        nurseries.send = kept
        os.close(given)
    return told.decode().splitlines(), f"dead: {end.code}" if end.code else ""


def bend(stream: BinaryIO, errand: Errand) -> Iterator[bytes]:
    """A child's rounds: a line for each."""
    told = json.load(stream)
    for number in range(told["begin"], told["end"]):
        yield once(bent(told["seed"], number), errand).encode() + b"\n"


def once(data: bytes, errand: Errand) -> str:
    """What comes of one file."""
    begun = time.monotonic()
    try:
        profile = formats.read(data, assume=Build.GRCh37, limits=errand.limits)
        said = wire.hear(b"".join(wire.tell(profile)))
        if isinstance(said, FileRefused) or said.column.sha256 != profile.column.sha256:
            return "another profile arrives than was sent"
        Column.from_bytes(profile.column.to_bytes())
    except FileRefused as refused:
        return str(refused.reason) if time.monotonic() - begun < SLOW else "slow"
    except MemoryError:
        return str(FileReason.MEMORY)
    except Exception as escaped:
        return f"{type(escaped).__name__}: {str(escaped)[:100]}".replace("\n", " ")
    return TAKEN if time.monotonic() - begun < SLOW else "slow"


if __name__ == "__main__":
    nursery.serve(int(sys.argv[1]), {**child.TASKS, "bend": bend})
