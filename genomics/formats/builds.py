"""Which reference genome a file counts along: gathered from what it says and from what it holds.

Header words, contig lengths, well-known markers and positions past the end of a chromosome all speak;
`settle` hears them together. Voices that contradict each other are a refusal, never a vote. When nothing
speaks, the policy `assume` decides, or the file is refused.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from genomics.coordinates import LENGTHS, Build, chromosome_name
from genomics.errors import FileReason, FileRefused

OTHER = "another build"
"""A voice for NCBI36, T2T or whatever else we do not take."""

# rsID, chromosome, position (1-based) in NCBI36 (where known), GRCh37, GRCh38. Facts of dbSNP.
_MARKERS: tuple[tuple[str, int, int | None, int, int], ...] = (
    ("rs3131972", 1, 742584, 752721, 817341),
    ("rs3094315", 1, 742429, 752566, 817186),
    ("rs1801133", 1, 11778965, 11856378, 11796321),
    ("rs6025", 1, 167785673, 169519049, 169549811),
    ("rs4988235", 2, 136325116, 136608646, 135851076),
    ("rs53576", 3, 8779371, 8804371, 8762685),
    ("rs16891982", 5, 33987450, 33951693, 33951588),
    ("rs1799945", 6, 26199158, 26091179, 26090951),
    ("rs1800562", 6, 26201120, 26093141, 26092913),
    ("rs7903146", 10, 114748339, 114758349, 112998590),
    ("rs334", 11, 5204808, 5248232, 5227002),
    ("rs6265", 11, 27636492, 27679916, 27658369),
    ("rs1815739", 11, 66084671, 66328095, 66560624),
    ("rs671", 12, 110726149, 112241766, 111803962),
    ("rs12913832", 15, 26039213, 28365618, 28120472),
    ("rs1426654", 15, 46213776, 48426484, 48134287),
    ("rs9939609", 16, 52378028, 53820527, 53786615),
    ("rs429358", 19, 50103781, 45411941, 44908684),
    ("rs7412", 19, 50103919, 45412079, 44908822),
    ("rs4680", 22, 18331271, 19951271, 19963748),
)

_WORDS: tuple[tuple[Build | str, re.Pattern[str]], ...] = (
    (Build.GRCh37, re.compile(r"grch_?37|hg_?19|(?<![a-z0-9])b37|hs37|g1k_v37|ncbi_?37|build\s*37", re.I)),
    (Build.GRCh38, re.compile(r"grch_?38|hg_?38|(?<![a-z0-9])b38|hs38|build\s*38", re.I)),
    (OTHER, re.compile(r"grch_?36|hg_?1[678]|(?<![a-z0-9])b3[56]|ncbi_?3[56]|build\s*3[56]|chm13|t2t", re.I)),
)


def named_in(text: str) -> tuple[Build | str, ...]:
    """The builds a piece of header names."""
    return tuple(build for build, pattern in _WORDS if pattern.search(text))


def naming(text: str) -> list[str]:
    """The very letters that name a build."""
    return [match[0] for _, pattern in _WORDS for match in pattern.finditer(text)]


def of_length(chromosome: int, length: int) -> Build | str | None:
    """The build in which a chromosome has this length; None when both have it."""
    fits = [build for build in Build if build.length(chromosome) == length]
    return None if len(fits) == len(Build) else fits[0] if fits else OTHER


def _markers_by_chromosome() -> MappingProxyType[
    int, tuple[NDArray[np.int64], tuple[tuple[bytes, Build | str], ...]]
]:
    places: dict[int, list[tuple[int, bytes, Build | str]]] = {}
    for rsid, chromosome, *positions in _MARKERS:
        for build, position in zip((OTHER, Build.GRCh37, Build.GRCh38), positions, strict=True):
            if position is not None:
                places.setdefault(chromosome, []).append((position, rsid.encode(), build))
    return MappingProxyType(
        {
            chromosome: (
                np.array(sorted(p for p, _, _ in here)),
                tuple((rsid, build) for _, rsid, build in sorted(here)),
            )
            for chromosome, here in places.items()
        }
    )


_ENDS = {build: np.array([np.iinfo(np.int64).max, *lengths[1:]]) for build, lengths in LENGTHS.items()}
MARKERS = _markers_by_chromosome()
"""By chromosome: sorted 1-based positions, and for each the marker there and the build that puts it there."""


@dataclass(slots=True)
class Evidence:
    """What speaks for which build, as a reader meets it."""

    said: list[tuple[Build | str, str, int]] = field(default_factory=list)  # build, in what words, line
    markers: Counter[Build | str] = field(default_factory=Counter)
    beyond: dict[Build, tuple[int, int]] = field(
        default_factory=dict
    )  # build: first line past an end, chromosome

    def say(self, build: Build | str, words: str, line: int) -> None:
        """The header speaks for a build; once a build and way of saying is enough."""
        if not any(one == build and other == words for one, other, _ in self.said):
            self.said.append((build, words, line))

    def see_places(self, chromosome: NDArray[np.uint8], last: NDArray[np.int64], first: int) -> None:
        """Records on consecutive lines reach to these 1-based positions; code 0 has no end we know."""
        for build in Build:
            if build in self.beyond:
                continue
            past = last > _ENDS[build][chromosome]
            if past.any():
                index = int(np.argmax(past))
                self.beyond[build] = (first + index, int(chromosome[index]))


def check_said(evidence: Evidence) -> None:
    """What the header says must be one build, and one we take. Asked as soon as the header is read."""
    for build, words, line in evidence.said:
        if build == OTHER:
            what = f"The file was made with another build ({words})."
            raise FileRefused(FileReason.BUILD_NOT_TAKEN, what, line)
        if build != evidence.said[0][0]:
            both = " and the ".join(dict.fromkeys((evidence.said[0][1], words)))
            raise FileRefused(FileReason.BUILD_CONTRADICTED, f"The {both} belong to different builds.", line)


def settle(evidence: Evidence, assume: Build | None) -> tuple[Build, str]:
    """The build, and in a few words how we know."""
    check_said(evidence)
    said = [(build, words) for build, words, _ in evidence.said if isinstance(build, Build)]
    marked = [(build, "well-known markers") for build in Build if evidence.markers[build]]
    if evidence.markers[OTHER] and not said and not marked:
        what = "Well-known markers stand where NCBI36 (hg18) has them."
        raise FileRefused(FileReason.BUILD_NOT_TAKEN, what)
    _check_ends(evidence, {build for build, _ in said})
    only = set(Build) - set(evidence.beyond)
    placed = [(build, "positions that only it has") for build in only if evidence.beyond]
    voices = [*said, *marked, *placed]
    builds = {build for build, _ in voices}
    if len(builds) > 1 or evidence.markers[OTHER]:
        what = "What the file says about its build and where its markers stand do not belong together."
        raise FileRefused(FileReason.BUILD_CONTRADICTED, what)
    if builds:
        return builds.pop(), ", ".join(dict.fromkeys(words for _, words in voices))
    if assume is None:
        what = "Nothing in the file says which reference build it counts along."
        raise FileRefused(FileReason.BUILD_UNKNOWN, what)
    return assume, "assumed by policy, nothing in the file says so"


def _check_ends(evidence: Evidence, said: set[Build]) -> None:
    """No position may lie past the end of its chromosome."""
    for build in said & set(evidence.beyond):
        line, chromosome = evidence.beyond[build]
        end = f"the end of chromosome {chromosome_name(chromosome)} in {build}"
        what = f"The position lies past {end}, which the file names as its build."
        raise FileRefused(FileReason.BUILD_CONTRADICTED, what, line)
    if set(evidence.beyond) != set(Build):
        return
    line, chromosome = max(evidence.beyond.values())
    if len(set(evidence.beyond.values())) > 1:
        what = "This position and an earlier one can only belong to different builds."
        raise FileRefused(FileReason.BUILD_CONTRADICTED, what, line)
    what = (
        f"The position lies past the end of chromosome {chromosome_name(chromosome)} in every build we take."
    )
    raise FileRefused(FileReason.POSITION, what, line)
