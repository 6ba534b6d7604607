"""Where things lie on the genome: builds, chromosomes, regions.

Inside, everything is 0-based and half-open; what people read and write is 1-based and inclusive
("20:1000-2000"). Chromosomes are small integers: 1 to 22, X 23, Y 24, MT 25. What was observed there is in
`columns`, how two alleles are written is in `variants`.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from genomics.errors import NotACoordinate


class Build(StrEnum):
    """The reference genome that positions count along."""

    GRCh37 = "GRCh37"
    GRCh38 = "GRCh38"

    def length(self, chromosome: int) -> int:
        """How many bases a chromosome has in this build."""
        return LENGTHS[self][chromosome]


X, Y, MT = 23, 24, 25
AUTOSOMES = range(1, 23)
CHROMOSOMES = range(1, 26)

PAIRED_BEFORE, PAIRED_FROM = 2_800_000, 154_900_000
"""Of X: before the one and from the other it pairs with Y, in either build, rounded outwards. By the
Genome Reference Consortium PAR1 ends at 2,699,520 in GRCh37 and at 2,781,479 in GRCh38, PAR2 begins at
154,931,044 and at 155,701,383 (1-based)."""

_NAMES = ("", *(str(number) for number in AUTOSOMES), "X", "Y", "MT")

# By code; code 0 is no chromosome. Facts of the Genome Reference Consortium; MT is the rCRS in both.
LENGTHS: dict[Build, tuple[int, ...]] = {
    Build.GRCh37: (
        *(0, 249250621, 243199373, 198022430, 191154276, 180915260, 171115067, 159138663, 146364022),
        *(141213431, 135534747, 135006516, 133851895, 115169878, 107349540, 102531392, 90354753, 81195210),
        *(78077248, 59128983, 63025520, 48129895, 51304566, 155270560, 59373566, 16569),
    ),
    Build.GRCh38: (
        *(0, 248956422, 242193529, 198295559, 190214555, 181538259, 170805979, 159345973, 145138636),
        *(138394717, 133797422, 135086622, 133275309, 114364328, 107043718, 101991189, 90338345, 83257441),
        *(80373285, 58617616, 64444167, 46709983, 50818468, 156040895, 57227415, 16569),
    ),
}

# The longer of the two: no position of either build lies beyond.
LONGEST: tuple[int, ...] = tuple(max(pair) for pair in zip(*LENGTHS.values(), strict=True))

_CODES = {name: code for code, name in enumerate(_NAMES) if code} | {"M": MT}


def code_or_none(text: str) -> int | None:
    """The code of "20", "chr20", "chrX", "M" or "MT"; None for any other contig."""
    return _CODES.get(text[3:] if text[:3].lower() == "chr" else text)


def chromosome(text: str) -> int:
    """The code of a chromosome a person wrote; raises when it is none of ours."""
    code = code_or_none(text.strip())
    if code is None:
        raise NotACoordinate(
            "This is not a chromosome we know: write 1 to 22, X, Y or MT, with or without chr."
        )
    return code


def chromosome_name(code: int) -> str:
    """The name people read: 20, X, MT."""
    if code not in CHROMOSOMES:
        raise NotACoordinate(f"There is no chromosome with code {code}.")
    return _NAMES[code]


@dataclass(frozen=True, slots=True, order=True)
class Region:
    """A stretch of one chromosome; 0-based, half-open. Shown 1-based, inclusive."""

    chromosome: int
    start: int
    end: int

    def __post_init__(self) -> None:
        if self.chromosome not in CHROMOSOMES:
            raise NotACoordinate(f"There is no chromosome with code {self.chromosome}.")
        if not 0 <= self.start < self.end <= LONGEST[self.chromosome]:
            name = chromosome_name(self.chromosome)
            raise NotACoordinate(
                f"A region of chromosome {name} begins at 1 or later, ends after it begins,"
                f" and at {LONGEST[self.chromosome]:,} at the latest."
            )

    def __str__(self) -> str:
        return f"{chromosome_name(self.chromosome)}:{self.start + 1}-{self.end}"

    @property
    def length(self) -> int:
        return self.end - self.start

    def holds(self, chromosome: int, position: int) -> bool:
        """Whether a 0-based position lies within."""
        return chromosome == self.chromosome and self.start <= position < self.end

    @classmethod
    def of(cls, text: str) -> Self:
        """Read "20:1000-2000", "chr20:1,000-2,000", "20:1000" (one base) or "20" (all of it)."""
        match = _REGION.fullmatch(text.strip())
        if match is None:
            raise NotACoordinate("Write a region as chromosome:start-end, for example 20:1000-2000.")
        code = chromosome(match["chromosome"])
        if match["start"] is None:
            return cls(code, 0, LONGEST[code])
        start = int(match["start"].replace(",", ""))
        end = start if match["end"] is None else int(match["end"].replace(",", ""))
        return cls(code, start - 1, end)


_REGION = re.compile(
    r"(?P<chromosome>[0-9A-Za-z]{1,5})(?::(?P<start>[0-9][0-9,]{0,12})(?:-(?P<end>[0-9][0-9,]{0,12}))?)?",
    re.ASCII,
)


def parse_region(text: str) -> Region:
    """A region as a person writes it: 1-based, inclusive."""
    return Region.of(text)
