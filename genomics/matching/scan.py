"""The compiled scan: pairs of people on two bit planes, and the long stretches where nothing speaks against
their sharing one haplotype, or both.

Pure numba; knows sites, words and weights, no files and no people. It is compiled when it is first used after
a change, and kept; tests hold it against a plain version of the same rules (tests/genomics/plain_scan.py).
Where the weights come from is in ground; what the stretches mean, in segments.

One haplotype is contradicted where both people are homozygous and not alike; both haplotypes, wherever their
genotypes differ. Had the two nothing in common, a site that could contradict them would do so with some
chance c: each that does not is worth -log(1 - c), kept a word of 64 sites (`worth`), and each that does costs
a price, for it may be a misreading. A stretch goes on while that pays.

Windows cut a chromosome in pieces so short that any stretch worth telling holds a whole one. Where two people
contradict each other no more often than misreadings do, at the window's probes (see there) and then in all of
it, they are looked at closely; strangers do nearly nowhere.
"""

import math
from typing import Any

import numpy as np
from numba import njit

from genomics.matching.ends import settled, site_at
from genomics.matching.grid import Grid, Rules
from genomics.matching.probes import next_probed
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
PIECE = np.dtype(
    [
        ("first", "<i4"),  # site, inclusive
        ("last", "<i4"),  # site, inclusive
        ("stretch", "<i4"),
        ("started", "?"),  # for what contradicts, and not where nothing is known
        ("ended", "?"),
        ("evidence", "<f4"),
    ]
)
PLENTY = 40.0  # evidence that need not be added up site by site


@njit(cache=True, nogil=True)
def most(misread: float, expected: float, called: float) -> int:
    """How often two who share may contradict each other, where strangers are expected to do so `expected`
    times if all is known: hardly ever more, by misreadings alone."""
    mean = misread * expected * called
    return int(mean + 2.5 * math.sqrt(mean) + 0.7)


@njit(cache=True, nogil=True)
def _clean(
    qlo: Any, qhi: Any, q: int, rlo: Any, rhi: Any, r: int, begins: Any, ends: Any, heads: Any, tails: Any,
    both: bool, window: int, limit: int,
) -> bool:  # fmt: skip
    """Whether two people contradict each other no more than `limit` times in all of a window."""
    w, last = begins[window], ends[window]
    mask, against = heads[window], np.int64(0)
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
        mask = tails[window] if w == last else ALL


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
def _piece(
    qlo: Any, qhi: Any, rlo: Any, rhi: Any, begin: int, reached: int, stretch: int, grid: Grid, price: float,
    rules: Rules, piece: Any,
) -> tuple[int, bool]:  # fmt: skip
    """What two people share about site `begin`, no further back than `reached`, as the contradictions cut it,
    written to `piece`: where it ends, and whether it is worth a closer look."""
    wall, beyond, cm = grid.walls[stretch], grid.walls[stretch + 1], grid.site_cm
    end, ended = _onwards(qlo, qhi, rlo, rhi, begin, beyond, grid, price, rules)
    first, started = begin, True
    if begin > reached:
        first, started = _back(qlo, qhi, rlo, rhi, begin, reached, grid, price, rules)
    last = end - 1
    if last <= first or cm[last] - cm[first] < rules.told_cm - rules.margin_cm - 2 * rules.outside_cm:
        return end, False
    while first < last and not can(qlo, qhi, rlo, rhi, first >> 6, True) >> (first & 63) & ONE:
        first += 1  # found from a window in which nothing was known, and so nothing contradicted
    worth, _, against = _weighed(qlo, qhi, rlo, rhi, first, end, grid)
    piece.first, piece.last, piece.stretch, piece.evidence = first, last, stretch, worth - price * against
    piece.started, piece.ended = started and first > wall, ended and end < beyond
    return end, piece.evidence >= rules.least_evidence


@njit(cache=True, nogil=True)
def _measured(
    qlo: Any, qhi: Any, rlo: Any, rhi: Any, piece: Any, reached: int, grid: Grid, price: float, rules: Rules,
    one: Any,
) -> bool:  # fmt: skip
    """A piece weighed site by site, with its ends settled, no further back than `reached`, written to `one`;
    whether it is to be told."""
    first, last, beyond, cm = (
        max(piece.first, reached),
        piece.last,
        grid.walls[piece.stretch + 1],
        grid.site_cm,
    )
    if last <= first:
        return False
    one.evidence = piece.evidence
    if one.evidence < PLENTY:
        _, _, against = _weighed(qlo, qhi, rlo, rhi, first, last + 1, grid)
        one.evidence = _exactly(qlo, qhi, rlo, rhi, first, last + 1, grid) - price * against
        if one.evidence < rules.least_evidence:
            return False
    middle = site_at(cm, first, last, (cm[first] + cm[last]) / 2)
    left, right = first, last
    if piece.started:
        inner = min(site_at(cm, first, last, cm[first] + rules.inside_cm), middle)
        outer = site_at(cm, reached, first, cm[first] - rules.outside_cm)
        where = settled(
            qlo, qhi, rlo, rhi, inner, first, outer, cm, grid.log_ref, grid.log_alt,
            price, rules.temper, rules.harsh, grid.both,
        )  # fmt: skip
        left = site_at(cm, reached, middle, where)
    if piece.ended:
        inner = max(site_at(cm, first, last, cm[last] - rules.inside_cm), middle)
        outer = site_at(cm, last, beyond - 1, cm[last] + rules.outside_cm)
        where = settled(
            qlo, qhi, rlo, rhi, inner, last, outer, cm, grid.log_ref, grid.log_alt,
            price, rules.temper, rules.harsh, grid.both,
        )  # fmt: skip
        right = site_at(cm, middle, beyond - 1, where)
    if right <= left or cm[right] - cm[left] < rules.told_cm - rules.margin_cm:
        return False
    one.measured = cm[right] - cm[left]
    while cm[right] - cm[left] < rules.told_cm and (left > reached or right < beyond - 1):
        left -= left > reached
        right += right < beyond - 1
    _, known, against = _weighed(qlo, qhi, rlo, rhi, left, right + 1, grid)
    one.first, one.last, one.sites, one.against = left, right, known, against
    return bool(cm[right] - cm[left] >= rules.told_cm)


@njit(cache=True, nogil=True)
def scan(
    qlo: Any, qhi: Any, q_probes: Any, rlo: Any, rhi: Any, r_probes: Any, pairs: Any,
    q_misread: Any, r_misread: Any, q_called: Any, r_called: Any, grid: Grid, rules: Rules, out: Any,
    start: int,
) -> tuple[int, int]:  # fmt: skip
    """Pairs (query, row): what they share, written to `out`, of those for whom anything of it convinces.
    `misread` is how many of strangers' contradictions there would be of misreading alone, `called` the share
    of sites known. Gives how many stretches there are, and the pair to go on from when `out` had no room for
    another (-1: it is done)."""
    count, beyond = 0, len(grid.window_site)
    pieces = np.empty(beyond, dtype=PIECE)
    least = rules.told_cm - rules.margin_cm - 2 * rules.outside_cm
    for pair in range(start, len(pairs)):
        q, r = pairs[pair, 0], pairs[pair, 1]
        if len(out) - count < beyond:
            return count, pair
        misread, called = q_misread[q] + r_misread[r], q_called[q] * r_called[r]
        price = -math.log(misread)
        limit, probed = most(misread, grid.expected, called), most(misread, grid.probed, called)
        window, stretch, reached, found, convincing = 0, -1, 0, 0, False
        while True:
            if not grid.both:
                window = next_probed(
                    q_probes, q, r_probes, r, window, probed, grid.window_cm, grid.window_stretch, least
                )
            if window >= beyond:
                break
            if grid.window_stretch[window] != stretch:
                stretch = grid.window_stretch[window]
                reached = grid.walls[stretch]
            begin = grid.window_site[window]
            if begin >= reached and _clean(
                qlo,
                qhi,
                q,
                rlo,
                rhi,
                r,
                grid.window_begin,
                grid.window_end,
                grid.window_head,
                grid.window_tail,
                grid.both,
                window,
                limit,
            ):
                reached, worthwhile = _piece(
                    qlo[q], qhi[q], rlo[r], rhi[r], begin, reached, stretch, grid, price, rules, pieces[found]
                )
                if worthwhile:
                    convincing |= pieces[found].evidence >= rules.convincing
                    found += 1
            window += 1
        if convincing:
            count += _told(
                qlo[q], qhi[q], rlo[r], rhi[r], pieces[:found], grid, price, rules, q, r, out[count:]
            )
    return count, -1


@njit(cache=True, nogil=True)
def _told(
    qlo: Any, qhi: Any, rlo: Any, rhi: Any, pieces: Any, grid: Grid, price: float, rules: Rules, q: int,
    r: int, out: Any,
) -> int:  # fmt: skip
    """How many of a pair's pieces are told, and are written to `out`: none unless one of them convinces."""
    count, convincing, reached = 0, False, 0
    for n in range(len(pieces)):
        reached = max(reached, grid.walls[pieces[n].stretch])
        if _measured(qlo, qhi, rlo, rhi, pieces[n], reached, grid, price, rules, out[count]):
            out[count].query, out[count].row = q, r
            convincing |= out[count].evidence >= rules.convincing
            reached = out[count].last + 1
            count += 1
        reached = max(reached, pieces[n].last + 1)
    return count if convincing else 0
