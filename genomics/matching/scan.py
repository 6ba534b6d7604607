"""The compiled scan: pairs of people on two bit planes, and the long stretches where nothing speaks against
their sharing one haplotype, or both.

Pure numba; knows sites, words and weights, no files and no people. It is compiled when it is first used after
a change, and kept; tests hold it against a plain version of the same rules (tests/genomics/plain_scan.py).
Where the weights come from is in ground; how a stretch is followed and weighed, in pieces; what stretches
mean, in segments.

Windows cut a chromosome in pieces so short that any stretch worth telling holds a whole run of them. Where
two people contradict each other no more often than misreadings do, at the probes of a run (see there) and
then in all of it, they are looked at closely; strangers do nearly nowhere.
"""

import math
from typing import Any

import numpy as np

from genomics.matching.compiled import compiled
from genomics.matching.grid import Grid, Rules
from genomics.matching.pieces import PIECE, pieced, told
from genomics.matching.probes import against, in_runs, next_run
from genomics.matching.words import ALL, ONE, ones

FOUND = np.dtype(
    [
        ("query", "<i4"),
        ("row", "<i4"),
        ("first", "<i4"),  # site, inclusive
        ("last", "<i4"),  # site, inclusive
        ("evidence", "<f4"),
        ("sites", "<i4"),  # known in both
        ("against", "<i4"),  # contradictions forgiven
        ("measured", "<f4"),  # centimorgans, before it was made as long as the shortest that is told
    ]
)


@compiled
def most(misread: float, expected: float, called: float) -> int:
    """How often two who share may contradict each other, where strangers are expected to do so `expected`
    times if all is known: hardly ever more, by misreadings alone."""
    mean = misread * expected * called
    return int(mean + 2.5 * math.sqrt(mean) + 0.7)


@compiled
def _clean(
    qlo: Any, qhi: Any, q: int, rlo: Any, rhi: Any, r: int, begins: Any, ends: Any, heads: Any, tails: Any,
    both: bool, window: int, until: int, limit: int,
) -> bool:  # fmt: skip
    """Whether two people contradict each other no more than `limit` times in all of the windows from `window`
    to `until`."""
    w, last = begins[window], ends[until]
    mask, against = heads[window], np.int64(0)
    if w == last:
        mask &= tails[until]
    while True:
        if both:
            here = (qlo[q, w] | qhi[q, w]) & (rlo[r, w] | rhi[r, w])
            here &= (qlo[q, w] ^ rlo[r, w]) | (qhi[q, w] ^ rhi[r, w])
        else:
            here = qlo[q, w] & rlo[r, w] & (qhi[q, w] ^ rhi[r, w])
        against += np.int64(ones(here & mask))
        if against > limit or w == last:
            return bool(against <= limit)
        w += ONE
        mask = tails[until] if w == last else ALL


@compiled
def scan(
    qlo: Any, qhi: Any, q_probes: Any, rlo: Any, rhi: Any, r_probes: Any, pairs: Any,
    q_misread: Any, r_misread: Any, q_called: Any, r_called: Any, grid: Grid, rules: Rules, out: Any,
    start: int,
) -> tuple[int, int]:  # fmt: skip
    """Pairs (query, row): what they share, written to `out`, of those for whom anything of it convinces.
    `misread` is how many of strangers' contradictions there would be of misreading alone, `called` the share
    of sites known. Gives how many stretches there are, and the pair to go on from when `out` had no room for
    another (-1: it is done)."""
    count, beyond, run = 0, len(grid.window_site), grid.run
    pieces = np.empty(beyond, dtype=PIECE)
    counts = np.zeros(beyond, dtype=np.uint16)
    sums = np.zeros(
        max(beyond - run + 1, 0), dtype=np.uint16
    )  # of both haplotypes 0: nothing of it is probed
    for pair in range(start, len(pairs)):
        q, r = pairs[pair, 0], pairs[pair, 1]
        if len(out) - count < beyond:
            return count, pair
        misread, called = q_misread[q] + r_misread[r], q_called[q] * r_called[r]
        price = -math.log(misread)
        limit = most(misread, grid.expected * run, called)
        probed = np.uint16(most(misread, grid.probed * run, called))
        if not grid.both:
            against(q_probes[q, 0], q_probes[q, 1], r_probes[r, 0], r_probes[r, 1], counts)
            in_runs(counts, run, sums)
        window, stretch, reached, found, convincing = -1, -1, 0, 0, False
        while True:
            window = next_run(sums, window + 1, probed)
            if window >= len(sums):
                break
            if grid.window_stretch[window] != stretch:
                stretch = grid.window_stretch[window]
                reached = grid.walls[stretch]
            begin, until = grid.window_site[window], window + run - 1
            if begin < reached or grid.window_stretch[until] != stretch:
                continue
            if _clean(
                qlo, qhi, q, rlo, rhi, r, grid.window_begin, grid.window_end, grid.window_head,
                grid.window_tail, grid.both, window, until, limit,
            ):  # fmt: skip
                reached, worthwhile = pieced(
                    qlo[q], qhi[q], rlo[r], rhi[r], begin, reached, stretch, grid, price, rules, pieces[found]
                )
                if worthwhile:
                    convincing |= pieces[found].evidence >= rules.convincing
                    found += 1
        if convincing:
            count += told(
                qlo[q], qhi[q], rlo[r], rhi[r], pieces[:found], grid, price, rules, q, r, out[count:]
            )
    return count, -1
