"""One file a format, behind one Source. `read` is the door: bytes in, a Profile out, or FileRefused.

    profile = formats.read(upload, assume=None)

Pure: no clock, no settings, no database. In intake this runs in a sandboxed child.
"""

import io
from itertools import chain
from typing import BinaryIO

from genomics.coordinates import Build
from genomics.formats import arrays, vcf
from genomics.formats.builds import settle
from genomics.formats.limits import DEFAULT, Limits
from genomics.formats.lines import Lines
from genomics.formats.sniff import kind, refuse_binary
from genomics.formats.source import Kind, Profile, Source
from genomics.formats.unpack import unpack
from genomics.intake.quality import measure

__all__ = ["DEFAULT", "Kind", "Limits", "Profile", "read"]

_ENOUGH = 1 << 16  # bytes that tell a kind: the comments of a consumer's file are a few thousand
SOURCES: dict[Kind, Source] = {Kind.VCF: vcf.read, Kind.ARRAY: arrays.read}


def read(data: bytes | BinaryIO, *, assume: Build | None = None, limits: Limits = DEFAULT) -> Profile:
    """Read a genotype file, whatever its wrapping. Raises FileRefused and nothing else.

    `assume` is the policy for files that do not say which build they count along: that build, or refuse.
    """
    chunks = unpack(io.BytesIO(data) if isinstance(data, bytes) else data, limits=limits)
    start = next(chunks, b"")
    refuse_binary(start)
    lines = Lines(chain((start,), chunks), limits=limits)
    which = kind(lines.peek(_ENOUGH))
    reading = SOURCES[which](lines, limits=limits)
    build, evidence = settle(reading.evidence, assume)
    return Profile(
        kind=which,
        build=build,
        build_evidence=evidence,
        column=reading.column,
        quality=measure(reading.column),
        notes=reading.notes,
        findings=reading.findings,
    )
