"""SAM: one read a line, strictly, and genotypes by pileup at the panel's sites.

The head is read in `sam_header`, bases are counted in `pileup`; BAM and CRAM are in `alignments`.
"""

import re
from struct import error as struct_error
from struct import pack
from typing import NoReturn

from genomics.coordinates import Build
from genomics.errors import FileReason, FileRefused
from genomics.formats.builds import Evidence, check_said
from genomics.formats.limits import Limits
from genomics.formats.lines import Lines
from genomics.formats.pileup import Read
from genomics.formats.sam_header import NAME, SamHeader, read_header
from genomics.formats.sites import Counting, begin
from genomics.formats.source import NOTHING, Loaded, Reading
from genomics.intake.records import is_odd_tag

COLUMNS = 11
OPERATIONS = b"MIDNSHP=X"
_QNAME = re.compile(rb"[!-?A-~]{1,254}")
_NUMBER = re.compile(rb"[0-9]{1,10}")
_SIGNED = re.compile(rb"[+-]?[0-9]{1,10}")
_CIGAR = re.compile(rb"(?:[0-9]{1,9}[MIDNSHPX=])+")
_STEP = re.compile(rb"([0-9]+)([MIDNSHPX=])")
_CLIPPED = re.compile(rb"(?:[0-9]+H)?(?:[0-9]+S)?(?:[0-9]+[MIDNPX=])*(?:[0-9]+S)?(?:[0-9]+H)?")
_SEQUENCE = re.compile(rb"[A-Za-z=.]+")
_QUALITIES = re.compile(rb"[!-~]+")
_LONGEST, _MOST_FLAGS, _MOST_MAPPING = (1 << 31) - 1, 0xFFF, 255
_QUERY = frozenset(b"MIS=X")
_OFFSET = bytes(max(0, number - 33) for number in range(256))
_FLOAT = rb"[+-]?(?:[0-9]*\.)?[0-9]+(?:[eE][+-]?[0-9]+)?"
_AUX = re.compile(
    rb"([A-Za-z][A-Za-z0-9]):(?:A:[!-~]|i:(?P<i>[+-]?[0-9]{1,10})|f:(?P<f>" + _FLOAT + rb")|Z:[ !-~]*"
    rb"|H:(?:[0-9A-F]{2})*|B:(?P<B>[cCsSiI](?:,[+-]?[0-9]{1,10})*|f(?:," + _FLOAT + rb")*))"
)
_RANGES = {
    **{ord("c"): (-(1 << 7), (1 << 7) - 1), ord("C"): (0, (1 << 8) - 1)},
    **{ord("s"): (-(1 << 15), (1 << 15) - 1), ord("S"): (0, (1 << 16) - 1)},
    **{ord("i"): (-(1 << 31), (1 << 31) - 1), ord("I"): (0, (1 << 32) - 1)},
}
_INTEGER = (-(1 << 31), (1 << 32) - 1)


def read(lines: Lines, *, limits: Limits, assume: Build | None = None, loaded: Loaded = NOTHING) -> Reading:
    """The Source for SAM. Every line is checked before anything else is said of the file."""
    evidence = Evidence()
    header = read_header(lines.take_leading(b"@", limit=limits.header), evidence, limits=limits)
    check_said(evidence)
    counting = begin(header, evidence, assume=assume, loaded=loaded)
    count = 0
    for block in lines:
        for number, line in enumerate(block.text.split(b"\n")[:-1], start=block.first):
            read = read_line(line, number, header)
            counting.names.look(read.name)
            _look(line, counting, number)
            counting.add(read)
            count += 1
        if count > limits.records:
            what = f"The file has more than {limits.records:,} records."
            raise FileRefused(FileReason.TOO_MANY_RECORDS, what, block.first)
    return counting.close(header)


def _look(line: bytes, counting: Counting, number: int) -> None:
    """Tags of a read that are text about who knows what; they have been checked."""
    if counting.odd_tag:
        return
    for one in line.split(b"\t")[COLUMNS:]:
        if is_odd_tag(one[:2], one[3:4], one[5:]):
            counting.odd_tag, counting.odd_at = one[:2], number


def read_line(line: bytes, number: int, header: SamHeader) -> Read:
    """Read one line; FileRefused with its number when it is not as it must be."""
    fields = line.split(b"\t")
    if len(fields) < COLUMNS:
        if not line:
            _refuse(FileReason.BLANK_LINE, "The line is empty.", number)
        what = f"The line has {len(fields):,} columns separated by tabs instead of {COLUMNS} or more."
        _refuse(FileReason.COLUMNS, what, number)
    name, flag, contig, position, mapping, cigar, other, other_at, span, sequence, qualities, *aux = fields
    if not _QNAME.fullmatch(name):
        _refuse(FileReason.ID, "The read's name is empty, too long, or has letters none may have.", number)
    flags = _number(flag, _MOST_FLAGS, number, "The FLAG is not a number from 0 to 4095.")
    _check_contig(contig, header, number, is_mate=False)
    _check_contig(other, header, number, is_mate=True)
    start = _number(position, _LONGEST, number, "The position is not a number in the range of a contig.")
    _number(other_at, _LONGEST, number, "The mate's position is not a number in the range of a contig.")
    mapq = _number(mapping, _MOST_MAPPING, number, "The mapping quality is not a number from 0 to 255.")
    if not _SIGNED.fullmatch(span) or abs(int(span)) > _LONGEST:
        _refuse(FileReason.POSITION, "The template's length is not a number.", number)
    steps = _steps(cigar, sequence, number)
    if sequence != b"*" and not _SEQUENCE.fullmatch(sequence):
        _refuse(FileReason.READ, "The bases are not letters.", number)
    if not _QUALITIES.fullmatch(qualities) or (qualities != b"*" and len(qualities) != len(sequence)):
        _refuse(FileReason.READ, "There is not one quality for each base.", number)
    _check_aux(aux, number)
    known = header.contigs.get(contig)
    return Read(
        name=name,
        code=known.code if known is not None and start else 0,
        start=start - 1,
        flag=flags,
        mapping=mapq,
        cigar=steps,
        letters=b"" if sequence == b"*" else sequence,
        qualities=b"" if b"*" in (sequence, qualities) else qualities.translate(_OFFSET),
    )


def _check_contig(name: bytes, header: SamHeader, number: int, *, is_mate: bool) -> None:
    if name == b"*" or (is_mate and name == b"="):
        return
    if not NAME.fullmatch(name):
        _refuse(FileReason.CHROMOSOME, "The contig's name has characters that no name may have.", number)
    if header.contigs and name not in header.contigs:
        _refuse(FileReason.CHROMOSOME, "The contig is not listed in the header.", number)


def _steps(cigar: bytes, sequence: bytes, number: int) -> tuple[tuple[int, int], ...]:
    """The CIGAR in BAM's numbers; it must cover the bases that are there."""
    if cigar == b"*":
        return ()
    if not _CIGAR.fullmatch(cigar) or not _CLIPPED.fullmatch(cigar):
        _refuse(
            FileReason.READ,
            "The CIGAR is no chain of operations, or clips in its middle.",
            number,
        )
    steps = tuple((OPERATIONS.index(match[2]), int(match[1])) for match in _STEP.finditer(cigar))
    length = sum(size for operation, size in steps if OPERATIONS[operation] in _QUERY)
    if sequence != b"*" and length != len(sequence):
        _refuse(FileReason.READ, "The CIGAR covers another number of bases than there are.", number)
    return steps


def _check_aux(aux: list[bytes], number: int) -> None:
    seen: set[bytes] = set()
    for field in aux:
        match = _AUX.fullmatch(field)
        if match is None or match[1] in seen or not _in_range(match):
            _refuse(FileReason.READ, "A further field is not TAG:TYPE:VALUE as it must be.", number)
        seen.add(match[1])


def _in_range(match: re.Match[bytes]) -> bool:
    if match["i"] is not None:
        return _INTEGER[0] <= int(match["i"]) <= _INTEGER[1]
    if match["f"] is not None:
        return _is_single(match["f"])
    if match["B"] is not None:
        kind, *values = match["B"].split(b",")
        if kind == b"f":
            return all(_is_single(value) for value in values)
        least, most = _RANGES[kind[0]]
        return all(least <= int(value) <= most for value in values)
    return True


def _is_single(text: bytes) -> bool:
    """A number that single precision can hold: neither too large, nor so small that it becomes nothing."""
    value = float(text)
    try:
        kept = pack("<f", value)
    except (OverflowError, struct_error):
        return False
    return value == 0 or kept not in (b"\0\0\0\0", b"\0\0\0\x80")


def _number(text: bytes, most: int, number: int, what: str) -> int:
    if not _NUMBER.fullmatch(text) or int(text) > most:
        _refuse(FileReason.POSITION, what, number)
    return int(text)


def _refuse(reason: FileReason, what: str, number: int) -> NoReturn:
    raise FileRefused(reason, what, number)
