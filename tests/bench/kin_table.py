"""What relatives of each kind share, from simulated pedigrees: the table that genomics/data ships.

    python -m tests.bench.kin_table [--pairs 4000] [--seed 1] > genomics/data/kin_table.tsv

A gene drop along the shipped map, no interference, whole truth: a line a kind with the share of pairs who
have no segment of 7 cM, and of the others the mean and spread of the square roots of the map they share and
of the number of segments, as `genomics.matching.likely` reads them.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from importlib import resources
from itertools import pairwise

import numpy as np
from numpy.random import Generator

from genomics.coordinates import AUTOSOMES, Build
from genomics.genetic_map import GeneticMap
from genomics.matching.likely import HEADER, Kind

LEAST_CM = 7.0

Haplotype = tuple[tuple[float, ...], tuple[int, ...]]  # where each piece begins (cM), and whose it was


def drawn(kind: Kind, rng: Generator) -> tuple[float, float, int]:
    """Of one pair: shared on one haplotype at least and on both, in centimorgans, and the number of segments,
    all of 7 cM or more but for what is shared on both."""
    total = twice = 0.0
    segments = 0
    for length in lengths():
        one, both = _on_one_chromosome(kind, length, rng)
        long = [end - begin for begin, end in one if end - begin >= LEAST_CM]
        total += sum(long)
        segments += len(long)
        twice += sum(end - begin for begin, end in both)
    return total, twice, segments


def lengths() -> list[float]:
    genetic_map = GeneticMap.load(Build.GRCh37)
    return [genetic_map.length(code) for code in AUTOSOMES]


def shipped() -> str:
    return (resources.files("genomics") / "data" / "kin_table.tsv").read_text("ascii")


def _on_one_chromosome(
    kind: Kind, length: float, rng: Generator
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    ancestors = [tuple(((0.0,), (2 * n + m,)) for m in range(2)) for n in range(kind.ancestors)]
    one, other = (
        _descendant(ancestors, down, length, rng, mark) for down, mark in ((kind.up, 100), (kind.down, 200))
    )
    edges = sorted(
        {0.0, length} | {begin for person in (one, other) for begins, _ in person for begin in begins}
    )
    state = []
    for begin, end in pairwise(edges):
        a, b = ([_whose(haplotype, (begin + end) / 2) for haplotype in person] for person in (one, other))
        state.append(max((a[0] == b[0]) + (a[1] == b[1]), (a[0] == b[1]) + (a[1] == b[0])))
    return _stretches(edges, state, 1), _stretches(edges, state, 2)


def _descendant(
    ancestors: Sequence[tuple[Haplotype, Haplotype]],
    generations: int,
    length: float,
    rng: Generator,
    mark: int,
) -> tuple[Haplotype, Haplotype]:
    """Somebody so many generations below the ancestors, all others on the way being nobody's relatives."""
    if generations == 0:
        return ancestors[0]
    stranger: Haplotype = ((0.0,), (mark,))
    passed = [_meiosis(pair, length, rng) for pair in ancestors]
    person = (passed[0], passed[1] if len(passed) > 1 else stranger)
    for n in range(1, generations):
        person = (_meiosis(person, length, rng), ((0.0,), (mark + n,)))
    return person


def _meiosis(pair: tuple[Haplotype, Haplotype], length: float, rng: Generator) -> Haplotype:
    crossings = np.sort(rng.uniform(0, length, rng.poisson(length / 100)))
    edges = [0.0, *crossings.tolist(), length]
    which = int(rng.integers(2))
    begins: list[float] = []
    whose: list[int] = []
    for low, high in pairwise(edges):
        for begin, end, name in _pieces(pair[which], length):
            if begin < high and end > low and (not whose or whose[-1] != name):
                begins.append(max(begin, low))
                whose.append(name)
        which ^= 1
    return tuple(begins), tuple(whose)


def _pieces(haplotype: Haplotype, length: float) -> Iterator[tuple[float, float, int]]:
    begins, whose = haplotype
    yield from zip(begins, (*begins[1:], length), whose, strict=True)


def _whose(haplotype: Haplotype, where: float) -> int:
    begins, whose = haplotype
    return whose[int(np.searchsorted(begins, where, side="right")) - 1]


def _stretches(edges: Sequence[float], state: Sequence[int], least: int) -> list[tuple[float, float]]:
    found: list[tuple[float, float]] = []
    for begin, end, shared in zip(edges[:-1], edges[1:], state, strict=True):
        if shared < least:
            continue
        if found and found[-1][1] == begin:
            found[-1] = (found[-1][0], end)
        else:
            found.append((begin, end))
    return found


def row(kind: Kind, pairs: int, rng: Generator) -> str:
    drawings = [drawn(kind, rng) for _ in range(pairs)]
    told = np.array([(total, segments) for total, _, segments in drawings if segments])
    shared, many = np.sqrt(told[:, 0] / sum(lengths())), np.sqrt(told[:, 1])
    spread = np.cov(shared, many)
    figures = (
        1 - len(told) / pairs,
        shared.mean(),
        many.mean(),
        spread[0, 0],
        spread[0, 1],
        spread[1, 1],
        np.mean([twice for _, twice, _ in drawings]) / sum(lengths()),
    )
    return "\t".join(
        [kind.name, str(kind.up), str(kind.down), str(kind.ancestors), *(f"{x:.6f}" for x in figures)]
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    rng = np.random.default_rng(given.seed)
    print(HEADER)
    for kind in KINDS:
        print(row(kind, given.pairs, rng), flush=True)
    return 0


KINDS = (
    Kind("parent or child", 0, 1, 1),
    Kind("full sibling", 1, 1, 2),
    Kind("grandparent or grandchild", 0, 2, 1),
    Kind("aunt, uncle, niece or nephew", 1, 2, 2),
    Kind("half sibling", 1, 1, 1),
    Kind("great-grandparent or great-grandchild", 0, 3, 1),
    Kind("great-aunt, great-uncle, great-niece or great-nephew", 1, 3, 2),
    Kind("half aunt, uncle, niece or nephew", 1, 2, 1),
    Kind("first cousin", 2, 2, 2),
    Kind("first cousin once removed", 2, 3, 2),
    Kind("half first cousin", 2, 2, 1),
    Kind("first cousin twice removed", 2, 4, 2),
    Kind("second cousin", 3, 3, 2),
    Kind("second cousin once removed", 3, 4, 2),
    Kind("third cousin", 4, 4, 2),
    Kind("third cousin once removed", 4, 5, 2),
    Kind("fourth cousin", 5, 5, 2),
)

if __name__ == "__main__":
    sys.exit(main())
