"""The column: one file's normalised genotypes as arrays, and the three things it can say of a variant.

A row is one alternate allele at one place and how many copies the person has: 0, 1, 2 or MISSING. Rows are
sorted by chromosome, position, ref, alt, and no two are alike. `alleles[0]` is "" and means "not stated by
the file": a consumer file states no ref ("AG" is two rows, ref "", alt A and G, one copy each; "AA" one row
with two copies); a VCF record without an alternate states no alt. Where there is no row, `known` tells
whether the place is known to be reference. How rows are put together from a file is in `column_rows`, how a
column is kept in `column_bytes`, how files are read in `formats`.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genomics.callability import NOWHERE, U8, U32, Callability, keys
from genomics.column_bytes import DIGEST, MISSING, NOT_STATED, Parts, pack, unpack
from genomics.coordinates import Region
from genomics.variants import Variant

__all__ = [
    "KNOWN_REFERENCE",
    "MISSING",
    "NOT_STATED",
    "U8",
    "U32",
    "UNKNOWN",
    "Carriage",
    "Column",
    "State",
    "keys",
]

_LETTERS: dict[str, np.dtype[Any]] = {"|S1": np.dtype("u1"), "<U1": np.dtype("<u4"), ">U1": np.dtype(">u4")}


class State(StrEnum):
    """What a file says about a variant: three states, never two."""

    CARRIER = "carrier"
    KNOWN_REFERENCE = "known_reference"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Carriage:
    """An answer about one person; true when the person carries. `copies` is 0 unless so."""

    state: State
    copies: int = 0

    def __bool__(self) -> bool:
        return self.state is State.CARRIER


KNOWN_REFERENCE = Carriage(State.KNOWN_REFERENCE)
UNKNOWN = Carriage(State.UNKNOWN)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Column:
    """One file's genotypes. Positions are 0-based; `ref` and `alt` are indices in `alleles`."""

    alleles: tuple[str, ...]
    chromosome: U8
    position: U32
    ref: U32
    alt: U32
    copies: U8
    ploidy: U8
    known: Callability = NOWHERE

    def __post_init__(self) -> None:
        for array in (self.chromosome, self.position, self.ref, self.alt, self.copies, self.ploidy):
            array.setflags(write=False)

    def __len__(self) -> int:
        return len(self.position)

    # What it says

    def carriage(self, at: Variant | Region) -> Carriage:
        """`carries` of a variant, `carries_any` of a region."""
        return self.carries(at) if isinstance(at, Variant) else self.carries_any(at)

    def carries(self, variant: Variant) -> Carriage:
        """Whether the person carries this very allele.

        KNOWN_REFERENCE when a row says 0 copies of it, or when the file genotyped this place with the same
        ref and every allele found there is another one, or when all of it lies where the file knows the
        reference to be. All else is UNKNOWN: a VCF without reference blocks says nothing outside its sites.
        """
        asked = variant.trimmed()
        rows = self._rows_in(Region(asked.chromosome, asked.position, asked.position + 1))
        ref, alt, copies = self.ref[rows], self.alt[rows], self.copies[rows]
        wanted_ref, wanted_alt = self._index(asked.ref), self._index(asked.alt)
        same_ref = ref == wanted_ref
        same = same_ref & (alt == wanted_alt)
        if same.any():
            return _carriage(int(copies[same][0]))
        if same_ref.any():
            return UNKNOWN if (copies[same_ref] == MISSING).any() else KNOWN_REFERENCE
        if not len(ref):
            return (
                KNOWN_REFERENCE
                if self._is_known(asked.chromosome, asked.position, len(asked.ref))
                else UNKNOWN
            )
        letters = ref == NOT_STATED
        among = (alt == wanted_ref) | (alt == wanted_alt)
        if not letters.any() or not asked.is_snp or not (among & (copies != MISSING))[letters].all():
            return UNKNOWN
        return _carriage(int(copies[letters & (alt == wanted_alt)].max(initial=0)))

    def carries_any(self, region: Region) -> Carriage:
        """Whether the person carries any alternate allele that starts in the region.

        A row lies in the region when the first base of its trimmed allele does; for SNPs that is POS in
        region, as `bcftools view -t` has it. CARRIER when a row with a stated ref has copies;
        KNOWN_REFERENCE when there are rows and all of them state their ref and 0 copies, or when there is
        none and the file knows all of the region to be reference; else UNKNOWN.
        Letters of a consumer file cannot tell, for want of a ref.
        """
        rows = self._rows_in(region)
        copies, stated = self.copies[rows], self.ref[rows] != NOT_STATED
        carried = copies[stated & (copies != MISSING)]
        most = int(carried.max(initial=0))
        if most:
            return Carriage(State.CARRIER, most)
        if not len(copies):
            return (
                KNOWN_REFERENCE if self._is_known(region.chromosome, region.start, region.length) else UNKNOWN
            )
        return KNOWN_REFERENCE if len(carried) == len(copies) else UNKNOWN

    def genotype_at(
        self,
        chromosome: U8,
        position: U32,
        ref: Sequence[str] | NDArray[Any],
        alt: Sequence[str] | NDArray[Any],
        *,
        only_these: bool = False,
    ) -> U8:
        """Copies of `alt` at each of many places: 0, 1, 2, or 3 for missing, by the rule of `carries`.

        Alleles come as str or bytes, in any order; a haploid call of `alt` is 1 copy. Of consumer letters
        both must be among {ref, alt}, otherwise the place is missing; with `only_these`, so is a place where
        a record shows another allele than these two: who has none of `alt` has not two of `ref`, then.
        """
        (wanted_ref, short_ref), (wanted_alt, short_alt) = self._indices(ref), self._indices(alt)
        own, asked = keys(self.chromosome, self.position), keys(chromosome, position)
        first = np.searchsorted(own, asked, side="left")
        count = np.searchsorted(own, asked, side="right") - first
        found = np.flatnonzero(count)
        answer = np.full(len(asked), MISSING, dtype=np.uint8)
        if len(self.known):
            sizes = np.array([len(allele) for allele in ref], dtype=np.int64)
            answer[self.known.covers(chromosome, position, position + sizes)] = 0
        if not len(found):
            return answer
        first, count, wanted_ref, wanted_alt = (
            first[found],
            count[found],
            wanted_ref[found],
            wanted_alt[found],
        )
        # Every row at an asked place, flat; `begin` is where each place's rows start.
        begin = np.cumsum(count) - count
        place = np.repeat(np.arange(len(found)), count)
        row = np.arange(len(place)) - begin[place] + first[place]
        row_ref, row_alt, copies = self.ref[row], self.alt[row], self.copies[row]

        missing = copies == MISSING
        letters = row_ref == NOT_STATED
        odd_letter = letters & ~(short_ref & short_alt)[found][place]  # letters say nothing of insertions
        same_ref = ~letters & (row_ref == wanted_ref[place])
        same = same_ref & (row_alt == wanted_alt[place])
        is_alt = letters & (row_alt == wanted_alt[place]) & ~missing
        odd_letter |= letters & (missing | ~(is_alt | (row_alt == wanted_ref[place])))

        def any_of(flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
            return np.logical_or.reduceat(flags, begin)

        def copies_of(flags: NDArray[np.bool_]) -> U8:
            return np.maximum.reduceat(np.where(flags, copies, np.uint8(0)), begin)

        answer[found] = np.select(
            [any_of(same), any_of(same_ref & missing), any_of(same_ref), any_of(odd_letter), any_of(letters)],
            [copies_of(same), np.uint8(MISSING), np.uint8(0), np.uint8(MISSING), copies_of(is_alt)],
            default=np.uint8(MISSING),
        )
        if only_these:
            answer[found[any_of(same_ref & ~same & (copies > 0))]] = MISSING
        return answer

    def _is_known(self, chromosome: int, start: int, length: int) -> bool:
        one = np.array([chromosome]), np.array([start]), np.array([start + length])
        return bool(self.known.covers(*one)[0])

    def _rows_in(self, region: Region) -> slice:
        edges = np.array([region.chromosome, region.chromosome + 1], dtype=np.uint8)
        begin, end = np.searchsorted(self.chromosome, edges)
        here = self.position[begin:end]
        first, last = np.searchsorted(here, np.array([region.start, region.end], dtype=np.uint32))
        return slice(int(begin + first), int(begin + last))

    def _index(self, allele: str) -> int:
        """The index of an allele in our table; -1 when no row has it."""
        at = bisect_left(self.alleles, allele, lo=1)
        return at if at < len(self.alleles) and self.alleles[at] == allele else -1

    def _indices(self, written: Sequence[str] | NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The index of each allele in our table, -1 for one that no row has; whether it is one letter."""
        table = {allele: index for index, allele in enumerate(self.alleles) if index != NOT_STATED}
        given = np.asarray(written)
        letter = _LETTERS.get(given.dtype.str)
        if letter is not None:  # a panel of SNPs: one letter an allele
            by_letter = np.array([table.get(chr(code), -1) for code in range(256)], dtype=np.int64)
            codes = np.ascontiguousarray(given).view(letter)
            return by_letter[np.minimum(codes, 255)], np.ones(len(given), dtype=np.bool_)
        distinct, which = np.unique(given, return_inverse=True)
        texts = [text.decode("ascii") if isinstance(text, bytes) else str(text) for text in distinct.tolist()]
        indices = np.array([table.get(text, -1) for text in texts], dtype=np.int64)
        return indices[which], np.array([len(text) == 1 for text in texts], dtype=np.bool_)[which]

    # How it is kept

    @property
    def sha256(self) -> bytes:
        """The digest of the kept bytes; the same genotypes have the same digest."""
        return self.to_bytes()[-DIGEST:]

    def to_bytes(self) -> bytes:
        """The kept form."""
        return pack(Parts(**{part: getattr(self, part) for part in Parts._fields}))

    @classmethod
    def from_bytes(cls, kept: bytes) -> "Column":
        """Read the kept form; bytes that are not a whole, well-formed column raise ColumnDamaged."""
        return cls(**unpack(kept)._asdict())


def _carriage(copies: int) -> Carriage:
    if copies == MISSING:
        return UNKNOWN
    return Carriage(State.CARRIER, copies) if copies else KNOWN_REFERENCE
