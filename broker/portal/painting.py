"""Where two people share DNA, drawn by the server: 22 bars, and on them the stretches shared.

Numbers in the drawing are written out as text, so that no language puts its own comma into them. The same
stands in a table beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from genomics.coordinates import AUTOSOMES, LONGEST, chromosome_name

ROW, BAR = 10, 6  # height of a chromosome's line, and of its bar, in units of the drawing
LEFT = 18  # room for the names
MB = 1_000_000  # a unit of the drawing across


@dataclass(frozen=True, slots=True)
class Stretch:
    """A rectangle of the drawing."""

    x: str
    y: int
    width: str
    height: int = BAR


@dataclass(frozen=True, slots=True)
class Painting:
    """One match: drawn, and as a table (columns and rows as components/table.html takes them)."""

    id: str
    title: str
    stretches: tuple[Stretch, ...]
    columns: list[dict[str, Any]]
    rows: list[list[Any]]


@dataclass(frozen=True, slots=True)
class Chromosome:
    """One bar, with where its name stands."""

    name: str
    bar: Stretch
    baseline: int


def chromosomes() -> list[Chromosome]:
    """The 22 that are compared, drawn once on a page."""
    return [
        Chromosome(chromosome_name(code), _stretch(code, 1, LONGEST[code]), _top(code) + BAR)
        for code in AUTOSOMES
    ]


def of(match: Mapping[str, Any]) -> Painting:
    """A record of the answer, as genomics.matching.sharing.Sharing says it."""
    segments = match["segments"]
    name = match["person"]
    return Painting(
        id=f"painting-{name}",
        title=_("Where %(name)s and the evidence share DNA") % {"name": name},
        stretches=tuple(_stretch(one["chromosome"], one["start"], one["end"]) for one in segments),
        columns=[
            {"label": _("Chromosome")},
            {"label": _("Start"), "number": True},
            {"label": _("End"), "number": True},
            {"label": "cM", "number": True},
            {"label": _("Sites"), "number": True},
        ],
        rows=[
            [
                chromosome_name(one["chromosome"]),
                *({"number": one[field]} for field in ("start", "end", "cm", "sites")),
            ]
            for one in segments
        ],
    )


def _stretch(code: int, start: int, end: int) -> Stretch:
    width = max((end - start + 1) / MB, 1.5)  # never too thin to be seen
    return Stretch(f"{LEFT + (start - 1) / MB:.1f}", _top(code), f"{width:.1f}")


def _top(code: int) -> int:
    return (code - 1) * ROW + 2
