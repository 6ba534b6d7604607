"""The compiled scan: pairs of people on two bit planes, and the long stretches where nothing speaks against
their sharing one haplotype, or both.

Pure numba; knows sites, words and weights, no files and no people. It is compiled when it is first used after
a change, and kept; tests hold it against a plain version of the same rules (tests/genomics/plain_scan.py).
Where the weights come from is in ground; what the stretches mean, in segments.

One haplotype is contradicted where both people are homozygous and not alike; both haplotypes, wherever their
genotypes differ. Had the two nothing in common, a site that could contradict them would do so with some
chance c: each that does not is worth -log(1 - c), kept a word of 64 sites (`worth`), and each that does costs
a price, for it may be a misreading. A stretch goes on while that pays.

Cells cut a chromosome in pieces so short that any stretch worth telling holds `together` whole ones. Looking
at every `together`-th cell, the probes, is enough to find them: strangers contradict each other in nearly
all, and mostly in their first words, which lie side by side (probes).
"""

import math
from typing import Any

import numpy as np
from numba import njit

from genomics.matching.ends import settled, site_at
from genomics.matching.grid import Grid, Rules
from genomics.matching.probes import next_probe
from genomics.matching.words import ALL, ONE, between, can, do, highest, lowest, ones

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
PLENTY = 40.0  # evidence that need not be added up site by site


@njit(cache=True, nogil=True)
def _next_clean(
    qlo: Any, qhi: Any, q: int, rlo: Any, rhi: Any, r: int, grid: Grid, low: int, beyond: int, limit: int
) -> int:
    """The first of the next `together` cells one after the other, from `low` on and before `beyond`, without
    more than `limit` contradictions in any; `beyond` if there are none. A cell is left as soon as it is lost.
    """
    begin, at = low, low + grid.together - 1  # the cells after `at` are clean
    while at < beyond:
        w, last = grid.cell_begin[at], grid.cell_end[at]
        mask = grid.cell_head[at]
        total = np.int64(0)
        while True:
            if grid.both:
                here = (qlo[q, w] | qhi[q, w]) & (rlo[r, w] | rhi[r, w])
                here &= (qlo[q, w] ^ rlo[r, w]) | (qhi[q, w] ^ rhi[r, w])
            else:
                here = qlo[q, w] & rlo[r, w] & (qhi[q, w] ^ rhi[r, w])
            total += np.int64(ones(here & mask))
            if total > limit or w == last:
                break
            w += ONE
            mask = grid.cell_tail[at] if w == last else ALL
        if total > limit:
            begin = at + 1
            at += grid.together
        elif at == begin:
            return begin
        else:
            at -= 1
    return beyond


@njit(cache=True, nogil=True)
def _onwards(
    qlo: Any, qhi: Any, rlo: Any, rhi: Any, begin: int, wall: int, grid: Grid, price: float, rules: Rules
) -> tuple[int, bool]:
    """From site `begin` on, at most to `wall`: where it pays best to end (exclusive), and whether that is for
    what contradicts."""
    score, best, at = 0.0, 0.0, begin
    seen = grid.site_cm[begin]
    for w in range(begin >> 6, ((wall - 1) >> 6) + 1):
        left = can(qlo, qhi, rlo, rhi, w, grid.both) & between(begin, wall, w)
        against = do(qlo, qhi, rlo, rhi, w, grid.both) & left
        if left == 0:
            if grid.site_cm[min((w << 6) + 63, wall - 1)] - seen > rules.blind_cm:
                break
            continue
        seen = grid.site_cm[min((w << 6) + 63, wall - 1)]
        while against:
            bit = lowest(against)
            before = left & ((ONE << bit) - ONE)
            score += grid.worth[w] * ones(before)
            if score > best:
                best, at = score, (w << 6) + int(bit)
            score -= price
            if score < best - rules.drop:
                return at, True
            left &= ~(before | (ONE << bit))
            against &= against - ONE
        score += grid.worth[w] * ones(left)
        if score > best:
            known = can(qlo, qhi, rlo, rhi, w, True) & between(begin, wall, w)
            best, at = score, (w << 6) + 64 - int(highest(known))
    return at, score < best


@njit(cache=True, nogil=True)
def _back(
    qlo: Any, qhi: Any, rlo: Any, rhi: Any, begin: int, wall: int, grid: Grid, price: float, rules: Rules
) -> tuple[int, bool]:
    """From the site before `begin` back, at most to `wall`: where it pays best to start (inclusive), and
    whether that is for what contradicts."""
    score, best, at = 0.0, 0.0, begin
    seen = grid.site_cm[begin - 1]
    for w in range((begin - 1) >> 6, (wall >> 6) - 1, -1):
        left = can(qlo, qhi, rlo, rhi, w, grid.both) & between(wall, begin, w)
        against = do(qlo, qhi, rlo, rhi, w, grid.both) & left
        if left == 0:
            if seen - grid.site_cm[max(w << 6, wall)] > rules.blind_cm:
                break
            continue
        seen = grid.site_cm[max(w << 6, wall)]
        while against:
            bit = np.uint64(63) - highest(against)
            below = (ONE << bit) - ONE
            score += grid.worth[w] * ones(left & ~below & ~(ONE << bit))
            if score > best:
                best, at = score, (w << 6) + int(bit) + 1
            score -= price
            if score < best - rules.drop:
                return at, True
            left &= below
            against &= below
        score += grid.worth[w] * ones(left)
        if score > best:
            known = can(qlo, qhi, rlo, rhi, w, True) & between(wall, begin, w)
            best, at = score, (w << 6) + int(lowest(known))
    return at, score < best


@njit(cache=True, nogil=True)
def _weighed(
    qlo: Any, qhi: Any, rlo: Any, rhi: Any, first: int, end: int, grid: Grid
) -> tuple[float, int, int]:
    """From first to end (exclusive): what the sites that agree are worth, how many are known in both people,
    how many contradict."""
    worth, known, against = 0.0, 0, 0
    for w in range(first >> 6, ((end - 1) >> 6) + 1):
        mask = between(first, end, w)
        could = can(qlo, qhi, rlo, rhi, w, grid.both) & mask
        did = int(ones(could & do(qlo, qhi, rlo, rhi, w, grid.both)))
        worth += grid.worth[w] * (int(ones(could)) - did)
        known += int(ones((qlo[w] | qhi[w]) & (rlo[w] | rhi[w]) & mask))
        against += did
    return worth, known, against


@njit(cache=True, nogil=True)
def _exactly(qlo: Any, qhi: Any, rlo: Any, rhi: Any, first: int, end: int, grid: Grid) -> float:
    """What the sites that agree are worth, each by itself: where a word's sites differ much, the stretches
    found are those that its average flatters."""
    worth = 0.0
    for w in range(first >> 6, ((end - 1) >> 6) + 1):
        agree = can(qlo, qhi, rlo, rhi, w, grid.both) & ~do(qlo, qhi, rlo, rhi, w, grid.both)
        agree &= between(first, end, w)
        while agree:
            worth += grid.site_worth[(w << 6) + int(lowest(agree))]
            agree &= agree - ONE
    return worth


@njit(cache=True, nogil=True)
def _shared(
    qlo: Any, qhi: Any, rlo: Any, rhi: Any, begin: int, reached: int, stretch: int, grid: Grid, price: float,
    rules: Rules, one: Any,
) -> tuple[int, bool]:  # fmt: skip
    """What two people share about site `begin`, no further back than `reached`, written to `one`: where it
    ends, and whether it is worth telling."""
    wall, beyond, cm = grid.walls[stretch], grid.walls[stretch + 1], grid.site_cm
    end, ended = _onwards(qlo, qhi, rlo, rhi, begin, beyond, grid, price, rules)
    first, started = begin, True
    if begin > reached:
        first, started = _back(qlo, qhi, rlo, rhi, begin, reached, grid, price, rules)
    last = end - 1
    least = rules.told_cm - rules.margin_cm
    if last <= first or cm[last] - cm[first] < least - 2 * rules.outside_cm:
        return end, False
    while first < last and not can(qlo, qhi, rlo, rhi, first >> 6, True) >> (first & 63) & ONE:
        first += 1  # found from a cell in which nothing was known, and so nothing contradicted
    worth, _, against = _weighed(qlo, qhi, rlo, rhi, first, end, grid)
    one.evidence = worth - price * against
    if one.evidence < PLENTY:
        one.evidence = _exactly(qlo, qhi, rlo, rhi, first, end, grid) - price * against
    if one.evidence < rules.least_evidence:
        return end, False
    middle = site_at(cm, first, last, (cm[first] + cm[last]) / 2)
    left, right = first, last
    if started and first > wall:
        inner = min(site_at(cm, first, last, cm[first] + rules.inside_cm), middle)
        outer = site_at(cm, reached, first, cm[first] - rules.outside_cm)
        where = settled(
            qlo, qhi, rlo, rhi, inner, first, outer, cm, grid.log_ref, grid.log_alt,
            price, rules.temper, rules.harsh, grid.both,
        )  # fmt: skip
        left = site_at(cm, reached, middle, where)
    if ended and end < beyond:
        inner = max(site_at(cm, first, last, cm[last] - rules.inside_cm), middle)
        outer = site_at(cm, last, beyond - 1, cm[last] + rules.outside_cm)
        where = settled(
            qlo, qhi, rlo, rhi, inner, last, outer, cm, grid.log_ref, grid.log_alt,
            price, rules.temper, rules.harsh, grid.both,
        )  # fmt: skip
        right = site_at(cm, middle, beyond - 1, where)
    if right <= left or cm[right] - cm[left] < least:
        return max(end, right + 1), False
    one.measured = cm[right] - cm[left]
    while cm[right] - cm[left] < rules.told_cm and (left > reached or right < beyond - 1):
        left -= left > reached
        right += right < beyond - 1
    _, known, against = _weighed(qlo, qhi, rlo, rhi, left, right + 1, grid)
    one.first, one.last, one.sites, one.against = left, right, known, against
    return max(end, right + 1), cm[right] - cm[left] >= rules.told_cm


@njit(cache=True, nogil=True)
def scan(
    qlo: Any, qhi: Any, q_probes: Any, rlo: Any, rhi: Any, r_probes: Any, pairs: Any,
    q_misread: Any, r_misread: Any, q_called: Any, r_called: Any, grid: Grid, rules: Rules, out: Any,
    start: int,
) -> tuple[int, int]:  # fmt: skip
    """Pairs (query, row): what they share, written to `out`. `misread` is how many of strangers'
    contradictions there would be of misreading alone, `called` the share of sites known. Gives how many
    stretches there are, and the pair to go on from when `out` had no room for another (-1: it is done)."""
    count, beyond, together = 0, len(grid.probe_cell), grid.together
    for pair in range(start, len(pairs)):
        q, r = pairs[pair, 0], pairs[pair, 1]
        if len(out) - count < beyond:
            return count, pair
        misread = q_misread[q] + r_misread[r]
        mean = misread * grid.expected * q_called[q] * r_called[r]
        limit = int(mean + 3.5 * math.sqrt(mean) + 0.7)
        probe, stretch, low, wall, reached = 0, -1, 0, 0, 0
        while True:
            if not grid.both:
                probe = next_probe(q_probes, q, r_probes, r, probe, limit)
            if probe >= beyond:
                break
            if grid.probe_stretch[probe] != stretch:
                stretch = grid.probe_stretch[probe]
                low, wall, reached = grid.cell_from[stretch], grid.cell_from[stretch + 1], grid.walls[stretch]
            here = grid.probe_cell[probe]
            end = min(here + together, wall)
            cell = end
            if here >= low:
                cell = _next_clean(
                    qlo, qhi, q, rlo, rhi, r, grid, max(low, here - together + 1), end, limit
                )  # fmt: skip
            if cell == end:
                probe += 1
                continue
            reached, told = _shared(
                qlo[q], qhi[q], rlo[r], rhi[r], grid.cell_site[cell], reached, stretch, grid,
                -math.log(misread), rules, out[count],
            )  # fmt: skip
            if told:
                out[count].query, out[count].row = q, r
                count += 1
            low = cell + together
            while low < wall and grid.cell_site[low] < reached:
                low += 1
    return count, -1
