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
from genomics.matching.sharing import Sharing
from genomics.matching.telling import Telling


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
    """One who shares DNA with the profile. `segments` is empty where places are not told for the purpose."""

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

    def match(self, name: str, sharing: Sharing) -> Match:
        cm, fine = self.telling.cm, finest_cm(sharing.overlap_sites, self.reference.panel)
        told = self._told(
            [Stretch(one.chromosome, one.start, one.end) for one in sharing.segments],
            [one.cm for one in sharing.segments],
        )
        for stretch, segment in zip(told, sharing.segments, strict=False):
            stretch["sites"] = segment.sites
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
            segments=told,
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
