"""Stretches where a person is known to have the reference and nothing else: the blocks of a genomic VCF.

Sorted, apart from each other, half-open, 0-based. What was found within is in `columns`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from genomics.coordinates import LONGEST

U8 = NDArray[np.uint8]
U32 = NDArray[np.uint32]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Callability:
    """Known stretches, one an index."""

    chromosome: U8
    start: U32
    end: U32

    def __post_init__(self) -> None:
        for array in (self.chromosome, self.start, self.end):
            array.setflags(write=False)

    def __len__(self) -> int:
        return len(self.start)

    @classmethod
    def of(cls, chromosome: NDArray[Any], start: NDArray[Any], end: NDArray[Any]) -> Self:
        """Stretches in any order; those that touch or overlap become one."""
        code, first = chromosome.astype(np.uint8), start.astype(np.uint32)
        order = np.lexsort((first, code))
        begins, ends = keys(code[order], first[order]), keys(code[order], end.astype(np.uint32)[order])
        if not len(begins):
            return cls(chromosome=code, start=first, end=end.astype(np.uint32))
        reach = np.maximum.accumulate(ends)  # the chromosome stands in the upper half, so none reaches over
        fresh = np.concatenate(([True], begins[1:] > reach[:-1]))
        last = np.concatenate((np.flatnonzero(fresh)[1:] - 1, [len(begins) - 1]))
        return cls(
            chromosome=(begins[fresh] >> np.uint64(32)).astype(np.uint8),
            start=begins[fresh].astype(np.uint32),
            end=reach[last].astype(np.uint32),
        )

    @classmethod
    def join(cls, parts: "Sequence[Callability]") -> Self:
        """Many parts as one."""
        return cls.of(
            np.concatenate([np.zeros(0, np.uint8), *(part.chromosome for part in parts)]),
            np.concatenate([np.zeros(0, np.uint32), *(part.start for part in parts)]),
            np.concatenate([np.zeros(0, np.uint32), *(part.end for part in parts)]),
        )

    @property
    def bases(self) -> int:
        """How many bases are known."""
        return int((self.end.astype(np.int64) - self.start).sum())

    def covers(self, chromosome: NDArray[Any], start: NDArray[Any], end: NDArray[Any]) -> NDArray[np.bool_]:
        """Which of many stretches lie wholly within a known one."""
        if not len(self):
            return np.zeros(len(start), dtype=np.bool_)
        asked = keys(chromosome.astype(np.uint8), start.astype(np.uint32))
        index = np.searchsorted(keys(self.chromosome, self.start), asked, side="right") - 1
        at = np.maximum(index, 0)
        within: NDArray[np.bool_] = (
            (index >= 0) & (self.chromosome[at] == chromosome) & (end.astype(np.int64) <= self.end[at])
        )
        return within

    @property
    def is_well_formed(self) -> bool:
        """Sorted, apart, none empty, none past the end of its chromosome."""
        if not len(self):
            return True
        if (self.chromosome < 1).any() or (self.chromosome >= len(LONGEST)).any():
            return False
        longest = np.array(LONGEST, dtype=np.uint32)[self.chromosome]
        apart = keys(self.chromosome, self.start)[1:] > keys(self.chromosome, self.end)[:-1]
        return bool((self.start < self.end).all() and (self.end <= longest).all() and apart.all())


def keys(chromosome: U8, position: U32) -> NDArray[np.uint64]:
    """Chromosome and position as one number that sorts as they do."""
    return chromosome.astype(np.uint64) << np.uint64(32) | position.astype(np.uint64)


NOWHERE = Callability.of(np.zeros(0), np.zeros(0), np.zeros(0))
