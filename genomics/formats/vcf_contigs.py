"""The order of a VCF's records: each contig in one piece, positions not falling; and what places tell of the
build.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from genomics.errors import FileReason, FileRefused
from genomics.formats.builds import MARKERS, Evidence
from genomics.formats.fields import Numbers, runs
from genomics.formats.limits import Limits

_MOST_AT_A_PLACE = 100


@dataclass(slots=True)
class Names:
    """The contigs met in one block, numbered as they come; `codes` are 0 for those we do not compare."""

    numbers: dict[bytes, int] = field(default_factory=dict)
    codes: list[int] = field(default_factory=list)

    def number(self, name: bytes, code: int) -> int:
        found = self.numbers.setdefault(name, len(self.codes))
        if found == len(self.codes):
            self.codes.append(code)
        return found


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive records of a block on one contig: indices in the block, half-open."""

    name: bytes
    code: int
    begin: int
    end: int


@dataclass(slots=True, kw_only=True)
class Order:
    """What has come so far."""

    limits: Limits
    seen: dict[bytes, int] = field(default_factory=dict)  # contig: its code
    name: bytes | None = None  # of the last record
    position: int = 0  # of the last record

    def follow(self, names: Names, contig: Numbers, position: Numbers, first: int) -> list[Run]:
        """The runs of a block's records, whose contigs are numbers in `names`; FileRefused at a fault."""
        if not len(contig):
            return []
        same = contig[1:] == contig[:-1]
        falls = np.flatnonzero(same & (position[1:] < position[:-1]))
        fall = int(falls[0]) + 1 if len(falls) else len(contig)
        spelled = list(names.numbers)
        stretches = []
        for begin, end in runs(contig):
            if begin > fall:
                break
            name, code = spelled[contig[begin]], names.codes[contig[begin]]
            self._enter(name, code, int(position[begin]), first + begin)
            stretches.append(Run(name, code, begin, end))
        if fall < len(contig):
            raise FileRefused(
                FileReason.UNSORTED, "The position is smaller than the one before.", first + fall
            )
        self.position = int(position[-1])
        return stretches

    def _enter(self, name: bytes, code: int, position: int, line: int) -> None:
        if name == self.name:  # goes on from the block before
            if position < self.position:
                raise FileRefused(FileReason.UNSORTED, "The position is smaller than the one before.", line)
            return
        if name in self.seen:
            raise FileRefused(FileReason.UNSORTED, "A chromosome comes back after another one.", line)
        if len(self.seen) >= self.limits.contigs:
            raise FileRefused(
                FileReason.CHROMOSOME, f"There are more than {self.limits.contigs:,} contigs.", line
            )
        self.seen[name], self.name = code, name


def hear_markers(evidence: Evidence, code: int, position: Numbers, ids: Callable[[int], bytes]) -> None:
    """Well-known markers at sorted 1-based positions speak for the build that puts them there."""
    if code not in MARKERS:
        return
    places, known = MARKERS[code]
    begins, ends = (
        np.searchsorted(position, places, side="left"),
        np.searchsorted(position, places, side="right"),
    )
    for at in np.flatnonzero(begins < ends).tolist():
        rsid, build = known[at]
        for index in range(int(begins[at]), min(int(ends[at]), int(begins[at]) + _MOST_AT_A_PLACE)):
            if rsid in ids(index).split(b";"):
                evidence.markers[build] += 1
