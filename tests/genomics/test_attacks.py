"""Three ways to read strangers' genotypes out of a relatives search (Edge & Coop 2020: IBS tiling, probing,
baiting), tried with the guards and without. Each prints the share of the targets' genotypes that it reads.

The population is a hard one: sixty ancestral haplotypes in pieces of 12 cM, as on a small island, so that
strangers share long stretches. Without guards the engine's own exact answers are told, of any profile.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from unittest.mock import patch

import numpy as np
import pytest
from numpy.typing import NDArray

from broker.demo.founders import Sites, draw_founders, draw_sites
from consent.policy import Policy
from genomics.coordinates import Build
from genomics.matching import plausible, segments
from genomics.matching.kernels import Rows
from genomics.matching.setting import Setting
from genomics.matching.sharing import Segment, rounded
from genomics.panel import MISSING, Panel

pytestmark = pytest.mark.xdist_group("relatives")  # the scan is compiled once

PIECE_CM = 12.0
TARGETS, PUBLIC = 5, 60
BUDGET = Policy.default().profiles_most

Copies = NDArray[np.uint8]


def anybody(
    _queries: Setting, _people: Setting, pairs: NDArray[np.int32], **_ground: float
) -> NDArray[np.bool_]:
    """Without guards whoever is worn, or made up to look so, is compared all the same."""
    return np.ones(len(pairs), dtype=np.bool_)


@dataclass(frozen=True, eq=False)
class Island:
    """A population: whom the attacker reads, and whose genomes anybody can have."""

    sites: Sites
    ancestral: NDArray[np.uint8]
    haplotypes: NDArray[np.uint8]
    panel: Panel
    rows: Rows

    def person(self, number: int) -> Copies:
        return self.haplotypes[2 * number : 2 * number + 2].sum(axis=0, dtype=np.uint8)

    @property
    def public(self) -> list[int]:
        return list(range(TARGETS, TARGETS + PUBLIC))


@cache
def island() -> Island:
    rng = np.random.default_rng(5)
    sites = draw_sites(30_000, build=Build.GRCh37, rng=rng)
    ancestral = draw_founders(30, sites, rng=rng).haplotypes
    step = np.diff(sites.cm, prepend=-1e3)
    chance = np.where(step < 0, 1.0, 1 - np.exp(-np.maximum(step, 0) / PIECE_CM))
    haplotypes = np.empty((2 * (TARGETS + PUBLIC), len(sites)), dtype=np.uint8)
    for one in haplotypes:
        begins = rng.random(len(sites)) < chance
        begins[0] = True
        whose = rng.integers(0, len(ancestral), begins.sum())[np.cumsum(begins) - 1]
        one[:] = ancestral[whose, np.arange(len(sites))]
    panel = sites.panel(name="island", version="1", frequency=haplotypes.mean(axis=0).astype(np.float32))
    people = [panel.row_of(haplotypes[2 * n : 2 * n + 2].sum(axis=0)) for n in range(TARGETS)]
    return Island(sites, ancestral, haplotypes, panel, segments.rows_of(people, panel))


@dataclass
class House:
    """What answers: with its guards, or as if there were none."""

    guards: bool
    held: int = 0
    asked: int = 0
    over: int = 0  # beyond the budget
    read: NDArray[np.bool_] = field(
        default_factory=lambda: np.zeros((TARGETS, len(island().panel)), dtype=np.bool_)
    )
    wrong: int = 0

    def ask(self, profile: Copies) -> Iterator[tuple[int, Segment]]:
        """Every segment that is told of every target."""
        here = island().panel
        row = here.row_of(profile)
        if self.guards and plausible.seen(row, here).doubts:
            self.held += 1
            return
        if self.guards and self.asked == BUDGET:
            self.over += 1
            return
        self.asked += 1
        least = 7.0 if self.guards else 5.0
        with patch.object(segments, "told_apart", segments.told_apart if self.guards else anybody):
            shared = segments.related(row, island().rows, here, min_cm=least)
        for target, sharing in shared.items():
            told = rounded(sharing, here, min_cm=least) if self.guards else sharing
            yield from ((target, one) for one in told.segments)

    def take(self, target: int, one: Segment, profile: Copies) -> None:
        """Believe that the target has the profile's homozygous alleles all along the segment."""
        here = island().panel
        sites = np.flatnonzero(
            (here.chromosome == one.chromosome)
            & (here.position >= one.start - 1)
            & (here.position <= one.end - 1)
        )
        sites = sites[(profile[sites] == 0) | (profile[sites] == 2)]
        right = np.abs(profile[sites].astype(int) - island().person(target)[sites]) < 2
        self.wrong += int((~right).sum())
        self.read[target, sites[right]] = True

    def says(self, attack: str) -> float:
        share = float(self.read.mean())
        how = "with" if self.guards else "without"
        print(  # noqa: T201 - what these tests are for
            f"{attack}, {how} guards: {100 * share:.1f} % of the genotypes read; {self.asked} profiles "
            f"asked, {self.held} held, {self.over} beyond the budget"
        )
        return share


def tiled(house: House) -> float:
    """Other people's genomes laid against the targets: where a segment is told, its alleles are theirs. One
    haplotype twice reads more than a person's two."""
    for number in island().public:
        for profile in (*(2 * island().haplotypes[2 * number + n] for n in (0, 1)), island().person(number)):
            for target, one in house.ask(profile):
                house.take(target, one, profile)
    return house.says("Tiling")


def probed(house: House) -> float:
    """Known haplotypes in stretches of 9 cM, twice each, with nothing between: told is carried."""
    stretch = (island().panel.cm // 9).astype(int) % 2
    for haplotype in island().ancestral:
        for phase in (0, 1):
            profile = np.where(stretch == phase, 2 * haplotype, MISSING).astype(np.uint8)
            for target, one in house.ask(profile):
                house.take(target, one, profile)
    return house.says("Probing")


def baited(house: House) -> float:
    """Stretches of common alleles contradict hardly anybody, and are told of everybody. One site of each is
    asked with either allele: with which it stops being told is the one that the target does not carry.
    Only the baits count."""
    baits = _baits()
    read = wrong = 0
    for share in (0.7, 0.5, 0.35, 0.25):
        plain = _agreeable(share)
        for some in baits:
            told = []
            for allele in (0, 2):
                profile = plain.copy()
                profile[some] = allele
                told.append(_stretches(house, profile))
            for target in range(TARGETS):
                for site in some:
                    with_ref, with_alt = (_stretch()[site] in one[target] for one in told)
                    if with_ref != with_alt:
                        right = abs((0 if with_ref else 2) - int(island().person(target)[site])) < 2
                        house.read[target, site] |= right
                        read, wrong = read + right, wrong + (not right)
    house.read = house.read[:, np.concatenate(baits)]
    house.wrong = wrong
    return house.says("Baiting")


def _stretch() -> NDArray[np.int64]:
    """Of each site, the stretch it lies in: 9 cM, and 5 that are left out before the next."""
    panel = island().panel
    return (panel.cm // 14).astype(np.int64) + 1000 * panel.chromosome.astype(np.int64)


def _agreeable(share: float) -> Copies:
    panel, rng = island().panel, np.random.default_rng(1)
    asked = (panel.cm % 14 < 9) & (rng.random(len(panel)) < share)
    common = np.where(panel.frequency < 0.5, 0, 2)
    return np.where(asked, common, MISSING).astype(np.uint8)


def _baits() -> list[NDArray[np.int64]]:
    """Four sites of each stretch, near its middle, where both alleles are common."""
    panel, rng = island().panel, np.random.default_rng(2)
    rarer = np.minimum(panel.frequency, 1 - panel.frequency)
    middle = np.flatnonzero((np.abs(panel.cm % 14 - 4.5) < 2) & (rarer > 0.25))
    chosen = [
        rng.choice(middle[_stretch()[middle] == one], 4, replace=False)
        for one in np.unique(_stretch()[middle])
        if (_stretch()[middle] == one).sum() >= 4
    ]
    return list(np.array(chosen).T)


def _stretches(house: House, profile: Copies) -> list[set[int]]:
    panel, found = island().panel, [set[int]() for _ in range(TARGETS)]
    for target, one in house.ask(profile):
        first, last = np.searchsorted(panel.chromosome, [one.chromosome, one.chromosome + 1])
        inside = first + np.searchsorted(panel.position[first:last], [one.start - 1, one.end - 1])
        found[target] |= set(_stretch()[inside[0] : inside[1] + 1].tolist())
    return found


def test_tiling_reads_most_of_a_genome_without_guards_and_little_with_them() -> None:
    bare, guarded = House(guards=False), House(guards=True)
    without, with_guards = tiled(bare), tiled(guarded)
    assert without > 0.75
    assert with_guards < 0.4 * without
    assert (guarded.asked, guarded.held) == (BUDGET, 2 * PUBLIC), (
        "real people pass, one haplotype twice never"
    )
    assert guarded.over == PUBLIC - BUDGET


def test_probing_reads_much_of_a_genome_without_guards_and_nothing_with_them() -> None:
    bare, guarded = House(guards=False), House(guards=True)
    assert probed(bare) > 0.25
    assert probed(guarded) == 0
    assert guarded.asked == 0


def test_baiting_reads_a_site_at_a_time_without_guards_and_nothing_with_them() -> None:
    bare, guarded = House(guards=False), House(guards=True)
    read = baited(bare)
    assert read > 0.15
    assert bare.wrong < 0.3 * bare.read.sum(), "it reads, and does not guess"
    assert baited(guarded) == 0
    assert guarded.asked == 0


def test_an_agreeable_profile_is_told_to_share_with_everybody_and_is_held() -> None:
    """Why held before anything is asked: common alleles twice, and both where both are common."""
    panel = island().panel
    common = np.where(panel.frequency < 0.4, 0, np.where(panel.frequency > 0.6, 2, 1)).astype(np.uint8)
    found = segments.related(panel.row_of(common), island().rows, panel)
    assert min(one.total_cm for one in found.values()) > 2000
    assert plausible.seen(panel.row_of(common), panel).doubts
