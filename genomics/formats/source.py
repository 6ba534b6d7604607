"""The seam between a file's bytes and the rest of the floor: what every reader takes and gives.

A Source reads one kind of text in blocks of whole lines and gives a Reading; `genomics.formats.read`
settles the build and makes the Profile of it. How bytes are unpacked is in `unpack`, how kinds are told
apart in `sniff`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from genomics.chain import Chain
from genomics.columns import Column
from genomics.coordinates import Build
from genomics.formats.builds import Evidence
from genomics.formats.limits import Limits
from genomics.formats.lines import Lines
from genomics.intake.quality import Quality
from genomics.intake.screen import Finding
from genomics.panel import Panel
from genomics.reference import Reference


class Kind(StrEnum):
    """What kind of file it is."""

    VCF = "vcf"
    BCF = "bcf"
    ARRAY = "array"
    SAM = "sam"
    BAM = "bam"
    CRAM = "cram"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What the house has loaded to read files by: sites at which reads are counted, reference genomes, and
    chains from other builds into the `home` one, in which people are compared."""

    panels: Mapping[Build, Panel] = field(default_factory=dict)
    references: Mapping[Build, Reference] = field(default_factory=dict)
    chains: Mapping[Build, Chain] = field(default_factory=dict)  # by the build they start from
    home: Build | None = None


NOTHING = Loaded()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a Source found: genotypes, what speaks for which build, and what people should know."""

    column: Column
    evidence: Evidence
    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = field(default=(), repr=False)


class Binary(Protocol):
    """A reader of one kind of binary file, from its magic on. Raises FileRefused, and nothing else."""

    def __call__(
        self, chunks: Iterator[bytes], /, *, limits: Limits, assume: Build | None, loaded: Loaded
    ) -> Reading: ...


class Source(Protocol):
    """A reader of one kind of text. Raises FileRefused, and nothing else."""

    def __call__(
        self, lines: Lines, *, limits: Limits, assume: Build | None = None, loaded: Loaded = NOTHING
    ) -> Reading: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A received file, read: its genotypes, the build and why we think so, its quality, notes for its owner.

    `findings` are identifying details in header and comments, masked; the column holds nothing of that text.
    """

    kind: Kind
    build: Build
    build_evidence: str
    column: Column
    quality: Quality
    notes: tuple[str, ...]
    findings: tuple[Finding, ...] = field(default=(), repr=False)
    unpacked: int = 0  # bytes of it that were read, out of their wrapping; 0 for a CRAM
