"""A genome small enough for a test: the mitochondrion alone, its bases drawn by lot."""

import random
from pathlib import Path

import pysam

from genomics.coordinates import Build
from genomics.reference import Reference

LENGTH = 16569


def bases(seed: int = 3, letters: str = "ACGT") -> str:
    chance = random.Random(seed)  # noqa: S311 - a lot, not a secret
    return "".join(chance.choice(letters) for _ in range(LENGTH))


def written(text: str, path: Path, *, name: str = "MT", build: Build = Build.GRCh37) -> Reference:
    """A FASTA of that text, with its index and its dictionary."""
    path.write_text(f">{name}\n" + "\n".join(text[n : n + 60] for n in range(0, len(text), 60)) + "\n")
    pysam.faidx(str(path))
    path.with_suffix(".dict").write_text(pysam.samtools.dict(str(path)))
    return Reference.of(path, build=build)
