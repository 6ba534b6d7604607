"""One question in ranges, by many worker processes: is its answer that of one worker, byte for byte?

    python -m tests.bench.ranges [--people 200] [--ranges 8] [--workers 1,2,4] [--kills 2]
                                 [--database URL] [--queue URL] [--seed 1]

The question is asked uncut first. Then it is asked anew for each number of real workers (Celery, over the
embedded queue, or --queue), cut into ranges; and once more with two workers of which one is killed with -9 in
the middle of a range, so many times. Without --queue it is the embedded queue. Seconds are from the first
bell to the release. Last line `unequal: X of Y`. Ends 1 unless X is 0 and every kill met a range at work.
"""

import argparse
import os
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.bench import houses, kills

STILL = 300.0  # seconds after which nothing more is waited for


@dataclass(slots=True)
class Counts:
    asked: int = 0
    unequal: int = 0
    kills: int = 0  # of them all, at work
    seconds: dict[str, float] = field(default_factory=dict)


def _started(crew: Any, workers: int) -> None:
    from broker.crew import COMMANDS

    crew.start("worker")
    rest = [one for one in COMMANDS["worker"] if one != "-B"]  # one of a house has the clock
    for number in range(1, workers):
        crew.start(f"worker {number}", *rest, "-n", f"w{number}@here")


def _until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + STILL
    while not holds():
        if time.monotonic() > until:
            raise SystemExit(f"It never came to pass in {STILL:g} seconds: the workers have ended.")
        time.sleep(0.01)


def _answer(job: Any) -> bytes:
    from broker import staging

    job.refresh_from_db()
    if job.state != "released" or job.ranges.exists():
        raise SystemExit(f"job {job.pk} is {job.state}: {job.trouble}")
    return staging.unseal(bytes(job.answer), f"{job.pk}/answer")


def _released(job: Any) -> bool:
    from broker.models import Job

    return Job.objects.filter(pk=job.pk).exclude(state__in=["queued", "running", "cut", "releasing"]).exists()


def _at_work(job: Any) -> bool:
    return bool(job.ranges.filter(state="running").exists())


def _kill_while_it_reads(crew: Any, job: Any, times: int, dice: random.Random) -> int:
    met = 0
    for _ in range(times):
        _until(lambda: _at_work(job) or _released(job))
        time.sleep(dice.random() * 0.05)
        at_work = _at_work(job)
        crew.kill("worker")
        met += at_work
        crew.start("worker")
    return met


def run(people: int, ranges: int, workers: Sequence[int], times: int, seed: int) -> Counts:
    from django.utils import timezone

    from broker import jobs
    from tests.world import World

    dice, counts, world = random.Random(seed), Counts(), World()  # noqa: S311 - when to kill, not a secret
    world.crowd(people, says="Ada")
    world.crowd(people // 10, says="Ada", genotype="0/0")
    world.crowd(people // 10, says="Ben")
    request = world.request()
    job, began = houses.asked(world, request), time.monotonic()
    jobs.run(job.pk, clock=timezone.now, batch=2)
    counts.seconds["uncut, in this process"] = time.monotonic() - began
    whole = _answer(job)
    os.environ["RANGE_PEOPLE"] = str(-(-len(world.people) // ranges))
    with kills._crew() as crew:
        for name, many, killed in [*((f"{n} workers", n, 0) for n in workers), ("killed", 2, times)]:
            if killed == 0 and name == "killed":
                continue
            _started(crew, many)
            job = houses.asked(world, request)
            _until(lambda: bool(job.ranges.exists()))  # noqa: B023
            began = time.monotonic()
            counts.kills += _kill_while_it_reads(crew, job, killed, dice)
            _until(lambda: _released(job))  # noqa: B023
            counts.seconds[name] = time.monotonic() - began
            counts.asked += 1
            counts.unequal += _answer(job) != whole
            if job.cut_into != ranges:
                raise SystemExit(f"It was cut into {job.cut_into} and not into {ranges}.")
            crew.stop()
    return counts


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", default="")
    parser.add_argument("--queue", default="")
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--ranges", type=int, default=8)
    parser.add_argument("--workers", default="1,2,4")
    parser.add_argument("--kills", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    if given.queue:
        os.environ["QUEUE_URL"] = given.queue
    workers = [int(one) for one in given.workers.split(",")]
    with houses.opened(given.database):
        counts = run(given.people, given.ranges, workers, given.kills, given.seed)
    for name, seconds in counts.seconds.items():
        print(f"{name}: {seconds:.2f} s")
    print(f"killed in the middle of a range: {counts.kills} of {given.kills}")
    print(f"unequal: {counts.unequal} of {counts.asked}")
    return 1 if counts.unequal or not counts.asked or counts.kills < given.kills else 0


if __name__ == "__main__":
    sys.exit(main())
