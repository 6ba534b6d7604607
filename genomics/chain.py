"""From one build to the other: a UCSC chain file, and where each position goes by it.

    chain = Chain.read(lines)
    where = chain.carry(chromosome, position)     # many at once; -1 where a place has none

Chains on contigs we do not compare are left out. A position with two places takes that of the better chain.
What becomes of a column is in `carrying`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from genomics.callability import keys
from genomics.coordinates import MT, Build, code_or_none
from genomics.errors import GenomicsError

I64 = NDArray[np.int64]
_HEAD_FIELDS = (12, 13)


class ChainRefused(GenomicsError):
    """A file that is no chain from one of our builds to the other. Nothing was loaded."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Chain:
    """Aligned blocks without gaps: sorted by where they begin in the old build, none overlapping."""

    source: Build
    target: Build
    chromosome: NDArray[np.uint8]
    start: I64
    size: I64
    to_chromosome: NDArray[np.uint8]
    to_start: (
        I64  # of the block's first base; on the other strand the place it has there, counted from the left
    )
    reverse: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.start)

    def carry(
        self, chromosome: NDArray[Any], position: NDArray[Any]
    ) -> tuple[NDArray[np.uint8], I64, NDArray[np.bool_], NDArray[np.intp]]:
        """Chromosome, 0-based position, whether on the other strand, and which block, for each of many
        places; position and block are -1 where a place has none."""
        places = position.astype(np.int64)
        own = keys(self.chromosome, self.start.astype(np.uint32))
        block = np.searchsorted(own, keys(chromosome.astype(np.uint8), places.astype(np.uint32)), "right") - 1
        at = np.maximum(block, 0)
        offset = places - self.start[at]
        found = (block >= 0) & (self.chromosome[at] == chromosome) & (offset < self.size[at])
        carried = np.where(self.reverse[at], self.to_start[at] - offset, self.to_start[at] + offset)
        return (
            np.where(found, self.to_chromosome[at], 0).astype(np.uint8),
            np.where(found, carried, -1),
            found & self.reverse[at],
            np.where(found, block, -1),
        )

    def turned(self) -> Self:
        """The way back. Of two blocks that lead to one place the shorter goes."""
        last = self.to_start + np.where(self.reverse, 0, self.size - 1)
        first = last - self.size + 1
        begin = np.where(self.reverse, self.start + self.size - 1, self.start)
        size = self.size.astype(np.float64)
        blocks = np.stack(
            [self.to_chromosome, first, size, self.chromosome, begin, self.reverse, size],
            axis=1,
            dtype=np.float64,
        )
        return self._of(self.target, self.source, blocks)

    @classmethod
    def read(cls, lines: Iterable[str]) -> Self:
        """Read a chain file's lines. ChainRefused for what is none between our builds."""
        blocks: list[tuple[int, int, int, int, int, bool, float]] = []
        lengths: list[tuple[int, int, int, int]] = []
        state: list[Any] | None = None
        for number, line in enumerate(lines, start=1):
            fields = line.split()
            if not fields or line.startswith("#"):
                continue
            try:
                if fields[0] == "chain":
                    state = _begin(fields, lengths)
                elif state is not None:
                    _take(state, [int(field) for field in fields], blocks)
                else:
                    raise ValueError
            except (ValueError, IndexError):
                raise ChainRefused(f"Line {number:,} is not of a chain file. Nothing was loaded.") from None
        source, target = _builds(lengths)
        if not blocks:
            raise ChainRefused("The chain file aligns nothing. Nothing was loaded.")
        if all(block[0] != MT for block in blocks):  # the same sequence in both builds
            blocks.append((MT, 0, source.length(MT), MT, 0, False, 0.0))
        return cls._of(source, target, np.array(blocks, dtype=np.float64))

    @classmethod
    def _of(cls, source: Build, target: Build, blocks: NDArray[np.float64]) -> Self:
        kept = _apart(blocks)
        code, start, size, to_code, to_start = kept.T[:5].astype(np.int64)
        return cls(
            source=source,
            target=target,
            chromosome=code.astype(np.uint8),
            start=start,
            size=size,
            to_chromosome=to_code.astype(np.uint8),
            to_start=to_start,
            reverse=kept.T[5] > 0,
        )


def _begin(fields: list[str], lengths: list[tuple[int, int, int, int]]) -> list[Any]:
    """Codes, next starts, whether the other is on the reverse strand, how long it is, the chain's score."""
    if len(fields) not in _HEAD_FIELDS:
        raise ValueError
    _, score, name, size, strand, start, _, other, other_size, other_strand, other_start, *_ = fields
    if strand != "+" or other_strand not in ("+", "-"):
        raise ValueError
    code, to_code = _code(name, int(size)), _code(other, int(other_size))
    if code and to_code:
        lengths.append((code, int(size), to_code, int(other_size)))
    return [code, to_code, int(start), int(other_start), other_strand == "-", int(other_size), float(score)]


def _code(name: str, size: int) -> int:
    """The chromosome; 0 for what bears its name and is another sequence, as hg19's mitochondrion."""
    code = code_or_none(name)
    return code if code and any(build.length(code) == size for build in Build) else 0


def _take(
    state: list[Any], sizes: list[int], blocks: list[tuple[int, int, int, int, int, bool, float]]
) -> None:
    if len(sizes) not in (1, 3) or min(sizes) < 0:
        raise ValueError
    code, to_code, start, to_start, reverse, length, score = state
    size, gap, to_gap = (*sizes, 0, 0)[:3]
    if code and to_code and size:
        left = length - 1 - to_start if reverse else to_start
        blocks.append((code, start, size, to_code, left, reverse, score))
    state[2], state[3] = start + size + gap, to_start + size + to_gap


def _builds(lengths: list[tuple[int, int, int, int]]) -> tuple[Build, Build]:
    for source in Build:
        for target in Build:
            if (
                source is not target
                and lengths
                and all(
                    source.length(code) == size and target.length(other) == other_size
                    for code, size, other, other_size in lengths
                )
            ):
                return source, target
    raise ChainRefused("The chain file is not between GRCh37 and GRCh38. Nothing was loaded.")


def _apart(blocks: NDArray[np.float64]) -> NDArray[np.float64]:
    """Blocks by place; of two that overlap, that of the chain with the lower score goes."""
    kept: list[NDArray[np.float64]] = []
    for block in blocks[np.lexsort((-blocks[:, 6], blocks[:, 1], blocks[:, 0]))]:
        overlaps = bool(kept) and kept[-1][0] == block[0] and block[1] < kept[-1][1] + kept[-1][2]
        if not overlaps:
            kept.append(block)
        elif block[6] > kept[-1][6]:
            kept[-1] = block
    return np.array(kept)
