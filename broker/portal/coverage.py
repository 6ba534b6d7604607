"""Where a file can answer, drawn by the server: one bar a chromosome, darker where more places were read.

Beside the drawing stand the same numbers as a table. How they are counted is in genomics.intake.quality.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from genomics.coordinates import CHROMOSOMES, LONGEST, chromosome_name
from genomics.intake.quality import BIN

ROW, BAR, LEFT = (
    10,
    6,
    18,
)  # of a chromosome's line, of its bar, and room for the names, in units of the drawing
MB = 1_000_000  # a unit of the drawing across
SHADES = 4  # how dark a piece is drawn: against the fullest piece of the file, each half as full as the next

REMARKS = {
    "few_places": gettext_noop(
        "Very few places could be read. Hardly any question can be answered from this file."
    ),
    "many_missing": gettext_noop("Many places could not be read. Answers will more often be “unknown”."),
    "mixture": gettext_noop("It looks as if the DNA of two people was mixed. Ask the laboratory about it."),
    "too_alike": gettext_noop(
        "The two copies are unusually alike. Parts may have been read from one copy only."
    ),
    "odd_changes": gettext_noop("The kinds of changes are unusual. There may be many reading errors."),
}
SEXES = {
    "XX": gettext_noop("two X"),
    "XY": gettext_noop("one X and one Y"),
    "unclear": gettext_noop("cannot be told"),
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A rectangle of the drawing; `shade` from 1 to SHADES."""

    x: str
    y: int
    width: str
    shade: int


@dataclass(frozen=True, slots=True)
class Bar:
    """A chromosome's whole length, and where its name stands."""

    name: str
    x: int
    y: int
    width: str
    baseline: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """One file drawn, and as a table (columns and rows as components/table.html takes them)."""

    id: str
    title: str
    height: int
    bars: tuple[Bar, ...]
    pieces: tuple[Piece, ...]
    columns: list[dict[str, Any]]
    rows: list[list[Any]]


def of(quality: Mapping[str, Any], name: str) -> Coverage | None:
    """The picture of what Quality says, None for a file measured before there were any. `name` is unique on
    the page."""
    measured = {one["chromosome"]: one for one in quality.get("by_chromosome", ())}
    if not measured:
        return None
    fullest = max((max(one["density"]) for one in measured.values()), default=0)
    bars = tuple(
        Bar(chromosome_name(code), LEFT, _top(code), f"{max(LONGEST[code] / MB, 1.5):.1f}", _top(code) + BAR)
        for code in CHROMOSOMES
    )
    return Coverage(
        id=f"coverage-{name}",
        title=_("Where this file was read"),
        height=len(bars) * ROW + 2,
        bars=bars,
        pieces=tuple(
            piece for code, one in measured.items() for piece in _pieces(code, one["density"], fullest)
        ),
        columns=[
            {"label": _("Chromosome")},
            {"label": _("Places"), "number": True},
            {"label": _("Read clearly"), "number": True},
        ],
        rows=[
            [chromosome_name(code), {"number": one["sites"]}, {"number": one["called"]}]
            for code, one in sorted(measured.items())
        ],
    )


def remarks(quality: Mapping[str, Any]) -> list[str]:
    """What the numbers may mean, in sentences."""
    return [_(REMARKS[code]) for code in quality.get("remarks", ()) if code in REMARKS]


def _pieces(code: int, density: list[int], fullest: int) -> list[Piece]:
    """Neighbours of one shade are drawn as one."""
    pieces: list[Piece] = []
    begin, shades = 0, [_shade(count, fullest) for count in density]
    for index in range(1, len(shades) + 1):
        if index < len(shades) and shades[index] == shades[begin]:
            continue
        if shades[begin]:
            end = min(index * BIN, LONGEST[code])
            width = max((end - begin * BIN) / MB, 1.5)
            pieces.append(Piece(f"{LEFT + begin * BIN / MB:.1f}", _top(code), f"{width:.1f}", shades[begin]))
        begin = index
    return pieces


def _shade(count: int, fullest: int) -> int:
    """SHADES for what is more than half as full as the fullest, one less for each half; 1 for anything."""
    if not count:
        return 0
    return max(1, SHADES - (fullest // count).bit_length() + 1)


def _top(code: int) -> int:
    return (code - 1) * ROW + 2
