"""What files are read by, as places on disk: told to a reader in another process, and opened there.

Knows no settings and no database. Which places there are is in `materials`. A place that was opened is kept
open, so that a child that is forked afterwards has it without opening anything.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from genomics.chain import Chain
from genomics.coordinates import Build
from genomics.formats import Loaded
from genomics.panel import Panel
from genomics.reference import Reference

KEPT_OPEN = 8  # of two builds, and of those before them


class What(StrEnum):
    """What lies at a place."""

    PANEL = "panel"
    REFERENCE = "reference"
    CHAIN = "chain"


@dataclass(frozen=True, slots=True)
class Place:
    """One of them: `changed` is its time on disk, in nanoseconds, so that another file is another place."""

    what: What
    build: Build
    path: str
    changed: int


@dataclass(frozen=True, slots=True)
class LaidOut:
    """All that is there. `home` is the build in which people are compared."""

    places: tuple[Place, ...] = ()
    home: Build | None = None


NOTHING = LaidOut()


def opened(laid_out: LaidOut) -> Loaded:
    """The same, opened. Raises GenomicsError or OSError for what is not as it was laid."""

    def of(what: What) -> dict[Build, Any]:
        return {place.build: _opened(place) for place in laid_out.places if place.what is what}

    return Loaded(
        panels=of(What.PANEL),
        references=of(What.REFERENCE),
        chains=of(What.CHAIN),
        home=laid_out.home,
    )


@lru_cache(maxsize=KEPT_OPEN)
def _opened(place: Place) -> Panel | Reference | Chain:
    return _OPEN[place.what](Path(place.path), place.build)


def _panel(path: Path, _build: Build) -> Panel:
    return Panel.from_bytes(path.read_bytes())


def _reference(path: Path, build: Build) -> Reference:
    reference = Reference.of(path, build=build)
    reference.letters(
        np.zeros(0, np.uint8), np.zeros(0, np.int64)
    )  # it is mapped now: behind walls nothing is
    return reference


def _chain(path: Path, _build: Build) -> Chain:
    with path.open(encoding="utf-8") as lines:
        return Chain.read(lines)


_OPEN: dict[What, Callable[[Path, Build], Panel | Reference | Chain]] = {
    What.PANEL: _panel,
    What.REFERENCE: _reference,
    What.CHAIN: _chain,
}
