"""The figures of tests.bench.relatives_truth, on answers and truths written down by hand."""

from pathlib import Path

import pytest

from tests.bench import relatives, relatives_truth
from tests.bench.relatives_truth import Table, Truth

TRUE = """\
id1 id2 rel ibd1_cm ibd2_cm total_cm total_ge7_cm n_ge7 longest_cm
P0 P1 FS 20 10 30 30 1 30
P0 P2 4C 7.5 0 7.5 7.5 1 7.5
P1 P2 4C 3 0 3 0 0 3
"""
PIECES = """\
id1 id2 chrom start_cm end_cm ibd
P0 P1 1 10 20 1
P0 P1 1 20 30 2
P0 P2 2 50 57.5 1
"""
TOLD = """\
id1 id2 total_cm ibd2_cm
P1 P0 29.0 9.0
P0 P2 7.2 0
P3 P41 8.0 0
"""
TOLD_PIECES = """\
id1 id2 ibd chromosome start_cm end_cm
P1 P0 1 1 10.5 29.5
P1 P0 2 1 20 29
P0 P2 1 2 50 57.2
P0 P1 1 3 5 12.5
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two families of which the engine, here a made-up one, told three pairs; one of them of strangers."""
    (tmp_path / "truth_pairs.tsv").write_text(TRUE.replace(" ", "\t"))
    (tmp_path / "truth_segments.tsv").write_text(PIECES.replace(" ", "\t"))
    (tmp_path / "test.fam").write_text("".join(f"P{n} P{n} 0 0 0 -9\n" for n in range(80)))

    def run(bfile: Path, out: Path, *, queries: Path | None, threads: int) -> int:
        Path(f"{out}.pairs.tsv").write_text(TOLD.replace(" ", "\t"))
        Path(f"{out}.segments.tsv").write_text(TOLD_PIECES.replace(" ", "\t"))
        return 0

    monkeypatch.setattr(relatives, "run", run)
    return tmp_path


def test_a_haplotype_and_then_both_are_one_true_piece(folder: Path) -> None:
    assert Truth.read(folder).pieces[0, 1] == [("1", 10.0, 30.0)]


def test_only_those_who_truly_share_7_cm_are_looked_for(folder: Path) -> None:
    seen = relatives_truth.clean(folder, threads=1)
    assert (seen.found["FS"], seen.found["4C"]) == ([True], [True])


def test_pairs_of_two_families_are_counted_among_all_there_are(folder: Path) -> None:
    seen = relatives_truth.clean(folder, threads=1)
    assert (seen.across, seen.strangers) == (1, 40 * 40)


def test_totals_are_held_against_true_pieces_of_7_cm(folder: Path) -> None:
    seen = relatives_truth.clean(folder, threads=1)
    assert sorted(round(one, 6) for one in seen.off) == [-1.0, -0.3]
    assert seen.twice == [-1.0]
    assert seen.ratio(("FS",)) == pytest.approx(29 / 30)


def test_a_short_told_piece_lies_on_a_true_one_or_on_nothing(folder: Path) -> None:
    seen = relatives_truth.clean(folder, threads=1)
    assert sorted(seen.lies) == [False, True]
    assert sorted(seen.long) == [False, True]


def test_intervals_are_those_of_the_books() -> None:
    """Wilson's for 10 of 10 is [.7225, 1]; Student's for 1, 2, 3 is 2 plus and minus 2.484."""
    low, high = relatives_truth.wilson(10, 10)
    assert (round(low, 4), round(high, 4)) == (0.7225, 1.0)
    assert [round(one, 3) for one in relatives_truth.spread([1.0, 2.0, 3.0])] == [-0.484, 4.484]


@pytest.mark.parametrize(("value", "met"), [([1, 1], True), ([9, 9], False), ([], False)])
def test_what_is_above_its_target_or_no_number_is_missed(value: list[float], met: bool) -> None:
    table = Table()
    table.over_seeds("x", value, most=5.0)
    assert (table.ok, table.missed) == (int(met), int(not met))
