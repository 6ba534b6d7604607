"""A slab: what up to 64 files say of one chromosome, variant by variant, with one bit a file in each plane.

It is derived from columns and says what they say; how it is asked is in `matching.masked`, how it is kept in
`slab_bytes`. Every file has a slot, and the roster says whose each is. A row is one allele that some file
states (as in `columns`), an edge a place from which on other files than before are known to be reference.
When the last file that has a row leaves, the row goes with it.
"""

import hashlib
from dataclasses import dataclass
from typing import Self
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from genomics.callability import U8, U32
from genomics.columns import Column

WIDTH = 64  # files side by side: the bits of one machine word
U64 = NDArray[np.uint64]

# there: which files have this row; lo and hi: the two bits of its copies, 3 being MISSING.
ROW = np.dtype(
    [("position", "<u4"), ("ref", "<u8"), ("alt", "<u8"), ("there", "<u8"), ("lo", "<u8"), ("hi", "<u8")]
)
EDGE = np.dtype([("position", "<u4"), ("known", "<u8")])

_DIGITS = str.maketrans("ACGTN*", "123456")
_SPELLED = 20  # letters of three bits that fit beneath the highest one
_DIGESTED = 1 << 63


def code(allele: str) -> int:
    """An allele as a number: spelled out up to 20 letters, 0 for "not stated", a digest of 63 bits beyond."""
    if len(allele) <= _SPELLED:
        return int(allele.translate(_DIGITS) or "0", 8)
    return _DIGESTED | int.from_bytes(hashlib.sha256(allele.encode("ascii")).digest()[:8], "little")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Calls:
    """What one column says on one chromosome: its rows, alleles as codes, and its known stretches."""

    position: U32
    ref: U64
    alt: U64
    copies: U8
    start: U32
    end: U32


def calls_of(column: Column) -> dict[int, Calls]:
    """By chromosome, where the column says anything."""
    codes = np.array([code(allele) for allele in column.alleles], dtype=np.uint64)
    known = column.known
    found = {}
    for chromosome in np.union1d(column.chromosome, known.chromosome).tolist():
        edges = np.array([chromosome, chromosome + 1], dtype=np.uint8)
        rows = slice(*np.searchsorted(column.chromosome, edges).tolist())
        stretches = slice(*np.searchsorted(known.chromosome, edges).tolist())
        found[int(chromosome)] = Calls(
            position=column.position[rows],
            ref=codes[column.ref[rows]],
            alt=codes[column.alt[rows]],
            copies=column.copies[rows],
            start=known.start[stretches],
            end=known.end[stretches],
        )
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Slab:
    """One chromosome of up to 64 files. Rows are sorted by position, each allele once; so are edges."""

    roster: tuple[UUID | None, ...]
    rows: NDArray[np.void]
    edges: NDArray[np.void]

    @classmethod
    def empty(cls) -> Self:
        return cls((None,) * WIDTH, np.zeros(0, ROW), np.zeros(0, EDGE))

    def with_file(self, slot: int, file: UUID, calls: Calls) -> "Slab":
        """The same with one file more, in a slot that is free."""
        if self.roster[slot] is not None:
            raise ValueError(f"slot {slot} is taken")
        bit = np.uint64(1 << slot)
        at = self._find(calls)
        fresh = at < 0
        where = np.searchsorted(self.rows["position"], calls.position[fresh], side="right")
        new = np.zeros(int(fresh.sum()), ROW)
        for field in ("position", "ref", "alt"):
            new[field] = getattr(calls, field)[fresh]
        rows = np.insert(self.rows, where, new)
        at[fresh] = where + np.arange(len(where))
        old = at[~fresh]
        at[~fresh] = old + np.searchsorted(where, old, side="right")
        rows["there"][at] |= bit
        rows["lo"][at[calls.copies & 1 > 0]] |= bit
        rows["hi"][at[calls.copies & 2 > 0]] |= bit
        roster = (*self.roster[:slot], file, *self.roster[slot + 1 :])
        return Slab(roster, rows, self._known_too(bit, calls))

    def without(self, slot: int) -> "Slab":
        """The same with a slot cleared: its bits, the rows that no other file has, its edges, its name."""
        others = ~np.uint64(1 << slot)
        rows, edges = self.rows.copy(), self.edges.copy()
        for plane in ("there", "lo", "hi"):
            rows[plane] &= others
        edges["known"] &= others
        turns = edges["known"] != np.concatenate((np.zeros(1, np.uint64), edges["known"][:-1]))
        roster = (*self.roster[:slot], None, *self.roster[slot + 1 :])
        return Slab(roster, rows[rows["there"] != 0], edges[turns])

    def _find(self, calls: Calls) -> NDArray[np.intp]:
        """The row of each call; -1 where there is none yet."""
        position, ref, alt = (np.ascontiguousarray(self.rows[name]) for name in ("position", "ref", "alt"))
        found = np.full(len(calls.position), -1, dtype=np.intp)
        asked = np.arange(len(found))
        at = np.searchsorted(position, calls.position, side="left")
        while len(asked):  # as often as there are alleles at one place
            there = at < len(position)
            asked, at = asked[there], at[there]
            here = position[at] == calls.position[asked]
            asked, at = asked[here], at[here]
            same = (ref[at] == calls.ref[asked]) & (alt[at] == calls.alt[asked])
            found[asked[same]] = at[same]
            asked, at = asked[~same], at[~same] + 1
        return found

    def _known_too(self, bit: np.uint64, calls: Calls) -> NDArray[np.void]:
        """The edges with one file's stretches laid over them."""
        if not len(calls.start):
            return self.edges
        places = np.union1d(self.edges["position"], np.concatenate((calls.start, calls.end)))
        edges = np.zeros(len(places), EDGE)
        edges["position"] = places
        before = np.searchsorted(self.edges["position"], places, side="right")
        edges["known"] = np.concatenate((np.zeros(1, np.uint64), self.edges["known"]))[before]
        own = np.searchsorted(calls.start, places, side="right") - 1
        within = (own >= 0) & (places < calls.end[np.maximum(own, 0)])
        edges["known"][within] |= bit
        return edges


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class View:
    """The piece of a slab that a question needs, and for whom it may be read. `files` are those who were
    asked about, by slot; `mask` has the bit of each of them that the slab has anything of."""

    files: dict[int, UUID]
    mask: int
    rows: NDArray[np.void]
    edges: NDArray[np.void]
