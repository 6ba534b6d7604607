"""A family on the X chromosome: who inherited which founder's, what each would be read as, and the truth.

Women hand on a mosaic of their two, men the one they have, to daughters alone. It crosses over as the map
says. Founders are those of the demo (broker.demo.founders), with what goes together among neighbours.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from broker.demo.founders import Sites, draw_founders
from genomics.coordinates import PAIRED_BEFORE, PAIRED_FROM, Build, X
from genomics.genetic_map import GeneticMap
from genomics.matching.x_row import XRow, XSites
from genomics.panel import MISSING

ERROR, LOST = 0.002, 0.01

# Name, sex, father, mother; whoever has no parents is a founder.
FAMILY = (
    ("grandfather", "M", "", ""),
    ("grandmother", "F", "", ""),
    ("mother", "F", "grandfather", "grandmother"),
    ("aunt", "F", "grandfather", "grandmother"),
    ("uncle", "M", "grandfather", "grandmother"),
    ("father", "M", "", ""),
    ("aunt's husband", "M", "", ""),
    ("uncle's wife", "F", "", ""),
    ("son", "M", "father", "mother"),
    ("brother", "M", "father", "mother"),
    ("daughter", "F", "father", "mother"),
    ("sister", "F", "father", "mother"),
    ("cousin", "M", "aunt's husband", "aunt"),
    ("girl cousin", "F", "aunt's husband", "aunt"),
    ("uncle's son", "M", "uncle", "uncle's wife"),
    ("uncle's daughter", "F", "uncle", "uncle's wife"),
)

Haplotypes = NDArray[np.int32]  # (1 or 2, sites): the founder haplotype that each of hers came from


@dataclass(frozen=True, eq=False)
class Family:
    sites: Sites
    x: XSites
    founders: NDArray[np.uint8]
    origins: dict[str, Haplotypes]

    def alleles(self, name: str) -> NDArray[np.uint8]:
        return np.take_along_axis(self.founders, self.origins[name], axis=0)

    def copies(
        self, name: str, rng: Generator, *, dropout: float = 0.0, once: bool = False
    ) -> NDArray[np.uint8]:
        """As a laboratory reads it; a single X as each allele twice, or `once`."""
        alleles = self.alleles(name)
        alone = len(alleles) == 1
        wrong = rng.random(alleles.shape[1]) < ERROR
        copies = (alleles.sum(axis=0) * (2 if alone else 1)).astype(np.uint8)
        coin = 2 * rng.integers(0, 2, len(copies), dtype=np.uint8)
        copies = np.where(wrong, np.where(copies == 1, coin, np.where(alone, 2 - copies, 1)), copies)
        dropped = (copies == 1) & (rng.random(len(copies)) < dropout)
        copies = np.where(dropped, coin, copies)
        if alone and once:
            copies = np.minimum(copies, 1)
        return np.where(rng.random(len(copies)) < LOST, MISSING, copies).astype(np.uint8)

    def row(self, name: str, rng: Generator, *, dropout: float = 0.0, once: bool = False) -> XRow:
        copies = self.copies(name, rng, dropout=dropout, once=once)
        return XRow.read(copies, self.x, dropout=max(dropout, 0.002))

    def truth(self, one: str, other: str, *, least: float = 7.0) -> list[float]:
        """Lengths of what two share on any chromosome of theirs, in stretches of at least `least`."""
        same = (self.origins[one][:, None] == self.origins[other][None]).any(axis=(0, 1))
        turns = np.flatnonzero(np.diff(same, prepend=False, append=False))
        cm = np.append(self.sites.cm, self.sites.cm[-1])
        lengths = [
            float(cm[min(end, len(self.sites) - 1)] - cm[begin]) for begin, end in turns.reshape(-1, 2)
        ]
        return [one for one in lengths if one >= least]


def drawn(seed: int, sites: int = 1500) -> Family:
    rng = np.random.default_rng(seed)
    typed = x_sites(sites)
    alone = [name for name, _, father, _ in FAMILY if not father]
    founders = draw_founders(len(alone) + 30, typed, rng=rng)
    origins: dict[str, Haplotypes] = {}
    for name, sex, father, mother in FAMILY:
        if father:
            hers = [_gamete(origins[mother], typed.cm, rng)]
            origins[name] = np.stack([*([origins[father][0]] if sex == "F" else []), *hers])
        else:
            n = alone.index(name)
            own = np.array([[2 * n], [2 * n + 1]], dtype=np.int32)[: 1 if sex == "M" else 2]
            origins[name] = np.repeat(own, len(typed), axis=1)
    frequency = founders.haplotypes.mean(axis=0)
    return Family(typed, XSites.along(typed.position, typed.cm, frequency), founders.haplotypes, origins)


@cache
def x_sites(count: int) -> Sites:
    """Evenly over what does not pair with Y, in GRCh37."""
    rng = np.random.default_rng(1)
    course = GeneticMap.load(Build.GRCh37).courses[X]
    low, high = max(course.position[0], PAIRED_BEFORE), min(course.position[-1], PAIRED_FROM)
    position = np.sort(rng.choice(np.arange(low, high), count, replace=False))
    return Sites(
        Build.GRCh37,
        np.full(count, X, dtype=np.uint8),
        position.astype(np.uint32),
        np.full(count, b"A"),
        np.full(count, b"G"),
        np.arange(count),
        GeneticMap.load(Build.GRCh37).cm(X, position),
    )


def _gamete(parent: Haplotypes, cm: NDArray[np.float64], rng: Generator) -> NDArray[np.int32]:
    if len(parent) == 1:
        return parent[0]
    crossovers = np.sort(rng.uniform(cm[0], cm[-1], rng.poisson((cm[-1] - cm[0]) / 100)))
    strand = (rng.integers(2) + np.searchsorted(crossovers, cm)) % 2
    return np.where(strand == 0, parent[0], parent[1]).astype(np.int32)
