"""What two people share of the X chromosome, from two whole rows: beside the autosomes, in no sum of them.

Pure. Only a few are compared, those that a search tells of already. Where one of the two is sure to carry the
one allele alone and the other the other, they share nothing: two single X contradict each other wherever they
differ, a single one whoever has its other allele twice, two people with two as on the autosomes. So one site
says most of two single X, and least of two pairs.

Nobody looks whether the X of evidence is one person's, as plausible does of the autosomes: a single X has no
heterozygotes, and could be put together of anybody's. Whoever does so, with a relative's autosomes, learns
where that relative has what he laid there. Against it stand that a stretch is worth only what a stranger
would have contradicted, given what the profile says, at sites apart from each other, so that alleles which
hardly anybody lacks find nobody; the least of such evidence a segment; the shortest segment; ends on a grid;
that the autosomes match, look like one person's and are paid for by the budget of profiles; and whether the
policy tells places.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from genomics.coordinates import X
from genomics.matching.ground import BLIND_CM
from genomics.matching.sharing import Segment, digits, on_grid
from genomics.matching.x_row import ALT, BOTH, REF, Shown, XRow, XSites
from genomics.panel import MISSING

LEAST_EVIDENCE = 12.0  # log: so much less likely is it that a stranger had not contradicted the stretch
MOST_A_SITE = math.log(4)  # no site is worth more: a few rare alleles are not many sites
DROP = 12.0  # evidence that a stretch may lose on the way to what it gains

# An end may lie so far within what was found and so far beyond; of what a site says for sharing, and
# against, so much counts. As on the autosomes (segments.ONE).
INSIDE_CM, OUTSIDE_CM = 2.5, 0.5
TEMPER, HARSH = 0.2, 0.3


@dataclass(frozen=True, slots=True)
class XSharing:
    """What two people share on X, at least on one chromosome: `cm` in all, segments of chromosome 23; `sites`
    are known in both, and `low` says that they are too few to notice all that was asked for; `single` of the
    two profiles show one X."""

    cm: float
    segments: tuple[Segment, ...]
    sites: int
    low: bool
    single: int


def shared(query: XRow, other: XRow, sites: XSites, *, min_cm: float) -> XSharing | None:
    """In segments of at least `min_cm`; None where it is unclear how many X one of the two shows."""
    if Shown.UNCLEAR in (query.shown, other.shown):
        return None
    known = np.flatnonzero((query.says != MISSING) & (other.says != MISSING))
    pair = _Pair.of(query, other, sites, known)
    segments = tuple(
        Segment(
            chromosome=X,
            start=int(sites.position[known[left]]) + 1,
            end=int(sites.position[known[right]]) + 1,
            cm=round(float(pair.cm[right] - pair.cm[left]), 2),
            sites=right - left + 1,
        )
        for left, right in pair.found()
        if pair.cm[right] - pair.cm[left] >= min_cm
    )
    return XSharing(
        cm=round(float(sum(one.cm for one in segments)), 2),
        segments=segments,
        sites=len(known),
        low=pair.finest_cm > min_cm,
        single=(query.shown, other.shown).count(Shown.ONE),
    )


def rounded(exact: XSharing, sites: XSites, *, min_cm: float) -> XSharing:
    """The same as it may leave, as coarse as what is shared on the autosomes (sharing.rounded)."""
    segments = tuple(on_grid(one, sites.position, sites.cm, min_cm) for one in exact.segments)
    total = float(sum(one.cm for one in segments))
    return replace(exact, cm=total, segments=segments, sites=digits(exact.sites))


@dataclass(frozen=True, slots=True, eq=False)
class _Pair:
    """Two people at the sites known in both."""

    cm: NDArray[np.float64]
    finest_cm: float  # the shortest segment that is noticed, all over X
    step: NDArray[np.float64]  # what each site is worth, for sharing or against
    likelier: NDArray[np.float64]  # how much likelier (log) both genotypes are of two who share, for an end

    @classmethod
    def of(cls, query: XRow, other: XRow, sites: XSites, known: NDArray[np.int64]) -> "_Pair":
        mine, hers = query.says[known], other.says[known]
        ref, alt = sites.ref[known], sites.alt[known]
        misread = query.misread + other.misread
        contradicts = (mine != hers) & (mine != BOTH) & (hers != BOTH)
        # Of a stranger, against what the profile says: her only allele is the other, or both of hers are.
        against = np.choose(mine, [alt, ref, 0.0 * alt]) ** (1 if other.shown is Shown.ONE else 2)
        # Where strangers contradict hardly more often than misreadings do, nothing is said.
        says = against > 2 * misread
        chance = np.where(says, against, 0.5)
        agrees = np.minimum(np.log1p(-misread) - np.log1p(-chance), MOST_A_SITE)
        weight = np.where(says, sites.novelty[known], 0.0)
        seen, length = float(weight @ agrees), float(sites.cm[-1] - sites.cm[0]) if len(sites) else 0.0
        step = np.where(contradicts, math.log(misread) - np.log(chance), agrees) * weight
        of_mine, of_hers = (_rarity(one, ref, alt) for one in (mine, hers))
        # Of one of each and a single allele, the single one is what they may share.
        alike = np.where(mine == BOTH, of_hers, of_mine)
        for_it = alike - math.log(2) * ((mine == BOTH).astype(float) + (hers == BOTH))
        likelier = np.where(contradicts, HARSH * math.log(misread), TEMPER * for_it)
        finest = LEAST_EVIDENCE * length / seen if seen else math.inf
        return cls(sites.cm[known], finest, step, likelier)

    def found(self) -> Iterator[tuple[int, int]]:
        """Stretches that convince, their ends settled: first and last site, of those known in both."""
        walls = [0, *(np.flatnonzero(np.diff(self.cm) > BLIND_CM) + 1).tolist(), len(self.cm)]
        for begin, end in pairwise(walls):
            telling = begin + np.flatnonzero(self.step[begin:end])
            reached = begin
            for a, b, evidence in _stretches(self.step[telling]):
                if evidence < LEAST_EVIDENCE:
                    continue
                left = self._settled(int(telling[a]), -1, reached) if a else begin
                right = self._settled(int(telling[b]), 1, end - 1) if b + 1 < len(telling) else end - 1
                if left < right:
                    yield left, right
                    reached = right + 1

    def _settled(self, found: int, way: int, wall: int) -> int:
        """The site at which sharing ends, about where it was found to: the mean over all places, each by how
        likely it is. `way` is 1 to the right and -1 to the left, `wall` the last site that may be."""
        cm = self.cm
        inner = int(np.searchsorted(cm, cm[found] - way * INSIDE_CM))
        outer = int(np.searchsorted(cm, cm[found] + way * OUTSIDE_CM))
        low, high = (0, wall) if way > 0 else (wall, len(cm) - 1)
        inner, outer = (min(max(one, low), high) for one in (inner, outer))
        places = np.arange(inner, outer + way, way)
        if len(places) < 2:
            return min(max(found, low), high)
        log = np.append(0.0, np.cumsum(self.likelier[places])[:-1])
        before = np.append(cm[inner], cm[places][:-1])
        weight = np.exp(log - log.max()) * (np.abs(cm[places] - before) + 1e-6)
        where = float(weight @ (cm[places] + before)) / (2 * float(weight.sum()))
        nearest: int = int(places[np.argmin(np.abs(cm[places] - where))])
        return nearest


def _rarity(
    says: NDArray[np.uint8], ref: NDArray[np.float64], alt: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How surprising (log) the alleles are, both of them where there are both."""
    return -(np.where(says != ALT, np.log(ref), 0.0) + np.where(says != REF, np.log(alt), 0.0))


def _stretches(step: NDArray[np.float64]) -> Iterator[tuple[int, int, float]]:
    """Where it pays to begin and to end (inclusive), with what it comes to: on the way it never falls below
    nothing, and never by DROP below the best."""
    if not len(step):
        return
    first = np.flatnonzero(np.diff(step > 0, prepend=not step[0] > 0))
    runs, edges = np.add.reduceat(step, first).tolist(), [*first.tolist(), len(step)]
    at = 0
    while at < len(runs):
        if runs[at] <= 0:
            at += 1
            continue
        score = best = 0.0
        begin = last = here = at
        while here < len(runs):
            score += runs[here]
            if score > best:
                best, last = score, here
            elif score <= max(best - DROP, 0.0):
                break
            here += 1
        yield edges[begin], edges[last + 1] - 1, best
        at = last + 1
