"""What two people share, as it is told: segments, and what they come to.

Pure values. How they are found is in segments.
"""

from dataclasses import dataclass

from genomics.matching.likely import Likely


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
    """What one person shares with the query, over autosomes. `overlap_sites` are known in both; `kinship` and
    `relationship` are about the part of the genome that both profiles cover; `likely` are kinds of relatives
    with their chances, `generations` the steps of descent between the two, halved, on average over them."""

    total_cm: float
    longest_cm: float
    segments: tuple[Segment, ...]
    ibd2_cm: float
    overlap_sites: int
    kinship: float
    relationship: str
    likely: tuple[Likely, ...] = ()
    generations: float | None = None
