"""Where two people share DNA, drawn by the server: 22 bars and X, and on them the stretches shared.

Numbers in the drawing are written out as text, so that no language puts its own comma into them. The same
stands in a table beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from genomics.coordinates import AUTOSOMES, LONGEST, X, chromosome_name

ROW, BAR = 10, 6  # height of a chromosome's line, and of its bar, in units of the drawing
LEFT = 18  # room for the names
MB = 1_000_000  # a unit of the drawing across

Builds = tuple[str | None, str | None]  # what places are in, and what they are told in besides


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
    """Those that are compared, drawn once on a page."""
    return [
        Chromosome(chromosome_name(code), _stretch(code, 1, LONGEST[code]), _top(code) + BAR)
        for code in (*AUTOSOMES, X)
    ]


def of(match: Mapping[str, Any], builds: Builds = (None, None)) -> Painting:
    """A record of the answer, as genomics.matching.report says it."""
    segments = [*match["segments"], *match.get("x_segments", ())]
    name = match["person"]
    return Painting(
        id=f"painting-{name}",
        title=_("Where %(name)s and the evidence share DNA") % {"name": name},
        stretches=tuple(_stretch(one["chromosome"], one["start"], one["end"]) for one in segments),
        columns=[*columns(builds), {"label": _("Sites"), "number": True}],
        rows=[[*row(one, builds), {"number": one["sites"]}] for one in segments],
    )


def place(person: str) -> str:
    """Where on the page she is drawn."""
    return f"match-{person}"


def columns(builds: Builds) -> list[dict[str, Any]]:
    """The heads of a table of stretches."""
    build, other = builds
    named = [(_("Start"), build), (_("End"), build)]
    if other is not None:
        named += [(_("Start"), other), (_("End"), other)]
    return [
        {"label": _("Chromosome")},
        *({"label": f"{head}, {one}" if one else head, "number": True} for head, one in named),
        {"label": "cM", "number": True},
    ]


def row(stretch: Mapping[str, Any], builds: Builds) -> list[Any]:
    """A stretch in such a table. An end that has no place in the other build says so."""
    places = [{"number": stretch["start"]}, {"number": stretch["end"]}]
    if builds[1] is not None:
        there = stretch["other_start"], stretch["other_end"]
        places += [{"text": _("none")} if one is None else {"number": one} for one in there]
    return [chromosome_name(stretch["chromosome"]), *places, {"number": stretch["cm"]}]


def _stretch(code: int, start: int, end: int) -> Stretch:
    width = max((end - start + 1) / MB, 1.5)  # never too thin to be seen
    return Stretch(f"{LEFT + (start - 1) / MB:.1f}", _top(code), f"{width:.1f}")


def _top(code: int) -> int:
    return (code - 1) * ROW + 2
