"""What the files of a slab say of a variant or a region: the same as their columns, 64 in one step.

Pure. Whoever is not in the mask is out before anything is looked at: her bits are cleared in every plane, so
no sum, no maximum and no "is there any" can have her in it.
"""

from dataclasses import dataclass
from typing import Self
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from genomics.columns import KNOWN_REFERENCE, NOT_STATED, UNKNOWN, Carriage, State
from genomics.coordinates import Region
from genomics.slabs import U64, View, code
from genomics.variants import Variant

ONE, TWO = Carriage(State.CARRIER, 1), Carriage(State.CARRIER, 2)


@dataclass(frozen=True, slots=True)
class Found:
    """A bit a slot: who carries one copy, who two, who is known to carry none. Whoever is in none of the
    three is unknown."""

    one: int
    two: int
    reference: int

    def of(self, slot: int) -> Carriage:
        said = ((self.one, ONE), (self.two, TWO), (self.reference, KNOWN_REFERENCE))
        return next((carriage for bits, carriage in said if bits >> slot & 1), UNKNOWN)


def carriages(view: View, at: Variant | Region) -> dict[UUID, Carriage]:
    """What each file that was asked about says: Column.carriage, for all of them at once."""
    found = carries(view, at) if isinstance(at, Variant) else carries_any(view, at)
    return {file: found.of(slot) for slot, file in view.files.items()}


def carries(view: View, variant: Variant) -> Found:
    """By the rule of Column.carries."""
    asked = variant.trimmed()
    seen = _Seen.of(view, asked.position, asked.position + 1)
    ref, alt = np.uint64(code(asked.ref)), np.uint64(code(asked.alt))
    same_ref, letters = seen.ref == ref, seen.ref == NOT_STATED
    same, is_alt = same_ref & (seen.alt == alt), letters & (seen.alt == alt)
    one, two, reference = seen.copies(same)
    genotyped = seen.who(same_ref)
    reference |= genotyped & ~seen.who(same) & ~seen.missing(same_ref)
    reference |= _known(view, asked.position, asked.position + len(asked.ref)) & ~seen.who()
    if asked.is_snp:
        other = letters & ~is_alt & (seen.alt != ref)
        told = seen.who(letters) & ~genotyped & ~seen.who(other) & ~seen.missing(letters)
        letter, twice, _ = seen.copies(is_alt)
        one, two = one | letter & told, two | twice & told
        reference |= told & ~letter & ~twice
    return Found(one, two, reference)


def carries_any(view: View, region: Region) -> Found:
    """By the rule of Column.carries_any."""
    seen = _Seen.of(view, region.start, region.end)
    stated = seen.ref != NOT_STATED
    one, two, _ = seen.copies(stated)
    carrier = one | two
    reference = seen.who() & ~seen.who(~stated) & ~seen.missing(stated) & ~carrier
    reference |= _known(view, region.start, region.end) & ~seen.who()
    return Found(one & ~two, two, reference)


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """Rows of a stretch, with nobody in them who is not in the mask."""

    ref: U64
    alt: U64
    there: U64
    lo: U64
    hi: U64

    @classmethod
    def of(cls, view: View, start: int, end: int) -> Self:
        edges = np.array([start, end], dtype=np.uint32)
        rows = view.rows[slice(*np.searchsorted(view.rows["position"], edges).tolist())]
        mask = np.uint64(view.mask)
        return cls(rows["ref"], rows["alt"], *(rows[plane] & mask for plane in ("there", "lo", "hi")))

    def who(self, rows: NDArray[np.bool_] | slice = slice(None)) -> int:
        """Who has any of these rows."""
        return _any(self.there[rows])

    def missing(self, rows: NDArray[np.bool_]) -> int:
        """Who has any of these rows without a genotype."""
        return _any((self.lo & self.hi)[rows])

    def copies(self, rows: NDArray[np.bool_]) -> tuple[int, int, int]:
        """Who has one copy of any of these, who two, who none."""
        there, lo, hi = self.there[rows], self.lo[rows], self.hi[rows]
        return _any(lo & ~hi), _any(hi & ~lo), _any(there & ~lo & ~hi)


def _known(view: View, start: int, end: int) -> int:
    """Who is known to be reference all the way."""
    places = view.edges["position"]
    first = int(np.searchsorted(places, np.uint32(start), side="right")) - 1
    if first < 0:
        return 0
    last = int(np.searchsorted(places, np.uint32(end), side="left"))
    return int(np.bitwise_and.reduce(view.edges["known"][first:last])) & view.mask


def _any(planes: U64) -> int:
    return int(np.bitwise_or.reduce(planes))
