"""One way to write what a file says: indels as far left as they go, one copy where there is one chromosome.

    column, told = normalise(column, reference)

Pure. Readers trim alleles; shifting them needs the reference genome, and so does seeing that a file counts
along another one. Without a reference indels stay where the file has them, and a note says so.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from genomics.column_rows import Rows, assemble
from genomics.columns import MISSING, NOT_STATED, Column, keys
from genomics.coordinates import PAIRED_BEFORE, PAIRED_FROM, X, Y
from genomics.errors import FileReason, FileRefused
from genomics.reference import Reference

_WINDOW = 200
_MOST_ODD = 0.02  # of the rows that state one base as REF, how many may have another than the genome
_ENOUGH = 20

Told = list[tuple[int, str]]


def normalise(column: Column, reference: Reference | None) -> tuple[Column, Told]:
    """The column in its one form, and what its owner should know, as counts and sentences.
    FileRefused when the bases that it calls reference are not those of the genome."""
    told = Told()
    indels = _indels(column)
    twice = (column.chromosome >= Y) & (column.ploidy == 2)
    if reference is None:
        what = "insertions and deletions stand where the file has them, for want of a reference genome."
        told.append((len(indels), what))
        if not twice.any():
            return column, told
    rows, alleles = _rows(column), list(column.alleles)
    odd = _one_chromosome(rows, twice)
    told.append((odd, "calls of two different alleles on the one Y count as missing."))
    if reference is not None:
        wrong = _not_the_genome(rows, alleles, reference)
        rows.copies[wrong] = MISSING
        told.append((len(wrong), "places have another reference base than the genome and count as missing."))
        moved = _shift(rows, indels, alleles, reference)
        told.append((moved, "insertions and deletions were moved to where everybody writes them."))
        if not (moved or len(wrong) or twice.any()):
            return column, told
    made, differing = assemble(rows, alleles, column.known)
    told.append((differing, "variants are the same once moved, but with different genotypes: missing."))
    return made, told


def with_one_x(column: Column) -> tuple[Column, int]:
    """The column of somebody with one X and one Y: where X does not pair with Y, two alike are one, and two
    unlike say nothing. How many such there were comes with it."""
    alone = (column.position >= PAIRED_BEFORE) & (column.position < PAIRED_FROM)
    twice = (column.chromosome == X) & alone & (column.ploidy == 2)
    if not twice.any():
        return column, 0
    mixed = twice & (column.copies == 1)
    copies = np.where(twice & (column.copies == 2), np.uint8(1), column.copies)
    made = replace(
        column,
        copies=np.where(mixed, np.uint8(MISSING), copies),
        ploidy=np.where(twice, np.uint8(1), column.ploidy),
    )
    return made, len(np.unique(keys(column.chromosome[mixed], column.position[mixed])))


def _rows(column: Column) -> Rows:
    return Rows(
        chromosome=column.chromosome,
        position=column.position.copy(),
        ref=column.ref.copy(),
        alt=column.alt.copy(),
        copies=column.copies.copy(),
        ploidy=column.ploidy.copy(),
    )


def _one_chromosome(rows: Rows, twice: NDArray[np.bool_]) -> int:
    """Y and MT come once, and consumer files write them twice: two alike are one. Two unlike say nothing of
    Y; of MT they say that a part of the cells has another one, and whoever has it carries it."""
    mixed = twice & (rows.copies == 1) & (rows.chromosome == Y)
    rows.copies[twice & (rows.copies == 2)] = 1
    rows.copies[mixed] = MISSING
    rows.ploidy[twice] = 1
    return len(np.unique(keys(rows.chromosome[mixed], rows.position[mixed])))


def _indels(column: Column) -> NDArray[np.intp]:
    """Rows whose alleles, trimmed, differ in length: only those can stand elsewhere as well."""
    sizes = np.array([0 if one in ("", "*") else len(one) for one in column.alleles], dtype=np.int64)
    ref, alt = sizes[column.ref], sizes[column.alt]
    return np.flatnonzero((ref > 0) & (alt > 0) & (ref != alt))


def _not_the_genome(rows: Rows, alleles: Sequence[str], reference: Reference) -> NDArray[np.intp]:
    """Rows that begin with another reference base than the genome's; too many of them are another genome."""
    first = np.array([ord(allele[0]) if allele else 0 for allele in alleles], dtype=np.uint8)
    said = first[rows.ref]
    true = reference.letters(rows.chromosome, rows.position.astype(np.int64))
    stated = (rows.ref != NOT_STATED) & np.isin(true, list(b"ACGT")) & (said != ord("N"))
    wrong = np.flatnonzero(stated & (said != true))
    if len(wrong) > _MOST_ODD * stated.sum() and stated.sum() >= _ENOUGH:
        what = f"{len(wrong):,} of {int(stated.sum()):,} reference bases are not those of {reference.build}."
        raise FileRefused(FileReason.BUILD_CONTRADICTED, what)
    return wrong


def _shift(rows: Rows, indels: NDArray[np.intp], alleles: list[str], reference: Reference) -> int:
    numbers = {allele: number for number, allele in enumerate(alleles)}
    moved = 0
    for row in indels.tolist():
        ref, alt = alleles[rows.ref[row]], alleles[rows.alt[row]]
        code, start = int(rows.chromosome[row]), int(rows.position[row])
        position, less, more = left_aligned(reference, code, start, ref, alt)
        if position == start:
            continue
        moved += 1
        for allele in (less, more):
            if allele not in numbers:
                numbers[allele] = len(alleles)
                alleles.append(allele)
        rows.position[row], rows.ref[row], rows.alt[row] = position, numbers[less], numbers[more]
    return moved


def left_aligned(
    reference: Reference, chromosome: int, position: int, ref: str, alt: str
) -> tuple[int, str, str]:
    """Where an indel stands at the leftmost, by Tan, Abecasis and Kang (2015); 0-based."""
    before, begin = "", position
    while ref[-1] == alt[-1] and position > 0:
        if min(len(ref), len(alt)) == 1:
            if not before:
                begin = max(0, position - _WINDOW)
                before = reference.bases(chromosome, begin, position)
            if not before or before[-1] not in "ACGT":
                break
            position -= 1
            ref, alt, before = before[-1] + ref, before[-1] + alt, before[:-1]
        ref, alt = ref[:-1], alt[:-1]
    while min(len(ref), len(alt)) > 1 and ref[0] == alt[0]:
        position, ref, alt = position + 1, ref[1:], alt[1:]
    return position, ref, alt
