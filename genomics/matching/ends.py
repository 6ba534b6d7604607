"""Where two people's sharing ends: a place between the sites, each weighted by how likely it is.

Pure numba, for scan. A run without contradiction goes on beyond the true end, until strangers first happen to
contradict each other; what the genotypes say on the way, sharing or not, tells how far. All sites count here,
not only homozygous ones: of two who share a haplotype, each genotype makes some of the other's likelier. As
neighbours say the same thing again, what each adds is tempered.
"""

import math
from typing import Any

from numba import njit

from genomics.matching.words import ONE

FAR_BEHIND = (
    9.0  # a place so much less likely (log) than the best is out of the question, and what follows too
)


@njit(cache=True, nogil=True)
def likelier(
    qlo: Any, qhi: Any, rlo: Any, rhi: Any, site: int, log_ref: Any, log_alt: Any, price: float, both: bool
) -> Any:
    """How much likelier (log) two genotypes at a site are of people who share a haplotype there than of
    strangers; with `both`, of people who share both than of such as share one. Exactly -price where they
    contradict each other."""
    w, bit = site >> 6, site & 63
    a, b = (qlo[w] >> bit) & ONE, (qhi[w] >> bit) & ONE
    c, d = (rlo[w] >> bit) & ONE, (rhi[w] >> bit) & ONE
    if (a | b) == 0 or (c | d) == 0:
        return 0.0
    ref, alt = log_ref[site], log_alt[site]
    if both:
        if a != c or b != d:
            return -price
        if a == 0:
            return math.log(2.0)
        return -alt if b else -ref
    if a & c:
        if b != d:
            return -price
        return -alt if b else -ref
    if a | c:
        return -math.log(2.0) - (alt if (a & b) | (c & d) else ref)
    return -math.log(4.0) - ref - alt


@njit(cache=True, nogil=True)
def settled(
    qlo: Any, qhi: Any, rlo: Any, rhi: Any, inner: int, end: int, outer: int, cm: Any,
    log_ref: Any, log_alt: Any, price: float, temper: float, harsh: float, both: bool,
) -> float:  # fmt: skip
    """Centimorgans at which sharing ends, about site `end`, between `inner` where it holds and `outer` where
    it does not: the mean over all places. What agrees counts `temper`, what contradicts `harsh`."""
    step = 1 if outer >= inner else -1
    log, top, total, weight = 0.0, 0.0, 0.0, 0.0
    before = cm[inner]
    for site in range(inner, outer + step, step):
        here = math.exp(log - top)
        wide = abs(cm[site] - before) + 1e-6
        total += here * wide * (cm[site] + before) / 2
        weight += here * wide
        before = cm[site]
        said = likelier(qlo, qhi, rlo, rhi, site, log_ref, log_alt, price, both)
        log += (harsh if said == -price else temper) * said
        if log > top:
            total *= math.exp(top - log)
            weight *= math.exp(top - log)
            top = log
        elif log < top - FAR_BEHIND and (site - end) * step > 0:
            break
    return total / weight


@njit(cache=True, nogil=True)
def site_at(cm: Any, first: int, last: int, where: float) -> int:
    """The site nearest to a place on the map, of those from first to last."""
    low, high = first, last
    while low < high:
        middle = (low + high) >> 1
        if cm[middle] < where:
            low = middle + 1
        else:
            high = middle
    return low - 1 if low > first and where - cm[low - 1] < cm[low] - where else low
