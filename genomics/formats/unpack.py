"""Bytes out of their wrapping: plain, gzip, bgzip, or a zip with one file in it.

Everything is unpacked piece by piece under `Limits`, so that a bomb is refused long before it has grown.
What is inside is not looked at here (see `sniff`).
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from genomics.errors import FileReason, FileRefused
from genomics.formats import blocks
from genomics.formats.limits import Limits

CHUNK = 1 << 20
_PACKED_CHUNK = 1 << 16  # small, so that what has been read says what has been unpacked
_GZIP = b"\x1f\x8b"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
_ZIP_END = struct.Struct("<4sHHHHIIH")
_MOST_ENTRIES, _MOST_DIRECTORY = 100, 1 << 20
_ENCRYPTED = 0x1
_ZIP_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    NotImplementedError,
    RuntimeError,
    ValueError,
    EOFError,
    OSError,
    LookupError,
    OverflowError,
)


def unpack(stream: BinaryIO, *, limits: Limits) -> Iterator[bytes]:
    """The content in chunks. Raises FileRefused for what is damaged, cut short, too large, oddly wrapped."""
    size = blocks.announced(stream)
    if size is not None and size > limits.unpacked:
        raise _too_large(limits)
    packed = _Packed(stream, limits)
    head = packed.peek(4)
    if not head:
        raise FileRefused(FileReason.EMPTY, "The file is empty.")
    if head in _ZIP:
        return _measured(_from_zip(packed.rest(), limits), packed, limits)
    if head.startswith(_GZIP):
        return _measured(_from_gzip(packed, limits), packed, limits)
    return _measured(packed.chunks(), packed, limits)


class _Packed:
    """The bytes as received, counted."""

    def __init__(self, stream: BinaryIO, limits: Limits) -> None:
        self._stream, self._limits = stream, limits
        self._peeked = b""
        self.count = 0
        self.last = b""

    def peek(self, size: int) -> bytes:
        while len(self._peeked) < size and (more := self._stream.read(size - len(self._peeked))):
            self._peeked += more
        return self._peeked

    def read(self, size: int) -> bytes:
        data, self._peeked = self._peeked or self._stream.read(size), b""
        self.count += len(data)
        self.last = (self.last + data[-len(_BGZF_END) :])[-len(_BGZF_END) :]
        if self.count > self._limits.packed:
            raise FileRefused(FileReason.TOO_LARGE, f"The file is larger than {self._limits.packed:,} bytes.")
        return data

    def chunks(self) -> Iterator[bytes]:
        while data := self.read(CHUNK):
            yield data

    def rest(self) -> bytes:
        return b"".join(self.chunks())


def _measured(chunks: Iterator[bytes], packed: _Packed, limits: Limits) -> Iterator[bytes]:
    """The same content in chunks worth the while, refused when it grows past what is allowed."""
    total, held, holding = 0, [], 0
    for chunk in chunks:
        total += len(chunk)
        if total > limits.ratio_from and total > limits.ratio * packed.count:
            raise FileRefused(
                FileReason.BOMB,
                f"It unpacks to more than {limits.ratio} times its size, as genotype files never do.",
            )
        if total > limits.unpacked:
            raise _too_large(limits)
        held.append(chunk)
        holding += len(chunk)
        if holding >= CHUNK:
            yield b"".join(held)
            held, holding = [], 0
    yield b"".join(held)


def _too_large(limits: Limits) -> FileRefused:
    return FileRefused(FileReason.TOO_LARGE, f"It unpacks to more than {limits.unpacked:,} bytes.")


def _from_gzip(packed: _Packed, limits: Limits) -> Iterator[bytes]:
    """One gzip member after another; bgzip is a gzip of many, ended by an empty one, each of which states its
    size: others go from block to block by that."""
    start = packed.peek(blocks.HEAD)
    is_bgzf = start[3:4] == b"\x04" and start[12:16] == b"BC\x02\x00"
    is_sized = blocks.stated(start) is not None
    data, empty = packed.read(_PACKED_CHUNK), 0
    while data:
        while len(data) < blocks.HEAD and (more := packed.read(_PACKED_CHUNK)):
            data += more
        begin, stated = packed.count - len(data), blocks.stated(data)
        if not data.startswith(_GZIP):
            raise FileRefused(
                FileReason.TRAILING_BYTES, "There are bytes after the end of the compressed data."
            )
        member, grown = zlib.decompressobj(31), False
        while not member.eof:
            try:
                chunk = member.decompress(data, CHUNK)
            except zlib.error:
                raise FileRefused(FileReason.DAMAGED, "The compressed data is damaged.") from None
            if chunk:
                grown = True
                yield chunk
            data = member.unconsumed_tail or (b"" if member.eof else packed.read(_PACKED_CHUNK))
            if not (data or chunk or member.eof):
                raise FileRefused(FileReason.TRUNCATED, "The compressed data ends before its end.")
        empty += not grown
        if empty > limits.empty_blocks:
            raise FileRefused(FileReason.BOMB, "The compressed data is made of a great many empty pieces.")
        data = member.unused_data
        if is_sized and stated != packed.count - len(data) - begin:
            what = "A block of the bgzip has another size than it states, or is none."
            raise FileRefused(FileReason.DAMAGED, what)
        data = data or packed.read(_PACKED_CHUNK)
    if is_bgzf and packed.last != _BGZF_END:
        raise FileRefused(
            FileReason.TRUNCATED, "The compressed data lacks its last block, so lines may be missing."
        )


def _from_zip(data: bytes, limits: Limits) -> Iterator[bytes]:
    """The one file in a zip."""
    _check_directory(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            member = _only_member(archive)
            with archive.open(member) as content:
                start = content.read(4)
                if start in _ZIP or start.startswith(_GZIP):
                    raise FileRefused(FileReason.ARCHIVE, "The archive has another packed file in it.")
                yield start
                while chunk := content.read(CHUNK):
                    yield chunk
    except _ZIP_FAULTS:
        raise FileRefused(
            FileReason.DAMAGED, "The zip archive is damaged, or packed in a way we do not read."
        ) from None


def _check_directory(data: bytes) -> None:
    """Ask for a small directory before anything reads it: each entry costs memory."""
    at = data.rfind(b"PK\x05\x06", max(0, len(data) - _ZIP_END.size - 0xFFFF))
    if at < 0 or len(data) - at < _ZIP_END.size:
        raise FileRefused(FileReason.TRUNCATED, "The zip archive ends before its end.")
    _, _, _, _, entries, size, _, _ = _ZIP_END.unpack_from(data, at)
    if data[max(0, at - 20) :].startswith(b"PK\x06\x07"):
        raise FileRefused(FileReason.ARCHIVE, "The archive is of the kind for very many or very large files.")
    if entries > _MOST_ENTRIES or size > _MOST_DIRECTORY:
        raise FileRefused(FileReason.ARCHIVE, "The archive holds more than one file.")


def _only_member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = [
        member
        for member in archive.infolist()
        if not member.is_dir() and not member.filename.startswith("__MACOSX/")  # macOS adds those by itself
    ]
    if len(members) != 1:
        what = "no file" if not members else "more than one file"
        raise FileRefused(FileReason.ARCHIVE, f"The archive holds {what}.")
    member = members[0]
    parts = member.orig_filename.replace("\\", "/").split("/")
    if ".." in parts or parts[0] == "" or ":" in parts[0]:
        raise FileRefused(
            FileReason.ARCHIVE, "The archive names its file with a path that leads out of its folder."
        )
    if member.flag_bits & _ENCRYPTED:
        raise FileRefused(FileReason.ARCHIVE, "The archive is locked with a password.")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise FileRefused(FileReason.ARCHIVE, "The archive is packed in a way we do not read.")
    return member
