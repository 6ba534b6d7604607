"""How large a bgzip is unpacked: told by the heads and feet of its blocks, before anything is unpacked.

A foot that lies is found out when its block is unpacked, so what is announced is what comes.
"""

import io
from struct import Struct
from typing import BinaryIO

_HEAD = Struct("<4sIBBHccHH")  # magic, time, flags, system, extra; "B", "C", 2, bytes less 1
_MAGIC = b"\x1f\x8b\x08\x04"
_FOOT = Struct("<I")  # bytes of the block unpacked
_LARGEST = 1 << 16


def announced(stream: BinaryIO) -> int | None:
    """Bytes that the rest of the stream unpacks to; None when it is no bgzip throughout, or cannot be gone
    over twice. The stream is left where it was."""
    if not stream.seekable():
        return None
    begin = stream.tell()
    try:
        return _sum(stream)
    finally:
        stream.seek(begin)


def _sum(stream: BinaryIO) -> int | None:
    total = 0
    while head := stream.read(_HEAD.size):
        if len(head) < _HEAD.size:
            return None
        magic, _, _, _, extra, one, other, size, length = _HEAD.unpack(head)
        if (magic, extra, one + other, size) != (_MAGIC, 6, b"BC", 2) or length + 1 < _HEAD.size + 8:
            return None
        stream.seek(length + 1 - _HEAD.size - _FOOT.size, io.SEEK_CUR)
        foot = stream.read(_FOOT.size)
        if len(foot) < _FOOT.size:
            return None
        size = _FOOT.unpack(foot)[0]
        if size > _LARGEST:
            return None
        total += size
    return total or None
