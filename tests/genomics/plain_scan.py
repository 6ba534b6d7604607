"""The scan once more, site by site and in plain loops: what the compiled rooms must equal.

Follows the words of genomics/matching/scan.py and ends.py; takes the panel's figures from ground and the
rules as they stand, and nothing else.
"""

import math
from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np

from genomics.matching.grid import Grid, Rules
from genomics.panel import MISSING

FAR_BEHIND = 9.0
PLENTY = 40.0


@dataclass(frozen=True)
class Stretch:
    first: int
    last: int
    evidence: float
    sites: int
    against: int
    measured: float


@dataclass
class Two:
    """Two people's copies of the alternate allele, on one panel, under one set of rules."""

    query: list[int]
    row: list[int]
    grid: Grid
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
    found = []
    walls = two.grid.walls.tolist()
    for number, (wall, beyond) in enumerate(pairwise(walls)):
        found += _along(two, number, wall, beyond)
    return found


def _along(two: Two, number: int, wall: int, beyond: int) -> list[Stretch]:
    grid = two.grid
    low, end = int(grid.cell_from[number]), int(grid.cell_from[number + 1])
    mean = two.misread * grid.expected * two.share
    limit = int(mean + 3.5 * math.sqrt(mean) + 0.7)
    edges = [*grid.cell_site[low:end].tolist(), beyond]
    clean = [sum(two.does(n) for n in range(a, b)) <= limit for a, b in pairwise(edges)]
    found, reached, at = [], wall, 0
    while at + grid.together <= len(clean):
        if not all(clean[at : at + grid.together]):
            at += 1
            continue
        reached, one = _shared(two, edges[at], reached, wall, beyond)
        found += [one] if one else []
        at += grid.together
        while at < len(clean) and edges[at] < reached:
            at += 1
    return found


def _shared(two: Two, begin: int, reached: int, wall: int, beyond: int) -> tuple[int, Stretch | None]:
    rules = two.rules
    last, ended = _best(two, range(begin, beyond))
    first, started = _best(two, range(begin - 1, reached - 1, -1))
    started, end = started or begin == reached, last + 1
    least = rules.told_cm - rules.margin_cm
    if last <= first or two.cm(last) - two.cm(first) < least - 2 * rules.outside_cm:
        return end, None
    while first < last and not two.known(first):
        first += 1
    inside = range(first, end)
    paid = two.price * sum(two.does(n) for n in inside)
    evidence = sum(two.worth(n) for n in inside if two.can(n) and not two.does(n)) - paid
    if evidence < PLENTY:
        evidence = sum(float(two.grid.site_worth[n]) for n in inside if two.can(n) and not two.does(n)) - paid
    if evidence < rules.least_evidence:
        return end, None
    middle = _nearest(two, first, last, (two.cm(first) + two.cm(last)) / 2)
    left, right = first, last
    if started and first > wall:
        inner = min(_nearest(two, first, last, two.cm(first) + rules.inside_cm), middle)
        outer = _nearest(two, reached, first, two.cm(first) - rules.outside_cm)
        left = _nearest(two, reached, middle, _settled(two, inner, first, outer))
    if ended and end < beyond:
        inner = max(_nearest(two, first, last, two.cm(last) - rules.inside_cm), middle)
        outer = _nearest(two, last, beyond - 1, two.cm(last) + rules.outside_cm)
        right = _nearest(two, middle, beyond - 1, _settled(two, inner, last, outer))
    measured = two.cm(right) - two.cm(left)
    if right <= left or measured < least:
        return max(end, right + 1), None
    while two.cm(right) - two.cm(left) < rules.told_cm and (left > reached or right < beyond - 1):
        left, right = left - (left > reached), right + (right < beyond - 1)
    told = two.cm(right) - two.cm(left) >= rules.told_cm
    sites = sum(two.known(n) for n in range(left, right + 1))
    against = sum(two.does(n) for n in range(left, right + 1))
    one = Stretch(left, right, evidence, sites, against, measured)
    return max(end, right + 1), one if told else None


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
    if not two.known(n):
        return 0.0
    ref, alt = math.exp(two.grid.log_ref[n]), math.exp(two.grid.log_alt[n])
    pair = tuple(sorted((two.query[n], two.row[n])))
    if two.grid.both:
        same = {0: 1 / ref, 1: 2.0, 2: 1 / alt}
        return math.log(same[pair[0]]) if pair[0] == pair[1] else -two.price
    if pair == (0, 2):
        return -two.price
    return math.log(
        {(0, 0): 1 / ref, (0, 1): 0.5 / ref, (1, 1): 0.25 / ref / alt, (1, 2): 0.5 / alt, (2, 2): 1 / alt}[
            pair
        ]
    )


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
        said = _likelier(two, n)
        log += said * (two.rules.harsh if said == -two.price else two.rules.temper)
        top = max(top, log)
        if log < top - FAR_BEHIND and (n - end) * step > 0:
            break
    weights = [wide * math.exp(log - max(logs)) for (_, wide), log in zip(places, logs, strict=True)]
    return sum(where * w for (where, _), w in zip(places, weights, strict=True)) / sum(weights)


def two_of(query: list[int], row: list[int], grid: Grid, rules: Rules, misread: float) -> Two:
    share = math.prod(sum(n != MISSING for n in one) / len(one) for one in (query, row))
    return Two(query, row, grid, rules, misread, share)
