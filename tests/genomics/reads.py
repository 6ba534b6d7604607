"""Reads of our own making, as SAM text, and a panel to count them at."""

from collections.abc import Iterable
from pathlib import Path

import pysam

from genomics.coordinates import Build
from genomics.panel import Panel

LENGTHS = {"20": 63025520, "X": 155270560, "Y": 59373566, "MT": 16569}
SITES = [
    (20, 999, "A", "G"),
    (20, 1009, "C", "T"),
    (20, 5000, "G", "A"),
    (24, 3000000, "C", "A"),
    (25, 99, "A", "G"),
]


def panel(build: Build = Build.GRCh37) -> Panel:
    chromosome, position, ref, alt = zip(*SITES, strict=True)
    return Panel.of(
        name="t", version="1", build=build, chromosome=chromosome, position=position, ref=ref, alt=alt
    )


def head(*further: str, lengths: dict[str, int] = LENGTHS) -> str:
    lines = [
        "@HD\tVN:1.6\tSO:coordinate",
        *(f"@SQ\tSN:{n}\tLN:{size}" for n, size in lengths.items()),
        *further,
    ]
    return "".join(f"{line}\n" for line in lines)


def read(
    name: str,
    start: int,
    letters: str,
    *,
    flag: int = 0,
    contig: str = "20",
    mapping: int = 60,
    cigar: str | None = None,
    quality: str = "I",
    further: str = "",
) -> str:
    """One line; `start` is 0-based."""
    fields = (name, flag, contig, start + 1, mapping, cigar or f"{len(letters)}M", "*", 0, 0, letters)
    return "\t".join((*map(str, fields), quality * len(letters))) + further + "\n"


def sam(*reads: str, header: str | None = None) -> bytes:
    return ((head() if header is None else header) + "".join(reads)).encode()


def over(site: int, letters: Iterable[str], *, contig: str = "20", **terms) -> tuple[str, ...]:
    """Reads of nine bases, with these letters in turn at a 0-based site in their middle."""
    return tuple(
        read(f"r{site}_{n}", site - 4, f"NNNN{letter}NNNN", contig=contig, **terms)
        for n, letter in enumerate(letters)
    )


def packed(text: bytes, folder: Path, mode: str, **terms) -> bytes:
    """The same reads as BAM ("wb") or CRAM ("wc"), made by htslib."""
    (folder / "a.sam").write_bytes(text)
    with (
        pysam.AlignmentFile(str(folder / "a.sam")) as source,
        pysam.AlignmentFile(str(folder / "a.out"), mode, template=source, **terms) as made,
    ):
        for one in source:
            made.write(one)
    return (folder / "a.out").read_bytes()
