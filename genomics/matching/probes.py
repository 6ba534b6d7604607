"""Probes: of every window of a panel the sites that tell strangers apart best, a person's side by side.

Numba and numpy, pure; for scan. A window's sites are taken in groups one after the other, and of each group
the first that contradicts strangers most, into one word; the second, into another. Who shares a haplotype all
along the window contradicts at none of them, but for what was misread; so of strangers forty kilobytes are
read at most, and mostly half of that, of a hundred and fifty.
"""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from genomics.matching.grid import Grid
from genomics.matching.kernels import Rows
from genomics.matching.words import ONE, highest, lowest, ones

WORDS = 2  # a window
BITS = 64
NONE = -1

Probes = NDArray[np.uint64]  # people, words, planes (lo, hi), windows


def chosen(grid: Grid, opposite: NDArray[np.float64]) -> NDArray[np.int32]:
    """Windows by words by bits: sites, NONE where a window has too few. `opposite` is how likely strangers
    contradict each other, a site."""
    last = (grid.window_end.astype(np.int64) << 6) + np.bitwise_count(grid.window_tail)
    made = np.full((len(grid.window_site), WORDS, BITS), NONE, dtype=np.int32)
    for window, (first, end) in enumerate(zip(grid.window_site.tolist(), last.tolist(), strict=True)):
        edges = np.linspace(first, end, BITS + 1).astype(np.int64)
        group = np.repeat(np.arange(BITS), np.diff(edges))
        best = np.lexsort((-opposite[first:end], group))
        rank = np.arange(len(best)) - (edges[:-1] - first)[group]
        for word in range(WORDS):
            here = best[rank == word]
            made[window, word, group[here]] = first + here
    return made


def expected(sites: NDArray[np.int32], opposite: NDArray[np.float64]) -> float:
    """Contradictions of strangers at the probed sites of a window, on average."""
    return float(opposite[sites[sites != NONE]].sum() / max(len(sites), 1))


def probes_of(rows: Rows, sites: NDArray[np.int32]) -> Probes:
    """Everybody's, from whole rows."""
    made = np.zeros((len(rows), *shape_of(sites)), dtype=np.uint64)
    gather(rows, sites, made)
    return made


def shape_of(sites: NDArray[np.int32]) -> tuple[int, int, int]:
    """Of one person's probes."""
    return (WORDS, 2, len(sites))


def gather(rows: Rows, sites: NDArray[np.int32], made: Probes) -> None:
    """The same, to where there is room for them."""
    _gather(rows.lo, rows.hi, sites, made)


@njit(cache=True, nogil=True)
def _gather(lo: Any, hi: Any, sites: Any, made: Any) -> None:
    for person in range(len(lo)):
        for window in range(len(sites)):
            for word in range(WORDS):
                low, high = np.uint64(0), np.uint64(0)
                for bit in range(BITS):
                    site = sites[window, word, bit]
                    if site == NONE:
                        continue
                    w, of = site >> 6, np.uint64(site & 63)
                    low |= (lo[person, w] >> of & ONE) << np.uint64(bit)
                    high |= (hi[person, w] >> of & ONE) << np.uint64(bit)
                made[person, word, 0, window] = low
                made[person, word, 1, window] = high


@njit(cache=True, nogil=True)
def _against(q_probes: Any, q: int, r_probes: Any, r: int, word: int, window: int) -> Any:
    """Where in one of a window's words two people contradict each other about one haplotype."""
    lo = q_probes[q, word, 0, window] & r_probes[r, word, 0, window]
    return lo & (q_probes[q, word, 1, window] ^ r_probes[r, word, 1, window])


@njit(cache=True, nogil=True)
def next_probed(
    q_probes: Any, q: int, r_probes: Any, r: int, window: int, limit: int, cm: Any, stretch: Any, least: float
) -> int:
    """The next window, from this one on, at whose probes two people contradict each other no more than
    `limit` times, and about which they go on like that for `least` centimorgans; how many there are when
    there is none. The time of a search goes here: it is given the two columns of the grid that it needs."""
    beyond = q_probes.shape[3]
    while window < beyond:
        against = np.int64(ones(_against(q_probes, q, r_probes, r, 0, window)))
        if against <= limit:
            against += np.int64(ones(_against(q_probes, q, r_probes, r, 1, window)))
            if against <= limit and _goes_on(q_probes, q, r_probes, r, window, limit + 1, cm, stretch, least):
                return window
        window += 1
    return window


@njit(cache=True, nogil=True)
def _goes_on(
    q_probes: Any,
    q: int,
    r_probes: Any,
    r: int,
    window: int,
    forgiven: int,
    cm: Any,
    stretch: Any,
    least: float,
) -> bool:
    """Whether what two people share in a window can be long enough to be told, by the probes of those beside
    it: they stand in order, and so many contradictions on each side are forgiven."""
    length = cm[window]
    for step in (-1, 1):
        beside = window + step
        if not 0 <= beside < len(cm) or stretch[beside] != stretch[window]:
            continue
        against = _against(q_probes, q, r_probes, r, 0, beside)
        against |= _against(q_probes, q, r_probes, r, 1, beside)
        for _ in range(forgiven):
            if step == 1:
                against &= against - ONE
            elif against:
                against ^= ONE << (np.uint64(63) - highest(against))
        if against == 0:
            return True
        run = lowest(against) if step == 1 else highest(against)
        length += cm[beside] * np.int64(run) / BITS
    return bool(length >= least)
