"""The containers of a CRAM, as their heads tell: where each ends, and reads of which contig are in it.

Nothing is unpacked. The layout is that of the CRAM specifications 2.1 and 3.
"""

import os
import struct
from collections.abc import Iterator
from typing import NamedTuple

DEFINITION = 26  # bytes before the first container: magic, version, a name
NAME = 6  # where that name begins
NO_CONTIG, SEVERAL = -1, -2  # instead of a contig's number
MAJOR = 4  # where the version is
_LENGTH = struct.Struct("<i")
_CRC = 4
_LONGEST_HEAD = 1 << 12


class Head(NamedTuple):
    """Where a container's blocks begin and where they end; the number of its contig in the header."""

    body: int
    end: int
    contig: int


def heads(file: int) -> Iterator[Head]:
    """Those of an open CRAM, the first container's too, wherever it is being read. ValueError for what is no
    head of a container."""
    at = DEFINITION
    checked = is_checked(os.pread(file, DEFINITION, 0))
    while held := os.pread(file, _LONGEST_HEAD, at):
        try:
            body, end, contig = head(held, 0, checked=checked)
        except IndexError:
            raise ValueError("a container that breaks off in its head") from None
        yield Head(at + body, at + end, contig)
        at += end


def is_checked(definition: bytes) -> bool:
    """Whether heads and blocks end with a checksum, as they do since 3.0."""
    return definition[MAJOR] >= 3


def head(held: bytes, at: int, *, checked: bool) -> Head:
    """The head that begins there. IndexError when more is needed, ValueError when it is none."""
    if len(held) < at + _LENGTH.size:
        raise IndexError
    length: int = _LENGTH.unpack_from(held, at)[0]
    contig, at = number(held, at + _LENGTH.size)
    for wide in (False, False, False, True, True, False):  # start, span, reads, reads before, bases, blocks
        _, at = number(held, at, wide=wide)
    marks, at = number(held, at)
    for _ in range(marks):
        _, at = number(held, at)
    at += _CRC if checked else 0
    if length < 0:
        raise ValueError("a container of less than nothing")
    return Head(at, at + length, contig)


def number(held: bytes, at: int, *, wide: bool = False) -> tuple[int, int]:
    """An ITF8 (or, with `wide`, LTF8), and where it ends: the ones at the top of its first byte say how many
    bytes follow. IndexError when they do not."""
    first = held[at]
    more = 0
    while more < (8 if wide else 4) and first & 0x80 >> more:
        more += 1
    after = at + 1 + more
    if len(held) < after:
        raise IndexError
    value = int.from_bytes(held[at + 1 : after], "big")
    if more == 4 and not wide:  # 32 bits: four of the first byte, and four of the last
        value = (first & 0x0F) << 28 | value >> 8 << 4 | value & 0x0F
        return value - (value >> 31 << 32), after
    return (first & 0x7F >> more) << 8 * more | value, after
