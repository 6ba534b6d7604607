"""The numbers a participant is told of her file, what they may mean, and the picture drawn of them."""

import dataclasses
from dataclasses import asdict

import pytest

from broker.portal import coverage
from genomics import formats
from genomics.column_rows import Rows, assemble
from genomics.columns import Column
from genomics.coordinates import CHROMOSOMES
from genomics.intake.quality import BIN, THRESHOLDS, Quality, Sex, measure, remarks_on
from tests.builders import array, vcf, vcf_text


def test_sites_are_counted_once_however_many_rows_they_have() -> None:
    records = [("20", 100, "A", "T,G", "1/2"), ("20", 200, "A", "T", "0/0"), ("20", 300, "A", "T", "./.")]
    records += [("X", 5, "A", "T", "1"), ("X", 9, "A", "T", "0/1")]
    quality = measure(formats.read(vcf(records)).column)
    assert (quality.sites, quality.called, quality.call_rate) == (5, 4, 0.8)
    assert (quality.heterozygosity, quality.chromosomes) == (0.5, (20, 23))


def test_a_file_with_hardly_any_place_is_remarked_on_and_not_told_as_good() -> None:
    few = formats.read(vcf(("20", 100 * n + 5, "A", "T", "./.") for n in range(9))).quality
    assert few.remarks == ("few_places",)
    assert "Very few places" in coverage.remarks(asdict(few))[0]
    enough = formats.read(vcf(("20", 100 * n + 5, "A", "G", "0/1") for n in range(1_000))).quality
    assert "few_places" not in enough.remarks


def test_letters_and_records_are_measured_alike() -> None:
    letters = array([("a", "1", 1, "AG"), ("b", "1", 2, "AA"), ("c", "1", 3, "--"), ("d", "Y", 4, "C")])
    quality = formats.read(letters).quality
    assert (quality.sites, quality.called, quality.heterozygosity) == (4, 3, 0.5)


def test_an_empty_column_has_rates_of_nothing() -> None:
    nothing, _ = assemble(Rows.join([]), [""])
    none = Quality(sites=0, called=0, call_rate=0.0, heterozygosity=0.0, chromosomes=())
    assert measure(nothing) == dataclasses.replace(none, remarks=("few_places",))
    assert coverage.of(asdict(measure(nothing)), "f") is None
    only_y = formats.read(vcf([("Y", 5, "A", "T", "1")])).quality
    assert only_y.heterozygosity == 0.0


def test_like_and_unlike_changes_and_mixed_and_double_ones_are_counted() -> None:
    records = [("20", 10, "A", "G", "0/1"), ("20", 20, "C", "T", "1/1"), ("20", 30, "A", "T", "0/1")]
    records += [("20", 40, "A", "C", "0/0"), ("20", 50, "A", "AC", "0/1"), ("20", 60, "G", "A", "./.")]
    quality = formats.read(vcf(records)).quality
    assert quality.ti_to_tv == 2.0
    assert quality.het_to_hom == 3.0
    assert quality.states_reference
    assert not formats.read(array([("a", "1", 1, "AG")])).quality.states_reference


def on_sex_chromosomes(x: list[str], y: list[str]) -> Sex:
    calls = [(f"x{n}", "X", 5_000_000 + n, call) for n, call in enumerate(x)]
    calls += [(f"p{n}", "X", 1_000_000 + n, "AG") for n in range(200)]  # where X and Y pair
    calls += [(f"y{n}", "Y", 5_000_000 + n, call) for n, call in enumerate(y)]
    return formats.read(array(calls)).quality.sex


@pytest.mark.parametrize(
    ("x", "y", "sex"),
    [
        (["AA", "AG"] * 80, ["--"] * 40, Sex.XX),
        (["AA", "AG"] * 80, [], Sex.XX),
        (["AA"] * 160, ["CC"] * 40, Sex.XY),
        (["A"] * 160, ["C"] * 40, Sex.XY),
        (["AA"] * 160, [], Sex.UNCLEAR),
        (["AA", "AG"] * 80, ["CC"] * 40, Sex.UNCLEAR),
        (["AA", "AG"] * 20, ["--"] * 40, Sex.UNCLEAR),
    ],
)
def test_sex_chromosomes_are_told_where_the_file_is_clear(x: list[str], y: list[str], sex: Sex) -> None:
    assert on_sex_chromosomes(x, y) == sex


@pytest.mark.parametrize(
    ("numbers", "remarks"),
    [
        ({}, ()),
        ({"call_rate": 0.9}, ("many_missing",)),
        ({"heterozygosity": 0.6}, ("mixture",)),
        ({"heterozygosity": 0.05}, ("too_alike",)),
        ({"heterozygosity": 0.6, "sites": 500}, ()),
        ({"heterozygosity": 0.6, "states_reference": True}, ()),
        ({"states_reference": True, "het_to_hom": 4.0}, ("mixture",)),
        ({"states_reference": True, "het_to_hom": 0.5, "ti_to_tv": 1.0}, ("too_alike", "odd_changes")),
    ],
)
def test_numbers_beyond_their_thresholds_are_remarked_on(numbers: dict, remarks: tuple[str, ...]) -> None:
    usual = {"sites": 20_000, "called": 20_000, "call_rate": 1.0, "heterozygosity": 0.3, "chromosomes": (1,)}
    usual |= {"het_to_hom": 1.6, "ti_to_tv": 2.1}
    wanted = Quality(**(usual | numbers))
    assert wanted.remarks == ()
    assert remarks_on(wanted) == remarks


def test_every_remark_and_sex_has_its_words() -> None:
    assert {one.remark for one in THRESHOLDS} == set(coverage.REMARKS)
    assert set(Sex) == set(coverage.SEXES)


# The picture


def column() -> Column:
    calls = [(f"a{n}", "1", 1_000 + n, "AG") for n in range(64)]
    calls += [("b", "1", 3 * BIN + 5, "AG"), ("c", "1", 7 * BIN + 5, "--"), ("d", "22", 20_000_001, "CC")]
    return formats.read(array(calls)).column


def test_places_read_are_counted_along_each_chromosome() -> None:
    quality = measure(column())
    first, last = quality.by_chromosome
    assert (first.chromosome, first.sites, first.called) == (1, 66, 65)
    assert first.density[:8] == (64, 0, 0, 1, 0, 0, 0, 0)
    assert (last.chromosome, last.density[4], sum(last.density)) == (22, 1, 1)


def test_what_is_known_counts_base_by_base() -> None:
    spans = [(4_999_990, 5_000_010), (7_000_000, 7_000_099), (9_999_999, 15_000_000)]
    lines = [f"20\t{start}\t.\tA\t<*>\t.\t.\tEND={end}\tGT\t0/0" for start, end in spans]
    known = formats.read(vcf_text(lines)).column
    (only,) = measure(known).by_chromosome
    assert only.density[:4] == (11, 10 + 100 + 2, BIN, 0)
    assert measure(known).known == sum(only.density) == known.known.bases


def test_the_picture_is_darker_where_more_was_read_and_has_its_table() -> None:
    drawn = coverage.of(asdict(measure(column())), "f1")
    assert drawn is not None
    assert drawn.id == "coverage-f1"
    assert [bar.name for bar in drawn.bars][-3:] == ["X", "Y", "MT"]
    assert len(drawn.bars) == len(CHROMOSOMES)
    assert [(one.x, one.y, one.shade) for one in drawn.pieces] == [
        ("18.0", 2, 4),
        ("33.0", 2, 1),
        ("38.0", 212, 1),
    ]
    assert drawn.rows == [["1", {"number": 66}, {"number": 65}], ["22", {"number": 1}, {"number": 1}]]


@pytest.mark.parametrize(
    ("count", "shade"), [(0, 0), (1, 1), (12, 1), (13, 2), (25, 2), (26, 3), (50, 3), (51, 4), (100, 4)]
)
def test_each_shade_is_half_as_full_as_the_next(count: int, shade: int) -> None:
    calls = [(f"a{n}", "1", 1_000 + n, "AG") for n in range(100)]
    calls += [(f"b{n}", "1", 3 * BIN + 1 + n, "AG") for n in range(count)]
    drawn = coverage.of(asdict(formats.read(array(calls)).quality), "f")
    assert drawn is not None
    assert [one.shade for one in drawn.pieces] == [4, *([shade] if shade else [])]


def test_neighbours_of_one_shade_are_one_piece() -> None:
    calls = [(f"a{n}", "1", 1 + n * BIN, "AG") for n in range(6)]
    drawn = coverage.of(asdict(formats.read(array(calls)).quality), "f")
    assert drawn is not None
    assert [(one.x, one.width) for one in drawn.pieces] == [("18.0", "30.0")]
