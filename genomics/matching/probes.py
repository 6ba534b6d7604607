"""Probes: of a panel's every fourth cell the first two words, a person's side by side.

Numba and numpy, pure; for scan. Any stretch worth telling holds a whole cell that is probed. Two people who
contradict each other too often in its first words do so in the cell: what is ruled out here the whole row
would rule out too, and nothing else is. So of strangers some twenty kilobytes are read, of a hundred and
fifty.
"""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from genomics.matching.grid import Grid
from genomics.matching.kernels import Rows
from genomics.matching.words import ones

WORDS = 2  # of a cell
PLANES = 2  # of a genotype: lo and hi

Probes = NDArray[np.uint64]  # people, words, planes, probes


def probes_of(rows: Rows, grid: Grid) -> Probes:
    """Everybody's, from whole rows."""
    first, last = grid.cell_begin[grid.probe_cell], grid.cell_end[grid.probe_cell]
    head, tail = grid.cell_head[grid.probe_cell], grid.cell_tail[grid.probe_cell]
    made = np.empty((len(rows), WORDS, PLANES, len(first)), dtype=np.uint64)
    _gather(rows.lo, rows.hi, first, last, head, tail, made)
    return made


@njit(cache=True, nogil=True)
def _gather(lo: Any, hi: Any, first: Any, last: Any, head: Any, tail: Any, made: Any) -> None:
    for person in range(len(lo)):
        for probe in range(len(first)):
            w, end, mask = first[probe], last[probe], head[probe]
            for word in range(WORDS):
                made[person, word, 0, probe] = lo[person, w] & mask
                made[person, word, 1, probe] = hi[person, w] & mask
                if w == end:
                    mask = np.uint64(0)  # the cell has no further word
                else:
                    w += np.uint64(1)
                    mask = tail[probe] if w == end else np.uint64(0xFFFFFFFFFFFFFFFF)


@njit(cache=True, nogil=True)
def next_probe(q_probes: Any, q: int, r_probes: Any, r: int, probe: int, limit: int) -> int:
    """The next probe, from this one on, in which two people do not contradict each other about one haplotype
    more than `limit` times; how many there are when there is none. The time of a search goes here."""
    beyond = q_probes.shape[3]
    while probe < beyond:
        lo = q_probes[q, 0, 0, probe] & r_probes[r, 0, 0, probe]
        against = np.int64(ones(lo & (q_probes[q, 0, 1, probe] ^ r_probes[r, 0, 1, probe])))
        if against <= limit:
            lo = q_probes[q, 1, 0, probe] & r_probes[r, 1, 0, probe]
            against += np.int64(ones(lo & (q_probes[q, 1, 1, probe] ^ r_probes[r, 1, 1, probe])))
            if against <= limit:
                return probe
        probe += 1
    return probe
