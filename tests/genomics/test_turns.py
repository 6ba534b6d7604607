"""Turns at reading: no more files at once than there are turns, and the others wait."""

import threading
import time

import pytest

from genomics.intake import sandbox, turns
from tests.builders import vcf_text

VCF = vcf_text(["20\t100\t.\tA\tT\t.\t.\t.\tGT\t0/1"], meta=["##reference=GRCh37"])


@pytest.fixture(autouse=True)
def two(settings) -> None:
    settings.READERS_AT_ONCE = 2


def test_no_more_files_are_read_at_once_than_there_are_turns(monkeypatch):
    here, most, lock = 0, 0, threading.Lock()
    watched = sandbox._watched

    def counted(*given, **more):
        nonlocal here, most
        with lock:
            here += 1
            most = max(most, here)
        time.sleep(0.05)
        try:
            return watched(*given, **more)
        finally:
            with lock:
                here -= 1

    monkeypatch.setattr(sandbox, "_watched", counted)
    crowd = [threading.Thread(target=sandbox.read, args=(VCF,)) for _ in range(7)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert (most, here) == (2, 0)


def test_who_waits_too_long_is_told_and_the_turn_comes_free_again():
    begun, over = threading.Barrier(3), threading.Event()

    def hold() -> None:
        with turns.taken():
            begun.wait()
            over.wait()

    holders = [threading.Thread(target=hold) for _ in range(2)]
    for one in holders:
        one.start()
    begun.wait()
    with pytest.raises(turns.NoneFree, match="2 files are being read here"), turns.taken(within=0.01):
        pytest.fail("there was no turn to take")
    over.set()
    with turns.taken(within=5):
        pass
    for one in holders:
        one.join()


def test_who_has_a_turn_needs_no_second(settings):
    settings.READERS_AT_ONCE = 1
    with turns.taken(), turns.taken(within=0.01):
        assert sandbox.read(VCF)
    with pytest.raises(ValueError, match="mine"), turns.taken():
        raise ValueError("mine")
    with turns.taken(within=0.01):
        pass
