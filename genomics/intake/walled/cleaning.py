"""The copy of a file that is kept: the same genotypes, without what was found that may name somebody.

Of a header stays what its format foresees, each line without its details (`screen.redacted`); free text goes
as a whole, for no pattern knows every name. Records are written anew only where something was found in them
(`rewriting`, `read_names`). Lines keep their numbers. Wrappings stay of their kind and lose the names they
carry. A bgzip is copied block by block behind its head. Runs in a child, on files that have been read.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain, count
from typing import BinaryIO, NamedTuple

from genomics.errors import FileReason, FileRefused
from genomics.formats import blocks
from genomics.formats.builds import named_in, naming
from genomics.intake import screen
from genomics.intake.details import Detail
from genomics.intake.header_grammar import REMOVED, Names
from genomics.intake.screen import redacted
from genomics.intake.walled.alike import ENOUGH, Tally
from genomics.intake.walled.cram_head import without_details
from genomics.intake.walled.read_names import Renaming
from genomics.intake.walled.rewriting import OfArray, OfVcf, by_line

Rewriting = Callable[[Iterable[bytes]], Iterator[bytes]]

_CHUNK = 1 << 20
_BAM = b"BAM\x01"
_VCF = (b"##fileformat=VCF", b"\xef\xbb\xbf##fileformat=VCF")
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_BLOCK = struct.Struct("<12s2sHH")  # the head of a bgzip's block: gzip's, "BC", 2, bytes of the block less 1
_LARGEST_BLOCK = 0xFF00
_LAST_BLOCK = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
_NAME = "genotypes.txt"
_REMOVED_GROUP = f"\tID:{REMOVED}"

_HEAD = re.compile(rb"(?:\xef\xbb\xbf)?(?:[#@][^\r\n]*(?:\r\n|\r|\n)|[\r\n])*")
_REPORT = re.compile(rb"\[Header\].*?^\[Data\][^\r\n]*(?:\r\n|\r|\n)", re.DOTALL | re.MULTILINE)
_END = re.compile(rb"(\r\n|\r|\n)")
_TECHNICAL = re.compile(
    r"##(?:fileformat|INFO|FORMAT|FILTER|ALT|contig|reference|assembly|phasing|fileDate|source)="
)
_SERVICE = re.compile(
    r"(?i)23andme|ancestrydna|myheritage|family ?tree|living ?dna|decode|circledna|selfdecode|23mofang|sano"
)
_TITLE = re.compile(r"(?i)#\s*(?:rs_?id|snp|marker\w*|name)\b[\s,\"]")


def cleaned(stream: BinaryIO, tally: Tally | None = None) -> Iterator[bytes]:
    """The copy to keep, piece by piece; `tally` is what was found when the file was read, and then what is
    known of the copy."""
    tally = tally or Tally()
    start = stream.read(blocks.HEAD)
    stream.seek(0)
    if start.startswith(_ZIP):
        yield from _zip(stream, tally)
    elif blocks.stated(start) is not None:
        yield from _bgzip(stream, tally)
    elif start.startswith(_GZIP):
        yield from _gzip(stream, tally)
    else:
        yield from _content(iter(partial(stream.read, _CHUNK), b""), tally)


def kept(line: str, names: Names | None = None, *, is_last: bool = False) -> str:
    """What is kept of a header line; `is_last`: it is right above the data, and may be their title. `names`
    are those given anew in the same header."""
    if line.startswith("@"):
        return f"@CO\t{REMOVED}" if line.startswith("@CO\t") else redacted(line, names)
    if _TECHNICAL.match(line):
        return redacted(line, names)
    if named_in(line) and screen.has_strange_words(line) and not _SERVICE.search(line):
        return (f"##{REMOVED}=" if line.startswith("##") else "# ") + " ".join(naming(line))
    if line.startswith("##") and not named_in(line):
        return f"##{REMOVED}={REMOVED}"
    if line.startswith("#CHROM\t") or not line.startswith("#"):
        return redacted(line)
    if named_in(line) or _SERVICE.search(line) or (is_last and _TITLE.match(line)):
        return redacted(line, is_title=is_last)
    return "#"


class _Head(NamedTuple):
    """Where a head ends in the bytes so far, and what it becomes."""

    end: int
    clean: bytes
    renaming: Renaming | None = None  # of reads, where these follow
    names: Names | None = None  # given anew in it, where lines of text follow

    def rewriting(self, rest: bytes, above: bytes, tally: Tally) -> Rewriting | None:
        """How the records are written anew; None where they stay as they are. `rest` are the first of them,
        `above` the head as it came."""
        if self.renaming is not None:
            return self.renaming.renamed if self.renaming.is_needed(rest, tally.found) else None
        if self.names is None or Detail.RECORD_TEXT not in tally.found:
            return None
        of = OfVcf(self.names) if above.startswith(_VCF) else OfArray.of(above, rest)
        return None if of is None else partial(by_line, anew=of.line)


def _content(chunks: Iterator[bytes], tally: Tally) -> Iterator[bytes]:
    """Unpacked content with its head cleaned."""
    chunks = tally.counted(chunks)
    held, head = b"", None
    while head is None:
        chunk = next(chunks, b"")
        held += chunk
        head = _head(held, is_all=not chunk)
    rest = held[head.end :]
    while len(rest) < ENOUGH and (chunk := next(chunks, b"")):
        rest += chunk
    yield head.clean
    anew = head.rewriting(rest, held[: head.end], tally)
    if anew is not None:
        tally.rewritten = True
        yield from anew(chain((rest,), chunks))
    else:
        tally.compare(held[: head.end], head.clean, rest)
        yield rest
        yield from chunks


def _head(held: bytes, *, is_all: bool) -> _Head | None:
    """The head in these first bytes; None when more of them are needed."""
    if held.startswith(_BAM):
        return _counted(held, struct.Struct("<4si"), is_all=is_all)
    if held.startswith(b"BCF"):
        return _counted(held, struct.Struct("<5si"), is_all=is_all)
    if held.startswith(b"CRAM"):
        found = without_details(held, partial(_text, above=b"\n"))
        return None if found is None and not is_all else _Head(*(found or (0, b"")))
    match = _HEAD.match(held)
    end = match.end() if match is not None else 0
    report = _REPORT.match(held, end)
    end = report.end() if report is not None else end
    renaming = Renaming.of(held[:end], is_binary=False)
    unsure = end == len(held) or b"\n" not in held[end:] or (report is None and held[end : end + 1] == b"[")
    if unsure and not is_all:
        return None
    names = Names()
    return _Head(end, _text(held[:end], above=held[end:], names=names), renaming, names)


def _counted(held: bytes, form: struct.Struct, *, is_all: bool) -> _Head | None:
    """A text whose length stands before it: BAM's, BCF's."""
    if len(held) < form.size:
        return _Head(0, b"") if is_all else None
    magic, size = form.unpack_from(held)
    end = form.size + size
    if len(held) < end:
        return _Head(0, b"") if is_all else None
    text = held[form.size : end]
    nuls = text[len(text.rstrip(b"\0")) :]
    clean = _text(text.rstrip(b"\0"), above=b"\n") + nuls
    renaming = Renaming.of(text, is_binary=True) if magic == _BAM else None
    return _Head(end, form.pack(magic, len(clean)) + clean, renaming)


def _text(text: bytes, *, above: bytes, names: Names | None = None) -> bytes:
    """Header lines as they are kept, with the line ends they had. `above` is what they stand above, `names`
    takes what is named anew."""
    parts = _END.split(text)
    groups, names = count(1), {} if names is None else names
    last = max((at for at in range(0, len(parts), 2) if parts[at].startswith(b"#")), default=-1)
    for at in range(0, len(parts), 2):
        mark = b"\xef\xbb\xbf" if at == 0 and parts[0].startswith(b"\xef\xbb\xbf") else b""
        line = parts[at].removeprefix(mark).decode("utf-8", "replace")
        if line:
            clean = kept(line, names, is_last=at == last and bool(above))
            if (
                clean.startswith("@RG") and _REMOVED_GROUP in clean
            ):  # no two groups have one ID; the reads are told the same (read_names)
                clean = clean.replace(_REMOVED_GROUP, f"{_REMOVED_GROUP}{next(groups)}", 1)
            parts[at] = mark + clean.encode()
    return b"".join(parts)


def _bgzip(stream: BinaryIO, tally: Tally) -> Iterator[bytes]:
    """Blocks are unpacked until the head is whole; those behind it are copied, each under a head of ours."""
    unpacked = tally.counted(zlib.decompress(packed, 31) for packed in iter(partial(_block, stream), b""))
    held, head, ended = b"", None, False
    while head is None:
        block = next(unpacked, None)
        ended = block is None
        held += block or b""
        head = _head(held, is_all=ended)
    rest = held[head.end :]
    while len(rest) < ENOUGH and not ended:
        block = next(unpacked, None)
        ended = block is None
        rest += block or b""
    anew = head.rewriting(rest, held[: head.end], tally)
    if anew is not None:
        tally.rewritten = True
        yield from _blocks(chain((head.clean,), anew(chain((rest,), unpacked))))
        yield _LAST_BLOCK
        return
    tally.compare(held[: head.end], head.clean, rest)
    yield from _blocks((head.clean + rest,))
    if ended:
        yield _LAST_BLOCK
    while not ended and (packed := _block(stream)):
        tally.content += int.from_bytes(packed[-4:], "little")
        yield packed


def _blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Packed as a bgzip is."""
    held = b""
    for piece in pieces:
        held += piece
        while len(held) > _LARGEST_BLOCK:
            yield _packed(held[:_LARGEST_BLOCK])
            held = held[_LARGEST_BLOCK:]
    if held:
        yield _packed(held)


def _block(stream: BinaryIO) -> bytes:
    """The next block, without its time and system; nothing at the end. It was held against what it states
    when the file was read (`unpack`)."""
    start = stream.read(blocks.HEAD)
    size = blocks.stated(start)
    if start and size is None:
        raise FileRefused(FileReason.DAMAGED, "A block of the bgzip is none.")
    return _LAST_BLOCK[:12] + start[12:] + stream.read(size - blocks.HEAD) if size is not None else b""


def _packed(data: bytes) -> bytes:
    deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
    body = deflate.compress(data) + deflate.flush()
    head = _BLOCK.pack(_LAST_BLOCK[:12], b"BC", 2, len(body) + _BLOCK.size + 8 - 1)
    return head + body + struct.pack("<II", zlib.crc32(data), len(data))


def _gzip(stream: BinaryIO, tally: Tally) -> Iterator[bytes]:
    """One member without a name, whatever there was."""
    deflate = zlib.compressobj(6, zlib.DEFLATED, 31)
    for chunk in _content(_unpacked(stream), tally):
        yield deflate.compress(chunk)
    yield deflate.flush()


def _unpacked(stream: BinaryIO) -> Iterator[bytes]:
    data = stream.read(_CHUNK)
    while data:
        member = zlib.decompressobj(31)
        while not member.eof and data:
            yield member.decompress(data, _CHUNK)
            data = member.unconsumed_tail or (b"" if member.eof else stream.read(_CHUNK))
        data = member.unused_data or stream.read(_CHUNK)


def _zip(stream: BinaryIO, tally: Tally) -> Iterator[bytes]:
    """The one file in it, under a name of ours."""
    out = _Out()
    with zipfile.ZipFile(stream) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        member = next(
            one for one in given.infolist() if not one.is_dir() and not one.filename.startswith("__MACOSX/")
        )
        entry = zipfile.ZipInfo(_NAME)
        entry.compress_type = zipfile.ZIP_DEFLATED
        with given.open(member) as content, archive.open(entry, "w", force_zip64=False) as kept_content:
            for chunk in _content(iter(partial(content.read, _CHUNK), b""), tally):
                kept_content.write(chunk)
                yield out.taken()
    yield out.taken()


class _Out(io.RawIOBase):
    """Takes what a zip is written to, and gives it out."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(memoryview(data))  # type: ignore[arg-type]
        self._pieces.append(piece)
        return len(piece)

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
