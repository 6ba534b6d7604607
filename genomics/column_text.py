"""A column in open formats: as a table, and as VCF where the file stated what VCF has to say. Pure.

    column_text.table(column)           # every row
    column_text.vcf(column, build)      # rows with a stated reference allele

Rows are trimmed and split as the column keeps them: a place with two alternate alleles has two lines.
"""

from collections.abc import Iterable, Iterator
from itertools import islice

from genomics.columns import MISSING, NOT_STATED, Column
from genomics.coordinates import CHROMOSOMES, Build, chromosome_name

LINES = 20_000  # in one piece
_HEAD = "chromosome\tposition\tref\talt\tcopies\tploidy\n"


def table(column: Column) -> Iterator[bytes]:
    """Tab-separated, 1-based; ref or alt is "." where the file did not state it, copies where not read."""
    return _pieces(_HEAD, _table_lines(column))


def vcf(column: Column, build: Build) -> Iterator[bytes]:
    """VCF 4.2 of one sample called SAMPLE: her name is not in it."""
    contigs = (
        f"##contig=<ID={chromosome_name(code)},length={build.length(code)},assembly={build}>\n"
        for code in CHROMOSOMES
    )
    head = (
        "##fileformat=VCFv4.2\n"
        + "".join(contigs)
        + '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
        + "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tSAMPLE\n"
    )
    return _pieces(head, _vcf_lines(column))


def _table_lines(column: Column) -> Iterator[str]:
    for chromosome, position, ref, alt, copies, ploidy in _rows(column):
        said = "." if copies == MISSING else str(copies)
        letters = f"{column.alleles[ref] or '.'}\t{column.alleles[alt] or '.'}"
        yield f"{chromosome}\t{position + 1}\t{letters}\t{said}\t{ploidy}\n"


def _vcf_lines(column: Column) -> Iterator[str]:
    for chromosome, position, ref, alt, copies, ploidy in _rows(column):
        if ref != NOT_STATED:
            letters = f"{column.alleles[ref]}\t{column.alleles[alt] or '.'}"
            yield f"{chromosome}\t{position + 1}\t.\t{letters}\t.\t.\t.\tGT\t{_genotype(copies, ploidy)}\n"


def _rows(column: Column) -> Iterator[tuple[str, int, int, int, int, int]]:
    names = ["", *(chromosome_name(code) for code in CHROMOSOMES)]
    for first in range(0, len(column), LINES):
        part = slice(first, first + LINES)
        arrays = (column.position, column.ref, column.alt, column.copies, column.ploidy)
        chromosomes = (names[code] for code in column.chromosome[part].tolist())
        yield from zip(chromosomes, *(array[part].tolist() for array in arrays), strict=True)


def _genotype(copies: int, ploidy: int) -> str:
    if copies == MISSING:
        return "/".join(["."] * ploidy)
    return "/".join(["0"] * (ploidy - copies) + ["1"] * copies)


def _pieces(head: str, lines: Iterable[str]) -> Iterator[bytes]:
    yield head.encode()
    rest = iter(lines)
    while piece := "".join(islice(rest, LINES)):
        yield piece.encode()
