"""What the scan needs of a panel, and of a query at it: places on the map, and chances of contradiction.

Pure. The scan is in segments.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from genomics.coordinates import AUTOSOMES
from genomics.panel import Panel

# Where a panel states no frequencies: chances of contradiction for a homozygote and a heterozygote.
UNSTATED_OPPOSITE = 0.065
UNSTATED_DIFFERING = (0.25, 0.5)

RARE = 0.01  # no frequency is trusted to be closer to 0 or 1 than this
SPREAD_CM = 0.03  # sites closer than this say the same thing more than once; together they count as one
BIN_CM = 2.0  # the map counts as seen in bins of this length that hold a site known in both


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """A panel's autosomal sites, as the scan needs them."""

    sites: int
    chromosome: NDArray[np.uint8]
    position: NDArray[np.uint32]
    cm: NDArray[np.float64]
    frequency: NDArray[np.float64] | None
    novelty: NDArray[np.float64]  # 1 for a site that stands alone, less for one among close neighbours
    starts: NDArray[np.int64]  # first site of each chromosome, and after each gap too long to see across
    bins: NDArray[np.int64]  # first site of each bin
    bin_cm: NDArray[np.float64]  # how much of the map the sites of a bin stand for

    @classmethod
    def of(cls, panel: Panel) -> Self:
        sites = int(np.searchsorted(panel.chromosome, AUTOSOMES[-1], side="right"))
        chromosome, cm = panel.chromosome[:sites], panel.cm[:sites].astype(np.float64)
        new = np.diff(chromosome, prepend=0) != 0
        gap = np.where(new, 0.0, np.diff(cm, prepend=0.0))
        width = np.minimum(gap, BIN_CM) / 2 + np.minimum(np.append(gap[1:], 0.0), BIN_CM) / 2
        alone = np.minimum((gap + np.append(gap[1:], 0.0)) / 2 / SPREAD_CM, 1.0)
        bins = np.flatnonzero(new | (np.diff(cm // BIN_CM, prepend=0) != 0))
        return cls(
            sites=sites,
            chromosome=chromosome,
            position=panel.position[:sites],
            cm=cm,
            frequency=None if panel.frequency is None else panel.frequency[:sites].astype(np.float64),
            novelty=alone,
            starts=np.flatnonzero(new | (gap > 2 * BIN_CM)),
            bins=bins,
            bin_cm=np.add.reduceat(width, bins) if sites else width,
        )

    def seen(self, known: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Which bins hold a known site: people by bins, from people by sites."""
        return np.maximum.reduceat(known, self.bins, axis=1)

    def walls(self, seen: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Where no run goes on, people by sites: chromosomes begin, or two bins and more were not seen."""
        walls = np.zeros((len(seen), self.sites), dtype=np.bool_)
        walls[:, self.starts] = True
        unseen = seen == 0
        blind = np.zeros_like(unseen)
        blind[:, 1:] = unseen[:, 1:] & unseen[:, :-1]
        blind[:, :-1] |= blind[:, 1:]
        blind[:, 1:] |= blind[:, :-1]  # what follows a blind stretch begins anew
        person, place = np.nonzero(blind)
        walls[person, self.bins[place]] = True
        return walls


@dataclass(frozen=True, slots=True, eq=False)
class Chances:
    """For the query's genotype at each site: the chance that a stranger is its opposite homozygote, and that
    somebody who shares one haplotype with it has another genotype."""

    opposite: NDArray[np.float32]
    differing: NDArray[np.float32]

    @classmethod
    def of(cls, copies: NDArray[np.uint8], frequency: NDArray[np.float64] | None) -> Self:
        if frequency is None:
            hom, het = UNSTATED_DIFFERING
            opposite = np.array([UNSTATED_OPPOSITE, 0, UNSTATED_OPPOSITE, 0])[copies]
            differing = np.array([hom, het, hom, 0])[copies]
        else:
            alt = np.clip(frequency, RARE, 1 - RARE)
            ref = 1 - alt
            nought = np.zeros_like(alt)
            opposite = np.choose(copies, [alt**2, nought, ref**2, nought])
            differing = np.choose(copies, [alt, nought + 0.5, ref, nought])
        return cls(opposite.astype(np.float32), differing.astype(np.float32))
