"""The reference genome as a file: which contigs it has, and the bases at a place, read as they are asked for.

    reference = Reference.of(path)          # a FASTA and its index (.fai) beside it
    reference.bases(20, 999, 1005)          # 0-based, half-open; capitals
    reference.digests["20"]                 # as in M5, when its dictionary (.dict) is beside it too

It may be a part of the genome: then it serves as far as it goes. Whoever opens it names the path; nothing a
received file says is ever opened.
"""

import mmap
import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from genomics.coordinates import CHROMOSOMES, Build, code_or_none
from genomics.errors import GenomicsError

_FIELDS = 5
_TO_CAPITAL = np.uint8(ord("a") - ord("A"))
U8 = NDArray[np.uint8]


class ReferenceRefused(GenomicsError):
    """A FASTA that cannot be the reference genome of a build. Nothing was loaded."""


class _Contig(NamedTuple):
    length: int
    offset: int
    bases: int  # a line
    width: int  # a line with its end


@dataclass(frozen=True, eq=False)
class Reference:
    """One FASTA with its index, of one build."""

    build: Build
    path: Path
    contigs: dict[str, _Contig] = field(repr=False)
    digests: dict[str, str] = field(default_factory=dict, repr=False)  # MD5s of contigs, by their names

    @classmethod
    def of(cls, path: Path, *, build: Build | None = None) -> Self:
        """Open a FASTA with lines of one length and its index. The build is told by the contigs' lengths."""
        contigs: dict[str, _Contig] = {}
        try:
            lines = index_of(path).read_text(encoding="ascii").splitlines()
            for line in lines:
                name, *numbers = line.split("\t")
                if len(numbers) != _FIELDS - 1:
                    raise ValueError
                contigs[name] = _Contig(*map(int, numbers))
        except (OSError, ValueError):
            what = "The FASTA needs its index beside it (`samtools faidx`). Nothing was loaded."
            raise ReferenceRefused(what) from None
        told = {code: one.length for name, one in contigs.items() if (code := code_or_none(name))}
        builds = [build] if build is not None else list(Build)
        fits = [one for one in builds if told and all(one.length(code) == told[code] for code in told)]
        if len(fits) > 1:
            what = (
                "The contigs of the FASTA have the same lengths in GRCh37 and GRCh38. Nothing was loaded; "
                "say which of them it is with --build."
            )
            raise ReferenceRefused(what)
        if not fits:
            what = "The contigs of the FASTA do not have the lengths of GRCh37 or GRCh38. Nothing was loaded."
            raise ReferenceRefused(what)
        return cls(build=fits[0], path=path, contigs=contigs, digests=_digests(path))

    @property
    def lengths(self) -> dict[str, int]:
        """Contigs by name, with the number of their bases."""
        return {name: contig.length for name, contig in self.contigs.items()}

    def bases(self, chromosome: int, start: int, end: int) -> str:
        """The bases of a stretch in capitals; shorter where the chromosome ends, "" where there is none."""
        contig = self._by_code.get(chromosome)
        if contig is None:
            return ""
        start, end = max(start, 0), min(end, contig.length)
        if start >= end:
            return ""
        first, last = self._at(contig, start), self._at(contig, end - 1) + 1
        return self._text[first:last].replace(b"\n", b"").replace(b"\r", b"").decode("ascii").upper()

    def letters(self, chromosome: U8, position: NDArray[np.int64]) -> U8:
        """The base at each of many places, in capitals; 0 where there is none."""
        found = np.zeros(len(position), dtype=np.uint8)
        text = np.frombuffer(self._text, dtype=np.uint8)
        for code, contig in self._by_code.items():
            here = np.flatnonzero((chromosome == code) & (position >= 0) & (position < contig.length))
            at = position[here]
            found[here] = text[contig.offset + at // contig.bases * contig.width + at % contig.bases]
        capital: U8 = np.where((found >= ord("a")) & (found <= ord("z")), found - _TO_CAPITAL, found)
        return capital

    @staticmethod
    def _at(contig: _Contig, position: int) -> int:
        return contig.offset + position // contig.bases * contig.width + position % contig.bases

    @cached_property
    def _by_code(self) -> dict[int, _Contig]:
        found = {code_or_none(name): contig for name, contig in self.contigs.items()}
        return {code: found[code] for code in CHROMOSOMES if code in found}

    @cached_property
    def _text(self) -> mmap.mmap:
        handle = os.open(self.path, os.O_RDONLY)
        try:
            return mmap.mmap(handle, 0, access=mmap.ACCESS_READ)
        except ValueError:
            raise ReferenceRefused("The FASTA is empty. Nothing was loaded.") from None
        finally:
            os.close(handle)


def index_of(path: Path) -> Path:
    """The index beside a FASTA, where `samtools faidx` puts it and htslib looks for it."""
    return Path(f"{path}.fai")


def dictionary_of(path: Path) -> Path:
    """The dictionary beside a FASTA (`samtools dict`)."""
    return path.with_suffix(".dict")


def _digests(path: Path) -> dict[str, str]:
    """What the dictionary says; nothing when there is none that can be read."""
    try:
        lines = dictionary_of(path).read_text(encoding="ascii").splitlines()
        told = [
            dict(tag.split(":", 1) for tag in line.split("\t")[1:]) for line in lines if line[:3] == "@SQ"
        ]
    except (OSError, ValueError):
        return {}
    return {tags["SN"]: tags["M5"] for tags in told if tags.keys() >= {"SN", "M5"}}
