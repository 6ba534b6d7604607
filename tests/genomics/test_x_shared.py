"""What two people share on X: true to simulated truth of a family, silent about strangers, told coarsely."""

from collections import defaultdict
from functools import cache
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from genomics.coordinates import X
from genomics.matching import x_shared
from genomics.matching.sharing import GRID_CM
from genomics.matching.x_row import Shown, XRow, XSites
from genomics.matching.x_shared import XSharing
from genomics.panel import MISSING
from tests.genomics import x_family
from tests.genomics.x_family import FAMILY, Family

SEEDS, SITES = range(6), 3000
SEX = {name: sex for name, sex, *_ in FAMILY}
WHOLE = pytest.approx(175, abs=7)  # of the 180 centimorgans of X; an error near an end may cut it off

Compared = dict[tuple[str, str], XSharing]


@cache
def family(seed: int, sites: int = SITES) -> Family:
    return x_family.drawn(seed, sites)


@cache
def compared(seed: int, dropout: float = 0.0, sites: int = SITES) -> Compared:
    """Everybody with everybody, men's X written the one way or the other."""
    here, rng = family(seed, sites), np.random.default_rng(seed + 50)
    rows = {
        name: here.row(name, rng, dropout=dropout if sex == "F" else 0.0, once=bool(rng.integers(2)))
        for name, sex in SEX.items()
    }
    found: Compared = {}
    for one, other in combinations(SEX, 2):
        sharing = x_shared.shared(rows[one], rows[other], here.x, min_cm=7.0)
        assert sharing is not None
        found[one, other] = sharing
    return found


def test_a_mother_and_her_son_and_a_father_and_his_daughter_share_all_of_it() -> None:
    for seed in SEEDS:
        found = compared(seed)
        for pair in (
            *(("mother", "son"), ("mother", "daughter"), ("father", "daughter"), ("father", "sister")),
            *(("grandfather", "mother"), ("grandfather", "aunt"), ("uncle", "uncle's daughter")),
        ):
            assert found[pair].cm == WHOLE, pair
            assert len(found[pair].segments) == 1


def test_a_father_and_his_son_share_nothing_nor_does_whoever_comes_through_them() -> None:
    for seed in SEEDS:
        for pair in (
            *(("father", "son"), ("father", "brother"), ("grandfather", "uncle"), ("uncle", "uncle's son")),
            *(("grandfather", "uncle's son"), ("grandmother", "uncle's son"), ("mother", "uncle's son")),
        ):
            assert compared(seed)[pair].segments == (), pair


def test_sisters_share_their_fathers_whole_x_and_brothers_about_half() -> None:
    brothers = []
    for seed in SEEDS:
        assert compared(seed)["daughter", "sister"].cm == WHOLE
        assert compared(seed)["mother", "aunt"].cm == WHOLE
        brothers.append(compared(seed)["son", "brother"].cm)
    assert 45 < np.mean(brothers) < 135


def test_it_says_how_many_of_the_two_show_one_x() -> None:
    for (one, other), sharing in compared(0).items():
        assert sharing.single == [SEX[one], SEX[other]].count("M")


def truth(dropout: float, sites: int = SITES) -> dict[str, NDArray[np.float64]]:
    """What is true and what is told of whoever is related on X, by their sexes."""
    found = defaultdict(list)
    for seed in SEEDS:
        here = family(seed, sites)
        for (one, other), sharing in compared(seed, dropout, sites).items():
            if lengths := here.truth(one, other):
                found["".join(sorted(SEX[one] + SEX[other]))].append((sum(lengths), sharing.cm))
    return {sexes: np.array(pairs) for sexes, pairs in found.items()}


@pytest.mark.parametrize(
    ("dropout", "most"),
    [(0.0, {"MM": 4.0, "FM": 5.0, "FF": 10.0}), (0.05, {"MM": 4.0, "FM": 7.0, "FF": 25.0})],
)
def test_what_is_told_is_near_the_truth(dropout: float, most: dict[str, float]) -> None:
    """Genotypes misread .002, missing .01; the root of the mean square of what is wrong, in centimorgans."""
    for sexes, pairs in truth(dropout).items():
        assert len(pairs) > 30
        wrong = pairs[:, 1] - pairs[:, 0]
        assert np.sqrt((wrong**2).mean()) < most[sexes], sexes
        assert abs(wrong.mean()) < 0.06 * pairs[:, 0].mean() + most[sexes] / 4, sexes


def test_strangers_are_told_nothing() -> None:
    asked = 0
    for seed in SEEDS:
        for dropout in (0.0, 0.05):
            for pair, sharing in compared(seed, dropout).items():
                if not family(seed).truth(*pair, least=0.0):
                    asked += 1
                    assert sharing.segments == (), pair
    assert asked > 300


def test_segments_lie_where_the_truth_has_them() -> None:
    here = family(1)
    for (one, other), sharing in compared(1).items():
        same = (here.origins[one][:, None] == here.origins[other][None]).any(axis=(0, 1))
        for segment in sharing.segments:
            assert segment.chromosome == X
            assert segment.cm >= 7
            inside = (here.sites.position >= segment.start - 1) & (here.sites.position < segment.end)
            assert same[inside].mean() > 0.7
            assert 0.9 * inside.sum() <= segment.sites <= inside.sum()


def test_a_few_errors_do_not_cut_a_stretch_and_many_do() -> None:
    here, rng = family(2), np.random.default_rng(1)
    mother, copies = here.row("mother", rng), here.copies("son", rng)
    twice = np.flatnonzero((mother.says < 2) & (copies == 2 * mother.says))
    middle = twice[len(twice) // 2 :]
    for wrong, pieces in ((1, 1), (30, 2)):
        bent = copies.copy()
        bent[middle[:wrong]] = 2 - bent[middle[:wrong]]
        sharing = x_shared.shared(mother, XRow.read(bent, here.x), here.x, min_cm=7.0)
        assert sharing is not None
        assert len(sharing.segments) == pieces


def test_no_segment_goes_through_a_stretch_that_nobody_saw() -> None:
    here, rng = family(2), np.random.default_rng(1)
    copies = here.copies("son", rng)
    hidden = (here.x.cm > 60) & (here.x.cm < 80)
    copies[hidden] = MISSING
    sharing = x_shared.shared(here.row("mother", rng), XRow.read(copies, here.x), here.x, min_cm=7.0)
    assert sharing is not None
    before, after = sharing.segments
    assert before.end <= here.x.position[hidden].min() + 1
    assert after.start > here.x.position[hidden].max()


def test_two_who_disagree_nowhere_and_say_too_little_share_nothing() -> None:
    """Of few sites no stretch convinces, and that they are few is said."""
    here, rng = family(2), np.random.default_rng(1)
    few = rng.permutation(SITES)[: SITES - 60]
    rows = [here.copies(name, rng) for name in ("daughter", "sister")]
    for copies in rows:
        copies[few] = MISSING
    sharing = x_shared.shared(*(XRow.read(copies, here.x) for copies in rows), here.x, min_cm=7.0)
    assert sharing is not None
    assert (sharing.segments, sharing.low) == ((), True)
    assert not compared(2)["son", "brother"].low


def test_where_it_is_unclear_how_many_x_there_are_nothing_is_told() -> None:
    here, rng = family(0), np.random.default_rng(1)
    unclear = XRow(Shown.UNCLEAR, np.full(SITES, MISSING, dtype=np.uint8), 0.0)
    for pair in ((unclear, here.row("son", rng)), (here.row("son", rng), unclear)):
        assert x_shared.shared(*pair, here.x, min_cm=7.0) is None


def test_what_leaves_lies_on_the_grid_and_is_no_shorter_than_the_shortest() -> None:
    told = 0
    for seed in SEEDS:
        here = family(seed)
        for exact in compared(seed).values():
            coarse = x_shared.rounded(exact, here.x, min_cm=7.0)
            assert coarse.cm == sum(one.cm for one in coarse.segments)
            assert x_shared.rounded(coarse, here.x, min_cm=7.0) == coarse, "what is rounded stays"
            for one, before in zip(coarse.segments, exact.segments, strict=True):
                told += 1
                assert one.cm % GRID_CM == 0
                assert one.cm >= 7
                assert abs(one.cm - before.cm) <= GRID_CM
                assert here.x.position[0] <= one.start - 1 < one.end - 1 <= here.x.position[-1]
    assert told > 100


def test_what_contradicts_is_what_no_allele_in_common_says() -> None:
    """Against a plain reading, for each two kinds of people: sites at which two have no allele in common."""
    here, rng = family(3), np.random.default_rng(2)
    sets = ({0}, {1}, {0, 1}, set())
    for one, other in combinations(("son", "father", "aunt", "uncle's wife"), 2):
        a, b = here.row(one, rng), here.row(other, rng)
        known = np.flatnonzero((a.says != MISSING) & (b.says != MISSING))
        pair = x_shared._Pair.of(a, b, here.x, known)
        says = pair.step != 0
        plain = [not sets[m] & sets[h] for m, h in zip(a.says[known], b.says[known], strict=True)]
        assert np.array_equal((pair.step < 0)[says], np.array(plain)[says])
        assert np.array_equal(pair.likelier[plain] < 0, np.ones(sum(plain), dtype=bool))


def test_one_site_says_most_of_two_single_x_and_least_of_two_pairs() -> None:
    worth = {
        sexes: compared(0, sites=1500)[pair].low
        for sexes, pair in {"MM": ("son", "brother"), "FF": ("mother", "daughter")}.items()
    }
    assert worth == {"MM": False, "FF": True}


def test_a_site_among_close_neighbours_says_less() -> None:
    apart = XSites.along(np.arange(10, dtype=np.uint32), np.arange(10.0), None)
    near = XSites.along(np.arange(10, dtype=np.uint32), np.arange(10) / 1000, None)
    assert apart.novelty[1:-1].tolist() == [1.0] * 8
    assert near.novelty.max() < 0.05
