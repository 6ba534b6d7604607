"""Are the relatives found whom there are, and told what they share? Simulated people whose sharing is known.

    python -m tests.bench.relatives_truth FOLDER [FOLDER ...] [--threads N]

Each folder is what a simulator of pedigrees wrote for one seed: `test.{bed,bim,fam}` of families of 40,
`truth_pairs.tsv` and `truth_segments.tsv` (cM), and, where they are, `evid.*`: fifty people worn in four ways
(names that begin with A, B, C or D, then the number of the person it is of). Everybody is compared with
everybody, and each worn profile with everybody, by tests.bench.relatives. A simulator is no part of us.
Printed is, for each seed and for all: who was found of those who truly share 7 cM and more in one piece, by
kind; how many pairs of two families were told (founders may truly share a little); how far totals are from
the truth. Intervals are of 95 %, of a share as Wilson's, over seeds as Student's t of their values.
Last line `N ok, N missed` against the targets. Ends 1 when one was missed.
"""

import argparse
import csv
import math
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench import relatives

FAMILY, LEVELS, TOLD = 40, "ABCD", 7.0
RECALL = {"2C": 0.999, "3C": 0.999, "3C1R": 0.996, "4C": 0.990}
WORN_RECALL = {"A": 0.95, "B": 0.95, "C": 0.85, "D": 0.85}  # of 4C
ACROSS, WORN_ACROSS, RMSE, BIAS, PRECISE, TWICE_RMSE, WITHIN = 0.0229, 0.025, 5.0, 2.0, 0.85, 30.0, 0.10
CLASSES = {"1st degree": ("PC", "FS"), "2C1R": ("2C1R",), "4C": ("4C",)}  # whose worn totals are held
T = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365, 9: 2.306, 10: 2.262}

Pair = tuple[int, int]
Stretch = tuple[str, float, float]


@dataclass(slots=True)
class Truth:
    """What a simulator says of each related pair; cM."""

    kind: dict[Pair, str] = field(default_factory=dict)
    total: dict[Pair, float] = field(default_factory=dict)  # in pieces of 7 cM and more
    twice: dict[Pair, float] = field(default_factory=dict)
    pieces: dict[Pair, list[Stretch]] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> "Truth":
        truth = cls()
        for row in _rows(folder / "truth_pairs.tsv"):
            pair = _pair(row["id1"], row["id2"])
            truth.kind[pair], truth.total[pair] = row["rel"], float(row["total_ge7_cm"])
            truth.twice[pair] = float(row["ibd2_cm"])
        for row in _rows(folder / "truth_segments.tsv"):
            pieces = truth.pieces.setdefault(_pair(row["id1"], row["id2"]), [])
            start, end = float(row["start_cm"]), float(row["end_cm"])
            if pieces and pieces[-1][0] == row["chrom"] and pieces[-1][2] == start:
                start = pieces.pop()[1]  # one haplotype, then both: one piece
            pieces.append((row["chrom"], start, end))
        return truth


@dataclass(slots=True)
class Seen:
    """What the engine told, held against the truth; each list adds up over seeds."""

    found: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))
    totals: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    twice: list[float] = field(default_factory=list)
    lies: list[bool] = field(default_factory=list)  # told pieces of 7 to 8 cM: is half on a true one?
    long: list[bool] = field(default_factory=list)  # and that is of 7 cM and more
    across: int = 0
    strangers: int = 0

    @property
    def off(self) -> list[float]:
        return [told - true for pairs in self.totals.values() for told, true in pairs if true]

    @property
    def rmse(self) -> float:
        return math.sqrt(_mean([one * one for one in self.off]))

    def ratio(self, kinds: Sequence[str]) -> float:
        pairs = [pair for kind in kinds for pair in self.totals[kind]]
        return sum(told for told, _ in pairs) / (sum(true for _, true in pairs) or math.nan)


def clean(folder: Path, threads: int) -> Seen:
    """Everybody against everybody."""
    with tempfile.TemporaryDirectory() as out:
        told, pieces = _told(folder / "test", Path(out) / "clean", None, threads)
    return _held(Truth.read(folder), told, pieces, _everybody(folder / "test.fam"))


def worn(folder: Path, level: str, threads: int) -> Seen:
    """The worn profiles of one level against everybody; each stands for the person that it is of."""
    names = [name for name in _names(folder / "evid.fam") if name[0] == level]
    with tempfile.TemporaryDirectory() as out:
        asked = Path(out) / "asked"
        asked.write_text("\n".join(names))
        told, pieces = _told(folder / "evid", Path(out) / "worn", asked, threads)
    people = _everybody(folder / "test.fam")
    return _held(Truth.read(folder), told, pieces, [int(name[1:]) for name in names], people)


def _told(
    bfile: Path, out: Path, asked: Path | None, threads: int
) -> tuple[dict[Pair, tuple[float, float]], dict[Pair, list[Stretch]]]:
    """Of each pair of people its total and what both haplotypes share; and the told pieces. Two worn
    profiles are no pair, and nor is one with the person that it is of."""
    relatives.run(bfile, out, queries=asked, threads=threads)
    told, pieces = {}, defaultdict(list)
    for row in _rows(Path(f"{out}.pairs.tsv")):
        if _two(row):
            told[_pair(row["id1"], row["id2"])] = float(row["total_cm"]), float(row["ibd2_cm"])
    for row in _rows(Path(f"{out}.segments.tsv")):
        if _two(row) and row["ibd"] == "1":
            one = row["chromosome"], float(row["start_cm"]), float(row["end_cm"])
            pieces[_pair(row["id1"], row["id2"])].append(one)
    return told, pieces


def _held(
    truth: Truth,
    told: dict[Pair, tuple[float, float]],
    pieces: dict[Pair, list[Stretch]],
    asked: Sequence[int],
    people: Sequence[int] = (),
) -> Seen:
    seen, among = Seen(), set(asked)
    for pair, kind in truth.kind.items():
        if not among.intersection(pair):
            continue
        total, twice = told.get(pair, (0.0, 0.0))
        if truth.total[pair]:
            seen.found[kind].append(pair in told)
        if pair in told:
            seen.totals[kind].append((total, truth.total[pair]))
        if kind == "FS":
            seen.twice.append(twice - truth.twice[pair])
        for chromosome, start, end in pieces.get(pair, ()):
            if TOLD <= end - start < TOLD + 1:
                on, whole = _under((chromosome, start, end), truth.pieces.get(pair, ()))
                seen.lies.append(on >= (end - start) / 2)
                seen.long.append(on >= (end - start) / 2 and whole >= TOLD)
    seen.across = sum(a // FAMILY != b // FAMILY for a, b in told)
    other = len(people or asked) - FAMILY
    seen.strangers = len(asked) * other if people else len(asked) * other // 2
    return seen


def _under(one: Stretch, pieces: Sequence[Stretch]) -> tuple[float, float]:
    """How much of a told piece lies on the true one that most of it lies on, and how long that is; cM."""
    chromosome, start, end = one
    return max(
        ((min(end, e) - max(start, s), e - s) for c, s, e in pieces if c == chromosome), default=(0.0, 0.0)
    )


def _two(row: dict[str, str]) -> bool:
    one, other = row["id1"], row["id2"]
    return (one[0] == "P" or other[0] == "P") and one[1:] != other[1:]


def _pair(one: str, other: str) -> Pair:
    a, b = int(one[1:]), int(other[1:])
    return min(a, b), max(a, b)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open() as file:
        yield from csv.DictReader(file, delimiter="\t")


def _names(fam: Path) -> list[str]:
    return [line.split()[1] for line in fam.read_text().splitlines()]


def _everybody(fam: Path) -> list[int]:
    return [int(name[1:]) for name in _names(fam)]


# --- figures -----------------------------------------------------------------------------------------


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else math.nan


def wilson(hits: int, of: int) -> tuple[float, float]:
    """95 % of a share, by Wilson's score."""
    if not of:
        return math.nan, math.nan
    z, share = 1.96, hits / of
    middle, wide = share + z * z / (2 * of), z * math.sqrt(share * (1 - share) / of + (z / (2 * of)) ** 2)
    return (middle - wide) / (1 + z * z / of), (middle + wide) / (1 + z * z / of)


def spread(values: Sequence[float]) -> tuple[float, float]:
    """95 % of the mean of what each seed gave, by Student's t."""
    n, mean = len(values), _mean(values)
    if n not in T:
        return math.nan, math.nan
    wide = T[n] * math.sqrt(sum((one - mean) ** 2 for one in values) / (n - 1) / n)
    return mean - wide, mean + wide


@dataclass(slots=True)
class Table:
    """What is printed, and how many targets were met."""

    ok: int = 0
    missed: int = 0

    def share(self, name: str, hits: int, of: int, least: float = math.nan, most: float = math.nan) -> None:
        low, high = wilson(hits, of)
        self._line(name, hits / of if of else math.nan, f"[{low:.4f}, {high:.4f}] {hits}/{of}", least, most)

    def over_seeds(
        self, name: str, values: Sequence[float], least: float = math.nan, most: float = math.nan
    ) -> None:
        low, high = spread(values)
        each = ", ".join(f"{one:.3f}" for one in values)
        self._line(name, _mean(values), f"[{low:.3f}, {high:.3f}] of seeds {each}", least, most)

    def _line(self, name: str, value: float, how: str, least: float, most: float) -> None:
        held = ""
        if not (math.isnan(least) and math.isnan(most)):
            good = not (math.isnan(value) or value < least or value > most)
            self.ok, self.missed = self.ok + good, self.missed + (not good)
            target = f"at least {least}" if math.isnan(most) else f"at most {most}"
            held = f"  {target if math.isnan(least) or math.isnan(most) else f'{least} to {most}'}: "
            held += "met" if good else "MISSED"
        print(f"{name:34} {value:8.4f} {how}{held}")


def print_clean(table: Table, seeds: Sequence[Seen]) -> None:
    kinds = sorted({kind for seen in seeds for kind in seen.found}, key=lambda kind: (len(kind), kind))
    for kind in kinds:
        found = [one for seen in seeds for one in seen.found[kind]]
        table.share(f"found, {kind}", sum(found), len(found), RECALL.get(kind, math.nan))
    table.share(
        "told across families",
        sum(seen.across for seen in seeds),
        sum(seen.strangers for seen in seeds),
        most=ACROSS,
    )
    table.over_seeds("total, RMSE, cM", [seen.rmse for seen in seeds], most=RMSE)
    table.over_seeds("total, bias, cM", [_mean(seen.off) for seen in seeds], least=-BIAS, most=BIAS)
    twice = [math.sqrt(_mean([one * one for one in seen.twice])) for seen in seeds]
    table.over_seeds("both, RMSE on full sibs, cM", twice, most=TWICE_RMSE)
    of = sum(len(seen.lies) for seen in seeds)
    table.share("7-8 cM: half on a true piece", sum(sum(seen.lies) for seen in seeds), of, PRECISE)
    table.share("7-8 cM: half on one of 7 and more", sum(sum(seen.long) for seen in seeds), of, PRECISE)


def print_worn(table: Table, level: str, seeds: Sequence[Seen]) -> None:
    found = [one for seen in seeds for one in seen.found["4C"]]
    table.share(f"{level}: found, 4C", sum(found), len(found), WORN_RECALL[level])
    table.share(
        f"{level}: told across families",
        sum(seen.across for seen in seeds),
        sum(seen.strangers for seen in seeds),
        most=WORN_ACROSS,
    )
    for name, kinds in CLASSES.items():
        if any(seen.totals[kind] for seen in seeds for kind in kinds):  # a simulator need not have worn any
            values = [seen.ratio(kinds) for seen in seeds]
            table.over_seeds(f"{level}: total over truth, {name}", values, 1 - WITHIN, 1 + WITHIN)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args(arguments)
    table, seeds, levels = Table(), [], defaultdict(list)
    for folder in given.folders:
        seeds.append(clean(folder, given.threads))
        for level in LEVELS if (folder / "evid.bed").exists() else "":
            levels[level].append(worn(folder, level, given.threads))
    print_clean(table, seeds)
    for level, some in levels.items():
        print_worn(table, level, some)
    print(f"{table.ok} ok, {table.missed} missed")
    return int(table.missed > 0)


if __name__ == "__main__":
    sys.exit(main())
