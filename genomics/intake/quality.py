"""How good a column is: numbers for the participant, and what they may mean by a table of thresholds.

Pure. Nothing here refuses a file; a remark is a code, and its sentence is told upstairs.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from genomics.columns import MISSING, NOT_STATED, Column, keys
from genomics.coordinates import CHROMOSOMES, LONGEST, PAIRED_BEFORE, PAIRED_FROM, X, Y

BIN = 5_000_000  # bases a piece of the picture
_TRANSITIONS = frozenset(("AG", "GA", "CT", "TC"))
_X_ENOUGH, _Y_ENOUGH = 100, 10


class Sex(StrEnum):
    """What the X and Y chromosomes of a file look like. Not who somebody is."""

    XX = "XX"
    XY = "XY"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class OfChromosome:
    """One chromosome: sites and how many of them were read; places read for each BIN along it."""

    chromosome: int
    sites: int
    called: int
    density: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Counted by site, not by row. Heterozygosity is over called diploid sites of chromosomes 1 to 22,
    `het_to_hom` and `ti_to_tv` over those that state their ref; `known` counts bases known to be reference.
    Rates are 0 where nothing can be counted."""

    sites: int
    called: int
    call_rate: float
    heterozygosity: float
    chromosomes: tuple[int, ...]
    het_to_hom: float = 0.0
    ti_to_tv: float = 0.0
    known: int = 0
    states_reference: bool = False
    sex: Sex = Sex.UNCLEAR
    by_chromosome: tuple[OfChromosome, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A number of Quality that should lie between two, once there are `enough` sites; else `remark`.
    `stated` says whether it concerns files that state their reference, those that do not, or (None) both."""

    number: str
    least: float
    most: float
    remark: str
    enough: int = 10_000
    stated: bool | None = None


THRESHOLDS = (
    Threshold(number="called", least=1_000, most=1e9, remark="few_places", enough=0),
    Threshold(number="call_rate", least=0.95, most=1.0, remark="many_missing", enough=1_000),
    Threshold(number="heterozygosity", least=0.0, most=0.45, remark="mixture", stated=False),
    Threshold(number="heterozygosity", least=0.12, most=1.0, remark="too_alike", stated=False),
    Threshold(number="het_to_hom", least=0.0, most=3.0, remark="mixture", stated=True),
    Threshold(number="het_to_hom", least=0.8, most=1e9, remark="too_alike", stated=True),
    Threshold(number="ti_to_tv", least=1.7, most=3.6, remark="odd_changes", stated=True),
)
"""Chips read 0.26 to 0.36 of their sites as two letters, in every population; genomes have 1.3 to 2.2 mixed
sites for each with two copies, and 2.0 to 2.1 transitions a transversion (exomes up to 3.3). Of fewer than a
thousand places hardly any question can be answered: the smallest panels that are compared have more."""


def measure(column: Column) -> Quality:
    """The numbers of a column, with remarks."""
    sites = _Sites(column)
    diploid = sites.called & (sites.ploidy == 2) & (sites.chromosome < X)
    one, two = (int((sites.most[diploid & sites.stated] == copies).sum()) for copies in (1, 2))
    called, total = int(sites.called.sum()), len(sites.called)
    quality = Quality(
        sites=total,
        called=called,
        call_rate=_rate(called, total),
        heterozygosity=_rate(int((sites.mixed & diploid).sum()), int(diploid.sum())),
        chromosomes=tuple(np.unique(sites.chromosome).tolist()),
        het_to_hom=_rate(one, two),
        ti_to_tv=_ti_to_tv(column),
        known=column.known.bases,
        states_reference=bool((column.ref != NOT_STATED).any()),
        sex=_sex(sites),
        by_chromosome=_by_chromosome(sites, column),
    )
    return replace(quality, remarks=remarks_on(quality))


class _Sites:
    """The rows of a column put together place by place."""

    def __init__(self, column: Column) -> None:
        key = keys(column.chromosome, column.position)
        fresh = np.ones(len(key), dtype=np.bool_)
        fresh[1:] = key[1:] != key[:-1]
        first = np.flatnonzero(fresh)
        missing, one = column.copies == MISSING, column.copies == 1
        self.chromosome = column.chromosome[first]
        self.position = column.position[first]
        if not len(first):
            self.called = self.mixed = self.stated = np.zeros(0, dtype=np.bool_)
            self.ploidy = self.most = np.zeros(0, dtype=np.uint8)
            return
        self.called = ~np.logical_or.reduceat(missing, first)
        self.mixed = np.logical_or.reduceat(one, first)
        self.stated = np.logical_and.reduceat(column.ref != NOT_STATED, first)
        self.ploidy = np.minimum.reduceat(column.ploidy, first)
        self.most = np.maximum.reduceat(np.where(missing, np.uint8(0), column.copies), first)


def _ti_to_tv(column: Column) -> float:
    """Transitions to transversions among the single bases she carries instead of the reference."""
    bases = np.array([allele if allele in ("A", "C", "G", "T") else "" for allele in column.alleles])
    carried = (column.copies > 0) & (column.copies != MISSING) & (column.chromosome < X)
    pairs = np.char.add(bases[column.ref[carried]], bases[column.alt[carried]])
    single = pairs[np.char.str_len(pairs) == 2]
    transitions = int(np.isin(single, list(_TRANSITIONS)).sum())
    return _rate(transitions, len(single) - transitions)


def _sex(sites: _Sites) -> Sex:
    """By the X chromosome apart from where it pairs with Y, and by how much of Y was read."""
    alone = (sites.position >= PAIRED_BEFORE) & (sites.position < PAIRED_FROM)
    on_x = sites.called & (sites.chromosome == X) & alone
    if on_x.sum() < _X_ENOUGH:
        return Sex.UNCLEAR
    mixed = float(sites.mixed[on_x & (sites.ploidy == 2)].sum()) / float(on_x.sum())
    on_y = sites.chromosome == Y
    read = int((on_y & sites.called).sum())
    if mixed < 0.03 and read >= _Y_ENOUGH and read >= 0.5 * on_y.sum():
        return Sex.XY
    return Sex.XX if mixed > 0.1 and read <= 0.3 * max(int(on_y.sum()), _Y_ENOUGH) else Sex.UNCLEAR


def _by_chromosome(sites: _Sites, column: Column) -> tuple[OfChromosome, ...]:
    found = []
    for code in CHROMOSOMES:
        here, known = sites.chromosome == code, column.known.chromosome == code
        if not here.any() and not known.any():
            continue
        pieces = LONGEST[code] // BIN + 1
        places = sites.position[here & sites.called] // BIN
        density = np.bincount(places, minlength=pieces) + _known_in(
            column.known.start[known], column.known.end[known], pieces
        )
        found.append(
            OfChromosome(
                chromosome=code,
                sites=int(here.sum()),
                called=int((here & sites.called).sum()),
                density=tuple(density.tolist()),
            )
        )
    return tuple(found)


def _known_in(start: NDArray[np.uint32], end: NDArray[np.uint32], pieces: int) -> NDArray[np.int64]:
    """Bases known to be reference in each piece: the difference of what is known up to its two ends."""
    edges = np.arange(pieces + 1, dtype=np.int64) * BIN
    sizes = np.concatenate(([0], np.cumsum(end.astype(np.int64) - start)))
    before = np.searchsorted(start, edges, side="right")
    last = np.maximum(before - 1, 0)
    over = np.where(before > 0, np.maximum(0, end.astype(np.int64)[last] - edges), 0) if len(start) else 0
    return np.diff(sizes[before] - over).astype(np.int64)


def remarks_on(quality: Quality) -> tuple[str, ...]:
    """The codes of what is out of the ordinary, by THRESHOLDS."""
    told = [
        one.remark
        for one in THRESHOLDS
        if quality.sites >= one.enough
        and one.stated in (None, quality.states_reference)
        and not one.least <= getattr(quality, one.number) <= one.most
    ]
    return tuple(dict.fromkeys(told))


def _rate(part: int, whole: int) -> float:
    return round(part / whole, 6) if whole else 0.0
