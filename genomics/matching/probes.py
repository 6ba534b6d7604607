"""Probes: of every window of a panel the sites that tell strangers apart best, a word of them a person.

Numba and numpy, pure; for scan. A window's sites are taken in groups one after the other, and of each group
the one that contradicts strangers most. Who shares a haplotype all along some windows contradicts at none of
their probes, but for what was misread; so of a stranger forty kilobytes are read, of a hundred and fifty.
The time of a search goes here: counting and adding up decide nothing on the way, so that the processor does
many windows at a time.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from genomics.matching.compiled import compiled
from genomics.matching.grid import Grid
from genomics.matching.kernels import Rows
from genomics.matching.words import ONE, ones

BITS = 64
NONE = -1
BLOCK = 32  # runs that are looked at together

Probes = NDArray[np.uint64]  # people, planes (lo, hi), windows


def chosen(grid: Grid, opposite: NDArray[np.float64]) -> NDArray[np.int32]:
    """Windows by bits: sites, NONE where a window has too few. `opposite` is how likely strangers contradict
    each other, a site."""
    last = (grid.window_end.astype(np.int64) << 6) + np.bitwise_count(grid.window_tail)
    made = np.full((len(grid.window_site), BITS), NONE, dtype=np.int32)
    for window, (first, end) in enumerate(zip(grid.window_site.tolist(), last.tolist(), strict=True)):
        edges = np.linspace(first, end, BITS + 1).astype(np.int64)
        group = np.repeat(np.arange(BITS), np.diff(edges))
        order = np.lexsort((-opposite[first:end], group))
        best = order[np.diff(group, prepend=-1) != 0]
        made[window, group[best]] = first + best
    return made


def expected(sites: NDArray[np.int32], opposite: NDArray[np.float64]) -> float:
    """Contradictions of strangers at the probes of a window, on average."""
    return float(opposite[sites[sites != NONE]].sum() / max(len(sites), 1))


def probes_of(rows: Rows, sites: NDArray[np.int32]) -> Probes:
    """Everybody's, from whole rows."""
    made = np.zeros((len(rows), *shape_of(sites)), dtype=np.uint64)
    gather(rows, sites, made)
    return made


def shape_of(sites: NDArray[np.int32]) -> tuple[int, int]:
    """Of one person's probes."""
    return (2, len(sites))


def gather(rows: Rows, sites: NDArray[np.int32], made: Probes) -> None:
    """The same, to where there is room for them."""
    _gather(rows.lo, rows.hi, sites, made)


@compiled
def _gather(lo: Any, hi: Any, sites: Any, made: Any) -> None:
    for person in range(len(lo)):
        for window in range(len(sites)):
            low, high = np.uint64(0), np.uint64(0)
            for bit in range(BITS):
                site = sites[window, bit]
                if site == NONE:
                    continue
                w, of = site >> 6, np.uint64(site & 63)
                low |= (lo[person, w] >> of & ONE) << np.uint64(bit)
                high |= (hi[person, w] >> of & ONE) << np.uint64(bit)
            made[person, 0, window] = low
            made[person, 1, window] = high


@compiled
def against(qlo: Any, qhi: Any, rlo: Any, rhi: Any, counts: Any) -> None:
    """How often two people contradict each other about one haplotype, window by window."""
    for window in range(len(counts)):
        counts[window] = np.uint16(ones(qlo[window] & rlo[window] & (qhi[window] ^ rhi[window])))


@compiled
def in_runs(counts: Any, run: int, sums: Any) -> None:
    """Of the windows of each run together; `sums` is as long as there are runs."""
    for window in range(len(sums)):
        sums[window] = counts[window]
    for more in range(1, run):
        for window in range(len(sums)):
            sums[window] += counts[window + more]


@compiled
def next_run(sums: Any, window: int, limit: Any) -> int:
    """The next run, from this one on, with no more than `limit` contradictions; how many there are when there
    is none."""
    while window < len(sums):
        if window % BLOCK == 0 and window + BLOCK <= len(sums):
            any_of_them = False
            for n in range(BLOCK):
                any_of_them |= sums[window + n] <= limit
            if not any_of_them:
                window += BLOCK
                continue
        if sums[window] <= limit:
            return window
        window += 1
    return len(sums)
