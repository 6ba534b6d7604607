"""How many X a row shows: from its own genotypes, in either way a single X is written, or not at all."""

import numpy as np
import pytest
from numpy.typing import NDArray

from genomics.coordinates import Build, X
from genomics.genetic_map import GeneticMap
from genomics.matching.x_row import ALT, BOTH, REF, Shown, XRow, XSites
from genomics.panel import MISSING, Panel
from tests.genomics import x_family

AUTOSOMAL, ON_X = 1500, 600


def panel(*, build: Build = Build.GRCh37, genetic_map: GeneticMap | None = None) -> Panel:
    """Chromosome 1, and X from end to end, alleles alike common."""
    rng = np.random.default_rng(3)
    on_one = np.sort(rng.choice(240_000_000, AUTOSOMAL, replace=False))
    on_x = np.sort(rng.choice(156_000_000, ON_X, replace=False))
    return Panel.of(
        name="x",
        version="1",
        build=build,
        chromosome=np.repeat([1, X], [AUTOSOMAL, ON_X]),
        position=np.append(on_one, on_x),
        ref=["A"] * (AUTOSOMAL + ON_X),
        alt=["G"] * (AUTOSOMAL + ON_X),
        frequency=np.full(AUTOSOMAL + ON_X, 0.4),
        genetic_map=genetic_map,
    )


def shown(autosomes: NDArray[np.uint8], on_x: NDArray[np.uint8]) -> Shown:
    here = panel()
    return XRow.of(here.row_of(np.append(autosomes, on_x).astype(np.uint8)), here).shown


def drawn(ploidy: int, sites: int = ON_X, seed: int = 5) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).binomial(ploidy, 0.4, sites).astype(np.uint8)


def test_two_and_one_are_told_apart_however_a_single_x_is_written() -> None:
    autosomes = drawn(2, AUTOSOMAL)
    assert shown(autosomes, drawn(2)) is Shown.TWO
    assert shown(autosomes, 2 * drawn(1)) is Shown.ONE
    assert shown(autosomes, drawn(1)) is Shown.ONE, "each allele once, as readers leave it of a man's file"


def test_a_file_of_what_somebody_carries_alone_is_told_by_that() -> None:
    on_x = drawn(2)
    assert shown(drawn(2, AUTOSOMAL), np.where(on_x == 0, MISSING, on_x)) is Shown.TWO
    alone = drawn(1)
    assert shown(drawn(2, AUTOSOMAL), np.where(alone == 0, MISSING, 2)) is Shown.ONE


@pytest.mark.parametrize("lost", [0.05, 0.25])
def test_two_that_lost_heterozygotes_are_still_two(lost: float) -> None:
    rng = np.random.default_rng(8)
    autosomes, on_x = drawn(2, AUTOSOMAL), drawn(2)
    for copies in (autosomes, on_x):
        dropped = (copies == 1) & (rng.random(len(copies)) < lost)
        copies[dropped] = 2 * rng.integers(0, 2, int(dropped.sum()))
    assert shown(autosomes, on_x) is Shown.TWO


def test_whatever_lies_between_or_says_too_little_is_unclear() -> None:
    autosomes, rng = drawn(2, AUTOSOMAL), np.random.default_rng(6)
    nothing = np.full(ON_X, MISSING, dtype=np.uint8)
    few = nothing.copy()
    few[100:120] = drawn(2)[:20]
    # a man's, with something of a woman's in it: heterozygotes at a few places
    mixed = np.where(rng.random(ON_X) < 0.2, drawn(2), 2 * drawn(1))
    for on_x in (nothing, few, mixed, np.zeros(ON_X), np.where(np.arange(ON_X) % 9 == 0, 2, 0)):
        row = panel().row_of(np.append(autosomes, on_x).astype(np.uint8))
        read = XRow.of(row, panel())
        if read.shown is not Shown.UNCLEAR:
            assert on_x is not mixed
            assert on_x is not few
        else:
            assert (read.says == MISSING).all(), "and so nothing of it is compared"
    assert shown(autosomes, mixed) is shown(autosomes, few) is shown(autosomes, nothing) is Shown.UNCLEAR
    assert shown(autosomes, np.zeros(ON_X)) is Shown.UNCLEAR


def test_a_row_whose_autosomes_have_no_heterozygotes_says_nothing_of_x() -> None:
    """One read of each place makes everybody a man."""
    assert shown(2 * drawn(1, AUTOSOMAL), 2 * drawn(1)) is Shown.UNCLEAR
    assert shown(drawn(1, AUTOSOMAL), drawn(1)) is Shown.UNCLEAR, "nor one that writes no allele twice"


def test_a_heterozygote_of_a_single_x_is_an_error_and_missing() -> None:
    sites = XSites.of(panel())
    copies = 2 * drawn(1, len(sites))
    copies[:3] = [0, 1, 2]
    assert XRow.read(copies, sites).says[:4].tolist() == [REF, MISSING, ALT, copies[3] // 2]
    once = drawn(1, len(sites))
    once[:3] = [0, 1, 2]
    assert XRow.read(once, sites).says[:3].tolist() == [REF, ALT, MISSING]
    two = drawn(2, len(sites))
    two[:4] = [0, 1, 2, MISSING]
    assert XRow.read(two, sites).says[:4].tolist() == [REF, BOTH, ALT, MISSING]


@pytest.mark.parametrize(
    ("build", "before", "beyond"),
    [(Build.GRCh37, 2_699_520, 154_931_044), (Build.GRCh38, 2_781_479, 155_701_383)],
)
def test_where_x_pairs_with_y_is_left_out_in_both_builds(build: Build, before: int, beyond: int) -> None:
    """The ends of PAR1 and PAR2 as the Genome Reference Consortium gives them, 1-based."""
    here = panel(build=build)
    sites = XSites.of(here)
    assert sites.position.min() >= before
    assert sites.position.max() < beyond - 1
    assert np.array_equal(here.position[sites.first : sites.first + len(sites)], sites.position)
    assert (here.chromosome[sites.first : sites.first + len(sites)] == X).all()
    assert sites.cm[-1] - sites.cm[0] == pytest.approx(180, abs=2), "women's map"


def test_without_x_on_the_panel_or_on_its_map_nothing_is_said() -> None:
    no_x = GeneticMap.from_tsv(["1\t1\t0", "1\t240000000\t280"], Build.GRCh37)
    here = panel(genetic_map=no_x)
    assert len(XSites.of(here)) == 0
    copies = np.append(drawn(2, AUTOSOMAL), drawn(2)).astype(np.uint8)
    assert XRow.of(here.row_of(copies), here).shown is Shown.UNCLEAR
    alone = Panel.of(
        name="alone",
        version="1",
        build=Build.GRCh37,
        chromosome=here.chromosome[:AUTOSOMAL],
        position=here.position[:AUTOSOMAL],
        ref=here.ref[:AUTOSOMAL],
        alt=here.alt[:AUTOSOMAL],
        frequency=here.frequency[:AUTOSOMAL] if here.frequency is not None else None,
    )
    assert XRow.of(alone.row_of(copies[:AUTOSOMAL]), alone).shown is Shown.UNCLEAR


def test_everybody_of_a_family_is_told_right() -> None:
    for seed in range(4):
        family, rng = x_family.drawn(seed), np.random.default_rng(seed)
        for name, sex, *_ in x_family.FAMILY:
            for once in (False, True):
                read = family.row(name, rng, dropout=0.1 if sex == "F" else 0.0, once=once)
                assert read.shown is (Shown.ONE if sex == "M" else Shown.TWO)
