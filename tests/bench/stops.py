"""A worker killed, or stopped for good, at five points of a job: is the no of that moment answered and kept?

    python -m tests.bench.stops --database URL --rounds 100 [--restart "COMMAND THAT RESTARTS THE DATABASE"]

In each round a job runs until one of these points, and there the process that is at it is killed with SIGKILL
or stopped with SIGSTOP: it is claimed; everybody has been read; the answer is staged; the release holds the
gate lock; the job's row is flipped, and nothing committed. Then somebody who had been read says no, and how
long it takes is measured. With --restart the database is restarted as well, in every fifth round. Another
worker takes the job up when the lease is over; who was stopped is woken then, and may try what it likes.
The job must be released once, and without her unless her no was written only afterwards. Prints the longest
time of a no (6 seconds are allowed), `lost`, `doubled`, and how often she was read before she had her answer;
last `leaks: X of Y`. Ends 1 unless the others are 0 and no no took longer.
"""

import argparse
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tests.bench import houses

POINTS = ("claimed", "read", "staged", "held", "flipped")
MOST = 6.0  # seconds


@dataclass(slots=True)
class Counts:
    rounds: int = 0
    leaks: int = 0
    lost: int = 0  # not released in the end
    doubled: int = 0
    before: int = 0  # released before her no was written, so before she had her answer
    slowest: float = 0.0


def _stopping(point: str, how: signal.Signals, told: int) -> None:
    """In this process, whoever comes to the point says so and is hit; the next one passes."""
    from broker import jobs, releasing
    from consent.ledger import log

    hit = os.path.join(os.environ["BROKER_HOME"], "hit")

    def here(at: str) -> None:
        if at == point and not os.path.exists(hit):
            with open(hit, "w"):
                pass
            os.write(told, os.getpid().to_bytes(4, "big"))
            os.kill(os.getpid(), how)

    def after(place: Any, name: str, at: str, only: Callable[..., bool] = lambda *_: True) -> None:
        plainly = getattr(place, name)

        def stepped(*given: Any, **facts: Any) -> Any:
            found = plainly(*given, **facts)
            if only(*given):
                here(at)
            return found

        setattr(place, name, stepped)

    after(jobs, "_claim", "claimed")
    after(jobs.gate, "ask", "read")
    after(jobs, "_stage", "staged")
    after(releasing, "holds", "held")
    after(log, "append", "flipped", lambda kind: kind.tag == "query:job:released")


def _round(world: Any, person: Any, job: Any, point: str, how: signal.Signals, restart: str) -> float:
    """One worker is hit, she says no, another worker goes on. The seconds that her no took."""
    from django.db import connections
    from django.utils import timezone

    from broker import jobs
    from consent import records

    heard, told = os.pipe()

    def working() -> None:
        _stopping(point, how, told)
        jobs.run(job.pk, clock=timezone.now, batch=3)

    worker = houses.forked(working)
    os.close(told)
    who = int.from_bytes(os.read(heard, 4), "big")  # the worker, or the child that releases for it
    os.close(heard)
    if restart:
        connections.close_all()
        subprocess.run(shlex.split(restart), check=True, capture_output=True)
    began = time.monotonic()
    _patiently(lambda: records.withdraw(person, by="self", at=timezone.now()))
    took = time.monotonic() - began
    late = timezone.now() + timedelta(minutes=5)  # the lease is over
    _patiently(lambda: jobs.run(job.pk, clock=lambda: max(timezone.now(), late), batch=3))
    with suppress(ProcessLookupError):
        os.kill(who, signal.SIGCONT)
    _ended(worker)
    return took


def _came_first(said: Any, person: Any) -> bool:
    """Whether the release stands in the ledger before the newest no of this person. Where a release is made
    in a child, it is tried again as soon as the stopped one is dead, and a no that waits may come second."""
    from consent.models import LedgerOpening

    noes = LedgerOpening.objects.filter(subject=person.pseudonym, event__kind="consent:statement:withdrawn")
    return bool(said.get().event_id < noes.latest("event_id").event_id)


def _patiently(work: Callable[[], Any]) -> None:
    """Over a restart of the database the first try may find the old connection."""
    from django.db import OperationalError, connections

    until = time.monotonic() + 4 * MOST
    while True:
        try:
            work()
        except OperationalError:
            connections.close_all()
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


def _ended(worker: int) -> None:
    until = time.monotonic() + 60
    while os.waitpid(worker, os.WNOHANG)[0] == 0:
        if time.monotonic() > until:
            houses.killed(worker)
            return
        time.sleep(0.01)


def run(rounds: int, *, restart: str = "", people: int = 5) -> Counts:
    from django.conf import settings
    from django.utils import timezone

    from consent.models import LedgerOpening
    from consent.terms import Permission
    from tests.world import World

    world, counts = World(), Counts()
    crowd, request = world.crowd(people, says="Ada"), world.request()
    os.environ["BROKER_HOME"] = str(settings.HOME)
    hit = settings.HOME / "hit"
    for number in range(rounds):
        point = POINTS[number % len(POINTS)]
        how = (signal.SIGSTOP, signal.SIGKILL)[number // len(POINTS) % 2]
        person, job = crowd[number % people], houses.asked(world, request)
        hit.unlink(missing_ok=True)
        took = _round(world, person, job, point, how, restart if number % 5 == 4 else "")
        counts.slowest = max(counts.slowest, took)
        job.refresh_from_db()
        counts.lost += job.state != "released"
        said = LedgerOpening.objects.filter(subject=f"job:{job.pk}", event__kind="query:job:released")
        counts.doubled += said.count() > 1
        read = job.state == "released" and person.ordinal in houses.read_by(job)
        before = read and _came_first(said, person)
        counts.leaks += read and not before
        counts.before += before
        world.give(person, "RESEARCH", Permission(code="GRU"), at=timezone.now())
        counts.rounds += 1
    hit.unlink(missing_ok=True)
    return counts


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", default="")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--restart", default="")
    given = parser.parse_args(arguments)
    with houses.opened(given.database):
        counts = run(given.rounds, restart=given.restart)
    print(f"the longest time of a no: {counts.slowest:.2f} s of at most {MOST:g}")
    print(f"lost: {counts.lost}, doubled: {counts.doubled}, released before her no: {counts.before}")
    print(f"leaks: {counts.leaks} of {counts.rounds}")
    return 1 if counts.leaks or counts.lost or counts.doubled or counts.slowest > MOST else 0


if __name__ == "__main__":
    sys.exit(main())
