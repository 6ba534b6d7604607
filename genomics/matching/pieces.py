"""Pieces: what two people share about a place, from where to where, and what that is worth.

Pure numba, for scan, which finds the places.

One haplotype is contradicted where both people are homozygous and not alike; both haplotypes, wherever their
genotypes differ. Had the two nothing in common, a site that could contradict them would do so with some
chance c: each that does not is worth -log(1 - c), kept a word of 64 sites (`worth`), and each that does costs
a price, for it may be a misreading. A stretch goes on while that pays.
"""

import math
from typing import Any

import numpy as np

from genomics.matching.compiled import compiled
from genomics.matching.ends import settled, site_at
from genomics.matching.grid import Grid, Rules
from genomics.matching.words import ONE, between, can, do, highest, lowest, ones

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


@compiled
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


@compiled
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


@compiled
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


@compiled
def _exactly(qlo: Any, qhi: Any, rlo: Any, rhi: Any, first: int, end: int, grid: Grid, price: float) -> float:
    """The evidence from first to end (exclusive), each site weighed by itself: where a word's sites differ
    much, the stretches found are those that its average flatters."""
    worth, against = 0.0, 0
    for w in range(first >> 6, ((end - 1) >> 6) + 1):
        could = can(qlo, qhi, rlo, rhi, w, grid.both) & between(first, end, w)
        did = do(qlo, qhi, rlo, rhi, w, grid.both)
        against += int(ones(could & did))
        agree = could & ~did
        while agree:
            worth += grid.site_worth[(w << 6) + int(lowest(agree))]
            agree &= agree - ONE
    return worth - price * against


@compiled
def _convinces(
    qlo: Any, qhi: Any, rlo: Any, rhi: Any, pieces: Any, grid: Grid, price: float, rules: Rules
) -> bool:
    """Whether any piece does, weighed site by site: many do by the average of their words alone, and to
    settle ends takes its time."""
    for n in range(len(pieces)):
        one = pieces[n]
        if one.evidence >= PLENTY:
            return True
        if one.evidence >= rules.convincing:
            exactly = _exactly(qlo, qhi, rlo, rhi, one.first, one.last + 1, grid, price)
            if exactly >= rules.convincing:
                return True
    return False


@compiled
def pieced(
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


@compiled
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
        one.evidence = _exactly(qlo, qhi, rlo, rhi, first, last + 1, grid, price)
        if one.evidence < rules.least_evidence:
            return False
    middle = site_at(cm, first, last, (cm[first] + cm[last]) / 2)
    left, right, against = first, last, math.exp(-rules.harsh * price)
    if piece.started:
        inner = min(site_at(cm, first, last, cm[first] + rules.inside_cm), middle)
        outer = site_at(cm, reached, first, cm[first] - rules.outside_cm)
        where = settled(
            qlo, qhi, rlo, rhi, inner, first, outer, cm, grid.shared_ref, grid.shared_alt, grid.half,
            against, grid.both,
        )  # fmt: skip
        left = site_at(cm, reached, middle, where)
    if piece.ended:
        inner = max(site_at(cm, first, last, cm[last] - rules.inside_cm), middle)
        outer = site_at(cm, last, beyond - 1, cm[last] + rules.outside_cm)
        where = settled(
            qlo, qhi, rlo, rhi, inner, last, outer, cm, grid.shared_ref, grid.shared_alt, grid.half,
            against, grid.both,
        )  # fmt: skip
        right = site_at(cm, middle, beyond - 1, where)
    if right <= left or cm[right] - cm[left] < rules.told_cm - rules.margin_cm:
        return False
    one.measured = cm[right] - cm[left]
    while cm[right] - cm[left] < rules.told_cm and (left > reached or right < beyond - 1):
        left -= left > reached
        right += right < beyond - 1
    _, one.sites, one.against = _weighed(qlo, qhi, rlo, rhi, left, right + 1, grid)
    one.first, one.last = left, right
    return bool(cm[right] - cm[left] >= rules.told_cm)


@compiled
def told(
    qlo: Any, qhi: Any, rlo: Any, rhi: Any, pieces: Any, grid: Grid, price: float, rules: Rules, q: int,
    r: int, out: Any,
) -> int:  # fmt: skip
    """How many of a pair's pieces are told, and are written to `out`: none unless one of them convinces."""
    count, convincing, reached = 0, False, 0
    if not _convinces(qlo, qhi, rlo, rhi, pieces, grid, price, rules):
        return 0
    for n in range(len(pieces)):
        reached = max(reached, grid.walls[pieces[n].stretch])
        if _measured(qlo, qhi, rlo, rhi, pieces[n], reached, grid, price, rules, out[count]):
            out[count].query, out[count].row = q, r
            convincing |= out[count].evidence >= rules.convincing
            reached = out[count].last + 1
            count += 1
        reached = max(reached, pieces[n].last + 1)
    return count if convincing else 0
