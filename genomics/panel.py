"""The sites at which people are compared, and one person's genotypes there as two bit planes.

Pure. A Panel is an ordered list of biallelic SNPs with their place on the genetic map and, where known, how
common the alternate allele is. How rows are compared is in matching; where they are kept, in _vault.
"""

import json
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from genomics.coordinates import AUTOSOMES, CHROMOSOMES, Build, code_or_none
from genomics.errors import GenomicsError
from genomics.genetic_map import GeneticMap

MISSING = 3  # copies of the alternate allele: 0, 1, 2, or this

_PANEL = b"panel\x00\x00\x01"
_ROW = b"row\x00\x00\x00\x00\x01"
_BASES = frozenset("ACGT")

# The arrays of a panel as they stand in its bytes, one after the other, little-endian.
_LAYOUT = {"chromosome": "u1", "position": "<u4", "ref": "S1", "alt": "S1", "cm": "<f4", "frequency": "<f4"}


class PanelRefused(GenomicsError):
    """Something that cannot be a panel, or genotypes that are not of it. Nothing was stored."""


class PanelDamaged(GenomicsError):
    """Stored bytes that are not a whole panel or row."""


@dataclass(frozen=True, slots=True, eq=False)
class PanelRow:
    """A person at a panel's sites. One bit a site in each plane, first site in the lowest bit; (hi, lo) is
    00 missing, 01 two reference alleles, 10 one of each, 11 two alternate alleles."""

    sites: int
    lo: NDArray[np.uint8]
    hi: NDArray[np.uint8]

    def __post_init__(self) -> None:
        if not len(self.lo) == len(self.hi) == (self.sites + 7) // 8:
            raise PanelDamaged(f"A row of {self.sites:,} sites needs two planes of one bit a site.")

    @property
    def called(self) -> int:
        """How many sites are not missing."""
        return int(np.bitwise_count(self.lo | self.hi).sum())

    def copies(self) -> NDArray[np.uint8]:
        """Copies of the alternate allele a site: 0, 1, 2 or MISSING."""
        lo = np.unpackbits(self.lo, count=self.sites, bitorder="little")
        hi = np.unpackbits(self.hi, count=self.sites, bitorder="little")
        return (lo | hi << np.uint8(1)) - np.uint8(1) & np.uint8(MISSING)

    def to_bytes(self) -> bytes:
        return _ROW + struct.pack("<I", self.sites) + self.lo.tobytes() + self.hi.tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        if data[: len(_ROW)] != _ROW or len(data) < len(_ROW) + 4:
            raise PanelDamaged("These bytes are not a panel row, or of a version this program does not know.")
        (sites,) = struct.unpack_from("<I", data, len(_ROW))
        planes = np.frombuffer(data, dtype=np.uint8, offset=len(_ROW) + 4)
        if len(planes) != 2 * ((sites + 7) // 8):
            raise PanelDamaged("The panel row is cut short or too long. Make it again from the column.")
        lo, hi = np.split(planes, 2)
        return cls(sites, lo, hi)


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """Sites in the order of (chromosome, position), at most one a position. `position` is 0-based, `ref` and
    `alt` are one of A C G T as bytes (S1), `cm` counts from the start of each chromosome's map,
    `frequency` is that of the alternate allele."""

    name: str
    version: str
    build: Build
    chromosome: NDArray[np.uint8]
    position: NDArray[np.uint32]
    ref: NDArray[np.bytes_]
    alt: NDArray[np.bytes_]
    cm: NDArray[np.float32]
    frequency: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        sites = len(self.chromosome)
        arrays = [self.position, self.ref, self.alt, self.cm]
        if self.frequency is not None:
            arrays.append(self.frequency)
            if not ((self.frequency >= 0) & (self.frequency <= 1)).all():
                raise PanelRefused("A panel's allele frequencies lie between 0 and 1. Nothing was loaded.")
        if sites == 0 or any(len(array) != sites for array in arrays):
            raise PanelRefused("A panel needs sites, and each of them all its figures. Nothing was loaded.")
        if not np.isin(self.chromosome, CHROMOSOMES).all():
            raise PanelRefused("A panel's chromosomes are codes from 1 to 25. Nothing was loaded.")
        place = self.chromosome.astype(np.int64) << 32 | self.position
        if not (np.diff(place) > 0).all():
            raise PanelRefused("A panel's sites are sorted, and no position comes twice. Nothing was loaded.")
        bases = list(b"ACGT")
        letters = self.ref.view(np.uint8), self.alt.view(np.uint8)
        if not np.isin(letters, bases).all() or (letters[0] == letters[1]).any():
            raise PanelRefused("A panel's sites are SNPs: two different letters of A, C, G, T.")
        for array in (self.chromosome, *arrays):
            array.flags.writeable = False

    def __len__(self) -> int:
        return len(self.chromosome)

    @property
    def autosomal(self) -> int:
        """How many of its sites, the first, lie on autosomes."""
        return int(np.searchsorted(self.chromosome, AUTOSOMES[-1], side="right"))

    @classmethod
    def of(
        cls,
        *,
        name: str,
        version: str,
        build: Build,
        chromosome: ArrayLike,
        position: ArrayLike,
        ref: ArrayLike,
        alt: ArrayLike,
        frequency: ArrayLike | None = None,
        genetic_map: GeneticMap | None = None,
    ) -> Self:
        """A panel of sites in any order, `position` 0-based; on the shipped map if none is given."""
        codes, positions = np.array(chromosome, dtype=np.uint8), np.array(position, dtype=np.uint32)
        order = np.lexsort((positions, codes))
        codes, positions = codes[order], positions[order]
        cm = (genetic_map or GeneticMap.load(build)).along(codes, positions)
        return cls(
            name=name,
            version=version,
            build=build,
            chromosome=codes,
            position=positions,
            ref=np.array(ref, dtype="S1")[order],
            alt=np.array(alt, dtype="S1")[order],
            cm=cm.astype(np.float32),
            frequency=None if frequency is None else np.array(frequency, dtype=np.float32)[order],
        )

    @classmethod
    def from_tsv(
        cls,
        lines: Iterable[str],
        *,
        name: str,
        version: str,
        build: Build,
        genetic_map: GeneticMap | None = None,
    ) -> Self:
        """Read `chromosome position ref alt [frequency]`, tab-separated, positions 1-based; a first line of
        these words is skipped. Either every line has a frequency or none."""
        rows: list[tuple[int, int, str, str, float | None]] = []
        for number, line in enumerate(lines, start=1):
            text = line.rstrip("\r\n")
            if text and not (number == 1 and text.startswith("chromosome\t")):
                rows.append(_site(text, number))
        if not rows:
            raise PanelRefused("The list of sites is empty. Nothing was loaded.")
        codes, positions, refs, alts, frequencies = zip(*rows, strict=True)
        stated = [one for one in frequencies if one is not None]
        if stated and len(stated) < len(rows):
            raise PanelRefused("Some sites have a frequency and some have none. Nothing was loaded.")
        return cls.of(
            name=name,
            version=version,
            build=build,
            chromosome=codes,
            position=positions,
            ref=refs,
            alt=alts,
            frequency=stated or None,
            genetic_map=genetic_map,
        )

    def row_of(self, copies: ArrayLike) -> PanelRow:
        """A person's row, from copies of the alternate allele at each site: 0, 1, 2 or MISSING."""
        given = np.asarray(copies, dtype=np.uint8)
        if given.shape != (len(self),) or given.max() > MISSING:
            raise PanelRefused(
                f"A row of this panel needs {len(self):,} numbers from 0 to 3. Nothing was kept."
            )
        code = (given + 1) & 3
        return PanelRow(
            len(self),
            np.packbits(code & 1, bitorder="little"),
            np.packbits(code >> 1, bitorder="little"),
        )

    @property
    def sha256(self) -> bytes:
        """The digest of the panel's bytes: rows of panels with different digests cannot be compared."""
        return sha256(self.to_bytes()).digest()

    def to_bytes(self) -> bytes:
        head = {
            "name": self.name,
            "version": self.version,
            "build": str(self.build),
            "sites": len(self),
            "frequency": self.frequency is not None,
        }
        said = json.dumps(head, sort_keys=True, separators=(",", ":")).encode()
        parts = [_PANEL, struct.pack("<I", len(said)), said]
        for field, dtype in _LAYOUT.items():
            array = getattr(self, field)
            if array is not None:
                parts.append(array.astype(dtype).tobytes())
        return b"".join(parts)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        try:
            if data[: len(_PANEL)] != _PANEL:
                raise ValueError("not a panel")
            (length,) = struct.unpack_from("<I", data, len(_PANEL))
            start = len(_PANEL) + 4
            head = json.loads(data[start : start + length])
            arrays: dict[str, Any] = {}
            offset = start + length
            for field, dtype in _LAYOUT.items():
                if field != "frequency" or head["frequency"]:
                    arrays[field] = np.frombuffer(data, dtype=dtype, count=head["sites"], offset=offset)
                    offset += arrays[field].nbytes
            if offset != len(data):
                raise ValueError("trailing bytes")
            return cls(head["name"], head["version"], Build(head["build"]), **arrays)
        except (PanelRefused, ValueError, KeyError, TypeError, struct.error) as error:
            raise PanelDamaged(
                "These bytes are not a whole panel, or not of a version this program knows. Load it again."
            ) from error


def _site(text: str, number: int) -> tuple[int, int, str, str, float | None]:
    """Code, 0-based position, ref, alt and frequency of one line."""
    fields = text.split("\t")
    try:
        name, position, ref, alt = fields[0], int(fields[1]), fields[2], fields[3]
        frequency = float(fields[4]) if len(fields) > 4 else None
    except (IndexError, ValueError):
        raise PanelRefused(
            f"Line {number:,} is not `chromosome position ref alt [frequency]`. Nothing was loaded."
        ) from None
    code = code_or_none(name)
    if code is None or not 1 <= position < 2**32:
        raise PanelRefused(f"Line {number:,} names no place on a genome. Nothing was loaded.")
    if ref not in _BASES or alt not in _BASES or ref == alt:
        raise PanelRefused(f"Line {number:,} is not a SNP of two different letters. Nothing was loaded.")
    return code, position - 1, ref, alt, frequency
