"""CRAMs of our own making: a person's reads along a genome that is the mitochondrion alone, and its panel."""

import random
from pathlib import Path

from genomics.coordinates import Build
from genomics.panel import Panel
from genomics.reference import Reference
from tests.genomics.genome import LENGTH
from tests.genomics.reads import LENGTHS, head, packed, read, sam

SITES = [99, 700, 5000, 5001, 16000]
MT = {"MT": LENGTH}
NO_GENOME = "d41d8cd98f00b204e9800998ecf8427e"  # the digest of nothing


def panel_of(genome: Reference) -> Panel:
    letters = [genome.bases(25, at, at + 1) for at in SITES]
    return Panel.of(
        name="t",
        version="1",
        build=Build.GRCh37,
        chromosome=[25] * len(SITES),
        position=SITES,
        ref=letters,
        alt=[other(letter) for letter in letters],
    )


def other(base: str) -> str:
    return {"A": "G", "G": "A", "C": "T", "T": "C"}[base]


def reads(genome: str, *, count: int = 8000, header: str | None = None) -> bytes:
    """A person's reads of 75 bases along this genome: at the sites she has the other letter, now and then a
    read is wrong, clipped, badly mapped or has bases too many or too few."""
    chance = random.Random(5)  # noqa: S311
    hers = "".join(other(base) if at in SITES[::2] else base for at, base in enumerate(genome))
    lines = []
    for n in range(count):
        start = chance.randrange(LENGTH - 100)
        cigar = chance.choice(["75M", "75M", "5S70M", "30M2D45M", "30M3I42M"])
        letters = hers[start : start + 75]
        if cigar == "5S70M":
            letters = "ACGTA" + hers[start : start + 70]
        elif cigar == "30M2D45M":
            letters = hers[start : start + 30] + hers[start + 32 : start + 77]
        elif cigar == "30M3I42M":
            letters = hers[start : start + 30] + "TTT" + hers[start + 30 : start + 72]
        at = chance.randrange(75)
        letters = letters[:at] + chance.choice("ACGTN") + letters[at + 1 :]
        lines.append(
            read(
                f"r{n}",
                start,
                letters,
                contig="MT",
                cigar=cigar,
                flag=chance.choice([0, 16, 0x400]),
                mapping=chance.choice([0, 60, 60, 60]),
                quality=chance.choice("I5#"),
            )
        )
    lines.sort(key=lambda line: int(line.split("\t")[3]))
    return sam(*lines, header=header or head(lengths=MT))


def cram(text: bytes, genome: Path, folder: Path, **terms) -> bytes:
    return packed(text, folder, "wc", reference_filename=str(genome), **terms)


def whole_genome() -> str:
    """A head that says GRCh37; its contigs stand in the order 20, X, Y, MT."""
    lines = head(lengths=LENGTHS).splitlines(keepends=True)
    return "".join(
        line if "SN:MT" in line or line.startswith("@HD") else line.replace("\n", f"\tM5:{NO_GENOME}\n")
        for line in lines
    )
