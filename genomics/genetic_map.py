"""Where a base lies on the genetic map: centimorgans by chromosome and position, for both builds.

Pure. The shipped tables (genomics/data) hold rows of the HapMap II sex-averaged map, thinned so that straight
lines between the rows kept pass within TOLERANCE of every row left out. That of X is women's, 181 cM
between where it pairs with Y, for men's does not cross over there. Outside the mapped part of a chromosome
nothing is known, and the map is flat.
"""

import gzip
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from genomics.coordinates import AUTOSOMES, Build, chromosome_name, code_or_none
from genomics.errors import GenomicsError

TOLERANCE = 0.1  # cM

HEADER = "chromosome\tposition\tcentimorgan"
_ROUNDING = 0.0005  # the tables are written to a thousandth of a centimorgan


class MapRefused(GenomicsError):
    """A table that cannot be a genetic map. Nothing was loaded; the message names the line to correct."""


@dataclass(frozen=True, slots=True)
class Course:
    """One chromosome's part of the map: positions (0-based, rising) and centimorgans (never falling)."""

    position: NDArray[np.int64]
    cm: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class GeneticMap:
    """A build's map: a Course for each chromosome it knows, by chromosome code."""

    build: Build
    courses: Mapping[int, Course]

    def cm(self, chromosome: int, position: ArrayLike) -> NDArray[np.float64]:
        """Centimorgans from the start of the map, at 0-based positions."""
        course = self._course(chromosome)
        return np.interp(np.asarray(position, dtype=np.float64), course.position, course.cm)

    def position(self, chromosome: int, cm: ArrayLike) -> NDArray[np.int64]:
        """The other way: 0-based positions at so many centimorgans, rounded down."""
        course = self._course(chromosome)
        return np.interp(np.asarray(cm, dtype=np.float64), course.cm, course.position).astype(np.int64)

    def along(self, chromosome: ArrayLike, position: ArrayLike) -> NDArray[np.float64]:
        """Centimorgans of many sites at once; sites on a chromosome without a map are at 0."""
        codes, positions = np.asarray(chromosome), np.asarray(position)
        cm = np.zeros(len(codes))
        for code in np.unique(codes):
            if int(code) in self.courses:
                here = codes == code
                cm[here] = self.cm(int(code), positions[here])
        return cm

    def length(self, chromosome: int) -> float:
        """The mapped length of a chromosome, in centimorgans."""
        return float(np.ptp(self._course(chromosome).cm))

    @property
    def autosomal_length(self) -> float:
        return sum(self.length(code) for code in AUTOSOMES if code in self.courses)

    def thinned(self, tolerance: float = TOLERANCE) -> Self:
        """The same map with fewer rows: no row left out is further than `tolerance` from the line drawn."""
        courses = {}
        for code, course in self.courses.items():
            kept = _corners(course.position, course.cm, tolerance - _ROUNDING)
            courses[code] = Course(course.position[kept], course.cm[kept])
        return type(self)(self.build, MappingProxyType(courses))

    def as_tsv(self) -> str:
        """The map as `from_tsv` reads it: positions 1-based, as people and other programs write them."""
        rows = (
            f"{chromosome_name(code)}\t{position + 1}\t{cm:.3f}"
            for code, course in sorted(self.courses.items())
            for position, cm in zip(course.position.tolist(), course.cm.tolist(), strict=True)
        )
        return "\n".join((HEADER, *rows, ""))

    @classmethod
    def from_tsv(cls, lines: Iterable[str], build: Build) -> Self:
        """Read `chromosome position centimorgan` (tab-separated, positions 1-based, sorted within each)."""
        gathered: dict[int, tuple[list[int], list[float]]] = {}
        for number, line in enumerate(lines, start=1):
            text = line.rstrip("\r\n")
            if not text or text == HEADER:
                continue
            code, position, cm = _row(text, number)
            positions, cms = gathered.setdefault(code, ([], []))
            if positions and (position <= positions[-1] or cm < cms[-1]):
                raise MapRefused(f"Line {number:,} of the map goes backwards. Sort it, then load it again.")
            positions.append(position)
            cms.append(cm)
        if not gathered:
            raise MapRefused("The map has no rows. Nothing was loaded.")
        courses = {
            code: Course(np.array(positions, dtype=np.int64), np.array(cms, dtype=np.float64))
            for code, (positions, cms) in gathered.items()
        }
        return cls(build, MappingProxyType(courses))

    @staticmethod
    def load(build: Build) -> "GeneticMap":
        """The map that is shipped for a build; read once."""
        return _shipped(build)

    def _course(self, chromosome: int) -> Course:
        if chromosome not in self.courses:
            raise MapRefused(f"There is no genetic map of chromosome {chromosome_name(chromosome)}.")
        return self.courses[chromosome]


@cache
def _shipped(build: Build) -> GeneticMap:
    packed = (resources.files("genomics") / "data" / f"genetic_map_{build}.tsv.gz").read_bytes()
    return GeneticMap.from_tsv(gzip.decompress(packed).decode("ascii").splitlines(), build)


def _row(text: str, number: int) -> tuple[int, int, float]:
    """Code, 0-based position and centimorgans of one line."""
    fields = text.split("\t")
    try:
        name, position, cm = fields[0], int(fields[1]), float(fields[2])
    except (IndexError, ValueError):
        raise MapRefused(
            f"Line {number:,} of the map is not `chromosome position centimorgan`. Nothing was loaded."
        ) from None
    code = code_or_none(name)
    if code is None or position < 1 or not math.isfinite(cm):
        raise MapRefused(f"Line {number:,} of the map names no place on a genome. Nothing was loaded.")
    return code, position - 1, cm


def _corners(position: NDArray[np.int64], cm: NDArray[np.float64], tolerance: float) -> NDArray[np.int64]:
    """Rows to keep. From each kept row, go to the furthest row that a line can reach without passing any row
    on the way by more than `tolerance`: every row narrows the slopes a line may have."""
    kept = [0]
    while kept[-1] < len(position) - 1:
        here = kept[-1]
        run = (position[here + 1 :] - position[here]).astype(np.float64)
        rise = cm[here + 1 :] - cm[here]
        steepest = np.minimum.accumulate((rise + tolerance) / run)
        flattest = np.maximum.accumulate((rise - tolerance) / run)
        slope = rise / run
        reachable = np.ones(len(run), dtype=bool)
        reachable[1:] = (slope[1:] <= steepest[:-1]) & (slope[1:] >= flattest[:-1])
        kept.append(here + 1 + int(np.flatnonzero(reachable)[-1]))
    return np.array(kept, dtype=np.int64)
