"""A file that somebody else made, opened without trusting it: no device that never ends, no zip that unpacks
to more than anybody packs, no line or name that a reader or a terminal could stumble over. Pure.

What a file is, is found out in consent.ledger.recognised.
"""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TextIO

from consent.errors import Unreadable
from consent.ledger.leaves import from_text

LONGEST = 64 * 1024 * 1024  # characters of a line of a ledger
FILES = 64  # in a zip
DIRECTORY = 64 * 1024  # bytes that list them
SMALL = 32 * 1024 * 1024  # what a file may unpack to, whatever it was packed into
RATIO = 100  # and a larger one, for each byte that was packed
SHORT = 200  # characters of a name that are told

_END = struct.Struct("<4s4H2LH")  # the end of a zip's list of files
_END_64 = struct.Struct("<4sQ2H2L4Q")  # and of a large one's
_LOCATOR = 20  # bytes between the two
_TAIL = _END.size + 0xFFFF + _LOCATOR + _END_64.size

# What zipfile raises for a torn file; for a compression that it does not know, NotImplementedError.
TORN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, struct.error, OSError)


def regular(path: Path) -> None:
    """Raises Unreadable for what is no file that ends."""
    if path.is_dir():
        raise Unreadable("It is a folder; name the files in it.")
    if not path.exists():
        raise Unreadable("There is no such file.")
    if not path.is_file():
        raise Unreadable("It is no ordinary file, so nobody knows where it ends.")


def plain(text: object) -> str:
    """A line for a terminal: whatever would not be seen as a letter is written out."""
    told = (c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))
    return "".join(told)


def short(text: object) -> str:
    """A name that somebody else chose, as it is told."""
    name = plain(text)
    return name if len(name) <= SHORT else f"{name[:SHORT]}…"


def lines(stream: TextIO) -> Iterator[str]:
    """The lines of a text, none of them longer than anything that is written here."""
    while line := stream.readline(LONGEST + 1):
        if len(line) > LONGEST:
            raise Unreadable(f"A line is longer than {LONGEST} characters.")
        yield line


def value(stream: TextIO) -> Any:
    """The one JSON value in a text."""
    text = stream.read().strip()
    try:
        return from_text(text)
    except ValueError as fault:
        raise Unreadable(f"It is no whole JSON: {fault}.") from None


@contextmanager
def unpacked(path: Path) -> Iterator[zipfile.ZipFile]:
    """A zip, once its list of files was looked at. Raises Unreadable for one that cannot be unpacked, or
    should not be, also while it is read."""
    try:
        with path.open("rb") as raw:
            _require_short_list(raw)
            with zipfile.ZipFile(raw) as inside:
                _require_honest(inside.infolist(), path.stat().st_size)
                yield inside
    except TORN as torn:
        raise Unreadable(f"It cannot be unpacked: {plain(torn)}.") from None


def _require_short_list(raw: IO[bytes]) -> None:
    """Before the list is read at all, for it may be as large as the file."""
    size = raw.seek(0, 2)
    raw.seek(max(0, size - _TAIL))
    tail = raw.read()
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) - end < _END.size:
        raise Unreadable("It cannot be unpacked: it is cut off, or no zip.")
    listed: int = _END.unpack_from(tail, end)[5]
    start = end - _LOCATOR - _END_64.size
    if tail[end - _LOCATOR : end].startswith(b"PK\x06\x07") and start >= 0:
        listed = _END_64.unpack_from(tail, start)[8]
    if listed > DIRECTORY:
        raise Unreadable("It lists more files than anything that is packed here.")
    raw.seek(0)


def _require_honest(listed: list[zipfile.ZipInfo], size: int) -> None:
    if len(listed) > FILES:
        raise Unreadable(f"It holds {len(listed)} files; nothing that is packed here holds so many.")
    if sum(one.compress_size for one in listed) > size:
        raise Unreadable("Its files lie over each other, so it unpacks to more than anybody packed.")
    for one in listed:
        if one.flag_bits & 1:
            raise Unreadable(f"{short(one.filename)} in it is locked with a password.")
        if one.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise Unreadable(f"{short(one.filename)} in it is packed in a way that is not used here.")
        if one.file_size > max(SMALL, RATIO * one.compress_size):
            raise Unreadable(
                f"{short(one.filename)} in it unpacks to {one.file_size} bytes from {one.compress_size}: "
                "nothing that is packed here grows so much."
            )
