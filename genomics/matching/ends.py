"""Where two people's sharing ends: a place between the sites, each weighted by how likely it is.

Pure numba, for scan. A run without contradiction goes on beyond the true end, until strangers first happen to
contradict each other; what the genotypes say on the way, sharing or not, tells how far. All sites count here,
not only homozygous ones: of two who share a haplotype, each genotype makes some of the other's likelier. As
neighbours say the same thing again, what each adds is tempered.
"""

from typing import Any

import numpy as np

from genomics.matching.compiled import compiled
from genomics.matching.words import ONE

ZERO = np.uint64(0)
FAR_BEHIND = 1.2e-4  # of what is likeliest: such a place is out of the question, and what follows it too
MUCH = 1e100  # before it grows beyond what a number holds, all is told in other measure


@compiled
def _said(qlo: Any, qhi: Any, rlo: Any, rhi: Any, w: int, both: bool) -> Any:
    """What a word's genotypes say of sharing a haplotype, or with `both` of sharing both and not one: at
    which sites a reference allele is shared, at which an alternate one; at which one of two might be, at
    which of four; and at which they contradict each other."""
    a, b, c, d = qlo[w], qhi[w], rlo[w], rhi[w]
    known = (a | b) & (c | d)
    if both:
        differ = (a ^ c) | (b ^ d)
        same = known & ~differ
        return same & a & ~b, same & a & b, same & ~a, ZERO, known & differ
    twice = a & c
    against = twice & (b ^ d)
    one, two = known & (a ^ c), known & ~(a | c)
    alt = (twice & b & d) | (one & ((a & b) | (c & d))) | two
    ref = (known & ~against & ~alt) | two
    return ref, alt, one, two, against


@compiled
def settled(
    qlo: Any, qhi: Any, rlo: Any, rhi: Any, inner: int, end: int, outer: int, cm: Any, ref: Any, alt: Any,
    half: float, contradicted: float, both: bool,
) -> float:  # fmt: skip
    """Centimorgans at which sharing ends, about site `end`, between `inner` where it holds and `outer` where
    it does not: the mean over all places, each as likely as all that was said on the way to it.

    `ref` and `alt` are how many times likelier it becomes where a copy of either is shared, a site, `half`
    what is left of that where one of two may be it, `contradicted` what a contradiction leaves; all tempered.
    Which it is at a site is as good as random, so it is reckoned and not branched upon."""
    step = 1 if outer >= inner else -1
    here, top, total, weight = 1.0, 1.0, 0.0, 0.0
    one, two = (1.0 / half if both else half) - 1.0, half * half - 1.0
    before, word = cm[inner], -1
    refs, alts, ones, twos, againsts = ZERO, ZERO, ZERO, ZERO, ZERO
    for site in range(inner, outer + step, step):
        if site >> 6 != word:
            word = site >> 6
            refs, alts, ones, twos, againsts = _said(qlo, qhi, rlo, rhi, word, both)
        wide = abs(cm[site] - before) + 1e-6
        total += here * wide * (cm[site] + before) / 2
        weight += here * wide
        before = cm[site]
        bit = np.uint64(site & 63)
        here *= (
            (1.0 + np.int64(refs >> bit & ONE) * (ref[site] - 1.0))
            * (1.0 + np.int64(alts >> bit & ONE) * (alt[site] - 1.0))
            * (
                1.0
                + np.int64(ones >> bit & ONE) * one
                + np.int64(twos >> bit & ONE) * two
                + np.int64(againsts >> bit & ONE) * (contradicted - 1.0)
            )
        )
        if here > top:
            top = here
            if top > MUCH:
                here, top, total, weight = here / MUCH, top / MUCH, total / MUCH, weight / MUCH
        elif here < top * FAR_BEHIND and (site - end) * step > 0:
            break
    return total / weight


@compiled
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
