"""The scan once more, site by site and in plain loops: what the compiled rooms must equal.

Follows the words of scan, pieces, probes and ends (genomics/matching); takes the panel's figures from ground,
the rules as they stand, and nothing else.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from genomics.matching.grid import Grid, Rules
from genomics.panel import MISSING

FAR_BEHIND = 1.2e-4
PLENTY = 40.0


@dataclass(frozen=True)
class Stretch:
    first: int
    last: int
    evidence: float
    sites: int
    against: int
    measured: float


@dataclass(frozen=True)
class Piece:
    first: int
    last: int
    wall: int
    beyond: int
    started: bool
    ended: bool
    evidence: float


@dataclass
class Two:
    """Two people's copies of the alternate allele, on one panel, under one set of rules."""

    query: list[int]
    row: list[int]
    grid: Grid
    probes: NDArray[np.int32]
    rules: Rules
    misread: float
    share: float  # of sites known, of the one times of the other

    @property
    def price(self) -> float:
        return -math.log(self.misread)

    def can(self, n: int) -> bool:
        """Could they contradict each other at site n?"""
        if self.grid.both:
            return self.known(n)
        return self.query[n] in (0, 2) and self.row[n] in (0, 2)

    def does(self, n: int) -> bool:
        return self.can(n) and self.query[n] != self.row[n]

    def known(self, n: int) -> bool:
        return self.query[n] != MISSING and self.row[n] != MISSING

    def worth(self, n: int) -> float:
        return float(self.grid.worth[n // 64])

    def cm(self, n: int) -> float:
        return float(self.grid.site_cm[n])


def stretches(two: Two) -> list[Stretch]:
    """All that the two share, along the whole panel."""
    return _told(two, list(_pieces(two)))


def _most(two: Two, expected: float) -> int:
    mean = two.misread * expected * two.share
    return int(mean + 2.5 * math.sqrt(mean) + 0.7)


def _pieces(two: Two) -> Iterator[Piece]:
    """What the contradictions cut of each stretch, wherever a window is clean and goes on for long enough."""
    grid = two.grid
    edges = [*grid.window_site.tolist(), len(two.query)]
    clean, probed = _most(two, grid.expected * grid.run), _most(two, grid.probed * grid.run)
    reached, stretch = 0, -1
    for window in range(len(grid.window_site) - grid.run + 1):
        run = range(window, window + grid.run)
        begin, end = edges[run.start], edges[run.stop]
        if not grid.both and sum(two.does(n) for at in run for n in two.probes[at] if n >= 0) > probed:
            continue
        if grid.window_stretch[window] != stretch:
            stretch = int(grid.window_stretch[window])
            reached = int(grid.walls[stretch])
        if begin < reached or grid.window_stretch[run.stop - 1] != stretch:
            continue
        if sum(two.does(n) for n in range(begin, end)) > clean:
            continue
        reached, piece = _cut(two, begin, reached, stretch)
        if piece is not None:
            yield piece


def _cut(two: Two, begin: int, reached: int, stretch: int) -> tuple[int, Piece | None]:
    rules = two.rules
    wall, beyond = int(two.grid.walls[stretch]), int(two.grid.walls[stretch + 1])
    last, ended = _best(two, range(begin, beyond))
    first, started = _best(two, range(begin - 1, reached - 1, -1))
    started, end = started or begin == reached, last + 1
    least = rules.told_cm - rules.margin_cm
    if last <= first or two.cm(last) - two.cm(first) < least - 2 * rules.outside_cm:
        return end, None
    while first < last and not two.known(first):
        first += 1
    inside = range(first, end)
    evidence = sum(two.worth(n) for n in inside if two.can(n) and not two.does(n)) - _paid(two, inside)
    piece = Piece(first, last, wall, beyond, started and first > wall, ended and end < beyond, evidence)
    return end, piece if evidence >= rules.least_evidence else None


def _paid(two: Two, sites: range) -> float:
    return two.price * sum(two.does(n) for n in sites)


def _told(two: Two, pieces: list[Piece]) -> list[Stretch]:
    rules = two.rules
    if not any(_convinces(two, piece) for piece in pieces):
        return []
    found, reached = list[Stretch](), 0
    for piece in pieces:
        reached = max(reached, piece.wall)
        one = _measured(two, piece, reached)
        if one is not None:
            found.append(one)
            reached = one.last + 1
        reached = max(reached, piece.last + 1)
    return found if any(one.evidence >= rules.convincing for one in found) else []


def _convinces(two: Two, piece: Piece) -> bool:
    if piece.evidence >= PLENTY:
        return True
    least = two.rules.convincing
    return piece.evidence >= least and _exactly(two, range(piece.first, piece.last + 1)) >= least


def _exactly(two: Two, sites: range) -> float:
    worth = sum(float(two.grid.site_worth[n]) for n in sites if two.can(n) and not two.does(n))
    return worth - _paid(two, sites)


def _measured(two: Two, piece: Piece, reached: int) -> Stretch | None:
    rules, first, last, beyond = two.rules, max(piece.first, reached), piece.last, piece.beyond
    if last <= first:
        return None
    inside = range(first, last + 1)
    evidence = piece.evidence
    if evidence < PLENTY:
        evidence = _exactly(two, inside)
        if evidence < rules.least_evidence:
            return None
    middle = _nearest(two, first, last, (two.cm(first) + two.cm(last)) / 2)
    left, right = first, last
    if piece.started:
        inner = min(_nearest(two, first, last, two.cm(first) + rules.inside_cm), middle)
        outer = _nearest(two, reached, first, two.cm(first) - rules.outside_cm)
        left = _nearest(two, reached, middle, _settled(two, inner, first, outer))
    if piece.ended:
        inner = max(_nearest(two, first, last, two.cm(last) - rules.inside_cm), middle)
        outer = _nearest(two, last, beyond - 1, two.cm(last) + rules.outside_cm)
        right = _nearest(two, middle, beyond - 1, _settled(two, inner, last, outer))
    measured = two.cm(right) - two.cm(left)
    if right <= left or measured < rules.told_cm - rules.margin_cm:
        return None
    while two.cm(right) - two.cm(left) < rules.told_cm and (left > reached or right < beyond - 1):
        left, right = left - (left > reached), right + (right < beyond - 1)
    told = two.cm(right) - two.cm(left) >= rules.told_cm
    sites = sum(two.known(n) for n in range(left, right + 1))
    against = sum(two.does(n) for n in range(left, right + 1))
    return Stretch(left, right, evidence, sites, against, measured) if told else None


def _best(two: Two, sites: range) -> tuple[int, bool]:
    """The last site, walking along, up to which it pays best to go on; the one before the first for none; and
    whether it ends for what contradicts. It is asked at each contradiction, and at the last site
    known in both of each word of 64."""
    score = best = 0.0
    at = sites.start - sites.step
    seen = two.cm(sites.start) if len(sites) else 0.0
    for _, word in groupby(sites, key=lambda n: n // 64):
        here = list(word)
        if not any(two.can(n) for n in here):
            if abs(two.cm(here[-1]) - seen) > two.rules.blind_cm:
                break
            continue
        seen = two.cm(here[-1])
        for n in here:
            if two.does(n):
                if score > best:
                    best, at = score, n - sites.step
                score -= two.price
                if score < best - two.rules.drop:
                    return at, True
            elif two.can(n):
                score += two.worth(n)
        if score > best:
            best, at = score, [n for n in here if two.known(n)][-1]
    return at, score < best


def _nearest(two: Two, first: int, last: int, where: float) -> int:
    beyond = int(np.searchsorted(two.grid.site_cm[first:last], where)) + first
    return beyond - 1 if beyond > first and where - two.cm(beyond - 1) < two.cm(beyond) - where else beyond


def _likelier(two: Two, n: int) -> float:
    """How many times, tempered."""
    if not two.known(n):
        return 1.0
    ref, alt, half = float(two.grid.shared_ref[n]), float(two.grid.shared_alt[n]), two.grid.half
    pair = tuple(sorted((two.query[n], two.row[n])))
    contradicted = math.exp(-two.price * two.rules.harsh)
    if two.grid.both:
        return {(0, 0): ref, (1, 1): 1 / half, (2, 2): alt}.get(pair, contradicted)
    return {
        (0, 0): ref,
        (0, 1): half * ref,
        (1, 1): half * half * ref * alt,
        (1, 2): half * alt,
        (2, 2): alt,
    }.get(pair, contradicted)


def _settled(two: Two, inner: int, end: int, outer: int) -> float:
    """Every place weighted by how likely it is, after all that was said on the way to it."""
    step = 1 if outer >= inner else -1
    places, logs = [], []
    log, before = 0.0, two.cm(inner)
    top = 0.0
    for n in range(inner, outer + step, step):
        places.append(((two.cm(n) + before) / 2, abs(two.cm(n) - before) + 1e-6))
        logs.append(log)
        before = two.cm(n)
        log += math.log(_likelier(two, n))
        top = max(top, log)
        if log < top + math.log(FAR_BEHIND) and (n - end) * step > 0:
            break
    weights = [wide * math.exp(log - max(logs)) for (_, wide), log in zip(places, logs, strict=True)]
    return sum(where * w for (where, _), w in zip(places, weights, strict=True)) / sum(weights)


def two_of(
    query: list[int], row: list[int], grid: Grid, probes: NDArray[np.int32], rules: Rules, misread: float
) -> Two:
    share = math.prod(sum(n != MISSING for n in one) / len(one) for one in (query, row))
    return Two(query, row, grid, probes, rules, misread, share)
