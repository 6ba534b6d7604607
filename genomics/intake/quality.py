"""How good a column is: a few numbers for the participant. Thresholds on them are intake's, not ours."""

from dataclasses import dataclass

import numpy as np

from genomics.columns import MISSING, Column, keys
from genomics.coordinates import X


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Counted by site, not by row. Heterozygosity is over called diploid sites of chromosomes 1 to 22."""

    sites: int
    called: int
    call_rate: float
    heterozygosity: float
    chromosomes: tuple[int, ...]


def measure(column: Column) -> Quality:
    """The numbers of a column; rates are 0 where nothing can be counted."""
    if not len(column):
        return Quality(sites=0, called=0, call_rate=0.0, heterozygosity=0.0, chromosomes=())
    key = keys(column.chromosome, column.position)
    first = np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1])))
    called = ~np.logical_or.reduceat(column.copies == MISSING, first)
    one_copy = np.logical_or.reduceat(column.copies == 1, first)
    diploid = np.minimum.reduceat(column.ploidy, first) == 2
    counted = called & diploid & (column.chromosome[first] < X)
    return Quality(
        sites=len(first),
        called=int(called.sum()),
        call_rate=round(float(called.mean()), 6),
        heterozygosity=round(float(one_copy[counted].mean()), 6) if counted.any() else 0.0,
        chromosomes=tuple(np.unique(column.chromosome).tolist()),
    )
