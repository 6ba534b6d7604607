"""BAM: reads in binary, strictly and within bounds, and genotypes by pileup at the panel's sites.

Read by ourselves, record by record as it is unpacked: no size in the file is believed before it is checked,
and no reader in C sees bytes that nobody has looked at. CRAM is in `cram`, the same as text in `sam`.
"""

from collections.abc import Iterator
from struct import Struct
from typing import NoReturn

from genomics.coordinates import Build
from genomics.errors import FileReason, FileRefused
from genomics.formats.builds import Evidence, check_said
from genomics.formats.limits import Limits
from genomics.formats.pileup import NOT_COUNTED, Read
from genomics.formats.sam_header import SamHeader, read_header
from genomics.formats.sites import Counting, begin
from genomics.formats.source import NOTHING, Loaded, Reading
from genomics.intake.records import are_known_tags, is_odd_tag

MAGIC = b"BAM\x01"
_INT, _STEP = Struct("<i"), Struct("<I")
_FIXED = Struct("<iiBBHHHiiii")  # contig, position, name, quality, bin, steps, flag, bases, mate's, span
_LETTERS = b"=ACMGRSVTWYHKDBN"
_PAIRS = [bytes((_LETTERS[byte >> 4], _LETTERS[byte & 15])) for byte in range(256)]
_NO_QUALITY = 0xFF
_MOST_OPERATIONS = 8
_QUERY = frozenset((0, 1, 4, 7, 8))
_LONGEST_NAME = 1_000
_SIZES = Struct("<HHi")  # steps, flag, bases
_TAG_SIZES = {b"A": 1, b"c": 1, b"C": 1, b"s": 2, b"S": 2, b"i": 4, b"I": 4, b"f": 4}


def read(
    chunks: Iterator[bytes], *, limits: Limits, assume: Build | None = None, loaded: Loaded = NOTHING
) -> Reading:
    """Read the content of a BAM, from its magic on. Without sites to count at its reads are left alone."""
    content = Content(chunks)
    evidence = Evidence()
    header = _read_head(content, evidence, limits)
    check_said(evidence)
    counting = begin(header, evidence, assume=assume, loaded=loaded)
    if counting.refusal is not None:
        raise counting.refusal
    codes = [contig.code for contig in header.contigs.values()]
    count = 0
    while size := content.take(_INT.size, may_end=True):
        length = _INT.unpack(size)[0]
        count += 1
        if not _FIXED.size <= length <= 8 * limits.line:
            _damaged(f"Read {count:,} says it is impossibly long or short.")
        if count > limits.reads:
            raise FileRefused(FileReason.TOO_MANY_RECORDS, f"It has more than {limits.reads:,} reads.")
        record = content.take(length)
        read = _read(record, codes, count)
        _look(record, counting, count)
        if read is not None:
            counting.add(read)
    return counting.close(header)


def _look(record: bytes, counting: Counting, count: int) -> None:
    """What a read says beside bases, where it may be about somebody; its sizes have been checked."""
    named, (steps, _, bases) = record[8], _SIZES.unpack_from(record, 12)
    counting.names.look(record[_FIXED.size : _FIXED.size + named - 1])
    tags = _FIXED.size + named + 4 * steps + (bases + 1) // 2 + bases
    if counting.odd_tag or are_known_tags(record, tags):
        return
    for tag, kind, value in tags_of(record, tags):
        if is_odd_tag(tag, kind, value):
            counting.odd_tag, counting.odd_at = tag, count
            return


def tags_of(record: bytes, at: int) -> Iterator[tuple[bytes, bytes, bytes]]:
    """The tags of a read from there on: name, type, what stands behind the two. FileRefused where they do
    not end."""
    while at < len(record):
        end = _end_of_tag(record, at)
        if not at + 3 <= end <= len(record):
            _damaged("A tag of a read does not end.")
        kind = record[at + 2 : at + 3]
        yield record[at : at + 2], kind, record[at + 3 : end - (kind in (b"Z", b"H"))]
        at = end


def _end_of_tag(data: bytes, at: int) -> int:
    """Where a tag ends; -1 where that cannot be told."""
    kind, at = data[at + 2 : at + 3], at + 3
    if kind in (b"Z", b"H"):
        return data.find(b"\0", at) + 1 or -1
    if kind == b"B":
        size = _TAG_SIZES.get(data[at : at + 1], 0)
        return at + 5 + size * int.from_bytes(data[at + 1 : at + 5], "little") if size else -1
    return at + _TAG_SIZES[kind] if kind in _TAG_SIZES else -1


class Content:
    """Unpacked bytes, taken piece by piece."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._held, self._at = b"", 0

    def take(self, size: int, *, may_end: bool = False) -> bytes:
        """So many bytes; none at the end if it `may_end` here. FileRefused where the file breaks off."""
        while len(self._held) - self._at < size:
            chunk = next(self._chunks, b"")
            if not chunk:
                if may_end and self._at == len(self._held):
                    return b""
                raise FileRefused(FileReason.TRUNCATED, "The file ends within a record.")
            self._held, self._at = self._held[self._at :] + chunk, 0
        self._at += size
        return self._held[self._at - size : self._at]

    def number(self) -> int:
        """A signed number of four bytes."""
        number: int = _INT.unpack(self.take(_INT.size))[0]
        return number


def _read_head(content: Content, evidence: Evidence, limits: Limits) -> SamHeader:
    if content.take(len(MAGIC)) != MAGIC:
        _damaged("The file does not begin as a BAM does.")
    size = content.number()
    if not 0 <= size <= limits.header:
        raise FileRefused(FileReason.HEADER_TOO_LONG, f"The header is longer than {limits.header:,} bytes.")
    text = content.take(size).rstrip(b"\0").rstrip(b"\n")
    if b"\0" in text:
        raise FileRefused(FileReason.NUL_BYTES, "The header has NUL bytes in it.")
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        raise FileRefused(FileReason.ENCODING, "The header is not UTF-8.") from None
    listed = _read_contigs(content, limits)
    lines = text.split(b"\n") if text else []
    if not any(line.startswith(b"@SQ\t") for line in lines):
        lines += [b"@SQ\tSN:%s\tLN:%d" % contig for contig in listed]
    header = read_header(b"\n".join(lines), evidence, limits=limits)
    if [(one.name, one.length) for one in header.contigs.values()] != listed:
        raise FileRefused(FileReason.HEADER, "The header's text and its list of contigs do not agree.")
    return header


def _read_contigs(content: Content, limits: Limits) -> list[tuple[bytes, int]]:
    count = content.number()
    if not 0 <= count <= limits.contigs:
        raise FileRefused(FileReason.HEADER_TOO_LONG, f"It lists more than {limits.contigs:,} contigs.")
    listed = []
    for _ in range(count):
        size = content.number()
        if not 2 <= size <= _LONGEST_NAME:
            raise FileRefused(FileReason.HEADER, "A contig's name is impossibly long or short.")
        name = content.take(size)
        if not name.endswith(b"\0"):
            raise FileRefused(FileReason.HEADER, "A contig's name does not end.")
        listed.append((name[:-1], content.number()))
    return listed


def _read(data: bytes, codes: list[int], count: int) -> Read | None:
    """One read; None for those that are not counted anyway. Its sizes are checked either way."""
    contig, position, named, mapping, _, steps, flag, bases, mate, mate_at, _ = _FIXED.unpack_from(data)
    begins = _FIXED.size + named
    letters = begins + 4 * steps
    qualities = letters + (bases + 1) // 2
    if bases < 0 or named < 1 or qualities + bases > len(data) or data[begins - 1]:
        _damaged(f"The parts of read {count:,} do not fit into it.")
    if not (-1 <= contig < len(codes) and -1 <= mate < len(codes) and position >= -1 and mate_at >= -1):
        _damaged(f"Read {count:,} lies on a contig or at a position that cannot be.")
    if flag & NOT_COUNTED or contig < 0 or position < 0 or not codes[contig] or not bases:
        return None
    cigar = tuple((step & 15, step >> 4) for (step,) in _STEP.iter_unpack(data[begins:letters]))
    if any(operation > _MOST_OPERATIONS for operation, _ in cigar):
        _damaged(f"Read {count:,} has a CIGAR with unknown operations.")
    if cigar and sum(length for operation, length in cigar if operation in _QUERY) != bases:
        _damaged(f"The CIGAR of read {count:,} covers another number of bases than there are.")
    stated = data[qualities] != _NO_QUALITY
    return Read(
        name=data[_FIXED.size : begins - 1],
        code=codes[contig],
        start=position,
        flag=flag,
        mapping=mapping,
        cigar=cigar,
        letters=b"".join([_PAIRS[byte] for byte in data[letters:qualities]])[:bases],
        qualities=data[qualities : qualities + bases] if stated else b"",
    )


def _damaged(what: str) -> NoReturn:
    raise FileRefused(FileReason.DAMAGED, what)
