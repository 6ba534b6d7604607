"""A row's X chromosome, where it does not pair with Y: how many of it the profile shows, and its alleles.

Pure. Settled from the row alone, never from what somebody claims. A single X is written in two ways: each
allele twice, or once, and then an alternate allele looks like one of two. So at the sites where she carries
the alternate allele it is asked how many have it once and how many twice, of those that two X would have: one
of the two is all but missing where there is one X. Where too few sites say so, or something between, or where
the autosomes of the same row look alike, it is unclear, and nothing is told of it.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Self

import numpy as np
from numpy.typing import NDArray

from genomics.coordinates import PAIRED_BEFORE, PAIRED_FROM, X
from genomics.matching import kernels
from genomics.matching.ground import RARE, SAME_CM, UNSTATED
from genomics.matching.segments import ground_of
from genomics.matching.setting import CLEAN, Setting
from genomics.panel import MISSING, Panel, PanelRow

REF, ALT, BOTH = 0, 1, 2  # what a site says she carries; MISSING where it says nothing

# Of sites with the alternate allele once (or twice), the share of those that two X promise.
ALL_BUT_NONE = 0.1
PLAINLY, MOST = 0.4, 1.7
LEAST_DUE = 10.0  # sites promised of each, below which nothing is said
LOST = 0.25  # of the heterozygotes that a row lost, those that leave the allele that is not shared


class Shown(StrEnum):
    """How many X chromosomes a profile shows. Not who somebody is."""

    ONE = "one"
    TWO = "two"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, eq=False)
class XSites:
    """A panel's sites on X where it does not pair with Y, in order; `first` is the first of them in a row,
    `position` 0-based, `ref` and `alt` how common each allele is. Shipped maps give `cm` as women's, who
    alone recombine there."""

    first: int
    position: NDArray[np.uint32]
    cm: NDArray[np.float64]
    ref: NDArray[np.float64]
    alt: NDArray[np.float64]
    novelty: NDArray[np.float64]  # 1 for a site that stands alone, less for one among close neighbours

    @classmethod
    def of(cls, panel: Panel) -> Self:
        first, end = np.searchsorted(panel.chromosome, [X, X + 1])
        before = np.searchsorted(panel.position[first:end], [PAIRED_BEFORE, PAIRED_FROM])
        first, end = (first + before).tolist()
        if end > first and not np.ptp(panel.cm[first:end]):
            end = first  # a map without X: nothing could be measured there
        frequency = None if panel.frequency is None else panel.frequency[first:end]
        return cls.along(panel.position[first:end], panel.cm[first:end], frequency, first=first)

    @classmethod
    def along(
        cls,
        position: NDArray[np.uint32],
        cm: NDArray[np.floating],
        frequency: NDArray[np.floating] | None,
        *,
        first: int = 0,
    ) -> Self:
        """Of sites of X in order, none of which pairs with Y; `position` 0-based."""
        there = np.asarray(cm, dtype=np.float64)
        given = np.full(len(there), UNSTATED) if frequency is None else frequency.astype(np.float64)
        alt = np.clip(given, RARE, 1 - RARE)
        gap = np.diff(there, prepend=there[:1])
        apart = (gap + np.append(gap[1:], 0.0)) / 2
        return cls(first, position, there, 1 - alt, alt, np.minimum(apart / SAME_CM, 1.0))

    def __len__(self) -> int:
        return len(self.position)


@dataclass(frozen=True, slots=True, eq=False)
class XRow:
    """What somebody carries at XSites: REF, ALT, BOTH or MISSING a site. `misread` is how often what she
    shares with somebody is read as what she does not."""

    shown: Shown
    says: NDArray[np.uint8]
    misread: float

    @classmethod
    def of(cls, row: PanelRow, panel: Panel) -> Self:
        ground, sites = ground_of(panel), sites_of(panel)
        copies = row.copies()
        setting = Setting.of(kernels.stack([row], sites=ground.sites), ground.frequency)
        alt = np.full(ground.sites, UNSTATED) if ground.frequency is None else ground.frequency
        once, twice = _carried(copies[: ground.sites], np.clip(alt, RARE, 1 - RARE))
        on_x = copies[sites.first : sites.first + len(sites)]
        if min(once, twice) < PLAINLY:  # so is her whole row, and of X it says nothing
            return cls(Shown.UNCLEAR, np.full(len(sites), MISSING, dtype=np.uint8), CLEAN)
        return cls.read(on_x, sites, dropout=float(setting.dropout[0]))

    @classmethod
    def read(cls, copies: NDArray[np.uint8], sites: XSites, *, dropout: float = CLEAN) -> Self:
        """From copies of the alternate allele at these sites, 0, 1, 2 or MISSING, and the share of the
        autosomes' heterozygotes that the row lost."""
        once, twice = _carried(copies, sites.alt)
        if once <= ALL_BUT_NONE and twice >= PLAINLY:
            # One of each is an error: there is one chromosome.
            return cls(Shown.ONE, np.array([REF, MISSING, ALT, MISSING], dtype=np.uint8)[copies], CLEAN)
        if twice <= ALL_BUT_NONE and once >= PLAINLY:
            return cls(Shown.ONE, np.array([REF, ALT, MISSING, MISSING], dtype=np.uint8)[copies], CLEAN)
        if PLAINLY <= once <= MOST and PLAINLY <= twice <= MOST:
            says = np.array([REF, BOTH, ALT, MISSING], dtype=np.uint8)[copies]
            return cls(Shown.TWO, says, CLEAN + LOST * dropout)
        return cls(Shown.UNCLEAR, np.full(len(sites), MISSING, dtype=np.uint8), CLEAN)


@lru_cache(maxsize=1)
def sites_of(panel: Panel) -> XSites:
    """Laid once for all the rows of a search."""
    return XSites.of(panel)


def _carried(copies: NDArray[np.uint8], alt: NDArray[np.float64]) -> tuple[float, float]:
    """Of sites with the alternate allele: with it once, and with it twice, by what two chromosomes promise
    there. Between all and nothing, so unclear, where they promise too little."""
    carried = (copies == 1) | (copies == 2)
    double = alt[carried] / (2 - alt[carried])
    due = float((1 - double).sum()), float(double.sum())
    if min(due) < LEAST_DUE:
        return (ALL_BUT_NONE + PLAINLY) / 2, (ALL_BUT_NONE + PLAINLY) / 2
    return float((copies == 1).sum()) / due[0], float((copies == 2).sum()) / due[1]
