"""The blocks of a bgzip, as their heads and feet tell: where each ends, and how large all is unpacked.

A head or a foot that lies is found out when its block is unpacked (`unpack`), so what is announced is what
comes, and whoever goes from block to block later sees what was read.
"""

import io
from struct import Struct
from typing import BinaryIO

_HEAD = Struct("<4sIBBHccHH")  # magic, time, flags, system, extra; "B", "C", 2, bytes less 1
_MAGIC = b"\x1f\x8b\x08\x04"
HEAD = _HEAD.size
_FOOT = Struct("<I")  # bytes of the block unpacked
_LARGEST = 1 << 16


def stated(head: bytes) -> int | None:
    """Bytes of the block that begins so, as it states them; None when it is no block as bgzip writes them:
    with its size, and nothing else, beside gzip's own head."""
    if len(head) < HEAD:
        return None
    magic, _, _, _, extra, one, other, size, length = _HEAD.unpack_from(head)
    if (magic, extra, one + other, size) != (_MAGIC, 6, b"BC", 2) or length + 1 < HEAD + 2 * _FOOT.size:
        return None
    return int(length) + 1


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
    while head := stream.read(HEAD):
        length = stated(head)
        if length is None:
            return None
        stream.seek(length - HEAD - _FOOT.size, io.SEEK_CUR)
        foot = stream.read(_FOOT.size)
        if len(foot) < _FOOT.size:
            return None
        size = _FOOT.unpack(foot)[0]
        if size > _LARGEST:
            return None
        total += size
    return total or None
