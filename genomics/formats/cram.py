"""CRAM: reads packed against a reference, which must be one of ours, and genotypes by pileup.

htslib unpacks it: from an unnamed file of our own, against our FASTA alone. Nothing that the file names is
opened: every contig of its header must be in our FASTA with the same length, so that htslib never looks for
another; `REF_PATH`, where it would look, is shut.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pysam

from genomics.coordinates import Build
from genomics.errors import FileReason, FileRefused
from genomics.formats.builds import Evidence, check_said, settle
from genomics.formats.limits import Limits
from genomics.formats.pileup import Read
from genomics.formats.sam_header import SamHeader, read_header
from genomics.formats.sites import begin
from genomics.formats.source import NOTHING, Loaded, Reading

_VERSIONS = frozenset(((2, 1), (3, 0), (3, 1)))
_DEFINITION = 26  # bytes: magic, version, a name
_SHUT = "/dev/null"
_FAULTS = (OSError, ValueError, RuntimeError, UnicodeDecodeError)


def read(
    chunks: Iterator[bytes], *, limits: Limits, assume: Build | None = None, loaded: Loaded = NOTHING
) -> Reading:
    """Read a CRAM, from its magic on. Without a reference nothing of it is unpacked."""
    start = next(chunks, b"")
    if len(start) < _DEFINITION:
        raise FileRefused(FileReason.TRUNCATED, "The file ends within its first bytes.")
    if (start[4], start[5]) not in _VERSIONS:
        raise FileRefused(FileReason.VERSION, "We read CRAM 2.1, 3.0 and 3.1; this is another version.")
    if not loaded.references:
        what = "The reads are packed against a reference genome, and none is loaded here."
        raise FileRefused(FileReason.NO_REFERENCE, what)
    os.environ["REF_PATH"] = os.environ["REF_CACHE"] = _SHUT
    try:
        unnamed = _unnamed()
    except PermissionError:  # behind walls htslib may open nothing, neither this nor the reference
        what = "Reads that are packed against a reference genome are not unpacked behind our walls yet."
        raise FileRefused(FileReason.NO_REFERENCE, what) from None
    with unnamed as file:
        file.write(start)
        for chunk in chunks:
            file.write(chunk)
        try:
            return _read(file, limits, assume, loaded)
        except _FAULTS:
            raise FileRefused(FileReason.DAMAGED, "The file cannot be unpacked.") from None


def _read(file: IO[bytes], limits: Limits, assume: Build | None, loaded: Loaded) -> Reading:
    evidence = Evidence()
    with _open(file) as cram:
        text = str(cram.header).encode().rstrip(b"\n")
    if len(text) > limits.header:
        raise FileRefused(FileReason.HEADER_TOO_LONG, f"The header is longer than {limits.header:,} bytes.")
    header = read_header(text, evidence, limits=limits)
    check_said(evidence)
    build, _ = settle(evidence, assume)
    reference = _reference(build, header, loaded)
    counting = begin(header, evidence, assume=assume, loaded=loaded)
    if counting.refusal is not None:
        raise counting.refusal
    codes = [contig.code for contig in header.contigs.values()]
    with _open(file, reference) as cram:
        for count, one in enumerate(cram.fetch(until_eof=True), start=1):
            if count > limits.reads:
                what = f"The file has more than {limits.reads:,} reads."
                raise FileRefused(FileReason.TOO_MANY_RECORDS, what)
            if not one.is_unmapped and one.query_sequence:
                counting.add(_taken(one, codes))
    return counting.close(header)


def _unnamed() -> IO[bytes]:
    """A file without a name: in memory where the system can, for a walled process may write nowhere else."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("reads"), "w+b")
    return tempfile.TemporaryFile()


def _open(file: IO[bytes], reference: Path | None = None) -> pysam.AlignmentFile:
    file.seek(0)
    return pysam.AlignmentFile(
        file,
        "rc",
        check_sq=False,
        reference_filename=None if reference is None else str(reference),
    )


def _reference(build: Build, header: SamHeader, loaded: Loaded) -> Path:
    reference = loaded.references.get(build)
    if reference is None:
        raise FileRefused(FileReason.NO_REFERENCE, f"No reference genome of {build} is loaded here.")
    for contig in header.contigs.values():
        if reference.lengths.get(contig.name.decode()) != contig.length:
            what = "The reads are packed against sequences that our reference genome does not have."
            raise FileRefused(FileReason.NO_REFERENCE, what)
    return reference.path


def _taken(one: pysam.AlignedSegment, codes: list[int]) -> Read:
    return Read(
        name=(one.query_name or "").encode(),
        code=codes[one.reference_id],
        start=one.reference_start,
        flag=one.flag,
        mapping=one.mapping_quality,
        cigar=tuple(one.cigartuples or ()),
        letters=(one.query_sequence or "").encode(),
        qualities=bytes(one.query_qualities or b""),
    )
