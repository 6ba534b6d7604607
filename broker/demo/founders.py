"""People whose parents are not in the world: their haplotypes, and the sites at which they were typed.

Pure. Simulated founders are mosaics of an ancestral pool, so that neighbouring sites go together as they do
in a population; `Founders` takes a real phased panel's arrays just as well. Who descends from them is in
pedigree.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from genomics.coordinates import AUTOSOMES, Build
from genomics.genetic_map import GeneticMap
from genomics.panel import Panel

POOL = 120  # ancestral haplotypes
JUMPS_PER_CM = 4.0  # how soon an ancestral haplotype's neighbours on one locus stop being so on the next
SWITCHES_PER_CM = 2.0  # how often a founder's haplotype goes on copying another ancestor
MUTATION = 0.002  # a copied allele that is not its ancestor's
WINDOW = 1_000_000  # bases; typed sites lie denser in some than in others
COMMON = 0.95  # the share of sites whose rarer allele reaches 5 %

FIRST_RSID = 9_000_000_000  # beyond every number dbSNP has given: nobody mistakes these sites for real ones

# (ref, alt): transitions four times as often as the rest; never A/T or C/G, which arrays avoid
_CHANGES = np.array(["AG", "GA", "CT", "TC"] * 4 + ["AC", "CA", "GT", "TG"])


@dataclass(frozen=True, slots=True, eq=False)
class Sites:
    """Typed sites in order; `position` is 0-based, `rsid` an "rs" number, `cm` its place on the map."""

    build: Build
    chromosome: NDArray[np.uint8]
    position: NDArray[np.uint32]
    ref: NDArray[np.bytes_]
    alt: NDArray[np.bytes_]
    rsid: NDArray[np.int64]
    cm: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.chromosome)

    def spans(self) -> list[slice]:
        """The sites of each chromosome, in order."""
        starts = np.flatnonzero(np.diff(self.chromosome, prepend=np.uint8(0)))
        ends = [*starts[1:].tolist(), len(self)]
        return [slice(start, end) for start, end in zip(starts.tolist(), ends, strict=True)]

    def panel(self, *, name: str, version: str, frequency: NDArray[np.float32] | None) -> Panel:
        """These sites as the panel at which the product compares people."""
        return Panel.of(
            name=name,
            version=version,
            build=self.build,
            chromosome=self.chromosome,
            position=self.position,
            ref=self.ref,
            alt=self.alt,
            frequency=frequency,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Founders:
    """Two rows of `haplotypes` (1 where the alternate allele is) a person; `names`, where they have any."""

    sites: Sites
    haplotypes: NDArray[np.uint8]
    names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.haplotypes) // 2

    @property
    def frequency(self) -> NDArray[np.float32]:
        return np.asarray(self.haplotypes.mean(axis=0), dtype=np.float32)


def draw_sites(count: int, *, build: Build, rng: Generator) -> Sites:
    """About evenly over the autosomes, as many a base on each, denser in some places than in others."""
    genetic_map = GeneticMap.load(build)
    bases = np.array([np.ptp(genetic_map.courses[code].position) for code in AUTOSOMES], dtype=np.float64)
    shares = np.diff(np.round(np.cumsum(bases) / bases.sum() * count).astype(int), prepend=0)
    chromosome = np.repeat(np.array(AUTOSOMES, dtype=np.uint8), shares)
    position = np.concatenate(
        [
            _positions(share, genetic_map.courses[code].position, rng)
            for code, share in zip(AUTOSOMES, shares.tolist(), strict=True)
        ]
    )
    changes = rng.choice(_CHANGES, count)
    return Sites(
        build=build,
        chromosome=chromosome,
        position=position.astype(np.uint32),
        ref=np.array([change[0] for change in changes], dtype="S1"),
        alt=np.array([change[1] for change in changes], dtype="S1"),
        rsid=FIRST_RSID + np.cumsum(rng.integers(1, 900, count)),
        cm=genetic_map.along(chromosome, position),
    )


def draw_founders(people: int, sites: Sites, *, rng: Generator) -> Founders:
    """Founders of one population: each haplotype a mosaic of the same ancestral pool, and a few mutations."""
    haplotypes = np.empty((2 * people, len(sites)), dtype=np.uint8)
    for span in sites.spans():
        step = np.diff(sites.cm[span], prepend=sites.cm[span.start])
        pool = _ancestors(step, rng)
        source = _carried(rng.integers(0, POOL, (2 * people, len(step))), SWITCHES_PER_CM * step, rng)
        haplotypes[:, span] = pool[source, np.arange(len(step))]
    return Founders(sites, haplotypes ^ (rng.random(haplotypes.shape, dtype=np.float32) < MUTATION))


def _positions(count: int, mapped: NDArray[np.int64], rng: Generator) -> NDArray[np.int64]:
    """So many different positions on one chromosome, sorted."""
    edges = np.append(np.arange(mapped[0], mapped[-1], WINDOW), mapped[-1])
    density = rng.gamma(4.0, 1.0, len(edges) - 1) * np.diff(edges)
    drawn: NDArray[np.int64] = np.array([], dtype=np.int64)
    while len(drawn) < count:
        window = rng.choice(len(density), count - len(drawn), p=density / density.sum())
        drawn = np.union1d(drawn, rng.integers(edges[window], edges[window + 1]))
    return drawn


def _ancestors(step: NDArray[np.float64], rng: Generator) -> NDArray[np.uint8]:
    """The pool on one chromosome. Each ancestor sits somewhere on a circle and now and then jumps elsewhere
    as the chromosome goes on; a site gives the alternate allele to all on one arc, as long as it is frequent.
    Ancestors that sit close together thus agree at all sites around, until one of them jumps."""
    frequency = _frequencies(len(step), rng)
    place = _carried(rng.random((POOL, len(step))), JUMPS_PER_CM * step, rng)
    return ((place - rng.random(len(step))) % 1.0 < frequency).astype(np.uint8)


def _frequencies(count: int, rng: Generator) -> NDArray[np.float64]:
    """As in a population of constant size: density 1 / f(1 - f), from 5 % at most sites, from 1 % at all."""
    least = np.where(rng.random(count) < COMMON, 0.05, 0.01)
    reach = np.log((1 - least) / least)
    return 1 / (1 + np.exp(-rng.uniform(-reach, reach)))


def _carried(fresh: NDArray[Any], rate: NDArray[np.float64], rng: Generator) -> NDArray[Any]:
    """Row by row, the first value of `fresh` held until a change, then the value there, and so on; `rate`
    changes are expected before each column."""
    changed = rng.random(fresh.shape) < -np.expm1(-rate)
    changed[:, 0] = True
    since = np.maximum.accumulate(np.where(changed, np.arange(fresh.shape[1]), 0), axis=1)
    return np.take_along_axis(fresh, since, axis=1)
