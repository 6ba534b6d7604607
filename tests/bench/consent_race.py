"""Withdrawals against running releases: is anybody in an answer that was released after her no was answered?

    python -m tests.bench.consent_race --database URL --toggles 10000 [--logins] [--without-fence]

Worker processes ask and release without a pause. Meanwhile people say no, half of them at a time: when a no
has been answered, what is released by then is written down; the next releases are waited for, and only then
is a yes said again. A job that was not released when she had her answer, and was before she said yes again,
may not rest on her: each such pair is counted, and each that does is a leak.
Nobody toggles for ever: every ANEW toggles other people come, and who was there says no to everything; and
the ledger is sequenced every round. Both as in a real house, where neither a record nor what no checkpoint
covers yet grows without end, and every look reads both.
With --logins (PostgreSQL) the walls are put up, and each acts over the login that it has in production: jobs
run as the worker's, questions and consent come as the site's.
With --without-fence the release neither takes the gate lock nor looks for changes. Then the bench must find
leaks, in at least one pair of a hundred: it has teeth. Last line `leaks: X of Y`. Ends 1 on a leak, or
without the fence when there are too few.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tests.bench import houses

PEOPLE, TOGETHER, WORKERS, LEAST = 20, 10, 2, 0.01
LONGEST = 240.0  # seconds to wait for a release: a machine may be busy
LATELY = timedelta(seconds=60)
ANEW = 500  # toggles


@dataclass(slots=True)
class Counts:
    toggles: int = 0
    pairs: int = 0  # a no that was answered, and a job released after it
    leaks: int = 0
    slowest: float = 0.0  # seconds until a no was answered


def _without_fence() -> None:
    from broker import releasing
    from consent import fence, standing

    fence.hold = lambda: None
    standing.Footing.stands = lambda *_given, **_facts: True
    releasing.holds = lambda *_given: True


def _working(world: Any, request: Any, walls: Any, *, fence: bool) -> None:
    from django.utils import timezone

    from broker import jobs

    if not fence:
        _without_fence()
    with _at_the_site(walls) as do, walls.login("worker") if walls else nullcontext():
        while True:
            asked = do(lambda: houses.asked(world, request).pk)
            jobs.run(asked, clock=timezone.now, batch=5)


def _at_the_site(walls: Any) -> AbstractContextManager[Callable[[Callable[[], Any]], Any]]:
    return walls.standing("web") if walls else nullcontext(lambda act: act())


def run(toggles: int, *, fence: bool = True, logins: bool = False) -> Counts:
    from tests.logins import Walls
    from tests.world import World

    world = World()
    crowd, request = world.crowd(PEOPLE, says="Ada"), world.request()
    walls = Walls.put_up() if logins else None
    workers = [houses.forked(lambda: _working(world, request, walls, fence=fence)) for _ in range(WORKERS)]
    try:
        with _at_the_site(walls) as do:
            return _raced(toggles, world, crowd, do)
    finally:
        houses.killed(*workers)
        if walls:
            walls.take_down()


def _raced(toggles: int, world: Any, crowd: Sequence[Any], do: Callable[[Callable[[], Any]], Any]) -> Counts:
    from django.utils import timezone

    from broker.models import Job
    from consent import records
    from consent.ledger import log
    from consent.terms import Permission

    counts = Counts()
    _released(set(), least=1)
    for number in range(0, toggles, TOGETHER):
        if number and number % ANEW == 0:
            for person in crowd:
                do(lambda: records.withdraw(person, by="self", at=timezone.now()))  # noqa: B023
            crowd = world.crowd(PEOPLE, says="Ada")
        log.sequence(at=timezone.now(), thorough=False)
        leaving = [crowd[(number + n) % PEOPLE] for n in range(min(TOGETHER, toggles - number))]
        before = {person: _left(person, counts, do) for person in leaving}
        after = _released(before[leaving[-1]], least=1 + number // TOGETHER % 2)
        after |= _newest() - before[leaving[0]]
        read = {job: houses.read_by(Job.objects.get(pk=job)) for job in after}
        for person in leaving:
            late = read.keys() - before[person]
            counts.pairs += len(late)
            counts.leaks += sum(person.ordinal in read[job] for job in late)
            do(lambda: world.give(person, "RESEARCH", Permission(code="GRU"), at=timezone.now()))  # noqa: B023
            counts.toggles += 1
    return counts


def _left(person: Any, counts: Counts, do: Callable[[Callable[[], Any]], Any]) -> set[Any]:
    """Her no, and what was released when it had been answered."""
    from django.utils import timezone

    from consent import records

    began = time.monotonic()
    do(lambda: records.withdraw(person, by="self", at=timezone.now()))
    counts.slowest = max(counts.slowest, time.monotonic() - began)
    return _newest()


def _newest() -> set[Any]:
    """What was released in the last while; who stands still longer is asked for in tests.bench.stops."""
    from django.utils import timezone

    from broker.models import Job

    since = timezone.now() - LATELY
    return set(Job.objects.filter(state="released", ended_at__gte=since).values_list("pk", flat=True))


def _released(before: set[Any], *, least: int) -> set[Any]:
    """The jobs released since, as soon as there are so many."""
    until = time.monotonic() + LONGEST
    while len(found := _newest() - before) < least:
        if time.monotonic() > until:
            raise SystemExit(f"Nothing was released in {LONGEST:g} seconds: the workers have ended.")
        time.sleep(0.01)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", default="")
    parser.add_argument("--toggles", type=int, default=10_000)
    parser.add_argument("--logins", action="store_true")
    parser.add_argument("--without-fence", action="store_true")
    given = parser.parse_args(arguments)
    with houses.opened(given.database):
        counts = run(given.toggles, fence=not given.without_fence, logins=given.logins)
    print(f"{counts.toggles} toggles; the slowest no was answered in {counts.slowest:.2f} s")
    print(f"leaks: {counts.leaks} of {counts.pairs}")
    if given.without_fence:
        return 0 if counts.leaks >= LEAST * counts.pairs else 1
    return 1 if counts.leaks or not counts.pairs else 0


if __name__ == "__main__":
    sys.exit(main())
