"""What leaves is rounded: ends on a grid, sums of what is told, nothing shorter than the shortest."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genomics.matching.likely import Likely
from genomics.matching.sharing import GRID_CM, Segment, Sharing, rounded
from genomics.panel import Panel
from tests.world import small_panel


@cache
def panel() -> Panel:
    return small_panel()


def between(chromosome: int, first: float, last: float, sites: int = 1234) -> Segment:
    """From and to a share of a chromosome's sites."""
    here = np.flatnonzero(panel().chromosome == chromosome)
    a, b = here[int(first * (len(here) - 1))], here[int(last * (len(here) - 1))]
    return Segment(
        chromosome,
        int(panel().position[a]) + 1,
        int(panel().position[b]) + 1,
        round(float(panel().cm[b] - panel().cm[a]), 2),
        sites,
    )


def sharing(*segments: Segment, ibd2: float = 0.0) -> Sharing:
    total = round(sum(one.cm for one in segments), 2)
    likely = (Likely("first cousins", 0.123), Likely("half first cousins", 0.877))
    longest = max(one.cm for one in segments)
    return Sharing(total, longest, segments, ibd2, 2987, round(total / 14_000, 4), "x", likely, 2.0)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([1, 2]), st.floats(0, 0.9), st.floats(0.03, 0.1)), min_size=1, max_size=5
    )
)
def test_ends_lie_on_the_grid_and_sums_are_those_that_are_told(found: list[tuple[int, float, float]]) -> None:
    segments = [between(code, start, start + length) for code, start, length in found]
    segments = [one for one in segments if one.cm >= 7]
    if not segments:
        return
    told = rounded(sharing(*segments), panel(), min_cm=7.0)
    assert told.total_cm == sum(one.cm for one in told.segments)
    assert told.longest_cm == max(one.cm for one in told.segments)
    for one, exact in zip(told.segments, segments, strict=True):
        assert one.cm % GRID_CM == 0
        assert one.cm >= 7
        assert abs(one.cm - exact.cm) <= GRID_CM
        assert one.start < one.end
    assert rounded(told, panel(), min_cm=7.0) == told, "what is rounded stays"


def test_ends_that_differ_by_little_are_told_alike() -> None:
    """Whoever moves a site at a time to see an end move sees it stand still between lines."""
    here = np.flatnonzero(panel().chromosome == 1)
    told, exact = set(), set()
    for last in range(500, 530):
        one = Segment(1, int(panel().position[here[100]]) + 1, int(panel().position[here[last]]) + 1, 70, 400)
        exact.add(one.end)
        told.add(rounded(sharing(one), panel(), min_cm=7.0).segments[0].end)
    span = float(panel().cm[here[529]] - panel().cm[here[500]])
    assert len(exact) == 30
    assert len(told) <= span / GRID_CM + 2


@pytest.mark.parametrize(("measured", "least"), [(6.7, 7.0), (7.3, 7.0), (5.2, 5.0), (7.1, 7.5)])
def test_what_measures_the_shortest_is_told_as_no_less(measured: float, least: float) -> None:
    here = np.flatnonzero(panel().chromosome == 1)
    cm, position = panel().cm[here], panel().position[here]
    for begin in np.linspace(20, 21, 7):
        start, end = (int(at) + 1 for at in np.interp([begin, begin + measured], cm, position))
        told = rounded(sharing(Segment(1, start, end, measured, 90)), panel(), min_cm=least)
        assert told.total_cm >= least
        assert told.total_cm <= max(least, measured) + 1


def test_counts_chances_and_what_is_shared_twice_are_rounded_too() -> None:
    told = rounded(
        sharing(between(1, 0.1, 0.9), between(2, 0.1, 0.9, sites=87), ibd2=31.4), panel(), min_cm=7
    )
    assert [one.sites for one in told.segments] == [1200, 87]
    assert told.overlap_sites == 3000
    assert told.ibd2_cm == 31
    assert [one.chance for one in told.likely] == [0.12, 0.88]
    assert rounded(sharing(between(1, 0.1, 0.9), ibd2=3.0), panel(), min_cm=7).ibd2_cm == 0
