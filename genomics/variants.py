"""One variant: where, what stands in the reference, what was found instead.

Alleles are written parsimoniously (`trimmed`): no base that both share at the end or the beginning, but never
empty. Without a reference sequence nothing is shifted left. Who carries it is asked of a `columns.Column`.
"""

import re
from dataclasses import dataclass

from genomics.coordinates import CHROMOSOMES, LONGEST, Region, chromosome, chromosome_name
from genomics.errors import NotACoordinate

LONGEST_ALLELE = 10_000
_ALLELE = re.compile(r"[ACGTN]+")
_WRITTEN = re.compile(
    r"(?P<chromosome>[0-9A-Za-z]{1,5})[\s:-]+(?P<position>[0-9][0-9,]{0,12})[\s:-]*"
    r"(?P<ref>[ACGTNacgtn]+)(?:\s*>\s*|[\s:/-]+)(?P<alt>[ACGTNacgtn]+)",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, order=True)
class Variant:
    """An alternate allele at a place; the position is 0-based, shown 1-based."""

    chromosome: int
    position: int
    ref: str
    alt: str

    def __post_init__(self) -> None:
        if self.chromosome not in CHROMOSOMES:
            raise NotACoordinate(f"There is no chromosome with code {self.chromosome}.")
        if not (_ALLELE.fullmatch(self.ref) and _ALLELE.fullmatch(self.alt)) or self.ref == self.alt:
            raise NotACoordinate("A variant has two different alleles, each written with A, C, G, T and N.")
        if max(len(self.ref), len(self.alt)) > LONGEST_ALLELE:
            raise NotACoordinate(f"An allele has at most {LONGEST_ALLELE:,} bases.")
        if not 0 <= self.position <= LONGEST[self.chromosome] - len(self.ref):
            name = chromosome_name(self.chromosome)
            raise NotACoordinate(
                f"The variant lies beyond chromosome {name}, which ends at {LONGEST[self.chromosome]:,}."
            )

    def __str__(self) -> str:
        return f"{chromosome_name(self.chromosome)}:{self.position + 1} {self.ref}>{self.alt}"

    @property
    def is_snp(self) -> bool:
        return len(self.ref) == len(self.alt) == 1

    @property
    def region(self) -> Region:
        """The bases of its ref."""
        return Region(self.chromosome, self.position, self.position + len(self.ref))

    def trimmed(self) -> "Variant":
        """The same variant without the bases both alleles share."""
        skipped, ref, alt = trim(self.ref, self.alt)
        if len(ref) == len(self.ref):
            return self
        return Variant(self.chromosome, self.position + skipped, ref, alt)


def trim(ref: str, alt: str) -> tuple[int, str, str]:
    """How many shared bases were taken off at the beginning, and both alleles; the end is trimmed first."""
    shortest = min(len(ref), len(alt))
    if shortest <= 1:
        return 0, ref, alt
    tail = 0
    while tail < shortest - 1 and ref[-1 - tail] == alt[-1 - tail]:
        tail += 1
    ref, alt = ref[: len(ref) - tail], alt[: len(alt) - tail]
    shortest -= tail
    head = 0
    while head < shortest - 1 and ref[head] == alt[head]:
        head += 1
    return head, ref[head:], alt[head:]


def parse_variant(text: str) -> Variant:
    """A variant as a person writes it: "20:1000226 A>T", "chr20-1000226-A-T", "20:1000226:A:T"."""
    match = _WRITTEN.fullmatch(text.strip()) if len(text) <= 2 * LONGEST_ALLELE + 64 else None
    if match is None:
        raise NotACoordinate("Write a variant as chromosome:position ref>alt, for example 20:1000226 A>T.")
    return Variant(
        chromosome(match["chromosome"]),
        int(match["position"].replace(",", "")) - 1,
        match["ref"].upper(),
        match["alt"].upper(),
    )
