"""How a row is kept: the planes of its autosomes in words of 64 sites, as they are compared; then the rest.

Pure. What the bits mean is in panel. In three pieces, so that each plane is opened where it is needed and
nothing is copied: lo and hi of the autosomes, spare bits nought, and of both planes the bytes from the one in
which the autosomes end.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from genomics.panel import Panel, PanelDamaged, PanelRow

Words = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Shape:
    """Of all rows of one panel: how many sites, and how many of them, the first, lie on autosomes."""

    sites: int
    autosomal: int

    @classmethod
    def of(cls, panel: Panel) -> Self:
        return cls(len(panel), panel.autosomal)

    @property
    def words(self) -> int:
        """Of one plane of the autosomes."""
        return (self.autosomal + 63) // 64

    @property
    def lengths(self) -> tuple[int, int, int]:
        """Bytes of each piece."""
        rest = (self.sites + 7) // 8 - self.autosomal // 8
        return 8 * self.words, 8 * self.words, 2 * rest


def split(row: PanelRow, shape: Shape) -> tuple[bytes, bytes, bytes]:
    """The pieces of a row."""
    if row.sites != shape.sites:
        raise PanelDamaged(f"A row of {row.sites:,} sites is none of a panel of {shape.sites:,}.")
    whole = shape.autosomal // 8
    lo, hi = (_words(plane, shape).tobytes() for plane in (row.lo, row.hi))
    return lo, hi, row.lo[whole:].tobytes() + row.hi[whole:].tobytes()


def joined(lo: Words, hi: Words, rest: bytes, shape: Shape) -> PanelRow:
    """The row of these pieces."""
    whole, more = shape.autosomal // 8, np.frombuffer(rest, dtype=np.uint8)
    ends = np.split(more, 2)
    planes = (
        np.concatenate((plane.view(np.uint8)[:whole], end)) for plane, end in zip((lo, hi), ends, strict=True)
    )
    return PanelRow(shape.sites, *planes)


def _words(plane: NDArray[np.uint8], shape: Shape) -> Words:
    whole, spare = divmod(shape.autosomal, 8)
    cut = np.zeros(8 * shape.words, dtype=np.uint8)
    cut[: whole + bool(spare)] = plane[: whole + bool(spare)]
    if spare:
        cut[whole] &= (1 << spare) - 1
    return cut.view("<u8")
