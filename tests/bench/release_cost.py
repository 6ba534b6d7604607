"""What the transaction of a release costs, in which it keeps every no waiting: milliseconds, and statements.

    python -m tests.bench.release_cost [--database URL] [--people 1 100 10000] [--rounds 21] [--show]

An answer over so many people is staged and released by the job's own verbs, --rounds times; they hold no
files, for a release opens none. Every second time a stranger says no between the look and the transaction,
which then looks again. Measured is what others wait for: from the moment at which the transaction has begun
(SQLite: it holds the one lock; PostgreSQL: it is about to ask for the gate lock) until it is committed, on
the clock and as processor time of the process that does it; and beside it all that the supervisor waits for.
--show prints the statements of the last transaction, each with its time. The database must be an empty one.
Last line `transaction: median X ms, p95 Y ms, Z statements`, over all. Ends 1 when the median of some number
of people is above 50 ms, or one takes more statements than another.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.bench import houses

MOST = 50.0  # ms


@dataclass(slots=True)
class Cost:
    """Of each round, in milliseconds."""

    clock: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    around: list[float] = field(default_factory=list)  # the look, the child and its end included
    statements: list[int] = field(default_factory=list)
    said: list[tuple[str, float]] = field(default_factory=list)  # of the last round


@contextmanager
def _watched(told: Path, meanwhile: Callable[[], Any]) -> Iterator[None]:
    """The transaction as supervised.run makes it, timed by the process that does it, and written to a file,
    for that may be a child. `meanwhile` comes between the look and the transaction."""
    from django.db import connection

    from broker import supervised

    plainly = supervised._here

    def here(work: Callable[[Any], bool], first: Callable[[], Any]) -> bool:
        said: list[tuple[str, float]] = []
        begun: list[float] = []

        def counted(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            start = time.perf_counter()
            try:
                return execute(sql, params, many, context)
            finally:
                said.append((sql, (time.perf_counter() - start) * 1000))

        def looked() -> Any:
            seen = first()
            meanwhile()
            return seen

        def timed(seen: Any) -> bool:
            begun[:] = time.perf_counter(), time.process_time()
            said.clear()
            return work(seen)

        with connection.execute_wrapper(counted):
            value = plainly(timed, looked)
        clock, processor = time.perf_counter() - begun[0], time.process_time() - begun[1]
        told.write_text(json.dumps({"clock": clock, "processor": processor, "said": said}))
        return value

    supervised._here = here
    try:
        yield
    finally:
        supervised._here = plainly


def _everybody(many: int) -> list[int]:
    """So many participants with a key of their own for manifests; their ordinals."""
    from consent import naming
    from consent.models import Participant
    from tests.world import EARLIER

    born = date(1980, 1, 1)
    made = Participant.objects.bulk_create([Participant(born_on=born) for _ in range(many)])
    ordinals = [one.ordinal for one in made]
    naming.keep(ordinals, at=EARLIER, by="bench")
    return ordinals


def _staged(world: Any, request: Any, people: Sequence[int]) -> tuple[Any, Any]:
    """A claim, and an answer over these people that is ready to be released."""
    from django.utils import timezone

    from broker import jobs, uses
    from consent import clearance as proofs
    from consent.clearance import Permitted
    from genomics import gate
    from genomics.answers import counted

    claim = jobs._claim(houses.asked(world, request).pk, timezone.now)
    assert claim is not None
    now = timezone.now()
    permitted = tuple(Permitted(ordinal, (uuid4(),), (ordinal,)) for ordinal in people)
    cleared = proofs.clear(claim.use(), policy=uses.policy(now), at=now)
    clearance = proofs._same(cleared, permitted=permitted, left_out=())
    clearance = jobs._within_snapshot(claim, clearance)
    answer = counted("carriers", len(people), asked_of=len(people))
    return claim, jobs._stage(claim, gate.Asked(answer, clearance, frozenset()))


def measured(world: Any, request: Any, stranger: Any, people: Sequence[int], rounds: int, home: Path) -> Cost:
    from django.utils import timezone

    from broker import jobs, supervised
    from consent import records
    from consent.ledger import log
    from consent.terms import Permission

    told, cost = home / "told.json", Cost()

    def no() -> None:
        records.withdraw(stranger, by="self", at=timezone.now())

    for number in range(rounds):
        claim, ready = _staged(world, request, people)
        log.sequence(at=timezone.now(), thorough=False)
        begun = time.perf_counter()
        with _watched(told, no if number % 2 else lambda: None):
            released = supervised.run(
                partial(jobs._release, claim, ready), first=partial(jobs._look, claim, ready)
            )
        cost.around.append((time.perf_counter() - begun) * 1000)
        assert released, "what was staged is released"
        if number % 2:
            world.give(stranger, "RESEARCH", Permission(code="GRU"), at=timezone.now())
        found = json.loads(told.read_text())
        cost.clock.append(found["clock"] * 1000)
        cost.processor.append(found["processor"] * 1000)
        cost.statements.append(len(found["said"]))
        cost.said = found["said"]
    return cost


def run(people: Sequence[int], rounds: int, home: Path) -> dict[int, Cost]:
    """By the number of people in an answer."""
    from tests.world import World

    world = World()
    request, stranger = world.request(), world.join("a stranger", says="Ada")
    # The first release of a project is its first access, which is written down as well; and with the first
    # no the files outside the database begin.
    measured(world, request, stranger, [], 2, home)
    return {
        many: measured(world, request, stranger, _everybody(many), rounds, home) for many in sorted(people)
    }


def middle(values: Sequence[float], share: float = 0.5) -> float:
    return sorted(values)[min(len(values) - 1, round(share * len(values)))]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", default="")
    parser.add_argument("--people", type=int, nargs="+", default=[1, 100, 10_000])
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--show", action="store_true")
    given = parser.parse_args(arguments)
    with houses.opened(given.database) as home:
        costs = run(given.people, given.rounds, home)
    titles = ("median ms", "p95", "processor", "p95", "all around")
    print(f"{'people':>8}{''.join(f'{title:>12}' for title in titles)}{'statements':>14}")
    for many, cost in costs.items():
        told = [middle(one, share) for one in (cost.clock, cost.processor) for share in (0.5, 0.95)]
        numbers = "".join(f"{number:>12.1f}" for number in (*told, middle(cost.around)))
        print(f"{many:>8,}{numbers}{min(cost.statements):>9} to {max(cost.statements)}")
    if given.show:
        for sql, took in costs[max(costs)].said:
            print(f"  {took:7.2f} ms  {sql[:150]}")
    clock = [one for cost in costs.values() for one in cost.clock]
    most = {max(cost.statements) for cost in costs.values()}
    print(f"load {os.getloadavg()[0]:.1f}")
    print(
        f"transaction: median {middle(clock):.1f} ms, p95 {middle(clock, 0.95):.1f} ms, "
        f"{max(most)} statements"
    )
    return 1 if len(most) > 1 or any(middle(cost.clock) > MOST for cost in costs.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
