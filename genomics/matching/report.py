"""What a search tells of a match and of a pair of them, as JSON: how fine is the policy's to say.

Pure. What they share is found in segments and in beside; who stands in a report, and in which order, is
settled in relatives. Nothing in a record counts, names or orders by anybody who is not in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NotRequired, TypedDict

from genomics.matching import beside, places
from genomics.matching.places import Stretch
from genomics.matching.question import Reference
from genomics.matching.segments import finest_cm
from genomics.matching.sharing import Segment, Sharing
from genomics.matching.telling import Telling
from genomics.matching.x_shared import XSharing


class Told(TypedDict):
    """A stretch, 1-based and inclusive in the panel's build; in the other it may have no place."""

    chromosome: int
    start: int
    end: int
    other_start: int | None
    other_end: int | None
    cm: float
    sites: NotRequired[int]


class Kind(TypedDict):
    """A kind of relatives, with its chance."""

    kind: str
    chance: float


class Match(TypedDict):
    """One who shares DNA with the profile, on the autosomes; what is shared on X stands apart, is in no sum,
    and is None where it is unclear. No `segments` are told where places are not, for the purpose."""

    person: str
    total_cm: float
    longest_cm: float
    segment_count: int
    ibd2_cm: float
    overlap_sites: int
    overlap_low: bool  # too few to notice every stretch as short as was asked for
    kinship: float
    relationship: str
    likely: list[Kind]
    generations: float | None
    segments: list[Told]
    x_cm: float | None
    x_sites: int | None
    x_low: bool  # as overlap_low
    x_single: int | None  # of the two profiles, how many show one X, where places are told: 0, 1 or 2
    x_segments: list[Told]


class Pair(TypedDict):
    """Two matches who share DNA with each other, and where all three share it."""

    people: list[str]
    total_cm: float
    longest_cm: float
    triangulated: list[Told]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How one search is told."""

    telling: Telling
    reference: Reference
    min_cm: float

    def match(self, name: str, sharing: Sharing, x: XSharing | None = None) -> Match:
        cm, fine = self.telling.cm, finest_cm(sharing.overlap_sites, self.reference.panel)
        return Match(
            person=name,
            total_cm=cm(sharing.total_cm),
            longest_cm=cm(sharing.longest_cm),
            segment_count=len(sharing.segments),
            ibd2_cm=cm(sharing.ibd2_cm),
            overlap_sites=sharing.overlap_sites,
            overlap_low=fine > self.min_cm,
            kinship=round(sharing.kinship, 3),  # finer, it would tell the total finer than its steps
            relationship=sharing.relationship,
            likely=[Kind(kind=one.kind, chance=round(one.chance, 2)) for one in sharing.likely],
            generations=sharing.generations,
            segments=self._segments(sharing.segments),
            x_cm=None if x is None else cm(x.cm),
            x_sites=None if x is None else x.sites,
            x_low=x is not None and x.low,
            # With the profile's own it says whether the match is a man: no more than where on the genome.
            x_single=x.single if x is not None and self.telling.places else None,
            x_segments=[] if x is None else self._segments(x.segments),
        )

    def pair(self, names: Sequence[str], one: Sharing, other: Sharing, between: Sharing) -> Pair:
        """`one` and `other` are what each of the two shares with the profile."""
        panel = self.reference.panel
        three = sorted(beside.triangulated(one, other, between, panel, min_cm=self.min_cm))
        return Pair(
            people=sorted(names),
            total_cm=self.telling.cm(between.total_cm),
            longest_cm=self.telling.cm(between.longest_cm),
            triangulated=self._told([where for where, _ in three], [length for _, length in three]),
        )

    def _segments(self, segments: Sequence[Segment]) -> list[Told]:
        told = self._told(
            [Stretch(one.chromosome, one.start, one.end) for one in segments], [one.cm for one in segments]
        )
        for stretch, segment in zip(told, segments, strict=False):
            stretch["sites"] = segment.sites
        return told

    def _told(self, stretches: Sequence[Stretch], lengths: Sequence[float]) -> list[Told]:
        if not self.telling.places:
            return []
        carried = places.carried(stretches, self.reference.way)
        return [
            Told(
                chromosome=here.chromosome,
                start=here.start,
                end=here.end,
                other_start=None if there is None else there.start,
                other_end=None if there is None else there.end,
                cm=self.telling.cm(length),
            )
            for here, there, length in zip(stretches, carried, lengths, strict=True)
        ]
