"""The column: one file's normalised genotypes as arrays, and the three things it can say of a variant.

A row is one alternate allele at one place and how many copies the person has: 0, 1, 2 or MISSING. Rows are
sorted by chromosome, position, ref, alt, and no two are alike. `alleles[0]` is "" and means "not stated by
the file": a consumer file states no ref ("AG" is two rows, ref "", alt A and G, one copy each; "AA" one row
with two copies); a VCF record without an alternate states no alt. How rows are put together from a file is
in `column_rows`; how they were read is in `formats`.
"""

import hashlib
import struct
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genomics.coordinates import CHROMOSOMES, LONGEST, Region
from genomics.errors import ColumnDamaged
from genomics.variants import Variant

U8 = NDArray[np.uint8]
U32 = NDArray[np.uint32]

MISSING = 3
NOT_STATED = 0

_MAGIC = b"GCOLUMN\x01"
_HEAD = struct.Struct("<8sIIIB3x25I")  # magic, rows, alleles, bytes of alleles, width, rows a chromosome
_DIGEST = hashlib.sha256().digest_size
_BASES = frozenset("ACGTN")
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

    def __post_init__(self) -> None:
        for array in (self.chromosome, self.position, self.ref, self.alt, self.copies, self.ploidy):
            array.setflags(write=False)

    def __len__(self) -> int:
        return len(self.position)

    # What it says

    def carries(self, variant: Variant) -> Carriage:
        """Whether the person carries this very allele.

        KNOWN_REFERENCE when a row says 0 copies of it, or when the file genotyped this place with the same
        ref and every allele found there is another one. All else is UNKNOWN: a VCF says nothing outside its
        sites.
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
        letters = ref == NOT_STATED
        among = (alt == wanted_ref) | (alt == wanted_alt)
        if not letters.any() or not asked.is_snp or not (among & (copies != MISSING))[letters].all():
            return UNKNOWN
        return _carriage(int(copies[letters & (alt == wanted_alt)].max(initial=0)))

    def carries_any(self, region: Region) -> Carriage:
        """Whether the person carries any alternate allele that starts in the region.

        A row lies in the region when the first base of its trimmed allele does; for SNPs that is POS in
        region, as `bcftools view -t` has it. CARRIER when a row with a stated ref has copies;
        KNOWN_REFERENCE when there are rows and all of them state their ref and 0 copies; else UNKNOWN.
        Letters of a consumer file cannot tell, for want of a ref.
        """
        rows = self._rows_in(region)
        copies, stated = self.copies[rows], self.ref[rows] != NOT_STATED
        carried = copies[stated & (copies != MISSING)]
        most = int(carried.max(initial=0))
        if most:
            return Carriage(State.CARRIER, most)
        return KNOWN_REFERENCE if len(copies) and len(carried) == len(copies) else UNKNOWN

    def genotype_at(
        self,
        chromosome: U8,
        position: U32,
        ref: Sequence[str] | NDArray[Any],
        alt: Sequence[str] | NDArray[Any],
    ) -> U8:
        """Copies of `alt` at each of many places: 0, 1, 2, or 3 for missing, by the rule of `carries`.

        Alleles come as str or bytes, in any order; a haploid call of `alt` is 1 copy. Of consumer letters
        both must be among {ref, alt}, otherwise the place is missing.
        """
        (wanted_ref, short_ref), (wanted_alt, short_alt) = self._indices(ref), self._indices(alt)
        own, asked = keys(self.chromosome, self.position), keys(chromosome, position)
        first = np.searchsorted(own, asked, side="left")
        count = np.searchsorted(own, asked, side="right") - first
        found = np.flatnonzero(count)
        answer = np.full(len(asked), MISSING, dtype=np.uint8)
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
        return answer

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
        return self.to_bytes()[-_DIGEST:]

    def to_bytes(self) -> bytes:
        """The kept form: versioned, little-endian, the same bytes for the same rows."""
        text = "\n".join(self.alleles[1:]).encode("ascii")
        width = next(width for width in (1, 2, 4) if len(self.alleles) <= 1 << 8 * width)
        counts = np.bincount(self.chromosome, minlength=len(CHROMOSOMES) + 1)[1:]
        body = b"".join(
            (
                _HEAD.pack(_MAGIC, len(self), len(self.alleles), len(text), width, *counts.tolist()),
                text,
                self.position.astype("<u4").tobytes(),
                self.ref.astype(f"<u{width}").tobytes(),
                self.alt.astype(f"<u{width}").tobytes(),
                (self.copies | self.ploidy << 2).tobytes(),
            )
        )
        return body + hashlib.sha256(body).digest()

    @classmethod
    def from_bytes(cls, kept: bytes) -> "Column":
        """Read the kept form; bytes that are not a whole, well-formed column raise ColumnDamaged."""
        if len(kept) < _HEAD.size + _DIGEST or kept[: len(_MAGIC)] != _MAGIC:
            raise ColumnDamaged("These bytes are not a column of a version this program reads.")
        _, rows, alleles, letters, width, *counts = _HEAD.unpack_from(kept)
        sizes = (_HEAD.size, letters, 4 * rows, width * rows, width * rows, rows, _DIGEST)
        if width not in (1, 2, 4) or sum(sizes) != len(kept) or sum(counts) != rows:
            raise ColumnDamaged("The column is cut short, or its parts do not add up.")
        if hashlib.sha256(memoryview(kept)[:-_DIGEST]).digest() != kept[-_DIGEST:]:
            raise ColumnDamaged("The column does not have the digest it was kept with.")
        edges = np.cumsum(sizes).tolist()
        text, position, ref, alt, states = (kept[start:end] for start, end in pairwise(edges[:-1]))
        state = np.frombuffer(states, dtype=np.uint8)
        column = cls(
            alleles=("", *text.decode("latin-1").split("\n")) if text else ("",),
            chromosome=np.repeat(np.array(CHROMOSOMES, dtype=np.uint8), counts),
            position=np.frombuffer(position, dtype="<u4").astype(np.uint32),
            ref=np.frombuffer(ref, dtype=f"<u{width}").astype(np.uint32),
            alt=np.frombuffer(alt, dtype=f"<u{width}").astype(np.uint32),
            copies=state & np.uint8(3),
            ploidy=state >> np.uint8(2),
        )
        if len(column.alleles) != alleles or not _is_well_formed(column):
            raise ColumnDamaged("The column has rows that no reader of ours writes.")
        return column


def keys(chromosome: U8, position: U32) -> NDArray[np.uint64]:
    """Chromosome and position as one number that sorts as they do."""
    return chromosome.astype(np.uint64) << np.uint64(32) | position.astype(np.uint64)


def _carriage(copies: int) -> Carriage:
    if copies == MISSING:
        return UNKNOWN
    return Carriage(State.CARRIER, copies) if copies else KNOWN_REFERENCE


def _is_well_formed(column: Column) -> bool:
    """Sorted alleles of known letters, each used; sorted rows, none twice; copies within ploidy."""
    written = column.alleles[1:]
    if any(one >= other for one, other in pairwise(written)):
        return False
    if not all(allele == "*" or (allele and _BASES.issuperset(allele)) for allele in written):
        return False
    ref, alt, count = column.ref, column.alt, len(column.alleles)
    if len(column) == 0:
        return count == 1
    if max(int(ref.max()), int(alt.max())) >= count:
        return False
    used = np.bincount(ref, minlength=count) + np.bincount(alt, minlength=count)
    if not used[1:].all():
        return False
    if (column.position >= np.array(LONGEST, dtype=np.uint32)[column.chromosome]).any():
        return False
    missing = column.copies == MISSING
    ploidy = column.ploidy
    if not ((ploidy >= 1) & (ploidy <= 2) & (missing | (column.copies <= ploidy))).all():
        return False
    if ((ref == alt) & (ref != NOT_STATED)).any():
        return False
    key = keys(column.chromosome, column.position)
    allele = ref.astype(np.uint64) << np.uint64(32) | alt.astype(np.uint64)
    return bool(((key[1:] > key[:-1]) | ((key[1:] == key[:-1]) & (allele[1:] > allele[:-1]))).all())
