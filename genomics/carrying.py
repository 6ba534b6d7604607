"""A column carried from one build to the other, by a chain. What cannot be carried is not comparable.

    column, lost = carry(column, chain, reference=None)

A row is carried when all the bases of its ref lie in one block of the chain. On the other strand single bases
are complemented and longer alleles are lost. With the new build's reference a row whose ref is another base
there is lost too. The upload stays as it came, so nothing is lost for good.
"""

import numpy as np
from numpy.typing import NDArray

from genomics.callability import Callability
from genomics.chain import Chain
from genomics.column_rows import Rows, assemble
from genomics.columns import NOT_STATED, Column
from genomics.reference import Reference

_COMPLEMENT = str.maketrans("ACGT", "TGCA")


def carry(column: Column, chain: Chain, *, reference: Reference | None = None) -> tuple[Column, int]:
    """The column along the chain's target, and how many rows it could not carry."""
    sizes = np.array([max(1, len(allele)) for allele in column.alleles], dtype=np.int64)
    last = column.position.astype(np.int64) + sizes[column.ref] - 1
    code, start, reverse, block = chain.carry(column.chromosome, column.position)
    _, _, _, block_of_last = chain.carry(column.chromosome, last)
    kept = (block >= 0) & (block == block_of_last)
    short = np.array([len(allele) <= 1 and allele != "*" for allele in column.alleles], dtype=np.bool_)
    kept &= ~reverse | (short[column.ref] & short[column.alt])
    alleles, ref, alt = _complemented(column, reverse)
    if reference is not None:
        first = np.array([ord(allele[0]) if allele else 0 for allele in alleles], dtype=np.uint8)
        kept &= (ref == NOT_STATED) | (first[ref] == reference.letters(code, start))
    rows = Rows(
        chromosome=code[kept],
        position=start[kept].astype(np.uint32),
        ref=ref[kept],
        alt=alt[kept],
        copies=column.copies[kept],
        ploidy=column.ploidy[kept],
    )
    made, _ = assemble(rows, alleles, _carried(column.known, chain))
    return made, int(len(column) - kept.sum())


def _complemented(
    column: Column, reverse: NDArray[np.bool_]
) -> tuple[list[str], NDArray[np.uint32], NDArray[np.uint32]]:
    alleles = list(column.alleles)
    numbers = {allele: number for number, allele in enumerate(alleles)}
    other = np.arange(len(alleles), dtype=np.uint32)
    for number, allele in enumerate(column.alleles):
        if len(allele) == 1 and allele in "ACGT":
            turned = allele.translate(_COMPLEMENT)
            if turned not in numbers:
                numbers[turned] = len(alleles)
                alleles.append(turned)
            other[number] = numbers[turned]
    return (
        alleles,
        np.where(reverse, other[column.ref], column.ref).astype(np.uint32),
        np.where(reverse, other[column.alt], column.alt).astype(np.uint32),
    )


def _carried(known: Callability, chain: Chain) -> Callability:
    """Stretches cut at the chain's blocks, each piece where it goes."""
    pieces: list[tuple[int, int, int]] = []
    for code, start, end in zip(
        known.chromosome.tolist(), known.start.tolist(), known.end.tolist(), strict=True
    ):
        begin, stop = np.searchsorted(chain.chromosome, (code, code + 1)).tolist()
        starts = chain.start[begin:stop]
        first = begin + max(0, int(np.searchsorted(starts, start, side="right")) - 1)
        last = begin + int(np.searchsorted(starts, end))
        for block in range(first, last):
            left = max(start, int(chain.start[block]))
            right = min(end, int(chain.start[block] + chain.size[block]))
            if left < right:
                offset, size = left - int(chain.start[block]), right - left
                to = int(chain.to_start[block])
                at = to - offset - size + 1 if chain.reverse[block] else to + offset
                pieces.append((int(chain.to_chromosome[block]), at, at + size))
    return Callability.of(*np.array(pieces, dtype=np.int64).reshape(-1, 3).T)
