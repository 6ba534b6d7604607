"""The index of rows: one person more, one less, a cold search against its pieces, and a warm one.

    python -m tests.bench.index_rows [--people 2000] [--sites 600000] [--batch 500] [--times 3]

The pieces of a cold search are measured in the same run, in turn with it: reading the tiles from the shelf,
decrypting each row under its person's key, and streaming both planes once through the processor. Who may be
read is not asked here (index_people); the law's own cost is that of consent's benches. Last comes what was
counted: how many rows were decrypted, whose, and how many beyond the Clearance.
"""

import argparse
import math
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tests.bench import houses

ALONE = 40  # people who are added, packed and erased one by one


@njit(cache=True, nogil=True)
def streamed(lo: Any, hi: Any, qlo: Any, qhi: Any) -> int:
    """Both planes of everybody, once: what any whole look at them costs at least."""
    found = np.uint64(0)
    for person in range(len(lo)):
        for w in range(len(qlo)):
            found += lo[person, w] & qlo[w] & (hi[person, w] ^ qhi[w])
    return int(found & np.uint64(1))


@dataclass
class Figures:
    """Seconds of the clock and of the processor, each measured some times. The machine may be shared: what is
    compared with each other is compared by the processor's."""

    clock: dict[str, list[float]] = field(default_factory=dict)
    cpu: dict[str, list[float]] = field(default_factory=dict)

    def timed(self, what: str, act: Callable[[], Any]) -> Any:
        through = self.begun(what)
        told = act()
        through()
        return told

    def begun(self, what: str) -> Callable[[], None]:
        """What is returned is to be called at the end."""
        began, spent = time.perf_counter(), time.process_time()

        def through() -> None:
            self.cpu.setdefault(what, []).append(time.process_time() - spent)
            self.clock.setdefault(what, []).append(time.perf_counter() - began)

        return through

    def of(self, what: str) -> float:
        return statistics.median(self.cpu[what])

    def tell(self) -> None:
        wide = max(map(len, self.clock))
        for what, some in self.clock.items():
            told = f"{1e3 * statistics.median(some):10,.2f} ms (worst {1e3 * max(some):,.2f})"
            print(f"{what:{wide}}  {told}, CPU {1e3 * self.of(what):,.2f}")


def batches(files: Sequence[Any], size: int) -> list[list[Any]]:
    return [list(files[first : first + size]) for first in range(0, len(files), size)]


def search(query: Any, parts_of: list[list[Any]], proofs: list[Any], used: Any) -> int:
    """How many relatives."""
    from genomics._vault import lending
    from genomics.matching.segments import related_in

    found = 0
    for files, proof in zip(parts_of, proofs, strict=True):
        with lending.lent(files, used, proof) as lent:
            for group in lent.groups(range(len(files))):
                found += len(related_in(query, group.people, group.lines, used.panel))
    return found


def decrypted(keys_: list[bytes], names: list[str], blobs: list[memoryview], into: NDArray[np.uint8]) -> None:
    """The planes of each row, as they lie sealed in memory, under her own key to places of their own: nothing
    but the cipher."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    plane, over = into.shape[2], 28
    for n, (key, name, blob) in enumerate(zip(keys_, names, blobs, strict=True)):
        cipher = AESGCM(key)
        for half in range(2):
            piece = blob[half * (plane + over) : (half + 1) * (plane + over)]
            cipher.decrypt_into(piece[:12], piece[12:], f"{name}\n{half}\n5".encode(), into[n, half].data)


def erased(file: Any, figures: Figures) -> None:
    """A person erased. To effect it is until the commit: nobody can read her from there on."""
    from django.db import transaction

    from genomics.intake import erasure
    from tests.world import NOW

    through = figures.begun("one person less: to effect")

    def at_commit() -> dict[str, int]:
        transaction.on_commit(through)  # the first that is called: what clears up comes after it
        return {}

    erasure.erase(file.participant, by="b", at=NOW, also=at_commit)


def run(people: int, sites: int, batch: int, times: int) -> int:
    from django.conf import settings

    from consent import clearance as proofs_
    from genomics._vault import keys, memory, readings, rows, shelf, tiles
    from genomics._vault.readings import Purpose
    from genomics.intake import upkeep
    from genomics.matching.probes import shape_of
    from genomics.matching.segments import make_ready, related_in
    from genomics.models import RowTile, Sealed
    from tests.bench.index_people import Dice, laid, loaded, registered, unsafe_clearance

    make_ready()
    used, haplotypes = loaded(sites)
    dice, figures = Dice(haplotypes, np.random.default_rng(2)), Figures()
    mine = dice.haplotype()
    query = dice.row(mine)
    everybody: list[tuple[Any, bytes]] = []
    full = rows.parts_of(used)[0].full
    kin = max(people // 500, 1)
    while len(everybody) < people:
        some = registered(min(full, people - len(everybody)))
        drawn = (used.pieces(dice.row(mine if len(everybody) + n < kin else None)) for n in range(len(some)))
        laid(rows.PLANES, drawn, some, used)
        everybody += some
        print(f"{len(everybody):,} people", end="\r", flush=True)
    print()
    files = [file for file, _ in everybody]
    row = 8 * (2 * used.shape.words + math.prod(shape_of(used.probes)))
    settings.ROWS_BYTES = (people + ALONE) * row + 1
    whole = unsafe_clearance(files)
    parts_of, cleared = batches(files, batch), list(proofs_.parts(whole, batch))
    cipher_keys = [keys_ for _, keys_ in everybody]
    places = list(RowTile.objects.order_by().values_list("place", flat=True))
    read_ = {place: memoryview(shelf.get(place)) for place in places}
    size = rows.parts_of(used)[0].size
    lying = {one.name: one for one in Sealed.objects.filter(place__in=places)}
    names = [rows.name_of(file.id, used) for file in files]
    blobs = [read_[lying[name].place][lying[name].begins :][:size] for name in names]
    into = np.ones((people, 2, 8 * used.shape.words), dtype=np.uint8)
    with readings.under(Purpose.JOB):
        figures.timed("first search of all: memory is taken", lambda: search(query, parts_of, cleared, used))
    for _ in range(times):
        (here,) = memory._memory.values()
        with here.lock:
            here.clear()
        figures.timed("read the tiles", lambda: [len(shelf.get(place)) for place in places])
        figures.timed("decrypt the rows", lambda: decrypted(cipher_keys, names, blobs, into))
        with readings.under(Purpose.JOB) as counted:
            found = figures.timed(
                f"cold search, batches of {batch}", lambda: search(query, parts_of, cleared, used)
            )
        assert found >= kin, f"{found} relatives of {kin}"
        held, lines = here.people, np.arange(people, dtype=np.int32)
        one = held.rows[:1]
        figures.timed(
            "stream", lambda held=held, one=one: streamed(held.rows.lo, held.rows.hi, one.lo[0], one.hi[0])
        )
        with readings.under(Purpose.JOB) as warm:
            figures.timed(f"warm search, batches of {batch}", lambda: search(query, parts_of, cleared, used))
        assert (len(warm.rows), len(warm.remembered)) == (0, people)
        for _ in range(3):
            figures.timed(
                "warm search, the engine on what lies in memory",
                lambda held=held, lines=lines: related_in(query, held, lines, used.panel),
            )
    alone = registered(ALONE)
    for file, key in alone:
        drawn_row = dice.row()

        def add(file: Any = file, key: bytes = key, row: Any = drawn_row) -> None:
            Sealed.objects.bulk_create(rows.sealed(file, used, row, key))

        figures.timed("one person more: sealed, shelved, recorded", add)
    figures.timed(f"packing {ALONE} rows that lay alone", upkeep.pack_rows)
    for file, _ in alone[: ALONE // 2]:
        figures.timed("one person less: all of the act", lambda file=file: erased(file, figures))
    holes = tiles.holes(rows.parts_of(used)[0])
    figures.timed(f"closing {holes} holes", upkeep.pack_rows)
    assert tiles.holes(rows.parts_of(used)[0]) == 0
    figures.tell()
    read, decrypt, stream = (
        figures.of("read the tiles"),
        figures.of("decrypt the rows"),
        figures.of("stream"),
    )
    cold, warm_all = (figures.of(f"{kind} search, batches of {batch}") for kind in ("cold", "warm"))
    warm_s = figures.of("warm search, the engine on what lies in memory")
    ids = {file.id for file in files}
    print(f"{people:,} people, {sites:,} sites, {len(keys.in_use())} key epoch")
    print(f"CPU: read {read:.3f} s, decrypt {decrypt:.3f} s, stream {stream:.3f} s, cold {cold:.3f} s")
    print(f"cold against its pieces: {cold / (read + decrypt + stream):.2f} (at most 1.5)")
    us = [1e6 * one / people for one in (warm_all, warm_s, cold)]
    print(f"a row: warm {us[0]:.1f} µs, of it the engine {us[1]:.1f}; cold {us[2]:.1f}")
    print(f"warm: {warm_s:.4f} s, {10_000 / people * warm_s:.4f} s for 10,000 (at most .09)")
    print(f"warm against streaming: {stream / warm_s:.2f} of its rate (at least .75)")
    print(f"decrypted: {len(counted.rows)} of {people}; beyond the Clearance: {len(counted.files - ids)}")
    return 0 if counted.rows == ids else 1


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=2000)
    parser.add_argument("--sites", type=int, default=600_000)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--times", type=int, default=3)
    given = parser.parse_args(arguments)
    with houses.opened():
        return run(given.people, given.sites, given.batch, given.times)


if __name__ == "__main__":
    sys.exit(main())
