"""A population for the bench: so many participants with genuinely sealed records, put in by bulk.

    python -m tests.bench.population --people 1300000 --home DIR
    DATABASE_URL=postgres://... python -m tests.bench.population --people 1300000 --home DIR
    python -m tests.bench.population --people 200 --home DIR --by-verbs   # the same mix, one verb at a time

Bodies, commitments and seals are what consent.records writes, and are read back by it at the end. No ledger
events are written: `event` is a random number, so broken_seals() would say so of every row. Consent positions
are those of the statements alone, and only the newest has its Change. The same seed and SEAL_KEY make the
same rows. It goes into an empty house only; DIR keeps who was meant to allow homicide searches (intent.npz).
"""

import argparse
import multiprocessing
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests.bench import crowd as crowds

INTENT = "intent.npz"
SAMPLE = 2_000  # people who are read back
AHEAD = 6  # chunks that are made before they are written
ROOM = 400_000  # statements between two lines of progress


def open_house(home: Path) -> None:
    """Set Django up in a house of its own, and lay its tables."""
    os.environ |= {"BROKER_HOME": str(home), "DEBUG": "1", "DJANGO_SETTINGS_MODULE": "broker.settings"}
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def refuse_if_lived_in() -> None:
    from consent.models import Participant

    if Participant.objects.exists():
        raise SystemExit(
            "There are participants in this house already. Nothing was built; give another --home."
        )


def build(
    people: int, *, seed: int = 1, processes: int = 0, say: Callable[[str], None] = print
) -> crowds.Crowd:
    """Put a population into the database in use. The bytes are made by so many processes; 0: by this one."""
    from consent.models import Change
    from tests.bench import bulk
    from tests.bench.rows import CHUNK, Maker

    refuse_if_lived_in()
    started = time.perf_counter()

    def spent() -> float:
        return time.perf_counter() - started

    crowd = crowds.crowd(people, seed=seed)
    maker = Maker(crowd, seed=seed)
    say(f"{spent():6.1f} s  planned {crowd.people:,} people and {len(crowd.who):,} statements")
    for table, chunks in (
        ("participant", maker.participants()),
        ("holding", maker.holdings()),
        ("freeze", maker.freezes()),
    ):
        for rows in chunks:
            bulk.write(table, maker.columns(table), rows)
    say(f"{spent():6.1f} s  people, files and holds are in")
    done, begun = 0, spent()
    for rows in _made(maker, len(crowd.who), processes):
        bulk.write("statement", maker.columns("statement"), rows)
        done = min(done + CHUNK, len(crowd.who))
        if done % ROOM < CHUNK:
            say(f"{spent():6.1f} s  {done:,} statements, {done / (spent() - begun):,.0f} a second")
    Change.objects.create(position=len(crowd.who))
    bulk.settle_sequences()
    return crowd


def _made(maker: Any, statements: int, processes: int) -> Iterator[Any]:
    from tests.bench.rows import CHUNK

    firsts = range(0, statements, CHUNK)
    if not processes:
        yield from map(maker.statements, firsts)
        return
    global _maker  # what the forked processes find in their memory
    _maker = maker
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        waiting: deque[Any] = deque()
        for first in firsts:
            waiting.append(pool.apply_async(_make, (first,)))
            if len(waiting) > AHEAD:  # no more in memory than the writer can keep up with
                yield waiting.popleft().get()
        for one in waiting:
            yield one.get()


_maker: Any = None


def _make(first: int) -> Any:
    return _maker.statements(first)


def misread(crowd: crowds.Crowd, *, sample: int = SAMPLE, seed: int = 1) -> list[str]:
    """A sentence for everybody in a sample whose record cannot be read, or is decided otherwise than planned.
    Raises SealBroken for a record that was not sealed."""
    from consent import eligibility
    from consent.terms import Policy
    from tests.cast import police

    rng = np.random.default_rng((seed, 3))
    some = rng.choice(crowd.people, min(sample, crowd.people), replace=False)
    holders = some[crowd.files[some] > 0]
    use = police("L.HOM")
    found = {
        one.ordinal: one.permitted
        for one in eligibility.survey(
            use, policy=Policy.default(), at=crowds.AT, only=[int(i) + 1 for i in holders]
        )
    }
    return [
        f"Ordinal {i + 1} was meant to {'allow' if crowd.allows_homicide[i] else 'refuse'}, and does not."
        for i in holders.tolist()
        if found[i + 1] is not bool(crowd.allows_homicide[i])
    ]


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--people", type=int, default=1_300_000)
    options.add_argument("--home", type=Path, required=True)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--processes", type=int, default=2)
    options.add_argument("--check", type=int, default=SAMPLE, help="people who are read back at the end")
    options.add_argument("--by-verbs", action="store_true", help="through the ordinary verbs: slow, a check")
    asked = options.parse_args()
    open_house(asked.home.absolute())
    from tests.bench import bulk, verbs

    started = time.perf_counter()
    if asked.by_verbs:
        refuse_if_lived_in()
        crowd, refused = verbs.build(asked.people, seed=asked.seed)
        print(f"{len(refused)} statements were refused: they could never hold")
    else:
        with bulk.unsafe_bulk():
            crowd = build(asked.people, seed=asked.seed, processes=asked.processes)
    np.savez_compressed(asked.home / INTENT, allows_homicide=crowd.allows_homicide, at=crowds.NOW)
    took = time.perf_counter() - started
    print(f"{took:6.1f} s  all in; {crowd.allows_homicide.sum():,} people allow homicide searches")
    wrong = misread(crowd, sample=asked.check, seed=asked.seed)
    print(
        *wrong, f"{min(asked.check, crowd.people):,} people read back, {len(wrong)} not as planned", sep="\n"
    )
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
