"""How long a withdrawal takes while the house is at work: until "done" may be said.

    python -m tests.bench.withdrawals --database URL [--people 200] [--withdrawals 1000] [--others 2]

Beside the one that is measured, forked processes work without a pause: a worker that asks about everybody
and releases, the sequencer, and `others` who withdraw and say yes again. A withdrawal is measured from the
call of the verb to its commit, file for restores included; in between she says yes again, unmeasured.
The database must be an empty one. Prints milliseconds; last `p99: X ms of at most 100`. Ends 1 above that.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any

MOST = 100.0  # ms


def _forked(work: Callable[[], None]) -> int:
    from django.db import connections

    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            while True:
                work()
        finally:
            os._exit(1)
    return child


def run(people: int, withdrawals: int, others: int) -> tuple[list[float], int]:
    """Milliseconds of each withdrawal, and how many jobs were released meanwhile."""
    from django.utils import timezone

    from broker import jobs, queries
    from broker.models import Job
    from consent import records
    from consent.ledger import log
    from consent.terms import Permission
    from tests.world import NOW, World, job_of

    world = World()
    crowd = world.crowd(people, says="Ada")
    request = world.request()

    def ask() -> None:
        query = queries.submit(world.carriers(), under=request, by=world.staff.researcher, at=NOW)
        jobs.run(job_of(query).pk, clock=lambda: NOW, batch=32)

    def place() -> None:
        log.sequence(at=timezone.now(), thorough=False)
        time.sleep(0.2)

    def waver(person: Any) -> float:
        began = time.perf_counter()
        records.withdraw(person, by="self", at=NOW)
        took = (time.perf_counter() - began) * 1000
        world.give(person, "RESEARCH", Permission(code="GRU"), at=NOW)
        return took

    children = [_forked(ask), _forked(place)]
    children += [_forked(lambda n=n: _discard(waver(crowd[n]))) for n in range(others)]
    try:
        took = [waver(crowd[others + n % (people - others)]) for n in range(withdrawals)]
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    return sorted(took), Job.objects.filter(state="released").count()


def _discard(_took: float) -> None:
    return None


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", default="")
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--withdrawals", type=int, default=1_000)
    parser.add_argument("--others", type=int, default=2)
    given = parser.parse_args(arguments)
    home = tempfile.mkdtemp(prefix="bench-withdrawals-")
    os.environ |= {"BROKER_HOME": home, "DJANGO_SETTINGS_MODULE": "broker.settings", "DEMO": "1"}
    if given.database:
        os.environ["DATABASE_URL"] = given.database
    try:
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        took, released = run(given.people, given.withdrawals, given.others)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    p99 = took[len(took) * 99 // 100]
    print(f"{len(took)} withdrawals, beside {given.others} others and {released} released jobs")
    print(f"median {took[len(took) // 2]:.1f} ms, p95 {took[len(took) * 95 // 100]:.1f}, most {took[-1]:.1f}")
    print(f"p99: {p99:.1f} ms of at most {MOST:g}")
    return 1 if p99 > MOST else 0


if __name__ == "__main__":
    sys.exit(main())
