"""From rows as a file gave them to a `Column`: sorted, each variant once, one table of alleles.

Rows of the same variant that disagree become one MISSING row; where one states a genotype and the other is
missing, the stated one stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genomics.callability import NOWHERE, Callability
from genomics.columns import MISSING, U8, U32, Column, keys


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Rows:
    """Rows in the order of the file; `ref` and `alt` index the reader's own table, in which 0 is ""."""

    chromosome: U8
    position: U32
    ref: U32
    alt: U32
    copies: U8
    ploidy: U8

    def __len__(self) -> int:
        return len(self.position)

    def take(self, order: NDArray[np.intp] | NDArray[np.bool_]) -> "Rows":
        return Rows(
            chromosome=self.chromosome[order],
            position=self.position[order],
            ref=self.ref[order],
            alt=self.alt[order],
            copies=self.copies[order],
            ploidy=self.ploidy[order],
        )

    @classmethod
    def join(cls, parts: "Sequence[Rows]") -> "Rows":
        """Many stretches of rows as one."""
        return cls(
            chromosome=np.concatenate([np.zeros(0, np.uint8), *(part.chromosome for part in parts)]),
            position=np.concatenate([np.zeros(0, np.uint32), *(part.position for part in parts)]),
            ref=np.concatenate([np.zeros(0, np.uint32), *(part.ref for part in parts)]),
            alt=np.concatenate([np.zeros(0, np.uint32), *(part.alt for part in parts)]),
            copies=np.concatenate([np.zeros(0, np.uint8), *(part.copies for part in parts)]),
            ploidy=np.concatenate([np.zeros(0, np.uint8), *(part.ploidy for part in parts)]),
        )


def assemble(rows: Rows, alleles: Sequence[str], known: Callability = NOWHERE) -> tuple[Column, int]:
    """The column of these rows, and how many variants were stated twice with different genotypes."""
    table, renumbered = _table(rows, alleles)
    key = keys(rows.chromosome, rows.position)
    rows = Rows(
        chromosome=rows.chromosome,
        position=rows.position,
        ref=renumbered[rows.ref],
        alt=renumbered[rows.alt],
        copies=rows.copies,
        ploidy=rows.ploidy,
    )
    if (key[1:] < key[:-1]).any():
        order = np.argsort(key, kind="stable")
        rows, key = rows.take(order), key[order]
    rows, disagreed = _each_once(*_sort_ties(rows, key))
    return Column(
        alleles=table,
        chromosome=rows.chromosome,
        position=rows.position,
        ref=rows.ref,
        alt=rows.alt,
        copies=rows.copies,
        ploidy=rows.ploidy,
        known=known,
    ), disagreed


def _table(rows: Rows, alleles: Sequence[str]) -> tuple[tuple[str, ...], U32]:
    """The alleles in use, sorted, and the new number of each old one."""
    used = np.bincount(rows.ref, minlength=len(alleles)) + np.bincount(rows.alt, minlength=len(alleles))
    used[0] = 1
    numbers = sorted(np.flatnonzero(used).tolist(), key=alleles.__getitem__)
    renumbered = np.zeros(len(alleles), dtype=np.uint32)
    renumbered[numbers] = np.arange(len(numbers), dtype=np.uint32)
    return tuple(alleles[number] for number in numbers), renumbered


def _sort_ties(rows: Rows, key: NDArray[np.uint64]) -> tuple[Rows, NDArray[np.bool_]]:
    """Rows at one place by ref and alt; and which rows say the same variant as the one before."""
    same_place = key[1:] == key[:-1]
    again = np.zeros(len(rows), dtype=np.bool_)
    if not same_place.any():
        return rows, again
    tied = np.zeros(len(rows), dtype=np.bool_)
    tied[1:] |= same_place
    tied[:-1] |= same_place
    places = np.flatnonzero(tied)
    order = np.arange(len(rows))
    order[places] = places[np.lexsort((rows.alt[places], rows.ref[places], key[places]))]
    rows = rows.take(order)
    again[1:] = same_place & (rows.ref[1:] == rows.ref[:-1]) & (rows.alt[1:] == rows.alt[:-1])
    return rows, again


def _each_once(rows: Rows, again: NDArray[np.bool_]) -> tuple[Rows, int]:
    """Rows of the same variant made one."""
    if not again.any():
        return rows, 0
    first = np.flatnonzero(~again)
    stated = rows.copies != MISSING
    call = rows.copies | rows.ploidy << 2
    least = np.minimum.reduceat(np.where(stated, call, np.uint8(255)), first)
    most = np.maximum.reduceat(np.where(stated, call, np.uint8(0)), first)
    any_stated = np.logical_or.reduceat(stated, first)
    disagree = any_stated & (least != most)
    merged = rows.take(first)
    return Rows(
        chromosome=merged.chromosome,
        position=merged.position,
        ref=merged.ref,
        alt=merged.alt,
        copies=np.where(any_stated & ~disagree, most & 3, np.uint8(MISSING)),
        ploidy=np.where(any_stated & ~disagree, most >> 2, np.maximum.reduceat(rows.ploidy, first)),
    ), int(disagree.sum())
