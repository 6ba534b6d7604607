"""One file a format, behind one Source. `read` is the door: bytes in, a Profile out, or FileRefused.

    profile = formats.read(upload, assume=None)

Pure: no clock, no settings, no database. In intake this runs in a sandboxed child.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO

from genomics.carrying import carry
from genomics.coordinates import Build
from genomics.formats import arrays, bam, bcf, cram, sam, vcf
from genomics.formats.builds import settle
from genomics.formats.limits import DEFAULT, Limits
from genomics.formats.lines import Lines
from genomics.formats.sniff import binary_kind, kind
from genomics.formats.source import NOTHING, Binary, Kind, Loaded, Profile, Reading, Source
from genomics.formats.unpack import unpack
from genomics.intake.quality import Sex, measure
from genomics.normalising import normalise, with_one_x

__all__ = ["DEFAULT", "NOTHING", "Kind", "Limits", "Loaded", "Profile", "read"]

_LONGEST_EVIDENCE = 120  # letters, as they are kept
_ENOUGH = 1 << 16  # bytes that tell a kind: the comments of a consumer's file are a few thousand
SOURCES: dict[Kind, Source] = {Kind.VCF: vcf.read, Kind.ARRAY: arrays.read, Kind.SAM: sam.read}
BINARIES: dict[Kind, Binary] = {Kind.BCF: bcf.read, Kind.BAM: bam.read, Kind.CRAM: cram.read_packed}


def read(
    data: bytes | BinaryIO,
    *,
    assume: Build | None = None,
    limits: Limits = DEFAULT,
    loaded: Loaded = NOTHING,
) -> Profile:
    """Read a genotype file, whatever its wrapping. Raises FileRefused and nothing else.

    `assume` is the policy for files that do not say which build they count along: that build, or refuse.
    `loaded` is what the house has to read by: without a panel no reads are counted, without a reference no
    CRAM is taken.
    """
    counted = _Counted()
    which, reading = _read(
        io.BytesIO(data) if isinstance(data, bytes) else data, counted, limits, assume, loaded
    )
    build, evidence = settle(reading.evidence, assume)
    column, told = normalise(reading.column, loaded.references.get(build))
    way = loaded.chains.get(build)
    if way is not None and way.target == loaded.home:
        reference = loaded.references.get(way.target)
        column, lost = carry(column, way, reference=reference)
        column, _ = normalise(column, reference)
        told.append((lost, f"rows have no place in {way.target} and cannot be compared."))
        build, evidence = way.target, f"carried over from {build}: {evidence}"
    quality = measure(column)
    if quality.sex is Sex.XY:
        column, odd = with_one_x(column)
        told.append((odd, "calls of two different alleles on the one X count as missing."))
    return Profile(
        kind=which,
        build=build,
        build_evidence=evidence[:_LONGEST_EVIDENCE],
        column=column,
        quality=quality,
        notes=(*reading.notes, *(f"{count:,} {what}" for count, what in told if count)),
        findings=reading.findings,
        unpacked=counted.size,
    )


@dataclass(slots=True)
class _Counted:
    """How many bytes came out of a file's wrapping: the copy that is kept is made of as many."""

    size: int = 0

    def of(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.size += len(chunk)
            yield chunk


def _read(
    stream: BinaryIO, counted: _Counted, limits: Limits, assume: Build | None, loaded: Loaded
) -> tuple[Kind, Reading]:
    if cram.begins(stream):
        return Kind.CRAM, cram.read(stream, limits=limits, assume=assume, loaded=loaded)
    chunks = counted.of(unpack(stream, limits=limits))
    start = next(chunks, b"")
    which = binary_kind(start)
    if which is not None:
        read = BINARIES[which]
        return which, read(chain((start,), chunks), limits=limits, assume=assume, loaded=loaded)
    lines = Lines(chain((start,), chunks), limits=limits)
    which = kind(lines.peek(_ENOUGH))
    return which, SOURCES[which](lines, limits=limits, assume=assume, loaded=loaded)
