"""The genetic map: facts between rows, and how far the shipped thinned tables are from the full ones."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from genomics.coordinates import AUTOSOMES, Build, X
from genomics.genetic_map import TOLERANCE, GeneticMap, MapRefused

SMALL = (
    "chromosome\tposition\tcentimorgan\n1\t1001\t0.0\n1\t2001\t1.0\n1\t4001\t1.5\nX\t11\t0.0\nX\t21\t2.0\n"
)


def small() -> GeneticMap:
    return GeneticMap.from_tsv(SMALL.splitlines(), Build.GRCh37)


def full(shared: Path, build: Build) -> GeneticMap:
    packed = (shared / "data" / f"genetic_map_{build}.tsv.gz").read_bytes()
    return GeneticMap.from_tsv(gzip.decompress(packed).decode().splitlines(), build)


def test_between_two_rows_the_map_is_a_straight_line_and_outside_it_is_flat() -> None:
    asked = [0, 1000, 1500, 2000, 3000, 4000, 9_000_000]
    assert small().cm(1, asked).tolist() == [0, 0, 0.5, 1.0, 1.25, 1.5, 1.5]


def test_a_position_comes_back_from_its_centimorgans() -> None:
    positions = np.array([1000, 1500, 2500, 4000])
    assert small().position(1, small().cm(1, positions)).tolist() == positions.tolist()


def test_sites_of_several_chromosomes_are_placed_together_and_unmapped_ones_lie_at_zero() -> None:
    assert small().along([1, 23, 25, 1], [1500, 15, 300, 4000]).tolist() == [0.5, 1.0, 0.0, 1.5]


def test_a_map_survives_being_written_and_read() -> None:
    again = GeneticMap.from_tsv(small().as_tsv().splitlines(), Build.GRCh37)
    assert again.as_tsv() == small().as_tsv() == SMALL.replace(".0\n", ".000\n").replace(".5\n", ".500\n")


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([], "no rows"),
        (["1\t5\t0.1", "1\t5\t0.2"], "Line 2 of the map goes backwards"),
        (["1\t5\t0.2", "1\t6\t0.1"], "Line 2 of the map goes backwards"),
        (["1 5 0.2"], "Line 1 of the map is not"),
        (["1\tfive\t0.2"], "Line 1 of the map is not"),
        (["1\t5\tnan"], "names no place"),
        (["1\t0\t0.1"], "names no place"),
        (["31\t5\t0.1"], "names no place"),
    ],
)
def test_a_table_that_is_no_map_is_refused_with_its_line(lines: list[str], sentence: str) -> None:
    with pytest.raises(MapRefused, match=sentence):
        GeneticMap.from_tsv(lines, Build.GRCh37)


def test_a_chromosome_without_a_map_is_named() -> None:
    with pytest.raises(MapRefused, match="chromosome Y"):
        small().cm(24, [5])


def test_thinning_keeps_ends_and_never_strays_beyond_its_tolerance() -> None:
    rng = np.random.default_rng(5)
    position = np.cumsum(rng.integers(1, 5000, 4000))
    cm = np.cumsum(rng.gamma(0.2, 0.05, 4000)).round(4)
    lines = [f"7\t{p}\t{c}" for p, c in zip(position.tolist(), cm.tolist(), strict=True)]
    whole = GeneticMap.from_tsv(lines, Build.GRCh38)
    thin = whole.thinned(0.05)
    written = GeneticMap.from_tsv(thin.as_tsv().splitlines(), Build.GRCh38)
    assert len(thin.courses[7].position) < 2000
    assert thin.courses[7].position[[0, -1]].tolist() == [position[0] - 1, position[-1] - 1]
    assert np.abs(written.cm(7, position - 1) - cm).max() <= 0.05


@pytest.mark.parametrize("build", Build)
def test_the_shipped_tables_know_every_autosome_and_x(build: Build) -> None:
    shipped = GeneticMap.load(build)
    assert sorted(shipped.courses) == [*AUTOSOMES, X]
    assert 3540 < shipped.autosomal_length < 3550
    for code, course in shipped.courses.items():
        assert 0 <= course.position[0] < course.position[-1] < build.length(code)
    assert GeneticMap.load(build) is shipped


@pytest.mark.shared
@pytest.mark.parametrize("build", Build)
def test_the_shipped_tables_are_the_shared_ones_within_their_tolerance(shared: Path, build: Build) -> None:
    whole, shipped = full(shared, build), GeneticMap.load(build)
    assert sorted(whole.courses) == sorted(shipped.courses)
    for code, course in whole.courses.items():
        # both are straight between their rows and the shipped rows are among the shared ones,
        # so the rows are where the two are furthest apart
        assert np.isin(shipped.courses[code].position, course.position).all()
        assert np.abs(shipped.cm(code, course.position) - course.cm).max() <= TOLERANCE
    assert whole.thinned().as_tsv() == shipped.as_tsv()
