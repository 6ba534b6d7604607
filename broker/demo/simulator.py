"""A small world of people whose relations are known: families dropped through pedigrees, and singles.

Pure numpy, and the same world for the same seed. Where founders come from is in founders, inheritance in
pedigree, files of these people in exports, what they leave at a scene in evidence.
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from broker.demo import pedigree
from broker.demo.founders import Founders, Sites, draw_founders, draw_sites
from broker.demo.pedigree import FAMILY, FAMILY_FOUNDERS, Member, Origins, Relation
from genomics.coordinates import Build
from genomics.panel import MISSING, Panel

BORN = 1928  # the oldest generation, within eight years
GENERATION = 27  # years


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """Somebody of the world as a laboratory would read them: copies of the alternate allele at each site (0,
    1, 2, or 3 for missing), and of each heterozygote whether the first haplotype carries it. `family` counts
    from 1; somebody without relatives here has 0, and no role."""

    name: str
    family: int
    role: str
    sex: str
    born: int
    copies: NDArray[np.uint8]
    first: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two relatives, by their place in World.people, and what they truly share in centimorgans. `total_cm`
    and `longest_cm` count stretches of at least 7 cM."""

    a: int
    b: int
    relation: Relation
    ibd1_cm: float
    ibd2_cm: float
    total_cm: float
    longest_cm: float


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """People, the sites they were typed at, how common each alternate allele is among the founders, and every
    related pair. Two people who are no pair here are unrelated."""

    sites: Sites
    frequency: NDArray[np.float32]
    people: tuple[Person, ...]
    pairs: tuple[Pair, ...]

    def panel(self, *, name: str = "demo", version: str = "1") -> Panel:
        """All sites of the world as a panel."""
        return self.sites.panel(name=name, version=version, frequency=self.frequency)


def simulate(
    *,
    seed: int,
    people: int = 200,
    families: int = 8,
    sites: int = 30_000,
    error: float = 0.001,
    missing: float = 0.005,
) -> World:
    """A world of its own: `people` in all, thirteen in each of the families, the rest singles; in GRCh37."""
    rng = np.random.default_rng(seed)
    singles = people - families * len(FAMILY)
    if singles < 0:
        raise ValueError(
            f"{families} families have {families * len(FAMILY)} members, more than {people} people."
        )
    typed = draw_sites(sites, build=Build.GRCh37, rng=rng)
    founders = draw_founders(families * FAMILY_FOUNDERS + singles, typed, rng=rng)
    return populate(founders, families=families, error=error, missing=missing, rng=rng)


def populate(
    founders: Founders, *, families: int, rng: Generator, error: float = 0.0, missing: float = 0.0
) -> World:
    """Found so many families with some of the founders, drawn by lot, and leave the others single. Founders
    with names keep them; everybody else is called by family and role."""
    if len(founders) < families * FAMILY_FOUNDERS:
        raise ValueError(
            f"So many families need {families * FAMILY_FOUNDERS} founders; there are {len(founders)}."
        )
    lot = rng.permutation(len(founders)).tolist()
    people: list[Person] = []
    pairs: list[Pair] = []
    kin = pedigree.relations(FAMILY)

    def type_person(name: str, family: int, member: Member | None, origins: Origins) -> None:
        born = _born(member, rng)
        sex = member.sex if member else str(rng.choice(["F", "M"]))
        copies, first = _read(founders.haplotypes, origins, error=error, missing=missing, rng=rng)
        people.append(Person(name, family, member.role if member else "", sex, born, copies, first))

    for family in range(1, families + 1):
        married = {member.role: lot.pop() for member in FAMILY if not member.father}
        own = {role: _own(founder, founders.sites) for role, founder in married.items()}
        origins = pedigree.descend(FAMILY, own, founders.sites, rng)
        place = {member.role: len(people) + n for n, member in enumerate(FAMILY)}
        for member in FAMILY:
            name = _name(founders, married.get(member.role), f"{family}-{member.role}")
            type_person(name, family, member, origins[member.role])
        for (one, other), relation in kin.items():
            truth = pedigree.shared(origins[one], origins[other], founders.sites)
            pairs.append(
                Pair(
                    a=place[one],
                    b=place[other],
                    relation=relation,
                    ibd1_cm=truth.ibd1_cm,
                    ibd2_cm=truth.ibd2_cm,
                    total_cm=truth.total_cm,
                    longest_cm=truth.longest_cm,
                )
            )
    for number, founder in enumerate(sorted(lot), start=1):
        type_person(_name(founders, founder, f"0-{number}"), 0, None, _own(founder, founders.sites))
    return World(founders.sites, founders.frequency, tuple(people), tuple(pairs))


def _own(founder: int, sites: Sites) -> Origins:
    """A founder's haplotypes are his own from end to end."""
    return np.repeat(np.array([[2 * founder], [2 * founder + 1]], dtype=np.int32), len(sites), axis=1)


def _name(founders: Founders, founder: int | None, otherwise: str) -> str:
    return founders.names[founder] if founders.names and founder is not None else otherwise


def _born(member: Member | None, rng: Generator) -> int:
    if member is None:
        return int(rng.integers(1940, 2006))
    return BORN + GENERATION * member.generation + int(rng.integers(0, 9))


def _read(
    haplotypes: NDArray[np.uint8], origins: Origins, *, error: float, missing: float, rng: Generator
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """What a laboratory reads: some genotypes wrong by one allele, some not at all."""
    alleles = np.take_along_axis(haplotypes, origins, axis=0)
    copies = alleles.sum(axis=0, dtype=np.uint8)
    first = alleles[0] > alleles[1]
    copies, first = misread(copies, first, error=error, rng=rng)
    copies[rng.random(len(copies)) < missing] = MISSING
    return copies, first & (copies == 1)


def misread(
    copies: NDArray[np.uint8], first: NDArray[np.bool_], *, error: float, rng: Generator
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Each known genotype wrong with a chance of `error`: a heterozygote becomes either homozygote, a
    homozygote becomes heterozygous."""
    wrong = (rng.random(len(copies)) < error) & (copies != MISSING)
    coin = rng.integers(0, 2, len(copies), dtype=np.uint8)
    changed = np.where(wrong, np.where(copies == 1, 2 * coin, 1), copies).astype(np.uint8)
    return changed, np.where(wrong, coin == 1, first) & (changed == 1)
