"""The one setting, which sets itself: from how complete a profile is, and how often it says that two alleles
differ, follows how far its genotypes are to be believed.

Pure. Degraded material mostly loses alleles: a heterozygote reads as a homozygote, all along the genome. So
the heterozygotes that are missing, against what the panel's frequencies promise, are the drop-out. It is read
in windows and their median taken, for parents who were related leave whole stretches without heterozygotes,
and nothing missing elsewhere.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from genomics.matching.compiled import compiled
from genomics.matching.kernels import Rows
from genomics.matching.words import ones

WINDOW = 16  # words
LEAST_CALLED = 50  # sites of a window, below which it says nothing
CLEAN = 0.002  # misread genotypes of a good kit: nothing is believed to be better
WORST = 0.25  # beyond it a profile says nothing that could be trusted
# Where misreading alone makes more than this share of the contradictions that strangers have, and the panel
# has not so many sites that these still stand out, two people cannot be told from strangers: at .33 strangers
# are told as often as among clean kits, at .5 many are, and on thin panels most (tests/bench/RESULTS.md). One
# worn profile stays below, two badly worn ones do not.
TRUSTED = 0.36
APART = 5.0  # standard deviations between what strangers contradict each other in a run of windows, and kin


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """How far people are believed, a number each: the share of heterozygotes that they lost, the share of the
    panel's sites that they know."""

    dropout: NDArray[np.float64]
    called: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        rows: Rows,
        frequency: NDArray[np.float64] | None,
        *,
        promised: NDArray[np.float64] | None = None,
    ) -> Self:
        """Without frequencies nothing is known of what is lost, and everybody is taken to be clean. Whoever
        asks often gives what is `promised` by them."""
        dropout, called = np.full(len(rows), CLEAN), np.zeros(len(rows))
        if promised is None:
            promised = promises(frequency, rows.sites)
        _read(rows.lo, rows.hi, promised, rows.sites, dropout, called)
        return cls(dropout, called)


def told_apart(
    queries: Setting, people: Setting, pairs: NDArray[np.int32], *, misreading: float, expected: float
) -> NDArray[np.bool_]:
    """Which pairs (query, row) can be told from strangers. `misreading` and `expected` are the ground's: what
    a misread heterozygote weighs, and what strangers contradict in a run of windows, were all known."""
    query, row = pairs[:, 0], pairs[:, 1]
    misread = (queries.dropout[query] + people.dropout[row]) * misreading
    stand_out = (1 - misread) * np.sqrt(expected * queries.called[query] * people.called[row])
    told: NDArray[np.bool_] = (misread <= TRUSTED) | (stand_out >= APART)
    return told


def promises(frequency: NDArray[np.float64] | None, sites: int) -> NDArray[np.float64]:
    """Heterozygotes a known site, word by word, as a panel's frequencies have it."""
    alt = np.full(sites, 0.0) if frequency is None else frequency
    words = np.arange(0, sites, 64)
    # An empty panel has no words, and says nothing.
    held = np.minimum(sites - words, 64)
    promised: NDArray[np.float64] = np.add.reduceat(2 * alt * (1 - alt), words) / held if sites else alt
    return promised


@compiled
def _read(lo: Any, hi: Any, promised: Any, sites: int, dropout: Any, called: Any) -> None:
    """`promised` heterozygotes a known site, of each word."""
    lost = np.empty(lo.shape[1] // WINDOW + 1)
    for person in range(len(lo)):
        windows, all_known = 0, 0
        for first in range(0, lo.shape[1], WINDOW):
            known, seen, due = 0, 0, 0.0
            for w in range(first, min(first + WINDOW, lo.shape[1])):
                here = int(ones(lo[person, w] | hi[person, w]))
                known += here
                seen += int(ones(hi[person, w] & ~lo[person, w]))
                due += promised[w] * here
            all_known += known
            if known >= LEAST_CALLED and due > 0.0:
                lost[windows] = 1.0 - seen / due
                windows += 1
        called[person] = all_known / max(sites, 1)
        if windows:
            dropout[person] = min(max(np.median(lost[:windows]), CLEAN), WORST)
