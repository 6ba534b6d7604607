"""A panel's autosomes as the scan needs them: walls, windows, and what each word of sites is worth.

Pure. The scan is in scan, how far a profile is believed in setting.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from genomics.coordinates import AUTOSOMES
from genomics.matching import probes
from genomics.matching.grid import Grid
from genomics.matching.setting import promises
from genomics.panel import Panel

ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
UNSTATED = 0.25  # frequency of the rarer allele where a panel states none
RARE = 0.01  # no frequency is trusted to be closer to 0 or 1 than this
BLIND_CM = 4.0  # a gap between sites longer than this is not seen across
BIN_CM = 2.0  # the map counts as seen in bins of this length that hold a site known in both
SAME_CM = 0.03  # sites closer than this say the same thing of a person again: together they count as one
NEAR_CM = 0.006  # and of a stretch that two people share, which goes on anyhow, sites closer than this

# The shortest stretch that is told holds a whole run of windows, wherever it begins.
RUN, WINDOW_CM = 4, 1.36
RUN_BOTH, WINDOW_BOTH_CM = 1, 1.5
# So much (log) of what a site says for sharing counts for where it ends: neighbours say the same again.
TEMPER, TEMPER_BOTH = 0.2, 0.4


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """Of a panel's autosomal sites: the scan's grids for one haplotype and for both, and by how much
    misreadings of a heterozygote make for contradictions about one haplotype, against strangers'."""

    sites: int
    chromosome: NDArray[np.uint8]
    position: NDArray[np.uint32]
    cm: NDArray[np.float64]
    frequency: NDArray[np.float64] | None
    promised: NDArray[np.float64]  # heterozygotes, word by word (setting): reckoned once, not for each query
    novelty: NDArray[np.float64]  # 1 for a site that stands alone, less for one among close neighbours
    one: Grid
    both: Grid
    probes: NDArray[np.int32]  # of each window for one haplotype, the sites that tell most of it (probes)
    misreading: float
    worth: (
        float  # for one haplotype, of a site known in two who share a haplotype, on average: evidence (log)
    )
    bins: NDArray[np.int64]  # first site of each bin of the map,
    bin_cm: NDArray[np.float64]  # and how much of it the sites of a bin stand for

    @classmethod
    def of(cls, panel: Panel) -> Self:
        sites = int(np.searchsorted(panel.chromosome, AUTOSOMES[-1], side="right"))
        frequency = None if panel.frequency is None else panel.frequency[:sites].astype(np.float64)
        return cls.along(panel.chromosome[:sites], panel.position[:sites], panel.cm[:sites], frequency)

    @classmethod
    def along(
        cls,
        chromosome: NDArray[np.uint8],
        position: NDArray[np.uint32],
        cm: NDArray[Any],
        frequency: NDArray[np.float64] | None,
    ) -> Self:
        """Of autosomal sites in order; `position` 0-based."""
        cm = np.asarray(cm, dtype=np.float64)
        alt = np.full(len(cm), UNSTATED) if frequency is None else np.clip(frequency, RARE, 1 - RARE)
        ref = 1 - alt
        new = np.diff(chromosome, prepend=0) != 0
        gap = np.where(new, 0.0, np.diff(cm, prepend=0.0))
        apart = (gap + np.append(gap[1:], 0.0)) / 2
        homozygous = (alt**2 + ref**2) ** 2  # both of two strangers
        opposite = 2 * alt**2 * ref**2
        differing = 2 * alt * ref  # of two who share one haplotype
        width = np.minimum(gap, BIN_CM) / 2 + np.minimum(np.append(gap[1:], 0.0), BIN_CM) / 2
        bins = np.flatnonzero(new | (np.diff(cm // BIN_CM, prepend=0) != 0))
        near = np.minimum(apart / NEAR_CM, 1.0)
        alone = -np.log1p(-opposite / homozygous) * near
        place = _Places(cm, np.append(np.flatnonzero(new | (gap > BLIND_CM)), len(cm)), ref, alt)
        one = place.grid(homozygous, opposite, alone, RUN, WINDOW_CM, TEMPER, both=False)
        probed = probes.chosen(one, opposite)
        return cls(
            sites=len(cm),
            chromosome=chromosome,
            position=position,
            cm=cm,
            frequency=frequency,
            promised=promises(frequency, len(cm)),
            novelty=np.minimum(apart / SAME_CM, 1.0),
            one=one._replace(probed=probes.expected(probed, opposite)),
            both=place.grid(
                np.ones_like(alt),
                differing,
                -np.log1p(-differing) * near,
                RUN_BOTH,
                WINDOW_BOTH_CM,
                TEMPER_BOTH,
                both=True,
            ),
            probes=probed,
            misreading=float((alt * ref).sum() / max(2 * opposite.sum(), RARE)),
            worth=float((homozygous * alone).mean()) if len(cm) else 0.0,
            bins=bins,
            bin_cm=np.add.reduceat(width, bins) if len(cm) else width,
        )

    def covered_cm(self, known: NDArray[np.uint64]) -> float:
        """How much of the map is seen by sites known (a bit each, in words): in bins that hold any."""
        if not self.sites:
            return 0.0
        edges = np.append(self.bins, self.sites)
        before = np.concatenate(([0], np.cumsum(np.bitwise_count(known), dtype=np.int64)))
        word, inside = edges >> 6, (np.uint64(1) << (edges & 63).astype(np.uint64)) - np.uint64(1)
        upto = before[word] + np.bitwise_count(np.append(known, np.uint64(0))[word] & inside)
        return float((np.diff(upto) > 0) @ self.bin_cm)


@dataclass(frozen=True, slots=True, eq=False)
class _Places:
    cm: NDArray[np.float64]
    walls: NDArray[np.int64]
    ref: NDArray[np.float64]
    alt: NDArray[np.float64]

    def grid(
        self,
        can: NDArray[np.float64],
        does: NDArray[np.float64],
        worth: NDArray[np.float64],
        run: int,
        window_cm: float,
        temper: float,
        *,
        both: bool,
    ) -> Grid:
        """From the chances, a site, that two could contradict each other and that strangers do, and what a
        site is worth that could and does not."""
        words = np.arange(0, len(self.cm), 64)
        windows, stretch = list[tuple[int, int]](), list[int]()
        for n, (first, end) in enumerate(pairwise(self.walls.tolist())):
            here = _windows(self.cm[first:end], first, window_cm)
            windows += here
            stretch += [n] * len(here)
        edges = np.array(windows, dtype=np.int64).reshape(-1, 2)
        begins, ends = edges[:, 0] >> 6, (edges[:, 1] - 1) >> 6
        heads = ALL << (edges[:, 0] & 63).astype(np.uint64)
        tails = ALL >> (63 - ((edges[:, 1] - 1) & 63)).astype(np.uint64)
        return Grid(
            walls=self.walls.astype(np.int64),
            window_begin=begins.astype(np.uint64),
            window_end=ends.astype(np.uint64),
            window_head=heads,
            window_tail=tails,
            window_site=edges[:, 0],
            window_stretch=np.array(stretch, dtype=np.int64),
            run=run,
            expected=float(does.sum() / max(len(edges), 1)),
            probed=0.0,
            worth=_by_word(can * worth, words, can).astype(np.float32),
            site_worth=worth.astype(np.float32),
            site_cm=self.cm.astype(np.float32),
            shared_ref=(self.ref**-temper).astype(np.float32),
            shared_alt=(self.alt**-temper).astype(np.float32),
            half=0.5**temper,
            both=both,
        )


def _by_word(
    value: NDArray[np.float64], words: NDArray[np.int64], weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The mean of a word's sites, weighted."""
    if not len(words):
        return value
    return np.asarray(np.add.reduceat(value, words) / np.add.reduceat(weight, words))


def _windows(cm: NDArray[np.float64], first: int, window_cm: float) -> list[tuple[int, int]]:
    """Sites from and to (exclusive) of each window of a stretch that begins at `first`."""
    edges = np.unique(np.searchsorted(cm, np.arange(cm[0], cm[-1], window_cm)))
    return list(pairwise([*(first + edges).tolist(), first + len(cm)]))
