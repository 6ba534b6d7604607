"""The first pass over sketches: a house of many people of whom some are permitted.

    python -m tests.bench.index_sketches [--people 1300000] [--permitted 185000] [--workers 2]

Everybody has a sketch, sealed under her own key, in tiles among the others'. The permitted, drawn by lot, are
cut in ranges for as many processes as there are workers; each reads and decrypts the sketches of its range
and nobody else's, and names the candidates. Prints the seconds from the files to the last candidate, what of
it was spent where, and how many sketches were opened of whom. Rows, the second pass, are not made here; the
law is not asked (index_people).
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from tests.bench import houses

MODELS = 1000  # sketches that are drawn; everybody has one of them
BATCH = 500


class File(NamedTuple):
    """What lending asks of a file."""

    id: Any
    participant_id: int


def looked(ids: list[Any], used: Any, query: Any, empty: Any) -> dict[str, Any]:
    """The candidates among these files, and what it took."""
    from consent import clearance as proofs
    from genomics._vault import lending, readings
    from genomics._vault.readings import Purpose
    from genomics.models import GenomicFile

    began, candidates, spent = time.perf_counter(), 0, {"files": 0.0, "open": 0.0, "look": 0.0}
    cpu = time.process_time()
    with readings.under(Purpose.JOB) as tally:
        for first in range(0, len(ids), BATCH):
            t = time.perf_counter()
            rows = GenomicFile.objects.filter(pk__in=ids[first : first + BATCH]).order_by("participant")
            files: Any = [File(*row) for row in rows.values_list("id", "participant")]
            permitted = tuple(proofs.Permitted(file.participant_id, (file.id,), ()) for file in files)
            proof = proofs._same(empty, permitted=permitted)
            spent["files"] += time.perf_counter() - t
            with lending.lent(files, used, proof) as lent:
                t = time.perf_counter()
                lines, _ = lent.sketches(range(len(files)))
                spent["open"] += time.perf_counter() - t
                t = time.perf_counter()
                candidates += int(used.sketch.candidates(query, lines).sum())
                spent["look"] += time.perf_counter() - t
    return {
        "seconds": time.perf_counter() - began,
        "cpu": time.process_time() - cpu,
        "candidates": candidates,
        "opened": len(tally.sketches),
        "others": len(tally.files - set(ids)),
        **spent,
    }


def run(people: int, permitted: int, workers: int, sites: int) -> int:
    from django.conf import settings
    from django.db import connections, transaction

    from genomics._vault import rows
    from tests.bench.index_people import Dice, laid, loaded, registered, unsafe_clearance

    settings.SKETCHES = True
    rng = np.random.default_rng(7)
    used, haplotypes = loaded(sites)
    assert used.sketch is not None
    dice = Dice(haplotypes, rng)
    mine = dice.haplotype()
    query = used.drawn(dice.row(mine), used.sketch)
    models = [used.drawn(dice.row(mine if n == 0 else None), used.sketch).tobytes() for n in range(MODELS)]
    chosen = np.zeros(people, dtype=bool)
    chosen[rng.choice(people, permitted, replace=False)] = True
    full, asked, done = rows.parts_of(used)[1].full, [], 0
    while done < people:
        with transaction.atomic():
            some = registered(min(full, people - done))
            laid(rows.SKETCH, ((models[(done + n) % MODELS],) for n in range(len(some))), some, used)
        asked += [file.id for n, (file, _) in enumerate(some) if chosen[done + n]]
        done += len(some)
        print(f"{done:,} people", end="\r", flush=True)
    print()
    empty = unsafe_clearance([])
    looked(asked[:10], used, query, empty)  # compiled, and the tables near
    ranges = np.array_split(np.arange(len(asked)), workers)
    connections.close_all()
    pipes, began = [], time.perf_counter()
    for some in ranges:
        heard, told = os.pipe()
        ids = [asked[n] for n in some]

        def work(ids: list[Any] = ids, told: int = told) -> None:
            os.write(told, json.dumps(looked(ids, used, query, empty)).encode())

        pipes.append((houses.forked(work), heard))
    said = [json.loads(os.read(heard, 65_536)) for _, heard in pipes]
    took = time.perf_counter() - began
    houses.killed(*(child for child, _ in pipes))
    together = {name: sum(one[name] for one in said) for name in said[0]}
    print(
        f"{people:,} sketches of {8 * query.shape[1]:,} bytes, {permitted:,} permitted, {workers} processes"
    )
    print(f"{took:.2f} s from the files to the candidates; CPU {together['cpu']:.2f} s in all")
    parts_ = ", ".join(f"{name} {together[name]:.2f} s" for name in ("files", "open", "look"))
    print(f"   of the clock, added up: {parts_}")
    print(f"for 185,000: {185_000 / permitted * took:.2f} s (at most 3)")
    due = sum(1 for n in np.flatnonzero(chosen) if n % MODELS == 0)
    print(f"candidates {together['candidates']} ({due} relatives); opened {together['opened']}")
    print(f"sketches of others opened: {together['others']}")
    sound = together["opened"] == permitted and not together["others"] and together["candidates"] >= due
    return 0 if sound else 1


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=1_300_000)
    parser.add_argument("--permitted", type=int, default=185_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--sites", type=int, default=600_000)
    given = parser.parse_args(arguments)
    with houses.opened():
        return run(given.people, given.permitted, given.workers, given.sites)


if __name__ == "__main__":
    sys.exit(main())
