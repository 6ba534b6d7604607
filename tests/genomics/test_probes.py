"""Probes: which sites are looked at first, and that they rule out who contradicts there, and nobody else."""

import numpy as np
import pytest

from genomics.matching.ground import Ground
from genomics.matching.kernels import Rows
from genomics.matching.probes import NONE, against, in_runs, next_run, probes_of
from genomics.matching.segments import ONE

DENSE, ARRAY, THIN, LONE = 0.004, 0.03, 0.3, 1.2  # centimorgans a site


def ground(sites: int, cm_a_site: float, frequency: float = 0.3) -> Ground:
    half = sites // 2
    chromosome = np.repeat(np.array([1, 2], dtype=np.uint8), [half, sites - half])
    cm = np.concatenate([np.arange(half), np.arange(sites - half)]) * cm_a_site
    alt = np.full(sites, frequency)
    alt[::7] = 0.5
    return Ground.along(chromosome, np.arange(sites, dtype=np.uint32), cm, alt)


def rows(people: int, sites: int, seed: int) -> Rows:
    random = np.random.default_rng(seed)
    planes = np.zeros((2, people, 8 * ((sites + 63) // 64)), dtype=np.uint8)
    bits = random.random((2, people, sites)) < 0.6
    planes[:, :, : (sites + 7) // 8] = np.packbits(bits, axis=2, bitorder="little")
    return Rows(sites, planes[0].view("<u8"), planes[1].view("<u8"))


def stopped(here: Ground, two: Rows, limit: int, run: int) -> set[int]:
    """Where runs begin that are not ruled out."""
    probes = probes_of(two, here.probes)
    counts = np.zeros(len(here.one.window_site), dtype=np.uint16)
    sums = np.zeros(len(counts) - run + 1, dtype=np.uint16)
    against(probes[0, 0], probes[0, 1], probes[1, 0], probes[1, 1], counts)
    in_runs(counts, run, sums)
    found, window = set(), -1
    while (window := next_run(sums, window + 1, np.uint16(limit))) < len(sums):
        found.add(window)
    return found


@pytest.mark.parametrize("cm_a_site", [DENSE, ARRAY, THIN, LONE])
@pytest.mark.parametrize("limit", [0, 3, 12])
@pytest.mark.parametrize("run", [1, 3, 4])
def test_a_run_is_ruled_out_by_what_contradicts_at_its_probes(cm_a_site: float, limit: int, run: int) -> None:
    sites = 12_000
    here, two = ground(sites, cm_a_site), rows(2, sites, seed=5)
    contradicting = two.lo[0] & two.lo[1] & (two.hi[0] ^ two.hi[1])
    contradicting[:60] = 0  # they share where it begins, so that something stays at every limit
    two.hi[1, :60] = two.hi[0, :60]
    bits = np.append(np.unpackbits(contradicting.view(np.uint8), count=sites, bitorder="little"), 0)
    probed = bits[here.probes].sum(axis=1, where=here.probes != NONE)
    runs = np.convolve(probed, np.ones(run, dtype=int), mode="valid")
    expected = {n for n, total in enumerate(runs) if total <= limit}
    assert expected
    assert stopped(here, two, limit, run) == expected


def test_the_probes_of_a_window_are_its_own_and_tell_most() -> None:
    here = ground(9_000, DENSE)
    ends = np.append(here.one.window_site[1:], 9_000)
    for window, (first, end) in enumerate(zip(here.one.window_site, ends, strict=True)):
        chosen = here.probes[window][here.probes[window] != NONE]
        assert len(chosen) == len(set(chosen.tolist())) == min(64, end - first)
        assert ((chosen >= first) & (chosen < end)).all()
        if end - first >= 64 * 7:
            assert (here.frequency[chosen] == 0.5).mean() > 0.9


def test_whatever_is_told_holds_a_whole_run_of_windows() -> None:
    here = ground(60_000, ARRAY)
    starts, run = here.cm[here.one.window_site], here.one.run
    same = here.one.window_stretch[run + 1 :] == here.one.window_stretch[: -run - 1]
    # Between the last site before a run begins and the one at which it ends:
    assert (starts[run + 1 :] - starts[: -run - 1])[same].max() <= 7.0 - ONE.margin_cm + 2 * ARRAY
