"""Whether a row can be one person's genome: people pass, worn or inbred; what was put together is held."""

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from numpy.random import Generator
from numpy.typing import NDArray

from broker.demo.evidence import Wear, leave
from broker.demo.founders import Founders, draw_founders, draw_sites
from broker.demo.pedigree import Member, descend
from broker.demo.simulator import World, simulate
from genomics.coordinates import Build
from genomics.errors import QuestionRefused
from genomics.matching import plausible
from genomics.matching.plausible import Doubt, Seen
from genomics.panel import MISSING, Panel
from tests.world import small_panel

pytestmark = pytest.mark.xdist_group("relatives")  # the simulated worlds are made once

Copies = NDArray[np.uint8]
LEVELS = {
    "clean": Wear(),
    "A": Wear(missing=0.20, error=0.005),
    "B": Wear(missing=0.50, error=0.010),
    "C": Wear(missing=0.05, error=0.005, dropout=0.05),
    "D": Wear(missing=0.50, error=0.005, dropout=0.05),
    "a quarter lost": Wear(missing=0.30, error=0.010, dropout=0.25),
}
SIBLINGS_CHILD = (
    Member("a", "M", 0),
    Member("b", "F", 0),
    Member("c", "M", 1, "a", "b"),
    Member("d", "F", 1, "a", "b"),
    Member("e", "F", 2, "c", "d"),
)


@cache
def world() -> World:
    return simulate(seed=101, people=80, families=3)


@cache
def founders() -> Founders:
    rng = np.random.default_rng(3)
    return draw_founders(40, draw_sites(30_000, build=Build.GRCh37, rng=rng), rng=rng)


@cache
def panel() -> Panel:
    return founders().sites.panel(name="f", version="1", frequency=founders().frequency)


def person(number: int) -> Copies:
    return founders().haplotypes[2 * number : 2 * number + 2].sum(axis=0, dtype=np.uint8)


def islands(every: int, number: int = 0) -> NDArray[np.bool_]:
    """Every so many stretches of 8 cM."""
    return (panel().cm // 8).astype(int) % every == number


def seen(copies: Copies) -> Seen:
    return plausible.seen(panel().row_of(copies), panel())


def mixed(one: Copies, other: Copies, share: float, rng: Generator) -> Copies:
    """What a laboratory reads thirty-fold of two people, `share` of it the second's."""
    depth = rng.poisson(30, len(one))
    alt = rng.binomial(depth, (1 - share) * one / 2 + share * other / 2) / np.maximum(depth, 1)
    return np.where(alt < 0.2, 0, np.where(alt > 0.8, 2, 1)).astype(np.uint8)


@pytest.mark.parametrize("level", LEVELS)
def test_people_pass_however_worn(level: str) -> None:
    here, rng = world(), np.random.default_rng(1)
    of = here.panel()
    worn = [leave(one, wear=LEVELS[level], rng=rng).copies for one in here.people]
    held = [looked for copies in worn if (looked := plausible.seen(of.row_of(copies), of)).doubts]
    assert held == []


def test_people_pass_whose_file_tells_only_what_they_carry() -> None:
    for number in range(20):
        carried = np.where(person(number) == 0, MISSING, person(number)).astype(np.uint8)
        assert seen(carried).doubts == ()


def test_children_of_siblings_pass() -> None:
    """The closest parents there are, and another quarter of the heterozygotes lost on the way."""
    rng = np.random.default_rng(4)
    for number in range(0, 40, 2):
        own = {
            role: np.repeat([[2 * (number + n)], [2 * (number + n) + 1]], len(panel()), axis=1)
            for n, role in enumerate("ab")
        }
        origins = descend(SIBLINGS_CHILD, own, founders().sites, rng)["e"]
        copies = np.take_along_axis(founders().haplotypes, origins, axis=0).sum(axis=0, dtype=np.uint8)
        assert seen(copies).doubts == ()
        copies[(copies == 1) & (rng.random(len(copies)) < 0.2)] = 0
        assert seen(copies).doubts == ()


CRAFTED: dict[str, tuple[Callable[[Generator], Copies], Doubt]] = {
    "all heterozygous": (lambda _: np.ones(len(panel()), dtype=np.uint8), Doubt.ALL_MIXED),
    "one haplotype twice": (lambda _: 2 * founders().haplotypes[0], Doubt.NEVER_MIXED),
    "a haplotype twice in stretches, nothing between": (
        lambda _: np.where(islands(4), 2 * founders().haplotypes[0], MISSING).astype(np.uint8),
        Doubt.STRETCHES_ONLY,
    ),
    "homozygous islands among heterozygotes": (
        lambda _: np.where(islands(2), 2 * founders().haplotypes[0], 1).astype(np.uint8),
        Doubt.ISLANDS,
    ),
    "heterozygous stretches in a person": (
        lambda _: np.where(islands(16), 1, person(5)).astype(np.uint8),
        Doubt.MIXED_STRETCHES,
    ),
    "homozygous islands in a person": (
        lambda _: np.where(islands(4), 2 * founders().haplotypes[0], person(5)).astype(np.uint8),
        Doubt.ISLANDS,
    ),
    "rare alleles in pairs": (
        lambda rng: np.where(
            rng.random(len(panel())) < 0.5, 1, np.where(panel().frequency < 0.5, 2, 0)
        ).astype(np.uint8),
        Doubt.ALL_RARE,
    ),
    "two people in one tube": (lambda rng: mixed(person(1), person(2), 0.5, rng), Doubt.TWO_PEOPLE),
    "a third of a second one": (lambda rng: mixed(person(1), person(2), 0.33, rng), Doubt.TWO_PEOPLE),
    "two files in one, without what disagrees": (
        lambda _: np.where(person(1) == person(2), person(1), MISSING).astype(np.uint8),
        Doubt.TWO_PEOPLE,
    ),
    "stretches of two people, one worn": (
        lambda rng: np.where(
            islands(2), person(1), np.where(rng.random(len(panel())) < 0.8, MISSING, person(2))
        ).astype(np.uint8),
        Doubt.STITCHED,
    ),
    "a handful of sites": (
        lambda rng: np.where(rng.random(len(panel())) < 0.03, person(1), MISSING).astype(np.uint8),
        Doubt.TOO_FEW,
    ),
    "nothing that is known here": (lambda _: np.full(len(panel()), MISSING, np.uint8), Doubt.TOO_FEW),
}


@pytest.mark.parametrize("what", CRAFTED)
def test_what_is_no_one_person_is_held_and_says_why(what: str) -> None:
    made, doubt = CRAFTED[what]
    copies = made(np.random.default_rng(2))
    assert doubt in seen(copies).doubts, seen(copies)
    with pytest.raises(QuestionRefused, match="Nobody was compared") as refused:
        plausible.require(panel().row_of(copies), panel())
    assert plausible.SENTENCES[doubt] in str(refused.value)


def test_what_no_profile_tells_by_itself_passes() -> None:
    """Said in BLIND: another real genome, stretches of many people read alike, a trace of a second one; X."""
    rng = np.random.default_rng(6)
    who = rng.integers(0, 40, 1000)[(panel().cm // 10).astype(int) + 30 * panel().chromosome]
    stitched = np.stack([founders().haplotypes[2 * who + n, np.arange(len(panel()))] for n in (0, 1)])
    assert seen(stitched.sum(axis=0, dtype=np.uint8)).doubts == ()
    assert seen(mixed(person(1), person(2), 0.1, rng)).doubts == ()
    assert len(plausible.BLIND) == 4


def test_a_small_panel_or_one_without_frequencies_tells_nothing_of_a_genome() -> None:
    few = small_panel(60)
    assert plausible.seen(few.row_of(np.ones(60, dtype=np.uint8)), few).doubts == ()
    bare = founders().sites.panel(name="f", version="1", frequency=None)
    row = bare.row_of(np.ones(len(bare), dtype=np.uint8))
    assert plausible.seen(row, bare).doubts == ()


def test_sites_beyond_the_autosomes_are_not_looked_at() -> None:
    few = small_panel(3000)
    chromosome = few.chromosome.copy()
    chromosome[2990:] = 23
    here = Panel("x", "1", few.build, chromosome, few.position, few.ref, few.alt, few.cm, few.frequency)
    copies = np.random.default_rng(1).binomial(2, 0.5, 3000).astype(np.uint8)
    whole = plausible.seen(here.row_of(copies), here)
    copies[2990:] = MISSING
    assert plausible.seen(here.row_of(copies), here) == whole
    assert whole.look.sites == 2990
    assert whole.doubts == ()
