"""Probes: which sites are looked at first, and that they rule out who contradicts there, and nobody else."""

import numpy as np
import pytest

from genomics.matching.ground import Ground
from genomics.matching.kernels import Rows
from genomics.matching.probes import NONE, next_probed, probes_of

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


def stopped(here: Ground, two: Rows, limit: int, least: float) -> set[int]:
    probes, one = probes_of(two, here.probes), here.one
    found, window = set(), 0
    while True:
        window = next_probed(probes, 0, probes, 1, window, limit, one.window_cm, one.window_stretch, least)
        if window == len(one.window_site):
            return found
        found.add(window)
        window += 1


@pytest.mark.parametrize("cm_a_site", [DENSE, ARRAY, THIN, LONE])
@pytest.mark.parametrize("limit", [0, 3, 12])
def test_a_window_is_ruled_out_by_what_contradicts_at_its_probes(cm_a_site: float, limit: int) -> None:
    sites = 6_000
    here, two = ground(sites, cm_a_site), rows(2, sites, seed=5)
    against = two.lo[0] & two.lo[1] & (two.hi[0] ^ two.hi[1])
    bits = np.append(np.unpackbits(against.view(np.uint8), count=sites, bitorder="little"), 0)
    probed = bits[here.probes].sum(axis=(1, 2), where=here.probes != NONE)
    assert stopped(here, two, limit, 0.0) == {n for n, total in enumerate(probed) if total <= limit}


def test_who_contradict_right_beside_a_window_do_not_go_on() -> None:
    """They agree in every second window, and none of these is long enough alone."""
    sites = 60_000
    here, two = ground(sites, DENSE), rows(1, sites, seed=5)
    one = here.one
    ends = [*one.window_site[1:].tolist(), sites]
    lo, hi = np.repeat(two.lo, 2, axis=0), np.repeat(two.hi, 2, axis=0)
    bits = np.unpackbits(hi.view(np.uint8), axis=1, bitorder="little")
    for window in range(0, len(ends), 2):
        bits[1, one.window_site[window] : ends[window]] ^= 1
    two = Rows(sites, lo, np.packbits(bits, axis=1, bitorder="little").view("<u8"))
    agreeing = {n for n in range(1, len(ends), 2) if one.window_cm[n] >= 3.0}  # a chromosome's last is short
    assert stopped(here, two, 0, 3.0) == agreeing
    assert not stopped(here, two, 0, 5.6) & agreeing


def test_the_probes_of_a_window_are_its_own_and_tell_most() -> None:
    here = ground(9_000, DENSE)
    ends = np.append(here.one.window_site[1:], 9_000)
    for window, (first, end) in enumerate(zip(here.one.window_site, ends, strict=True)):
        chosen = here.probes[window][here.probes[window] != NONE]
        assert len(chosen) == len(set(chosen.tolist())) == min(128, end - first)
        assert ((chosen >= first) & (chosen < end)).all()
        if end - first >= 128 * 7:
            assert (here.frequency[chosen] == 0.5).mean() > 0.9
