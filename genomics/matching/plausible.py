"""Can this row be one person's genome? From its own statistics and the panel's frequencies and map alone.

Pure; it knows nobody else, so what it says depends on no participant. A profile that was put together to
read strangers' genotypes out of the answers is mixed where no one person is, or homozygous in many short
stretches, or known in stretches alone, or rare all along. How far people go, worn or not, and what a mixture
looks like, is measured by tests/bench/plausible.py. What it cannot see stands in BLIND.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from genomics.coordinates import AUTOSOMES
from genomics.errors import QuestionRefused
from genomics.matching.ground import RARE
from genomics.panel import Panel, PanelRow

BLIND = (
    "another real person's genome, or a few stretches in one that were exchanged",
    "stretches of different people, all read alike, put one after the other",
    "a mixture in which the second person is too little to be read",
    "an X that was put together: one man's has no heterozygotes that could be missed (x_shared)",
)
"""What no look at one profile tells. Against it stand the shortest segment, rounded ends and a budget."""

LEAST_SITES = 5_000  # known of the panel's autosomal sites; of a small panel LEAST_SHARE of them
LEAST_SHARE = 0.05
WINDOW_CM = 2.5  # longer where the panel is thin: a window promises DUE heterozygotes
DUE = 12.0
LEAST_DUE = 5.0  # promised of the sites known in a window, below which that window says nothing
LEAST_WINDOWS = 40  # that say something, below which nothing is said of a genome
ISLAND_CM = 15.0  # a homozygous stretch no longer than this is short


class Doubt(StrEnum):
    """Why a profile is not taken for one person's."""

    TOO_FEW = "too_few_sites"
    STRETCHES_ONLY = "stretches_only"
    TWO_PEOPLE = "more_than_one_person"
    ALL_MIXED = "all_mixed"
    MIXED_STRETCHES = "mixed_stretches"
    NEVER_MIXED = "never_mixed"
    ISLANDS = "homozygous_islands"
    ALL_RARE = "rare_all_along"
    STITCHED = "stitched"


SENTENCES: dict[Doubt, str] = {
    Doubt.TOO_FEW: "It tells too few of the sites at which people are compared.",
    Doubt.STRETCHES_ONLY: "It tells some stretches of the genome and leaves out what lies between.",
    Doubt.TWO_PEOPLE: "It has the alleles of more than one person.",
    Doubt.ALL_MIXED: "It has two different alleles nearly everywhere, and nobody has.",
    Doubt.MIXED_STRETCHES: "It has stretches with two different alleles nearly everywhere.",
    Doubt.NEVER_MIXED: "It has hardly a site with two different alleles, as if both parents were one.",
    Doubt.ISLANDS: "It has more short stretches without two different alleles than related parents leave.",
    Doubt.ALL_RARE: "It has rare alleles in pairs all along, more than anybody inherits.",
    Doubt.STITCHED: "Some stretches were read far better than others, as if put together from several files.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a row looks like: numbers that name nobody. All but `sites` are 0 where nothing can be said."""

    sites: int  # known, of the panel's autosomal ones
    windows: float = 0.0  # share of the map's windows in which enough is known
    mixed: float = 0.0  # heterozygotes, of those promised by the panel's frequencies
    saturated: float = 0.0  # heterozygotes, of the sites known
    mixed_windows: float = 0.0  # share of windows with far more than promised
    islands: float = 0.0  # short stretches without heterozygotes, in a hundred centimorgans,
    short: float = 0.0  # and their share of all such stretches, by length
    rare: float = 0.0  # homozygotes of the rarer allele, of those promised
    uneven: float = 0.0  # share of windows in which far less is known than in those known well


@dataclass(frozen=True, slots=True)
class Seen:
    """A look, and the doubts that follow from it."""

    look: Look
    doubts: tuple[Doubt, ...]


# Where one person's profile ends, worn or not.
LEAST_WINDOWS_KNOWN = 0.5
MOST_MIXED, LEAST_MIXED = 1.2, 0.4
MOST_SATURATED = 0.9  # nobody has two alleles at each site
WINDOW_MIXED, MOST_MIXED_WINDOWS = 1.7, 0.04
WINDOW_NONE = 0.12  # a window with fewer heterozygotes, of those promised, is homozygous
MOST_ISLANDS = ((2.2, 0.95), (5.5, 0.6))  # so many, where so much of what is homozygous is short
MOST_RARE, LEAST_RARE = 3.5, 0.6
CARRIERS_ONLY = 0.05  # fewer homozygotes of ref, of those promised: the file tells only what she carries
WELL, MOST_UNEVEN = 0.9, 0.25  # a window is known well that this share of the others does not surpass


def seen(row: PanelRow, panel: Panel) -> Seen:
    """What a row of this panel looks like. Without frequencies, or on little of the map, it is only looked at
    how much is known."""
    ground = _ground(panel)
    look = _look(row, ground)
    if look.sites < max(min(LEAST_SITES, LEAST_SHARE * ground.sites), 1):
        return Seen(look, (Doubt.TOO_FEW,))  # of so little nothing else is said
    return Seen(look, tuple(_doubts(look)) if ground.says_enough else ())


def require(row: PanelRow, panel: Panel) -> None:
    """Raises QuestionRefused unless this can be one person's genome."""
    if doubts := seen(row, panel).doubts:
        why = " ".join(SENTENCES[doubt] for doubt in doubts)
        raise QuestionRefused(
            f"This profile does not look like one person's genome. {why} Nobody was compared with it, and "
            "nothing was read."
        )


def _doubts(look: Look) -> list[Doubt]:
    # Where two files were put together and only what agrees is left, heterozygotes are few, too.
    two = look.mixed > MOST_MIXED or look.rare < LEAST_RARE
    holds = {
        Doubt.STRETCHES_ONLY: look.windows < LEAST_WINDOWS_KNOWN,
        Doubt.ALL_MIXED: look.saturated > MOST_SATURATED,
        Doubt.TWO_PEOPLE: two and look.mixed >= LEAST_MIXED and look.saturated <= MOST_SATURATED,
        Doubt.MIXED_STRETCHES: not two and look.mixed_windows > MOST_MIXED_WINDOWS,
        Doubt.NEVER_MIXED: look.mixed < LEAST_MIXED,
        Doubt.ISLANDS: any(look.islands > most and look.short >= short for most, short in MOST_ISLANDS),
        Doubt.ALL_RARE: look.rare > MOST_RARE,
        Doubt.STITCHED: look.uneven > MOST_UNEVEN,
    }
    return [doubt for doubt, held in holds.items() if held]


@dataclass(frozen=True, slots=True, eq=False)
class _Promise:
    """By a panel's frequencies, a known site of each byte: heterozygotes, homozygotes of the rarer allele."""

    mixed: NDArray[np.float64]
    rare: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Ground:
    """A panel's autosomes in windows along the map, cut between bytes of a row: eight sites are looked at
    together, and weigh the mean of what each of them promises."""

    sites: int
    first: NDArray[np.int64]  # byte of each window
    held: NDArray[np.float64]  # sites of each window
    chromosome: NDArray[np.uint8]  # of each window
    cm: float  # of a window
    promised: NDArray[np.float64]  # heterozygotes, a window
    whole: "_Promise"
    carried: "_Promise"
    reference: NDArray[np.float64]  # homozygotes of ref promised, a site of each byte
    rarer_is_ref: NDArray[np.uint8]  # a bit a site
    says_enough: bool  # something can be said of a genome, at these sites

    @classmethod
    def of(cls, panel: Panel) -> Self:
        sites = int(np.searchsorted(panel.chromosome, AUTOSOMES[-1], side="right"))
        chromosome, cm = panel.chromosome[:sites], panel.cm[:sites].astype(np.float64)
        given = np.full(sites, 0.5) if panel.frequency is None else panel.frequency[:sites]
        alt = np.clip(given.astype(np.float64), RARE, 1 - RARE)
        due, rare, carries = 2 * alt * (1 - alt), np.minimum(alt, 1 - alt) ** 2, 1 - (1 - alt) ** 2
        starts = np.flatnonzero(np.diff(chromosome, prepend=0))
        length = float(sum(np.ptp(part) for part in np.split(cm, starts[1:]))) if sites else 0.0
        width = max(WINDOW_CM, DUE * length / max(float(due.sum()), 1.0))
        of_byte = np.arange(0, sites, 8)
        place = chromosome[of_byte].astype(np.int64) << 32 | (cm[of_byte] // width).astype(np.int64)
        first = np.flatnonzero(np.diff(place, prepend=-1))
        held = np.minimum(sites - of_byte, 8).astype(np.float64)
        promised = _summed(_summed(due, of_byte), first)
        return cls(
            sites=sites,
            first=first,
            held=_summed(held, first),
            chromosome=chromosome[of_byte][first],
            cm=width,
            promised=promised,
            whole=_Promise(_summed(due, of_byte) / held, _summed(rare, of_byte) / held),
            carried=_Promise(
                _summed(due, of_byte) / _summed(carries, of_byte),
                _summed(np.where(alt > 0.5, 0.0, rare), of_byte) / _summed(carries, of_byte),
            ),
            reference=_summed((1 - alt) ** 2, of_byte) / held,
            rarer_is_ref=np.packbits(alt > 0.5, bitorder="little"),
            says_enough=panel.frequency is not None
            and int((promised >= 2 * LEAST_DUE).sum()) >= LEAST_WINDOWS,
        )

    def plane(self, bits: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A row's plane, without what is beyond the autosomes."""
        cut = bits[: (self.sites + 7) // 8].copy()
        if self.sites % 8:
            cut[-1] &= (1 << self.sites % 8) - 1
        return cut


@lru_cache(maxsize=1)
def _ground(panel: Panel) -> _Ground:
    return _Ground.of(panel)


def _look(row: PanelRow, ground: _Ground) -> Look:
    lo, hi = ground.plane(row.lo), ground.plane(row.hi)
    in_byte = np.bitwise_count(lo | hi)
    reference = float(np.bitwise_count(lo & ~hi).sum())
    whole = reference > CARRIERS_ONLY * float(ground.reference @ in_byte)
    promise = ground.whole if whole else ground.carried
    known, due = _summed(in_byte, ground.first), _summed(promise.mixed * in_byte, ground.first)
    if not ground.says_enough or not due.any():
        return Look(sites=int(known.sum()))
    mixed = _summed(np.bitwise_count(hi & ~lo), ground.first)
    wide = _together(due, ground.chromosome)
    known, due, mixed, held, promised = (
        _summed(one, wide) for one in (known, due, mixed, ground.held, ground.promised)
    )
    says, could = due >= LEAST_DUE, promised >= 2 * LEAST_DUE
    ratio, share = mixed[says] / due[says], (known / held)[could]
    each = ground.cm * len(ground.first) / len(wide)
    islands, short = _islands(ratio < WINDOW_NONE, ground.chromosome[wide][says], each)
    rarer = int(np.bitwise_count(lo & (hi ^ ground.rarer_is_ref)).sum())
    return Look(
        sites=int(known.sum()),
        windows=_rate(float((says & could).sum()), float(could.sum())),
        mixed=_rate(float(mixed.sum()), float(due.sum())),
        saturated=_rate(float(mixed.sum()), float(known.sum())),
        mixed_windows=_rate(float((ratio > WINDOW_MIXED).sum()), len(ratio)),
        islands=_rate(100.0 * islands, ground.cm * len(ground.first)),
        short=short,
        rare=_rate(rarer, float(promise.rare @ in_byte)),
        uneven=_rate(float((share < np.quantile(share, WELL) / 2).sum()), len(share)),
    )


def _together(due: NDArray[np.float64], chromosome: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The first of each few windows that are looked at together, so that a profile with few sites is not
    taken for one in stretches."""
    many = int(np.ceil(2 * LEAST_DUE * due.sum() / (due**2).sum()))  # by where something is known
    within = np.arange(len(due)) - np.searchsorted(chromosome, chromosome)
    return np.flatnonzero(within % many == 0)


def _islands(none: NDArray[np.bool_], chromosome: NDArray[np.uint8], cm: float) -> tuple[int, float]:
    """Of windows of `cm`: how many short stretches have no heterozygotes, and how much of all such stretches
    they are."""
    begins = none & ~(np.append(False, none[:-1]) & (np.diff(chromosome, prepend=0) == 0))
    lengths = np.bincount(np.cumsum(begins)[none]) * cm
    lengths = lengths[lengths > 0]
    small = lengths[lengths <= ISLAND_CM]
    return len(small), _rate(float(small.sum()), float(lengths.sum()))


def _summed(value: NDArray[Any], first: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.add.reduceat(value, first, dtype=np.float64) if len(first) else np.zeros(0)


def _rate(part: float, whole: float) -> float:
    return round(part / whole, 4) if whole else 0.0
