"""How a slab is kept: versioned, little-endian, and laid out so that a small part can be read by itself.

Head (magic "GSLAB", version, rows u32, edges u32), roster (64 file ids of 16 bytes, zeros for nobody), marks
(the position of every 1,024th row, then of every 1,024th edge), rows, edges. Whole bytes are vouched for by
the seal around them (genomics._vault); an older version is not read at all, for a slab is derived.
"""

import struct
from collections.abc import Callable
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from genomics.errors import SlabDamaged
from genomics.slabs import EDGE, ROW, WIDTH, Slab

VERSION = 1
MARK = 1024  # rows between two marks
_MAGIC = b"GSLAB\x00\x00" + bytes([VERSION])
_HEAD = struct.Struct("<8sII")
_NOBODY = bytes(16)
_ROSTER = WIDTH * len(_NOBODY)
_PLACE = np.dtype("<u4")

Read = Callable[[int, int], bytes]  # (offset, length)


def pack(slab: Slab) -> bytes:
    """The kept form."""
    return b"".join(
        (
            _HEAD.pack(_MAGIC, len(slab.rows), len(slab.edges)),
            *(_NOBODY if file is None else file.bytes for file in slab.roster),
            slab.rows["position"][::MARK].tobytes(),
            slab.edges["position"][::MARK].tobytes(),
            slab.rows.tobytes(),
            slab.edges.tobytes(),
        )
    )


class Kept:
    """A kept slab of which pieces are read as they are asked for: `read` gives them, `length` is of it all.

    Raises SlabDamaged for what is not a whole slab of this version."""

    def __init__(self, read: Read, length: int) -> None:
        self._read = read
        top = read(0, _HEAD.size + _ROSTER)
        if len(top) < _HEAD.size + _ROSTER or top[: len(_MAGIC)] != _MAGIC:
            raise SlabDamaged("These bytes are not a slab of the version that this program reads.")
        _, self._rows, self._edges = _HEAD.unpack_from(top)
        ids = (top[at : at + 16] for at in range(_HEAD.size, len(top), 16))
        self.roster = tuple(None if one == _NOBODY else UUID(bytes=one) for one in ids)
        self._marks = -(-self._rows // MARK), -(-self._edges // MARK)
        self._begin = len(top) + sum(self._marks) * _PLACE.itemsize
        if length != self._begin + self._rows * ROW.itemsize + self._edges * EDGE.itemsize:
            raise SlabDamaged("The slab is cut short, or its parts do not add up.")

    def within(self, start: int, end: int) -> tuple[NDArray[np.void], NDArray[np.void]]:
        """All rows from `start` to before `end` and some around them; edges from the last one at or before
        `start`."""
        begin = _HEAD.size + _ROSTER
        marks = np.frombuffer(self._read(begin, self._begin - begin), _PLACE)
        of_rows, of_edges = marks[: self._marks[0]], marks[self._marks[0] :]
        return self._rows_of(*_around(of_rows, start, end)), self._edges_of(*_around(of_edges, start, end))

    def whole(self) -> Slab:
        return Slab(self.roster, self._rows_of(0, self._marks[0]), self._edges_of(0, self._marks[1]))

    def _rows_of(self, first: int, last: int) -> NDArray[np.void]:
        return self._some(ROW, self._begin, self._rows, first, last)

    def _edges_of(self, first: int, last: int) -> NDArray[np.void]:
        return self._some(EDGE, self._begin + self._rows * ROW.itemsize, self._edges, first, last)

    def _some(self, dtype: np.dtype[np.void], at: int, count: int, first: int, last: int) -> NDArray[np.void]:
        begin, end = first * MARK, min(last * MARK, count)
        size = max(0, end - begin) * dtype.itemsize
        return np.frombuffer(self._read(at + begin * dtype.itemsize, size) if size else b"", dtype)


def _around(marks: NDArray[np.uint32], start: int, end: int) -> tuple[int, int]:
    """The first and one past the last of the pieces between marks that hold what lies in [start, end)."""
    first = int(np.searchsorted(marks, np.uint32(start), side="left"))
    return max(0, first - 1), int(np.searchsorted(marks, np.uint32(end), side="left"))
