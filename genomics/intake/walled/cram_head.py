"""The head of a CRAM rewritten: its first container holds the same text that heads a SAM.

The name in the file's definition, where programs write what the file was called or where it lay, becomes
nothing. Containers behind the first are not touched. The layout is that of the CRAM specifications 2.1 and 3.
"""

import struct
import zlib
from collections.abc import Callable

from genomics.formats.cram_containers import DEFINITION, NAME, head, is_checked, number

_INT, _CRC = struct.Struct("<i"), struct.Struct("<I")
_GZIP = 1


def without_details(held: bytes, clean: Callable[[bytes], bytes]) -> tuple[int, bytes] | None:
    """Where the first container ends, and all up to there with its text made clean; None when more is
    needed. ValueError for what is no CRAM."""
    try:
        body, end, _ = head(held, DEFINITION, checked=is_checked(held))
    except IndexError:
        return None
    if len(held) < end:
        return None
    checked = is_checked(held)
    text = clean(_text(held, body))
    data = _INT.pack(len(text)) + text
    size = _written(len(data))
    block = _with_sum(b"\0\0\0" + size + size + data, checked=checked)
    # One container: on no sequence, no reads, one block that begins at 0.
    container = _INT.pack(len(block)) + b"\0\0\0\0\0\0" + b"\1" + b"\1\0"
    definition = held[:NAME] + bytes(DEFINITION - NAME)
    return end, definition + _with_sum(container, checked=checked) + block


def _text(held: bytes, at: int) -> bytes:
    method = held[at]
    _, at = number(held, at + 2)
    packed, at = number(held, at)
    _, at = number(held, at)
    data = held[at : at + packed]
    if method == _GZIP:
        data = zlib.decompress(data, 31)
    elif method:
        raise ValueError("a header packed in a way that no header is")
    size = _INT.unpack_from(data)[0]
    return data[_INT.size : _INT.size + size].rstrip(b"\0")


def _written(value: int) -> bytes:
    """A number below 2^28 as ITF8."""
    for more in range(4):
        if value < 1 << 7 * (more + 1):
            return (value | (0xF00 >> more & 0xFF) << 8 * more).to_bytes(more + 1, "big")
    raise ValueError("a header that is too long")


def _with_sum(data: bytes, *, checked: bool) -> bytes:
    return data + _CRC.pack(zlib.crc32(data)) if checked else data
