"""Segments that two people share, from unphased genotypes, and what their sums come to.

Pure. Two people who share a stretch on one haplotype are never opposite homozygotes there; who share it on
both have the same genotypes throughout. Long runs without contradiction are found by scan, which is compiled;
how far each profile is believed is setting's to say, and what the sums make of two people, kinship's.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from genomics.coordinates import Build
from genomics.matching import kernels, likely
from genomics.matching.grid import Grid, Rules
from genomics.matching.ground import Ground
from genomics.matching.kernels import Rows
from genomics.matching.kinship import Relationship, kinship, relationship
from genomics.matching.likely import Likely
from genomics.matching.probes import Probes, probes_of
from genomics.matching.scan import FOUND, scan
from genomics.matching.setting import Setting, told_apart
from genomics.matching.sharing import Segment, Sharing
from genomics.panel import Panel, PanelRow

# The evidence of a run (log): so much likelier is it of people who share. A pair is told of only for a
# segment that is convincing; of its others less is asked, as much sharing makes more of it likelier.
CONVINCING = 17.0
LEAST_EVIDENCE = 6.0
LEAST_BOTH_CM = 2.0

ONE = Rules(
    drop=15.0, blind_cm=4.0, least_evidence=LEAST_EVIDENCE, convincing=CONVINCING,
    inside_cm=2.5, outside_cm=0.5, harsh=0.3, told_cm=7.0, margin_cm=0.2,
)  # fmt: skip
BOTH = Rules(
    drop=12.0, blind_cm=4.0, least_evidence=8.0, convincing=8.0, inside_cm=1.0, outside_cm=0.5,
    harsh=0.4, told_cm=LEAST_BOTH_CM, margin_cm=0.0,
)  # fmt: skip

OF_QUERY = 1 << 32  # more than there are rows
AT_ONCE = 16_384  # stretches before the scan hands them over
SHARED = np.dtype([*FOUND.descr, ("both", "?")])


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """Rows side by side, the probes of each, and how far each is believed."""

    rows: Rows
    probes: Probes
    setting: Setting

    @classmethod
    def of(cls, rows: Rows, ground: Ground) -> Self:
        setting = Setting.of(rows, ground.frequency, promised=ground.promised)
        return cls(rows, probes_of(rows, ground.probes), setting)


def compare(
    query: PanelRow, rows: Sequence[PanelRow] | Rows, panel: Panel, *, min_cm: float = 7.0
) -> list[Sharing]:
    """What the query shares with each of the rows, in their order, in segments of at least `min_cm`; of those
    who share nothing too, whether enough of them is known to say so."""
    ground = ground_of(panel)
    one, many = _stacked([query], ground), _stacked(rows, ground)
    found = dict(_found(one, many, ground, min_cm))
    nothing = np.zeros(0, dtype=SHARED)
    return [
        found.get(row) or summed(nothing, kernels.overlap(one, many[row : row + 1])[0], ground)
        for row in range(len(many))
    ]


def related(
    query: PanelRow, rows: Sequence[PanelRow] | Rows, panel: Panel, *, min_cm: float = 7.0
) -> dict[int, Sharing]:
    """Of those rows that share a segment of at least `min_cm` with the query, by their place: what."""
    ground = ground_of(panel)
    return dict(_found(_stacked([query], ground), _stacked(rows, ground), ground, min_cm))


def related_in(
    query: PanelRow, people: People, lines: NDArray[np.int32], panel: Panel, *, min_cm: float = 7.0
) -> dict[int, Sharing]:
    """The same of rows that lie among others: of those at these lines, and nobody else is looked at."""
    ground = ground_of(panel)
    return dict(_among(_stacked([query], ground), people, lines, ground, min_cm))


@lru_cache(maxsize=1)
def ground_of(panel: Panel) -> Ground:
    """Laid once for all the batches of a search, which bring the very same panel."""
    return Ground.of(panel)


def _stacked(rows: Sequence[PanelRow] | Rows, ground: Ground) -> Rows:
    many = rows if isinstance(rows, Rows) else kernels.stack(rows, sites=ground.sites)
    if many.sites != ground.sites:
        raise kernels.RowsDiffer("The rows are not of this panel. Nothing was compared; make the rows again.")
    return many


def _found(one: Rows, many: Rows, ground: Ground, min_cm: float) -> Iterator[tuple[int, Sharing]]:
    every = np.arange(len(many), dtype=np.int32)
    return _among(one, People.of(many, ground), every, ground, min_cm)


def _among(
    one: Rows, people: People, lines: NDArray[np.int32], ground: Ground, min_cm: float
) -> Iterator[tuple[int, Sharing]]:
    pairs = np.stack([np.zeros_like(lines), lines], axis=1)
    many = people.rows
    found = shared(People.of(one, ground), people, pairs, ground, min_cm=min_cm)
    begin = np.flatnonzero(np.diff(found["row"], prepend=-1))
    for stretches in np.split(found, begin[1:]):
        if len(stretches):
            who = int(stretches["row"][0])
            yield who, summed(stretches, kernels.overlap(one, many[who : who + 1])[0], ground)


def make_ready() -> None:
    """Compile the scan, or read back what was compiled before: some ten seconds or a quarter of one, which no
    search should wait for."""
    first = 1_000_000
    panel = Panel.of(
        name="ready",
        version="1",
        build=Build.GRCh37,
        chromosome=np.ones(64),
        position=np.arange(first, first + 64),
        ref=["A"] * 64,
        alt=["G"] * 64,
    )
    row = panel.row_of(np.zeros(64, dtype=np.uint8))
    related(row, [row], panel)


def rows_of(rows: Sequence[PanelRow], panel: Panel) -> Rows:
    """Rows stacked once, for many queries."""
    return kernels.stack(rows, sites=ground_of(panel).sites)


def people_of(rows: Sequence[PanelRow], panel: Panel) -> People:
    """The same with what each comparison needs of them."""
    ground = ground_of(panel)
    return People.of(_stacked(rows, ground), ground)


def finest_cm(overlap: int, panel: Panel) -> float:
    """The shortest segment that is noticed of people who share more, where so many sites are known in both,
    all over the map."""
    ground = ground_of(panel)
    seen = overlap * ground.worth
    return LEAST_EVIDENCE * float(ground.bin_cm.sum()) / seen if seen else math.inf


def shared(
    queries: People, people: People, pairs: NDArray[np.int32], ground: Ground, *, min_cm: float = 7.0
) -> NDArray[Any]:
    """What pairs (query, row) share on one haplotype, and of those who share anything, on both: stretches in
    the order of query, row, kind and site. Of two who are too worn to be told from strangers, nothing."""
    nothing = np.zeros(0, dtype=FOUND)
    expected = ground.one.expected * ground.one.run
    asked = queries.setting, people.setting, pairs
    pairs = pairs[told_apart(*asked, misreading=ground.misreading, expected=expected)]
    rules = ONE._replace(told_cm=min_cm)
    one = _told(scanned(queries, people, pairs, ground.one, ground.misreading, rules, nothing), min_cm)
    sharing = np.stack(np.divmod(np.unique(_pair(one)), OF_QUERY), axis=1).astype(np.int32)
    both = scanned(queries, people, sharing, ground.both, 1.0, BOTH, one)
    found = np.zeros(len(one) + len(both), dtype=SHARED)
    for name in FOUND.names or ():
        found[name] = np.concatenate([one[name], both[name]])
    found["both"][len(one) :] = True
    return in_order(found)


def in_order(found: NDArray[Any]) -> NDArray[Any]:
    """Stretches by query, row, kind and site; many times as fast as to sort records."""
    return found[np.lexsort((found["first"], found["both"], _pair(found)))]


def _pair(found: NDArray[Any]) -> NDArray[np.int64]:
    """A number for whose a stretch is, in the order of query and row."""
    pair: NDArray[np.int64] = found["query"] * np.int64(OF_QUERY) + found["row"]
    return pair


def _told(found: NDArray[Any], min_cm: float) -> NDArray[Any]:
    """Of each pair's those that measure `min_cm`, or the longest where none does: near the shortest a
    relative missed weighs more than one too many."""
    found = found[np.lexsort((-found["measured"], _pair(found)))]
    longest = np.diff(_pair(found), prepend=-1) != 0
    told: NDArray[Any] = found[longest | (found["measured"] >= min_cm)]
    return told


def scanned(
    queries: People,
    people: People,
    pairs: NDArray[np.int32],
    grid: Grid,
    misreading: float,
    rules: Rules,
    within: NDArray[Any],
) -> NDArray[Any]:
    """The stretches of pairs (query, row), as scan.FOUND has them, under one grid and its rules; of both
    haplotypes, `within` what they share of one."""
    room = np.zeros(max(AT_ONCE, len(grid.window_site)), dtype=FOUND)
    parts, step = [room[:0]], 0
    while step >= 0 and len(pairs):
        count, step = scan(
            queries.rows.lo, queries.rows.hi, queries.probes, people.rows.lo, people.rows.hi, people.probes,
            np.ascontiguousarray(pairs),
            queries.setting.dropout * misreading, people.setting.dropout * misreading,
            queries.setting.called, people.setting.called, grid, rules, within, room, step,
        )  # fmt: skip
        parts.append(room[:count].copy())
    return np.concatenate(parts)


def summed(found: NDArray[Any], known: NDArray[np.uint64], ground: Ground) -> Sharing:
    """What two people's stretches come to; `known` are the sites known in both, in words."""
    told = tuple(
        Segment(
            chromosome=int(ground.chromosome[one["first"]]),
            start=int(ground.position[one["first"]]) + 1,
            end=int(ground.position[one["last"]]) + 1,
            cm=round(float(ground.cm[one["last"]] - ground.cm[one["first"]]), 2),
            sites=int(one["sites"]),
        )
        for one in found
    )
    one = tuple(segment for segment, both in zip(told, found["both"], strict=True) if not both)
    total = sum(segment.cm for segment in one)
    ibd2 = min(sum(segment.cm for segment, both in zip(told, found["both"], strict=True) if both), total)
    covered, overlap = ground.covered_cm(known), int(np.bitwise_count(known).sum())
    finest = CONVINCING * covered / (overlap * ground.worth) if overlap else math.inf
    related_as = relationship(total_cm=total, ibd2_cm=ibd2, covered_cm=covered, finest_cm=finest)
    kinds: tuple[Likely, ...] = ()
    if related_as not in (Relationship.SAME, Relationship.UNKNOWN):
        kinds = likely.likely(total_cm=total, segments=len(one), ibd2_cm=ibd2, covered_cm=covered)
    return Sharing(
        total_cm=round(total, 2),
        longest_cm=max((segment.cm for segment in one), default=0.0),
        segments=one,
        ibd2_cm=round(ibd2, 2),
        overlap_sites=overlap,
        kinship=round(kinship(total_cm=total, ibd2_cm=ibd2, covered_cm=covered), 4),
        relationship=related_as.value,
        likely=kinds,
        generations=likely.generations(kinds),
    )
