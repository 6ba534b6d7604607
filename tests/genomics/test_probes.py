"""Probes: they rule out what the whole row would rule out, and nothing else."""

import numpy as np
import pytest

from genomics.matching.ground import Ground
from genomics.matching.kernels import Rows
from genomics.matching.probes import next_probe, probes_of


def ground(sites: int, cm_a_site: float) -> Ground:
    half = sites // 2
    chromosome = np.repeat(np.array([1, 2], dtype=np.uint8), [half, sites - half])
    cm = np.concatenate([np.arange(half), np.arange(sites - half)]) * cm_a_site
    return Ground.along(chromosome, np.arange(sites, dtype=np.uint32), cm, np.full(sites, 0.3))


def rows(people: int, sites: int, seed: int) -> Rows:
    random = np.random.default_rng(seed)
    planes = np.zeros((2, people, 8 * ((sites + 63) // 64)), dtype=np.uint8)
    bits = random.random((2, people, sites)) < 0.6
    planes[:, :, : (sites + 7) // 8] = np.packbits(bits, axis=2, bitorder="little")
    return Rows(sites, planes[0].view("<u8"), planes[1].view("<u8"))


@pytest.mark.parametrize("cm_a_site", [0.004, 0.03, 0.3, 1.2])  # cells of five words, of one, and of a site
@pytest.mark.parametrize("limit", [0, 3, 12])
def test_a_probe_passed_by_lies_in_a_cell_that_contradicts_too_often(cm_a_site: float, limit: int) -> None:
    sites = 6_000
    here, two = ground(sites, cm_a_site), rows(2, sites, seed=5)
    probes = probes_of(two, here.one)
    against = two.lo[0] & two.lo[1] & (two.hi[0] ^ two.hi[1])
    bits = np.unpackbits(against.view(np.uint8), count=sites, bitorder="little")
    edges = here.one.cell_site
    inside = [int(bits[edges[cell] : edges[cell + 1]].sum()) for cell in here.one.probe_cell]
    stopped, probe = set(), 0
    while (probe := next_probe(probes, 0, probes, 1, probe, limit)) < len(inside):
        stopped.add(probe)
        probe += 1
    assert inside
    assert {n for n, total in enumerate(inside) if total <= limit} <= stopped


def test_every_four_cells_of_a_stretch_hold_one_probe() -> None:
    one = ground(9_000, 0.02).one
    for first, end in zip(one.cell_from[:-1], one.cell_from[1:], strict=True):
        probed = one.probe_cell[(one.probe_cell >= first) & (one.probe_cell < end)]
        for begin in range(first, end - 3):
            assert ((probed >= begin) & (probed < begin + 4)).sum() == 1
