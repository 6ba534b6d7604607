"""Genotypes from reads: bases counted at a panel's sites, and calls made of the counts.

    pile = Pileup(panel, thresholds=Thresholds())
    pile.add(read)                      # any order
    rows = pile.rows()

A read counts where it is mapped well, once, and neither doubtful nor a copy; two mates over one site count
once. Where the counts do not decide, the site is missing. How reads are read is in `sam` and `alignments`.
"""

from dataclasses import dataclass
from math import log
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genomics.column_rows import Rows
from genomics.columns import MISSING
from genomics.coordinates import MT, Y
from genomics.panel import Panel

BASES = ("A", "C", "G", "T")
_NUMBER = {
    **{ord(base): n for n, base in enumerate(BASES)},
    **{ord(base.lower()): n for n, base in enumerate(BASES)},
}
NOT_COUNTED = 0x4 | 0x100 | 0x200 | 0x400 | 0x800  # unmapped, secondary, failed, a duplicate, supplementary
_ALONG_BOTH, _ALONG_REF, _ALONG_READ = frozenset((0, 7, 8)), frozenset((2, 3)), frozenset((1, 4))
_MOST_MATES = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Phred-scaled qualities that a read and a base must have; how much likelier the best genotype must be
    than the next; how many of the bases may be neither allele; and how often the machine is wrong."""

    mapping: int = 20
    base: int = 20
    odds: float = 100.0
    other: float = 0.1
    error: float = 0.01


class Read(NamedTuple):
    """One read, as far as counting goes. `start` is 0-based; `cigar` is pairs of BAM operation and length."""

    name: bytes
    code: int
    start: int
    flag: int
    mapping: int
    cigar: tuple[tuple[int, int], ...]
    letters: bytes
    qualities: bytes  # without an offset; empty when not stated


class Pileup:
    """The counts so far."""

    def __init__(self, panel: Panel, *, thresholds: Thresholds = Thresholds()) -> None:
        self._panel, self._thresholds = panel, thresholds
        edges = np.searchsorted(panel.chromosome, np.arange(1, MT + 2)).tolist()
        self._edges = {code: (edges[code - 1], edges[code]) for code in range(1, MT + 1)}
        self._counts = np.zeros((len(panel), len(BASES)), dtype=np.uint32)
        self._mates: set[tuple[bytes, int]] = set()
        self.reads = 0

    def add(self, read: Read) -> None:
        """Count a read's bases at the sites it lies over."""
        if read.flag & NOT_COUNTED or not read.code or read.mapping < self._thresholds.mapping:
            return
        if not read.qualities or read.mapping == 255:  # 255: nobody says how well it is mapped
            return
        self.reads += 1
        begin, end = self._edges[read.code]
        positions = self._panel.position[begin:end]
        at, offset = read.start, 0
        for operation, length in read.cigar:
            if operation in _ALONG_BOTH:
                first, last = np.searchsorted(positions, (at, at + length)).tolist()
                for site in range(begin + first, begin + last):
                    self._count(read, site, offset + int(self._panel.position[site]) - at)
                at, offset = at + length, offset + length
            elif operation in _ALONG_REF:
                at += length
            elif operation in _ALONG_READ:
                offset += length

    def _count(self, read: Read, site: int, offset: int) -> None:
        number = _NUMBER.get(read.letters[offset])
        if number is None or read.qualities[offset] < self._thresholds.base:
            return
        if read.flag & 0x1:
            if (read.name, site) in self._mates:
                return
            if len(self._mates) >= _MOST_MATES:  # mates lie close together in a sorted file
                self._mates.clear()
            self._mates.add((read.name, site))
        self._counts[site, number] += 1

    def counts_at(self, chromosome: int, position: int) -> tuple[int, ...]:
        """How many A, C, G, T were counted at a site of the panel."""
        begin, end = self._edges[chromosome]
        site = begin + int(np.searchsorted(self._panel.position[begin:end], position))
        return tuple(self._counts[site].tolist())

    def rows(self) -> tuple[Rows, tuple[str, ...]]:
        """A row a site where anything was counted, and the alleles the rows number: "" and BASES."""
        seen = np.flatnonzero(self._counts.sum(axis=1))
        panel = self._panel
        ref, alt = (_numbers(letters[seen]) for letters in (panel.ref, panel.alt))
        haploid = panel.chromosome[seen] >= Y
        copies = call(self._counts[seen], ref, alt, haploid, self._thresholds)
        return Rows(
            chromosome=panel.chromosome[seen],
            position=panel.position[seen],
            ref=(ref + 1).astype(np.uint32),
            alt=(alt + 1).astype(np.uint32),
            copies=copies,
            ploidy=np.where(haploid, 1, 2).astype(np.uint8),
        ), ("", *BASES)


def call(
    counts: NDArray[np.uint32],
    ref: NDArray[np.intp],
    alt: NDArray[np.intp],
    haploid: NDArray[np.bool_],
    thresholds: Thresholds,
) -> NDArray[np.uint8]:
    """Copies of alt from counts of A, C, G, T a site: the likeliest, or MISSING where none stands out."""
    index = np.arange(len(counts))
    refs, alts = counts[index, ref].astype(np.float64), counts[index, alt].astype(np.float64)
    depth = counts.sum(axis=1).astype(np.float64)
    right, wrong = log(1 - thresholds.error), log(thresholds.error)
    likely = np.stack((refs * right + alts * wrong, (refs + alts) * log(0.5), refs * wrong + alts * right))
    likely[1, haploid] = -np.inf
    best = likely.argmax(axis=0)
    order = np.sort(likely, axis=0)
    clear = (order[2] - order[1] >= log(thresholds.odds)) & (depth - refs - alts <= thresholds.other * depth)
    copies = np.where(haploid & (best == 2), 1, best)
    return np.where(clear, copies, MISSING).astype(np.uint8)


def _numbers(letters: NDArray[np.bytes_]) -> NDArray[np.intp]:
    table = np.zeros(256, dtype=np.intp)
    table[list(b"ACGT")] = (0, 1, 2, 3)
    numbers: NDArray[np.intp] = table[letters.view(np.uint8)]
    return numbers
