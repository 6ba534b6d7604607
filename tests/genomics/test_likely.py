"""What sharing so much most likely makes two people: honest chances, on pedigrees the table never saw."""

from collections import defaultdict

import numpy as np
import pytest

from genomics.matching.likely import Likely, generations, likely
from tests.bench import kin_table

WHOLE = sum(kin_table.lengths())
PAIRS = 40  # of each kind


@pytest.fixture(scope="module")
def told() -> list[tuple[str, tuple[Likely, ...]]]:
    """Of fresh pairs of each kind who share anything: what they are, and what is said of them."""
    rng = np.random.default_rng(77)
    said = []
    for kind in kin_table.KINDS:
        for _ in range(PAIRS):
            total, twice, segments = kin_table.drawn(kind, rng)
            if segments:
                chances = likely(total_cm=total, segments=segments, ibd2_cm=twice, covered_cm=WHOLE)
                said.append((kind.name, chances))
    return said


def test_a_chance_is_as_good_as_it_says(told: list[tuple[str, tuple[Likely, ...]]]) -> None:
    """Of all that is called, say, three in ten likely, about three in ten are so."""
    bins: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for truth, chances in told:
        for one in chances:
            bins[min(int(one.chance * 5), 4)].append((one.chance, one.kind == truth))
    assert len(bins) == 5
    for some in bins.values():
        chance, true = np.mean(some, axis=0)
        spread = np.sqrt(chance * (1 - chance) / len(some))
        assert abs(true - chance) <= 0.04 + 3 * spread


def test_the_truth_is_nearly_always_among_what_is_named(told: list[tuple[str, tuple[Likely, ...]]]) -> None:
    assert np.mean([truth in {one.kind for one in chances} for truth, chances in told]) > 0.93


@pytest.mark.parametrize("kind", ["parent or child", "full sibling"])
def test_the_closest_are_never_taken_for_anything_else(
    told: list[tuple[str, tuple[Likely, ...]]], kind: str
) -> None:
    mine = [chances for truth, chances in told if truth == kind]
    assert len(mine) == PAIRS
    assert all([one.kind for one in chances] == [kind] for chances in mine)


def test_half_a_genome_seen_is_judged_as_if_the_rest_were_like_it() -> None:
    whole = likely(total_cm=WHOLE / 2, segments=40, ibd2_cm=0, covered_cm=WHOLE)
    assert whole[0].kind in {"half sibling", "aunt, uncle, niece or nephew"}
    half = likely(total_cm=WHOLE / 2, segments=11, ibd2_cm=0, covered_cm=WHOLE / 2)
    assert half[0].kind == "parent or child"
    two_chromosomes = likely(total_cm=550, segments=2, ibd2_cm=0, covered_cm=560)
    assert two_chromosomes[0].kind == "parent or child"
    less = likely(total_cm=WHOLE / 8, segments=10, ibd2_cm=0, covered_cm=WHOLE / 4)
    assert less[0].chance < whole[0].chance, "a quarter says less than the whole"


def test_steps_of_descent_are_those_of_what_is_likely() -> None:
    assert generations((Likely("parent or child", 1.0),)) == 0.5
    assert generations((Likely("first cousin", 0.5), Likely("second cousin", 0.5))) == 2.5
    assert generations(()) is None
    assert likely(total_cm=0, segments=0, ibd2_cm=0, covered_cm=WHOLE) == ()


def test_the_shipped_table_is_the_commands_own(capsys: pytest.CaptureFixture[str]) -> None:
    """Few pairs are drawn here, so it is like it, not equal to it."""
    kin_table.main(["--pairs", "40", "--seed", "5"])
    drawn = [line.split("\t") for line in capsys.readouterr().out.splitlines()[1:]]
    shipped = [line.split("\t") for line in kin_table.shipped().splitlines()[1:]]
    assert [row[:4] for row in drawn] == [row[:4] for row in shipped]
    for mine, kept in zip(drawn, shipped, strict=True):
        assert float(mine[5]) == pytest.approx(float(kept[5]), abs=0.04)
        assert float(mine[6]) == pytest.approx(float(kept[6]), abs=0.4)
