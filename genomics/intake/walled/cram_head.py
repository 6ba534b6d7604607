"""The head of a CRAM rewritten: its first container holds the same text that heads a SAM.

Containers behind it are not touched. The layout is that of the CRAM specifications 2.1 and 3.
"""

import struct
import zlib
from collections.abc import Callable

_DEFINITION = 26  # bytes before the first container
_MAJOR = 4
_INT, _CRC = struct.Struct("<i"), struct.Struct("<I")
_GZIP = 1


def without_details(held: bytes, clean: Callable[[bytes], bytes]) -> tuple[int, bytes] | None:
    """Where the first container ends, and all up to there with its text made clean; None when more is
    needed. ValueError for what is no CRAM."""
    if len(held) < _DEFINITION + _INT.size:
        return None
    checked = held[_MAJOR] >= 3
    length = _INT.unpack_from(held, _DEFINITION)[0]
    at = _DEFINITION + _INT.size
    try:
        for wide in (False, False, False, False, True, True, False):
            _, at = _number(held, at, wide=wide)
        marks, at = _number(held, at)
        for _ in range(marks):
            _, at = _number(held, at)
    except IndexError:
        return None
    at += _CRC.size if checked else 0
    end = at + length
    if len(held) < end:
        return None
    text = clean(_text(held, at))
    data = _INT.pack(len(text)) + text
    size = _written(len(data))
    block = _with_sum(b"\0\0\0" + size + size + data, checked=checked)
    # One container: on no sequence, no reads, one block that begins at 0.
    container = _INT.pack(len(block)) + b"\0\0\0\0\0\0" + b"\1" + b"\1\0"
    return end, held[:_DEFINITION] + _with_sum(container, checked=checked) + block


def _text(held: bytes, at: int) -> bytes:
    method = held[at]
    _, at = _number(held, at + 2)
    packed, at = _number(held, at)
    _, at = _number(held, at)
    data = held[at : at + packed]
    if method == _GZIP:
        data = zlib.decompress(data, 31)
    elif method:
        raise ValueError("a header packed in a way that no header is")
    size = _INT.unpack_from(data)[0]
    return data[_INT.size : _INT.size + size].rstrip(b"\0")


def _number(held: bytes, at: int, *, wide: bool = False) -> tuple[int, int]:
    """An ITF8, or with `wide` an LTF8: the ones at the top of its first byte say how many follow."""
    first = held[at]
    more = 0
    while more < (8 if wide else 4) and first & 0x80 >> more:
        more += 1
    if len(held) < at + 1 + more:
        raise IndexError
    value = first & (0x7F >> more)
    for byte in held[at + 1 : at + 1 + more]:
        value = value << 8 | byte
    return value, at + 1 + more


def _written(value: int) -> bytes:
    """A number below 2^28 as ITF8."""
    for more in range(4):
        if value < 1 << 7 * (more + 1):
            return (value | (0xF00 >> more & 0xFF) << 8 * more).to_bytes(more + 1, "big")
    raise ValueError("a header that is too long")


def _with_sum(data: bytes, *, checked: bool) -> bytes:
    return data + _CRC.pack(zlib.crc32(data)) if checked else data
