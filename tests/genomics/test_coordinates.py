"""Chromosomes and regions as people write them, 1-based, and as they are inside, 0-based."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genomics.coordinates import (
    CHROMOSOMES,
    LONGEST,
    MT,
    Build,
    Region,
    X,
    Y,
    chromosome,
    chromosome_name,
    code_or_none,
    parse_region,
)
from genomics.errors import NotACoordinate
from genomics.formats.builds import of_length


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("1", 1),
        ("chr1", 1),
        ("Chr22", 22),
        ("X", X),
        ("chrY", Y),
        ("M", MT),
        ("MT", MT),
        ("chrM", MT),
        (" 20 ", 20),
    ],
)
def test_a_chromosome_is_known_with_or_without_chr(written: str, code: int) -> None:
    assert chromosome(written) == code


@pytest.mark.parametrize("written", ["", "0", "23", "chr", "x1", "GL000191.1", "01", "--", "chrchr1"])
def test_what_is_no_chromosome_is_refused_with_a_sentence(written: str) -> None:
    assert code_or_none(written) is None
    with pytest.raises(NotACoordinate, match="not a chromosome we know"):
        chromosome(written)


def test_names_and_codes_go_both_ways() -> None:
    assert [chromosome(chromosome_name(code)) for code in CHROMOSOMES] == list(CHROMOSOMES)
    with pytest.raises(NotACoordinate):
        chromosome_name(0)


def test_each_build_has_a_length_for_each_chromosome_and_they_differ_but_for_mt() -> None:
    same = [code for code in CHROMOSOMES if Build.GRCh37.length(code) == Build.GRCh38.length(code)]
    assert same == [MT]
    assert of_length(20, 63025520) is Build.GRCh37
    assert of_length(20, 64444167) is Build.GRCh38


@pytest.mark.parametrize(
    ("written", "start", "end", "shown"),
    [
        ("20:1000-2000", 999, 2000, "20:1000-2000"),
        ("chr20:1,000-2,000", 999, 2000, "20:1000-2000"),
        ("20:1000", 999, 1000, "20:1000-1000"),
        ("20", 0, LONGEST[20], f"20:1-{LONGEST[20]}"),
    ],
)
def test_a_region_is_written_from_one_and_kept_from_zero(
    written: str, start: int, end: int, shown: str
) -> None:
    region = parse_region(written)
    assert (region.chromosome, region.start, region.end) == (20, start, end)
    assert str(region) == shown
    assert region.length == end - start


@pytest.mark.parametrize(
    "written",
    ["", "20:", "20:0-5", "20:5-4", "20:a-b", "20:-5", "20:,", "99:1-2", "20:1-999999999", "20:1-2-3"],
)
def test_what_is_no_region_is_refused(written: str) -> None:
    with pytest.raises(NotACoordinate):
        parse_region(written)


@given(st.sampled_from(CHROMOSOMES), st.data())
@settings(deadline=None)
def test_every_region_is_read_back_as_it_is_shown(code: int, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, LONGEST[code] - 1))
    region = Region(code, start, data.draw(st.integers(start + 1, LONGEST[code])))
    assert parse_region(str(region)) == region
    assert region.holds(code, region.start)
    assert not region.holds(code, region.end)
