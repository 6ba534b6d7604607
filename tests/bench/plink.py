"""A PLINK set as our bit planes: .bed (SNP-major), .bim and .fam.

names, sites, rows = plink.read(Path("test"))
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from genomics.coordinates import AUTOSOMES, PAIRED_BEFORE, PAIRED_FROM, Build, X, code_or_none
from genomics.genetic_map import GeneticMap
from genomics.matching.kernels import Rows

MAGIC = b"\x6c\x1b\x01"


@njit(cache=True, parallel=True, nogil=True)
def _transposed(bed: Any, lo: Any, hi: Any, frequency: Any) -> None:
    """From two bits a person, site after site, to a bit a site in two planes, person after person. In a .bed
    00 is homozygous for the first allele of the .bim, 01 missing, 10 heterozygous, 11 the other's."""
    sites, people = len(bed), len(lo)
    for w in prange(lo.shape[1]):
        first, end = w << 6, min((w << 6) + 64, sites)
        for person in range(people):
            byte, place = person >> 2, np.uint8(2 * (person & 3))
            low, high = np.uint64(0), np.uint64(0)
            for site in range(first, end):
                code, bit = bed[site, byte] >> place, np.uint64(site - first)
                low |= np.uint64(~(code ^ (code >> 1)) & 1) << bit
                high |= np.uint64(~code & 1) << bit
            lo[person, w], hi[person, w] = low, high
        for site in range(first, end):
            alt, known = 0, 0
            for person in range(people):
                code = (bed[site, person >> 2] >> (2 * (person & 3))) & 3
                known += 2 * (code != 1)
                alt += 2 * (code == 0) + (code == 2)
            frequency[site] = (alt + 0.5) / (known + 1.0)


@dataclass(frozen=True, slots=True)
class Sites:
    """Sites in order; `position` 0-based, `frequency` the alternate allele's among these people."""

    chromosome: NDArray[np.uint8]
    position: NDArray[np.uint32]
    cm: NDArray[np.float64]
    frequency: NDArray[np.float64]


def read(prefix: Path) -> tuple[list[str], Sites, Rows]:
    """People's names, the autosomal sites, and everybody's planes. The second allele of the .bim counts as
    the reference. Where it has no centimorgans, those of the shipped map of GRCh37 are taken."""
    names = [line.split()[1] for line in Path(f"{prefix}.fam").read_text().splitlines() if line.strip()]
    return names, *_planes(prefix, len(names), AUTOSOMES)


def read_x(prefix: Path, people: int) -> tuple[Sites, Rows]:
    """The sites on X (or 23) where it does not pair with Y, and everybody's planes there."""
    return _planes(prefix, people, (X,))


def _planes(prefix: Path, people: int, chromosomes: Collection[int]) -> tuple[Sites, Rows]:
    with Path(f"{prefix}.bim").open() as lines:
        told = [line.split()[:4] for line in lines]
    codes = np.array([_code(chromosome) for chromosome, *_ in told], dtype=np.uint8)
    position = np.array([int(one[3]) - 1 for one in told], dtype=np.uint32)
    cm = np.array([float(one[2]) for one in told])
    data = np.memmap(f"{prefix}.bed", dtype=np.uint8, mode="r")
    if bytes(data[:3]) != MAGIC:
        raise SystemExit(f"{prefix}.bed is not a SNP-major .bed file.")
    bed = data[3:].reshape(len(codes), (people + 3) // 4)
    pairs = (codes == X) & ((position < PAIRED_BEFORE) | (position >= PAIRED_FROM))
    wanted = np.flatnonzero(np.isin(codes, list(chromosomes)) & ~pairs)
    order = wanted[np.lexsort((position[wanted], codes[wanted]))]
    if len(order) < len(codes) or (np.diff(order) != 1).any():
        bed = bed[order]
    codes, position, cm = codes[order], position[order], cm[order]
    if not cm.any():
        cm = GeneticMap.load(Build.GRCh37).along(codes, position)
    lo = np.zeros((people, (len(bed) + 63) // 64), dtype=np.uint64)
    hi = np.zeros_like(lo)
    frequency = np.empty(len(bed))
    _transposed(bed, lo, hi, frequency)
    return Sites(codes, position, cm, frequency), Rows(len(bed), lo, hi)


def _code(name: str) -> int:
    return X if name == "23" else code_or_none(name) or 0
