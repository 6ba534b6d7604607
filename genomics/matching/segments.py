"""Segments that two people share, from unphased genotypes: the scan for opposite homozygotes.

Pure. Two people who share a stretch on one haplotype are never opposite homozygotes there; who share it on
both have the same genotypes throughout. A long run without contradiction counts when it is long on the map
and when, between strangers, it would have been contradicted many times. The runs are found in runs, the bits
in kernels; what the sums make of two people is in kinship.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genomics.matching import kernels, runs
from genomics.matching.ground import Chances, Ground
from genomics.matching.kernels import Rows
from genomics.matching.kinship import kinship, relationship
from genomics.matching.runs import Runs
from genomics.panel import Panel, PanelRow

# The evidence of a run: how many contradictions strangers would have had in it, each new one counted once; a
# pair of strangers has about (all its evidence) / e^T runs of T or more. A pair is told of only for a segment
# that is convincing: so strong that strangers have STRANGERS of them. Other segments of that pair need
# EVIDENCE, less the log of one more than its convincing ones: much sharing makes more of it likelier.
STRANGERS = 0.0015
EVIDENCE = 6.0
PRICE = 5.0  # of a contradiction forgiven where a site stands alone: so much likelier are strangers' (log)
TRIM = 1.0  # a run goes on past the true end until strangers' first contradiction: so much on average

IBD2_LEAST_CM = 4.0
IBD2_EVIDENCE = 9.0
IBD2_PRICE = 3.5

BATCH = 4_000_000  # genotypes unpacked at a time


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch shared on at least one haplotype: `start` and `end` are 1-based and inclusive."""

    chromosome: int
    start: int
    end: int
    cm: float
    sites: int  # known in both


@dataclass(frozen=True, slots=True)
class Sharing:
    """What one person shares with the query, over autosomes. `kinship` and `relationship` are about the part
    of the genome that both profiles cover."""

    total_cm: float
    longest_cm: float
    segments: tuple[Segment, ...]
    ibd2_cm: float
    overlap_sites: int
    kinship: float
    relationship: str


def compare(
    query: PanelRow, rows: Sequence[PanelRow] | Rows, panel: Panel, *, min_cm: float = 7.0
) -> list[Sharing]:
    """What the query shares with each of the rows, in their order, in segments of at least `min_cm`."""
    ground = Ground.of(panel)
    many = rows if isinstance(rows, Rows) else kernels.stack(rows, sites=ground.sites)
    one = kernels.stack([query], sites=ground.sites)
    if many.sites != ground.sites:
        raise kernels.RowsDiffer("The rows are not of this panel. Nothing was compared; make the rows again.")
    if ground.sites == 0:
        nothing = _sharing([], ibd2_cm=0.0, overlap=0, covered_cm=0.0, finest_cm=math.inf)
        return [nothing] * len(many)
    chances = Chances.of(query.copies()[: ground.sites], ground.frequency)
    step = max(1, BATCH // ground.sites)
    found: list[Sharing] = []
    for first in range(0, len(many), step):
        found += _compare(one, many[first : first + step], ground, chances, min_cm)
    return found


def rows_of(rows: Sequence[PanelRow], panel: Panel) -> Rows:
    """Rows stacked once, for many queries."""
    return kernels.stack(rows, sites=Ground.of(panel).sites)


def _compare(one: Rows, many: Rows, ground: Ground, chances: Chances, min_cm: float) -> list[Sharing]:
    known = kernels.bits(kernels.overlap(one, many), sites=ground.sites)
    overlap = known.sum(axis=1, dtype=np.int64)
    seen = ground.seen(known)
    covered = seen @ ground.bin_cm
    weight = _weighed(known, chances.opposite * ground.novelty)
    total = np.maximum(weight.sum(axis=1, dtype=np.float64), STRANGERS)
    needed = np.log(total / STRANGERS)
    opposite = kernels.bits(kernels.opposite(one, many), sites=ground.sites)
    found = runs.find(opposite, weight, walls=ground.walls(seen), price=PRICE * ground.novelty, least=1.0)
    found = found.only(ground.cm[found.last] - ground.cm[found.first] >= min_cm)
    strong = found.person[found.evidence >= needed[found.person]]
    convincing = np.bincount(strong, minlength=len(many))[found.person]
    found = found.only((convincing > 0) & (found.evidence >= EVIDENCE - np.log1p(convincing)))
    segments: dict[int, list[Segment]] = {}
    for person, segment in _segments(found, chances.opposite, known, ground, min_cm):
        segments.setdefault(person, []).append(segment)
    related = np.array(sorted(segments), dtype=np.int64)
    ibd2 = dict(zip(related.tolist(), _ibd2(one, many[related], ground, chances), strict=True))
    return [
        _sharing(
            segments.get(person, []),
            ibd2_cm=ibd2.get(person, 0.0),
            overlap=int(overlap[person]),
            covered_cm=float(covered[person]),
            finest_cm=float(needed[person] / total[person] * covered[person]),
        )
        for person in range(len(many))
    ]


def _segments(
    found: Runs, chance: NDArray[np.float32], known: NDArray[np.uint8], ground: Ground, min_cm: float
) -> Iterator[tuple[int, Segment]]:
    """The runs as people read them, each with whose it is: cut where the sharing most likely ends, and only
    those long enough."""
    for person, first, last, before, after in zip(
        found.person.tolist(),
        found.first.tolist(),
        found.last.tolist(),
        found.broken_before.tolist(),
        found.broken_after.tolist(),
        strict=True,
    ):
        expected = known[person, first : last + 1] * chance[first : last + 1].astype(np.float64)
        start = first + int(np.searchsorted(np.cumsum(expected), TRIM)) if before else first
        end = last - int(np.searchsorted(np.cumsum(expected[::-1]), TRIM)) if after else last
        cm = float(ground.cm[end] - ground.cm[start]) if start < end else 0.0
        if cm >= min_cm:
            yield (
                person,
                Segment(
                    chromosome=int(ground.chromosome[start]),
                    start=int(ground.position[start]) + 1,
                    end=int(ground.position[end]) + 1,
                    cm=round(cm, 2),
                    sites=int(known[person, start : end + 1].sum()),
                ),
            )


def _ibd2(one: Rows, many: Rows, ground: Ground, chances: Chances) -> list[float]:
    """For each person the centimorgans shared on both haplotypes: runs of equal genotypes."""
    if not len(many):
        return []
    known = kernels.bits(kernels.overlap(one, many), sites=ground.sites)
    differing = kernels.bits(kernels.differing(one, many), sites=ground.sites)
    weight = _weighed(known, chances.differing * ground.novelty)
    walls = ground.walls(ground.seen(known))
    found = runs.find(differing, weight, walls=walls, price=IBD2_PRICE * ground.novelty, least=IBD2_EVIDENCE)
    total = [0.0] * len(many)
    for person, segment in _segments(found, chances.differing, known, ground, IBD2_LEAST_CM):
        total[person] += segment.cm
    return total


def _weighed(known: NDArray[np.uint8], chance: NDArray[np.float64]) -> NDArray[np.float32]:
    """The chance of each site, where it is known: people by sites."""
    return np.multiply(known, chance.astype(np.float32), dtype=np.float32)


def _sharing(
    segments: list[Segment], *, ibd2_cm: float, overlap: int, covered_cm: float, finest_cm: float
) -> Sharing:
    total = sum(segment.cm for segment in segments)
    ibd2 = min(ibd2_cm, total)
    return Sharing(
        total_cm=round(total, 2),
        longest_cm=max((segment.cm for segment in segments), default=0.0),
        segments=tuple(segments),
        ibd2_cm=round(ibd2, 2),
        overlap_sites=overlap,
        kinship=round(kinship(total_cm=total, ibd2_cm=ibd2, covered_cm=covered_cm), 4),
        relationship=relationship(
            total_cm=total, ibd2_cm=ibd2, covered_cm=covered_cm, finest_cm=finest_cm
        ).value,
    )
