"""What two whom a search found share with each other, and where both share it with the profile as well.

Pure. Two who match the profile at one place may do so on its two different copies of the chromosome; only if
they match each other there, too, is it likely that all three have it from one ancestor.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np

from genomics.matching.places import Stretch
from genomics.matching.segments import people_of, related_in
from genomics.matching.sharing import Segment, Sharing
from genomics.matching.x_shared import XSharing
from genomics.panel import Panel, PanelRow

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Beside:
    """Of those whom a search is going to tell of, by number: what two share with each other, and what each
    shares with the profile on X, if that is clear."""

    pairs: Mapping[Pair, Sharing] = field(default_factory=dict)
    x: Mapping[int, XSharing] = field(default_factory=dict)


def pairs(
    rows: Mapping[int, PanelRow], panel: Panel, *, min_cm: float, on_each: Callable[[], None]
) -> dict[Pair, Sharing]:
    """Of people by number, each compared with each: what those share who share anything. `on_each` is called
    when somebody has been compared with all after her."""
    names, found = list(rows), dict[Pair, Sharing]()
    people = people_of(list(rows.values()), panel)  # side by side once, for all the comparisons
    for place, one in enumerate(names):
        after = np.arange(place + 1, len(names), dtype=np.int32)
        shared = related_in(rows[one], people, after, panel, min_cm=min_cm)
        found |= {(one, names[line]): sharing for line, sharing in shared.items()}
        on_each()
    return found


def triangulated(
    one: Sharing, other: Sharing, between: Sharing, panel: Panel, *, min_cm: float
) -> Iterator[tuple[Stretch, float]]:
    """Where the profile shares with both and they with each other, for at least `min_cm`: each stretch with
    its length."""
    for three in product(one.segments, other.segments, between.segments):
        stretch = _common(three)
        length = 0.0 if stretch is None else round(_length(stretch, panel), 1)
        if stretch is not None and length >= min_cm:
            yield stretch, length


def _common(segments: Sequence[Segment]) -> Stretch | None:
    start, end = max(one.start for one in segments), min(one.end for one in segments)
    where = {one.chromosome for one in segments}
    return Stretch(where.pop(), start, end) if len(where) == 1 and start < end else None


def _length(stretch: Stretch, panel: Panel) -> float:
    """In centimorgans, by the panel's own map."""
    first, last = np.searchsorted(panel.chromosome, (stretch.chromosome, stretch.chromosome + 1))
    here, cm = panel.position[first:last], panel.cm[first:last].astype(np.float64)
    begin, stop = np.interp([stretch.start - 1, stretch.end - 1], here, cm)
    return float(stop - begin)
