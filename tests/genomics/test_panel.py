"""Panels and rows: what they hold survives every writing down, and what cannot be one is refused."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genomics.coordinates import Build
from genomics.genetic_map import GeneticMap
from genomics.panel import Panel, PanelDamaged, PanelRefused, PanelRow

SITES = ["chromosome\tposition\tref\talt", "2\t200\tC\tT", "chr1\t1500\tA\tG", "1\t1001\tG\tA", "X\t16\tT\tC"]
MAP = GeneticMap.from_tsv(["1\t1001\t0.0", "1\t2001\t1.0", "X\t11\t0.0", "X\t21\t2.0"], Build.GRCh37)


def panel(lines: list[str] = SITES) -> Panel:
    return Panel.from_tsv(lines, name="small", version="1", build=Build.GRCh37, genetic_map=MAP)


def test_a_list_of_sites_becomes_a_sorted_panel_with_its_place_on_the_map() -> None:
    read = panel()
    assert len(read) == 4
    assert read.chromosome.tolist() == [1, 1, 2, 23]
    assert read.position.tolist() == [1000, 1499, 199, 15]
    assert read.ref.tolist() == [b"G", b"A", b"C", b"T"]
    assert read.alt.tolist() == [b"A", b"G", b"T", b"C"]
    assert read.cm.tolist() == pytest.approx([0, 0.499, 0, 1.0], abs=1e-6)
    assert read.frequency is None


def test_frequencies_come_as_a_fifth_field_and_follow_their_sites() -> None:
    read = panel(["2\t200\tC\tT\t0.25", "1\t1500\tA\tG\t0.5"])
    assert read.frequency is not None
    assert read.frequency.tolist() == [0.5, 0.25]


@pytest.mark.parametrize("lines", [SITES, ["2\t200\tC\tT\t0.25", "1\t1500\tA\tG\t0.5"]])
def test_a_panel_survives_its_bytes_and_keeps_its_digest(lines: list[str]) -> None:
    before = panel(lines)
    after = Panel.from_bytes(before.to_bytes())
    assert (after.name, after.version, after.build) == ("small", "1", Build.GRCh37)
    assert after.to_bytes() == before.to_bytes()
    assert after.sha256 == before.sha256 != panel(["1\t1500\tA\tG"]).sha256


def test_a_panel_cannot_be_changed_in_place() -> None:
    with pytest.raises(ValueError, match="read-only"):
        panel().position[0] = 7


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([], "empty"),
        (["chromosome\tposition\tref\talt"], "empty"),
        (["1\t5\tA"], "Line 1 is not"),
        (["1\t5\tA\tG", "1\tsix\tA\tG"], "Line 2 is not"),
        (["1\t0\tA\tG"], "no place"),
        (["HLA\t5\tA\tG"], "no place"),
        (["1\t99999999999\tA\tG"], "no place"),
        (["1\t5\tA\tA"], "not a SNP"),
        (["1\t5\tA\tGT"], "not a SNP"),
        (["1\t5\tN\tG"], "not a SNP"),
        (["1\t5\tA\tG", "1\t5\tA\tC"], "no position comes twice"),
        (["1\t5\tA\tG\t0.1", "1\t6\tA\tC"], "Some sites have a frequency"),
        (["1\t5\tA\tG\t1.5"], "between 0 and 1"),
        (["1\t5\tA\tG\tnan"], "between 0 and 1"),
    ],
)
def test_what_cannot_be_a_panel_is_refused_with_its_line(lines: list[str], sentence: str) -> None:
    with pytest.raises(PanelRefused, match=sentence):
        panel(lines)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=70))
def test_any_genotypes_come_back_from_a_row_and_from_its_bytes(copies: list[int]) -> None:
    sites = panel([f"1\t{n + 1}\tA\tG" for n in range(len(copies))])
    row = sites.row_of(np.array(copies, dtype=np.uint8))
    assert row.copies().tolist() == copies
    assert row.called == sum(c != 3 for c in copies)
    again = PanelRow.from_bytes(row.to_bytes())
    assert again.copies().tolist() == copies
    assert len(row.to_bytes()) == 12 + 2 * ((len(copies) + 7) // 8)


def test_the_planes_of_a_row_are_as_the_house_says() -> None:
    row = panel().row_of([3, 0, 1, 2])
    assert np.unpackbits(row.lo, bitorder="little")[:4].tolist() == [0, 1, 0, 1]
    assert np.unpackbits(row.hi, bitorder="little")[:4].tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize("copies", [[0, 1, 2], [0, 1, 2, 4], [[0, 1, 2, 3]]])
def test_genotypes_that_are_not_of_the_panel_make_no_row(copies: list[int]) -> None:
    with pytest.raises(PanelRefused, match="4 numbers from 0 to 3"):
        panel().row_of(copies)


def test_damaged_bytes_are_neither_a_panel_nor_a_row() -> None:
    good = panel().to_bytes()
    unsorted = good.replace(struct.pack("<II", 1000, 1499), struct.pack("<II", 1499, 1000))
    assert unsorted != good
    for data in (b"", good[:-1], good + b"\0", b"x" + good[1:], good[:20], unsorted):
        with pytest.raises(PanelDamaged):
            Panel.from_bytes(data)
    row = panel().row_of([3, 0, 1, 2]).to_bytes()
    for data in (b"", row[:-1], row + b"\0", b"x" + row[1:], row[:9], good):
        with pytest.raises(PanelDamaged):
            PanelRow.from_bytes(data)
