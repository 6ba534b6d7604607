"""What two people share, as it is told: segments, and what they come to; and how coarsely it leaves.

Pure values. How they are found is in segments. An exact end is a place where the two contradict each other,
and so a genotype of whoever was found: what leaves lies on a grid, and its sums are those of the grid.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from genomics.matching.likely import Likely
from genomics.panel import Panel

GRID_CM = 1.0  # ends are told to the nearest line of this grid along the map


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch shared on at least one haplotype: `start` and `end` are 1-based and inclusive."""

    chromosome: int
    start: int
    end: int
    cm: float
    sites: int  # known in both


@dataclass(frozen=True, slots=True)
class Sharing:
    """What one person shares with the query, over autosomes. `overlap_sites` are known in both; `kinship` and
    `relationship` are about the part of the genome that both profiles cover; `likely` are kinds of relatives
    with their chances, `generations` the steps of descent between the two, halved, on average over them."""

    total_cm: float
    longest_cm: float
    segments: tuple[Segment, ...]
    ibd2_cm: float
    overlap_sites: int
    kinship: float
    relationship: str
    likely: tuple[Likely, ...] = ()
    generations: float | None = None


def rounded(exact: Sharing, panel: Panel, *, min_cm: float) -> Sharing:
    """The same as it may leave: ends on the grid and no segment shorter than `min_cm`, sums of what is told,
    counts of sites to two digits, chances to a hundredth. What is rounded stays as it is."""
    segments = tuple(_of_panel(one, panel, min_cm) for one in exact.segments)
    total = sum(one.cm for one in segments)
    ibd2 = min(float(round(exact.ibd2_cm / GRID_CM) * GRID_CM), total)
    ibd2 = ibd2 if ibd2 >= min_cm else 0.0
    before = exact.total_cm + exact.ibd2_cm
    kinship = exact.kinship * (total + ibd2) / before if before else 0.0
    return replace(
        exact,
        total_cm=total,
        longest_cm=max((one.cm for one in segments), default=0.0),
        segments=segments,
        ibd2_cm=ibd2,
        overlap_sites=digits(exact.overlap_sites),
        kinship=min(round(kinship, 4), 0.5),
        likely=tuple(Likely(one.kind, round(one.chance, 2)) for one in exact.likely),
    )


def _of_panel(one: Segment, panel: Panel, min_cm: float) -> Segment:
    first, last = np.searchsorted(panel.chromosome, [one.chromosome, one.chromosome + 1])
    return on_grid(one, panel.position[first:last], panel.cm[first:last], min_cm)


def on_grid(one: Segment, position: NDArray[np.uint32], cm: NDArray[np.floating], min_cm: float) -> Segment:
    """A segment with its ends on the grid, no shorter than `min_cm`; `position` (0-based) and `cm` are of the
    sites along which it lies."""
    ends = np.interp([one.start - 1, one.end - 1], position, cm)
    begin, end = (round(float(at) / GRID_CM) for at in ends)
    least = math.ceil(min_cm / GRID_CM)
    if end - begin < least:  # it measured that much, give or take
        begin, end = _stretched(ends, least)
    start, stop = (int(at) + 1 for at in np.interp([begin * GRID_CM, end * GRID_CM], cm, position))
    return Segment(one.chromosome, start, stop, (end - begin) * GRID_CM, digits(one.sites))


def _stretched(ends: NDArray[np.float64], least: int) -> tuple[int, int]:
    """The lines `least` apart whose middle is nearest to that of the ends."""
    begin = round(float(ends.mean()) / GRID_CM - least / 2)
    return begin, begin + least


def digits(count: int) -> int:
    """A count to two digits."""
    unit = int(10 ** max(len(str(count)) - 2, 0))
    return round(count / unit) * unit
