"""CRAM: reads packed against a reference, which must be one of ours, and genotypes by pileup.

htslib unpacks it, from the file itself and against our FASTA alone. Nothing that the file names is needed:
reads are unpacked only when ours has every contig they lie on, with the same length and digest (M5), so that
htslib finds each there; `REF_PATH`, where it would look else, is shut. A file that lies about where its reads
lie could have it look where the header says (UR): behind walls it finds nothing there.
"""

import io
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import IO, BinaryIO, NoReturn

import pysam

from genomics.coordinates import Build
from genomics.errors import FileReason, FileRefused
from genomics.formats import sites
from genomics.formats.builds import Evidence, check_said, settle
from genomics.formats.cram_containers import DEFINITION, NAME, NO_CONTIG, SEVERAL, heads
from genomics.formats.limits import Limits
from genomics.formats.pileup import Read
from genomics.formats.sam_header import Contig, SamHeader, read_header
from genomics.formats.source import NOTHING, Loaded, Reading
from genomics.intake import screen
from genomics.reference import Reference, index_of

MAGIC = b"CRAM"
_VERSIONS = frozenset(((2, 1), (3, 0), (3, 1)))
_SHUT = "/dev/null"
AS_PACKED = "Names and tags of reads are packed with them in a CRAM, and are kept as they came."
_CHUNK = 1 << 20
_FAULTS = (OSError, ValueError, RuntimeError, UnicodeDecodeError)


def begins(stream: BinaryIO) -> bool:
    """Whether the stream is at the start of a CRAM as it was made, without any wrapping; it stays there."""
    if not stream.seekable():
        return False
    at = stream.tell()
    start = stream.read(len(MAGIC))
    stream.seek(at)
    return start == MAGIC


def read(
    stream: BinaryIO, *, limits: Limits, assume: Build | None = None, loaded: Loaded = NOTHING
) -> Reading:
    """Read a CRAM from its start. Without a reference nothing of it is unpacked. FileRefused, and nothing
    else."""
    begin = stream.tell()
    start = stream.read(DEFINITION)
    if len(start) < DEFINITION:
        raise FileRefused(FileReason.TRUNCATED, "The file ends within its first bytes.")
    if (start[4], start[5]) not in _VERSIONS:
        raise FileRefused(FileReason.VERSION, "We read CRAM 2.1, 3.0 and 3.1; this is another version.")
    if not loaded.references:
        what = "The reads are packed against a reference genome, and none is loaded here."
        raise FileRefused(FileReason.NO_REFERENCE, what)
    os.environ["REF_PATH"] = os.environ["REF_CACHE"] = _SHUT
    with _file(stream, begin, limits) as file:
        try:
            reading = _read(file, limits, assume, loaded)
        except _FAULTS:
            raise FileRefused(FileReason.DAMAGED, "The file cannot be unpacked.") from None
    name = start[NAME:].strip(b"\0").decode("utf-8", "replace")
    named = (screen.file_name(name),) if name else ()
    return replace(reading, notes=(*reading.notes, AS_PACKED), findings=(*named, *reading.findings))


def read_packed(
    _chunks: Iterator[bytes], *, limits: Limits, assume: Build | None = None, loaded: Loaded = NOTHING
) -> NoReturn:
    """A CRAM in a zip or gzip: htslib reads from a file, and behind walls none can be made."""
    what = "It is a CRAM packed once more, which saves nothing; we take the CRAM as it was made."
    raise FileRefused(FileReason.ARCHIVE, what)


def _read(file: IO[bytes], limits: Limits, assume: Build | None, loaded: Loaded) -> Reading:
    evidence = Evidence()
    with _open(file) as cram:
        text = str(cram.header).encode().rstrip(b"\n")
    if len(text) > limits.header:
        raise FileRefused(FileReason.HEADER_TOO_LONG, f"The header is longer than {limits.header:,} bytes.")
    header = read_header(text, evidence, limits=limits)
    check_said(evidence)
    build, _ = settle(evidence, assume)
    reference = _reference(build, loaded)
    _check_contigs(file, header, reference)
    counting = sites.begin(header, evidence, assume=assume, loaded=loaded)
    if counting.refusal is not None:
        raise counting.refusal
    codes = [contig.code for contig in header.contigs.values()]
    with _open(file, reference.path) as cram:
        for count, one in enumerate(cram.fetch(until_eof=True), start=1):
            if count > limits.reads:
                what = f"The file has more than {limits.reads:,} reads."
                raise FileRefused(FileReason.TOO_MANY_RECORDS, what)
            if not one.is_unmapped and one.query_sequence:
                counting.add(_taken(one, codes))
    return counting.close(header)


def _file(stream: BinaryIO, begin: int, limits: Limits) -> IO[bytes]:
    """The same as a file that htslib can read: the file itself, or else a copy in memory without a name."""
    if stream.seek(0, os.SEEK_END) - begin > limits.packed:
        raise FileRefused(FileReason.TOO_LARGE, f"The file is larger than {limits.packed:,} bytes.")
    stream.seek(begin)
    if not begin and isinstance(stream, io.BufferedReader) and type(stream.raw) is io.FileIO:
        return os.fdopen(os.dup(stream.fileno()), "rb")
    copy = os.fdopen(os.memfd_create("reads"), "w+b")
    shutil.copyfileobj(stream, copy, _CHUNK)
    copy.flush()
    return copy


def _open(file: IO[bytes], reference: Path | None = None) -> pysam.AlignmentFile:
    os.lseek(file.fileno(), 0, os.SEEK_SET)
    return pysam.AlignmentFile(
        file,
        "rc",
        check_sq=False,
        reference_filename=None if reference is None else str(reference),
    )


def _reference(build: Build, loaded: Loaded) -> Reference:
    reference = loaded.references.get(build)
    if reference is None:
        raise FileRefused(FileReason.NO_REFERENCE, f"No reference genome of {build} is loaded here.")
    try:
        for path in (reference.path, index_of(reference.path)):
            os.close(os.open(path, os.O_RDONLY | os.O_CLOEXEC))
    except OSError:
        what = f"Our reference genome of {build} cannot be opened just now."
        raise FileRefused(FileReason.NO_REFERENCE, what) from None
    return reference


def _check_contigs(file: IO[bytes], header: SamHeader, reference: Reference) -> None:
    """Every contig that reads lie on must be ours. Others may be listed, as they are in a file of one
    chromosome and everywhere with decoys."""
    contigs = list(header.contigs.values())
    lacking = {number for number, contig in enumerate(contigs) if not _is_ours(contig, reference)}
    if not lacking:
        return
    used = {head.contig for head in islice(heads(file.fileno()), 1, None)} - {NO_CONTIG}  # after the header's
    if SEVERAL in used:  # which ones is not told without unpacking
        used |= lacking
    others = [contigs[number] for number in used & lacking]
    if any(contig.name.decode() in reference.contigs for contig in others):
        what = "The reads are packed against another reference genome than ours."
        if not any(contig.md5 for contig in others):
            what = (
                "The header does not say against which reference genome the reads are packed (M5), as where "
                "it lies within the file or none was used."
            )
        raise FileRefused(FileReason.OTHER_REFERENCE, what)
    if others:
        what = "The reads are packed against sequences that our reference genome does not have."
        raise FileRefused(FileReason.NO_REFERENCE, what)


def _is_ours(contig: Contig, reference: Reference) -> bool:
    name = contig.name.decode()
    ours = reference.contigs.get(name)
    return ours is not None and ours.length == contig.length and reference.digests.get(name) == contig.md5


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
