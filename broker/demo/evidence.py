"""What a person leaves at a scene: the same genotypes, fewer and worse. Pure."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from broker.demo.simulator import Person, misread
from genomics.panel import MISSING


@dataclass(frozen=True, slots=True)
class Wear:
    """How far a profile has suffered: the share of sites lost, of genotypes misread, and of heterozygotes of
    which one allele dropped out, so that they read as homozygotes."""

    missing: float = 0.0
    error: float = 0.0
    dropout: float = 0.0


# The four levels the findings were measured at, and a clean reference sample.
LEVELS = {
    "clean": Wear(),
    "A": Wear(missing=0.20, error=0.005),
    "B": Wear(missing=0.50, error=0.010),
    "C": Wear(missing=0.05, error=0.005, dropout=0.05),
    "D": Wear(missing=0.50, error=0.005, dropout=0.05),
}


def leave(person: Person, *, wear: Wear, rng: Generator) -> Person:
    """The profile of a trace this person left. It has no name, no family and no birthday."""
    copies, first = person.copies.copy(), person.first
    sites = len(copies)
    dropped = (copies == 1) & (rng.random(sites) < wear.dropout)
    copies[dropped] = 2 * rng.integers(0, 2, int(dropped.sum()), dtype=np.uint8)
    copies, first = misread(copies, first, error=wear.error, rng=rng)
    copies[rng.random(sites) < wear.missing] = MISSING
    return replace(
        person, name="trace", family=0, role="", born=0, copies=copies, first=first & (copies == 1)
    )
