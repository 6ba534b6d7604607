"""How far people's profiles go, and where what is put together begins: the figures behind matching.plausible.

    python -m tests.bench.plausible --bfile PREFIX [--people N] [--real VCF ...]

Of a PLINK set of unrelated people: how many are held by mistake, clean, worn as evidence is and as files that
tell only what a person carries, with the furthest that each figure goes; and how many mixtures of two are
held, by the share of the second and the depth of reading. Of real people's VCFs of one region (1000 Genomes),
which are too short for a whole look: the same of its windows.
"""

import argparse
import gzip
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from genomics.coordinates import Build
from genomics.genetic_map import GeneticMap
from genomics.matching import plausible
from genomics.matching.plausible import WINDOW_CM, WINDOW_MIXED, WINDOW_NONE, Look, Seen
from genomics.panel import MISSING, Panel
from tests.bench import plink

Copies = NDArray[np.uint8]

LEVELS = {  # share of sites lost, genotypes misread, heterozygotes of which one allele dropped out
    "clean": (0.01, 0.002, 0.0),
    "A": (0.20, 0.005, 0.0),
    "B": (0.50, 0.010, 0.0),
    "C": (0.05, 0.005, 0.05),
    "D": (0.50, 0.005, 0.05),
    "a quarter dropped": (0.50, 0.010, 0.25),
}
SHARES = (0.0, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
FIGURES = tuple(name for name in Look.__slots__ if name not in ("sites", "saturated"))


def run(bfile: Path, *, people: int, real: Sequence[Path]) -> int:
    panel, rows = _set(bfile, people)
    rng = np.random.default_rng(1)
    print(f"{len(rows)} people, {len(panel):,} sites")
    for level, (lost, misread, dropped) in LEVELS.items():
        worn = [_worn(copies, lost, misread, dropped, rng) for copies in rows]
        _tell(level, [plausible.seen(panel.row_of(copies), panel) for copies in worn])
        carried = [np.where(copies == 0, MISSING, copies) for copies in worn]
        _tell(f"{level}, carried", [plausible.seen(panel.row_of(copies), panel) for copies in carried])
    for depth in (30, 8):
        for share in SHARES:
            half = len(rows) // 2  # families stand together: these two are of different ones
            mixed = [_mixed(rows[n], rows[n + half], share, depth, rng) for n in range(half)]
            held = sum(bool(plausible.seen(panel.row_of(copies), panel).doubts) for copies in mixed)
            what = f"mixture of two, {100 * share:.0f} % the second, {depth}-fold"
            print(f"{what}: {held} of {len(mixed)} held")
    for path in real:
        _windows(path)
    return 0


def _tell(what: str, looks: Sequence[Seen]) -> None:
    held = sum(bool(one.doubts) for one in looks)
    ranges = (
        f"{name} {min(values):.2f}-{max(values):.2f}"
        for name in FIGURES
        for values in [[getattr(one.look, name) for one in looks]]
    )
    print(f"{what}: {held} of {len(looks)} held; {', '.join(ranges)}")


def _set(bfile: Path, people: int) -> tuple[Panel, list[Copies]]:
    """A PLINK set as a panel with the frequencies of its own people, and the first of them."""
    _, sites, rows = plink.read(bfile)
    panel = Panel(
        *("set", "1", Build.GRCh37, sites.chromosome, sites.position),
        *(np.full(len(sites.cm), base) for base in (b"A", b"G")),
        *(sites.cm.astype(np.float32), sites.frequency.astype(np.float32)),
    )
    return panel, list(_copies(rows.lo[:people], rows.hi[:people], len(panel)))


def _copies(lo: NDArray[np.uint64], hi: NDArray[np.uint64], sites: int) -> Iterator[Copies]:
    for one, other in zip(lo, hi, strict=True):
        low, high = (
            np.unpackbits(each.view(np.uint8), count=sites, bitorder="little") for each in (one, other)
        )
        yield (low | high << np.uint8(1)) - np.uint8(1) & np.uint8(MISSING)


def _worn(copies: Copies, lost: float, misread: float, dropped: float, rng: Generator) -> Copies:
    worn = copies.copy()
    out = (worn == 1) & (rng.random(len(worn)) < dropped)
    worn[out] = 2 * rng.integers(0, 2, int(out.sum()))
    wrong = (rng.random(len(worn)) < misread) & (worn != MISSING)
    worn[wrong] = np.where(worn[wrong] == 1, 2 * rng.integers(0, 2, int(wrong.sum())), 1)
    worn[rng.random(len(worn)) < lost] = MISSING
    return worn


def _mixed(one: Copies, other: Copies, share: float, depth: int, rng: Generator) -> Copies:
    """Called as two different alleles where the rarer read is a fifth of all, from four reads on."""
    reads = rng.poisson(depth, len(one))
    alt = rng.binomial(reads, np.clip((1 - share) * one / 2 + share * other / 2, 0.001, 0.999))
    ratio = alt / np.maximum(reads, 1)
    called = np.where(ratio < 0.2, 0, np.where(ratio > 0.8, 2, 1))
    return np.where((reads < 4) | (one == MISSING) | (other == MISSING), MISSING, called).astype(np.uint8)


def _windows(path: Path) -> None:
    """Of real people's windows: how many a look would take for mixed or for homozygous."""
    with gzip.open(path, "rt") as lines:
        rows = [line.split("\t") for line in lines if not line.startswith("#")]
    rows = [row for row in rows if len(row[3]) == len(row[4]) == 1]
    copies = np.array([[cell.count("1") for cell in (call[:3] for call in row[9:])] for row in rows]).T
    alt = copies.mean(axis=0) / 2
    common = (alt >= 0.05) & (alt <= 0.95)
    copies, alt = copies[:, common], alt[common]
    place = np.array([int(row[1]) - 1 for row in rows])[common]
    cm = GeneticMap.load(Build.GRCh37).cm(int(rows[0][0]), place)
    first = np.flatnonzero(np.diff(cm // WINDOW_CM, prepend=-1))
    due = np.add.reduceat(2 * alt * (1 - alt), first)
    ratio = (np.add.reduceat(copies == 1, first, axis=1) / due)[:, due > due.max() / 3]
    mixed, none = (ratio > WINDOW_MIXED).mean(), (ratio < WINDOW_NONE).mean()
    print(
        f"{path.name}: {ratio.size} windows of {len(copies)} people, of which {100 * mixed:.2f} % look mixed"
    )
    print(f"and {100 * none:.2f} % homozygous; heterozygotes of those promised: {ratio.mean():.3f},", end=" ")
    print(f"deviation {ratio.std():.3f}")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--bfile", type=Path, required=True)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--real", type=Path, nargs="*", default=[])
    given = parser.parse_args(arguments)
    return run(given.bfile, people=given.people, real=given.real)


if __name__ == "__main__":
    sys.exit(main())
