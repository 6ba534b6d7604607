"""Bit work on panel rows: one person against many, sixty-four sites at a time.

Pure numpy. What the bits mean is in panel; what follows from them about kinship is in segments.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genomics.errors import GenomicsError
from genomics.panel import PanelRow

Words = NDArray[np.uint64]


class RowsDiffer(GenomicsError):
    """Rows of different panels were put side by side. Make them again from their columns."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The first `sites` sites of many people, a person a line, in 64-bit words; spare bits are nought."""

    sites: int
    lo: Words
    hi: Words

    def __len__(self) -> int:
        return len(self.lo)

    def __getitem__(self, people: slice | NDArray[np.int64]) -> "Rows":
        return Rows(self.sites, self.lo[people], self.hi[people])


def stack(rows: Sequence[PanelRow], *, sites: int) -> Rows:
    """Put rows of one panel on top of each other, cut to their first sites."""
    if len({row.sites for row in rows}) > 1 or any(row.sites < sites for row in rows):
        raise RowsDiffer("These rows are not of one panel. Nothing was compared; make the rows again.")
    whole, spare = divmod(sites, 8)
    lo = np.zeros((len(rows), 8 * ((sites + 63) // 64)), dtype=np.uint8)
    hi = np.zeros_like(lo)
    for place, row in enumerate(rows):
        lo[place, : whole + bool(spare)] = row.lo[: whole + bool(spare)]
        hi[place, : whole + bool(spare)] = row.hi[: whole + bool(spare)]
    if spare:
        lo[:, whole] &= (1 << spare) - 1
        hi[:, whole] &= (1 << spare) - 1
    return Rows(sites, lo.view("<u8"), hi.view("<u8"))


def opposite(one: Rows, many: Rows) -> Words:
    """Where one has two reference alleles and the other two alternate ones: they share nothing there."""
    return one.lo & many.lo & (one.hi ^ many.hi)


def overlap(one: Rows, many: Rows) -> Words:
    """Where both are known."""
    return (one.lo | one.hi) & (many.lo | many.hi)


def differing(one: Rows, many: Rows) -> Words:
    """Where both are known and their genotypes are not the same."""
    return overlap(one, many) & ((one.lo ^ many.lo) | (one.hi ^ many.hi))


def count(words: Words) -> NDArray[np.int64]:
    """How many bits are set, a person."""
    return np.asarray(np.bitwise_count(words).sum(axis=1), dtype=np.int64)


def bits(words: Words, *, sites: int) -> NDArray[np.uint8]:
    """One byte a site, 0 or 1: people by sites."""
    return np.unpackbits(words.view(np.uint8), axis=1, count=sites, bitorder="little")


def agreement(one: PanelRow, other: PanelRow) -> tuple[int, int]:
    """At how many sites two people have the same genotype, and at how many both are known."""
    two = stack([one, other], sites=one.sites)
    both = int(count(overlap(two[:1], two[1:]))[0])
    return both - int(count(differing(two[:1], two[1:]))[0]), both
