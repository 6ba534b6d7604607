"""The engine of relatives on any PLINK set: who shares what with whom, and what it costs.

    python -m tests.bench.relatives --bfile PREFIX [--queries FILE] [--threads N] --out PREFIX

All pairs, or the people named in FILE (one a line) against everybody else. Writes PREFIX.segments.tsv and
PREFIX.pairs.tsv (of whom anything was found). Where the set has sites on X, what those pairs share there
follows in the segments, and is in no sum of the pairs. The last lines are seconds, CPU-seconds and pairs, of
the whole and of the engine alone. It reads unsealed planes; the product does not.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genomics.matching import kernels, segments, x_shared
from genomics.matching.ground import Ground
from genomics.matching.kinship import kinship, relationship
from genomics.matching.segments import People
from genomics.matching.x_row import XRow, XSites
from genomics.panel import MISSING
from tests.bench import plink

TILE = 32
TILES = 64  # that are asked about at once


def run(bfile: Path, out: Path, *, queries: Path | None, threads: int) -> int:
    began, cpu = time.monotonic(), time.process_time()
    names, sites, rows = plink.read(bfile)
    ground = Ground.along(sites.chromosome, sites.position, sites.cm, sites.frequency)
    people = People.of(rows, ground)
    read, read_cpu = time.monotonic(), time.process_time()
    if queries is None:
        tiles = _all_pairs(len(names))
    else:
        place = {name: n for n, name in enumerate(names)}
        tiles = _each_against_all([place[name] for name in queries.read_text().split()], len(names))
    blocks = list(_blocks(tiles))
    with ThreadPoolExecutor(threads) as pool:
        found = np.concatenate(
            list(pool.map(lambda pairs: segments.shared(people, people, pairs, ground), blocks))
        )
    found = segments.in_order(found)
    compared, compared_cpu = time.monotonic(), time.process_time()
    _write(out, names, found, people, ground)
    _write_x(bfile, out, names, found, people)
    pairs = sum(map(len, blocks))
    spent = compared_cpu - read_cpu
    print(
        f"{len(names)} people, {ground.sites} sites, read in {read - began:.2f} s, CPU {read_cpu - cpu:.2f} s"
    )
    print(f"compared in {compared - read:.3f} s, CPU {spent:.3f} s: {pairs / spent:,.0f} pairs a CPU-second")
    print(f"seconds: {time.monotonic() - began:.2f}")
    print(f"CPU-seconds: {time.process_time() - cpu:.2f}")
    print(f"pairs: {pairs}")
    return 0


def _all_pairs(people: int) -> Iterator[NDArray[np.int32]]:
    """Pairs tile by tile, so that a tile's rows stay near."""
    for a in range(0, people, TILE):
        for b in range(a, people, TILE):
            one, other = np.meshgrid(
                np.arange(a, min(a + TILE, people)), np.arange(b, min(b + TILE, people)), indexing="ij"
            )
            keep = one < other
            yield np.stack([one[keep], other[keep]], axis=1).astype(np.int32)


def _each_against_all(asked: Sequence[int], people: int) -> Iterator[NDArray[np.int32]]:
    for a in range(0, len(asked), TILE):
        for b in range(0, people, TILE):
            pairs = [(q, r) for q in asked[a : a + TILE] for r in range(b, min(b + TILE, people)) if q != r]
            yield np.array(pairs, dtype=np.int32).reshape(-1, 2)


def _blocks(tiles: Iterator[NDArray[np.int32]]) -> Iterator[NDArray[np.int32]]:
    while some := list(islice(tiles, TILES)):
        yield np.concatenate(some)


def _write(out: Path, names: Sequence[str], found: NDArray[Any], people: People, ground: Ground) -> None:
    with Path(f"{out}.segments.tsv").open("w") as file:
        file.write("id1\tid2\tibd\tchromosome\tstart_bp\tend_bp\tstart_cm\tend_cm\tsites\n")
        for one in found:
            a, b = int(one["first"]), int(one["last"])
            file.write(
                f"{names[one['query']]}\t{names[one['row']]}\t{1 + one['both']}\t{ground.chromosome[a]}\t"
                f"{ground.position[a] + 1}\t{ground.position[b] + 1}\t{ground.cm[a]:.4f}\t"
                f"{ground.cm[b]:.4f}\t{one['sites']}\n"
            )
    with Path(f"{out}.pairs.tsv").open("w") as file:
        file.write("id1\tid2\ttotal_cm\tlongest_cm\tsegments\tibd2_cm\tkinship\toverlap\trelationship\n")
        pair = found["query"].astype(np.int64) << 32 | found["row"]
        for stretches in np.split(found, np.flatnonzero(np.diff(pair)) + 1) if len(found) else []:
            q, r = int(stretches["query"][0]), int(stretches["row"][0])
            known = kernels.overlap(people.rows[q : q + 1], people.rows[r : r + 1])[0]
            lengths = ground.cm[stretches["last"]] - ground.cm[stretches["first"]]
            one = lengths[~stretches["both"]]
            total, twice = float(one.sum()), float(lengths[stretches["both"]].sum())
            sums = {"total_cm": total, "ibd2_cm": min(twice, total), "covered_cm": ground.covered_cm(known)}
            overlap = int(np.bitwise_count(known).sum())
            finest = segments.CONVINCING * sums["covered_cm"] / max(overlap * ground.worth, 1e-9)
            said = relationship(**sums, finest_cm=finest)
            file.write(
                f"{names[q]}\t{names[r]}\t{total:.2f}\t{one.max():.2f}\t{len(one)}\t{sums['ibd2_cm']:.2f}\t"
                f"{kinship(**sums):.4f}\t{overlap}\t{said.value}\n"
            )


def _write_x(bfile: Path, out: Path, names: Sequence[str], found: NDArray[Any], people: People) -> None:
    """What those of whom anything was found share on X, one haplotype or more."""
    sites, rows = plink.read_x(bfile, len(names))
    x = XSites.along(sites.position, sites.cm, sites.frequency)
    lo, hi = (kernels.bits(plane, sites=rows.sites).astype(np.uint8) for plane in (rows.lo, rows.hi))
    copies = (lo | hi << 1) - np.uint8(1) & np.uint8(MISSING)
    read = {
        n: XRow.read(copies[n], x, dropout=float(people.setting.dropout[n]))
        for n in np.unique(found[["query", "row"]].tolist()).tolist()
    }
    with Path(f"{out}.segments.tsv").open("a") as file:
        for q, r in np.unique(found[["query", "row"]]).tolist():
            sharing = x_shared.shared(read[q], read[r], x, min_cm=7.0)
            for one in () if sharing is None else sharing.segments:
                start, end = np.interp([one.start - 1, one.end - 1], x.position, x.cm)
                file.write(
                    f"{names[q]}\t{names[r]}\t1\tX\t{one.start}\t{one.end}\t{start:.4f}\t{end:.4f}\t"
                    f"{one.sites}\n"
                )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--bfile", type=Path, required=True)
    parser.add_argument("--queries", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args(arguments)
    return run(given.bfile, given.out, queries=given.queries, threads=given.threads)


if __name__ == "__main__":
    sys.exit(main())
