"""Real processes killed with -9 in the middle of many jobs: is a job lost, done twice, or never ended?

    python -m tests.bench.kills --jobs 1000 --kills 20 [--database URL] [--queue URL] [--seed 1]
    python -m tests.bench.kills --web 40 [--database URL] [--queue URL]

Without --queue it is the embedded queue; amqp:// and redis:// name the other two, each of which should hold
nothing else. The worker, its sweeper's clock and its children are killed together at random moments while
jobs run, and started again. With --web the process that takes questions over REST is killed instead, while
programs ask; afterwards a worker runs what was committed. Lost: answered with 202 and not in the table, or
never begun. Doubled: with more than one release, or end, in the ledger. Endless: begun and not ended.
Last line `lost: A, doubled: B, endless: C of N`. Ends 1 unless all three are 0.
"""

import argparse
import json
import os
import random
import socket
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.bench import houses

LEASE = "3"  # seconds, so that what a killed worker had is taken up soon
ENDS = ("query:job:released", "query:job:refused", "query:job:failed", "query:job:cancelled")
STILL = 180.0  # seconds without anything ended, after which nothing more is waited for


@dataclass(slots=True)
class Counts:
    jobs: int = 0
    kills: int = 0
    at_work: int = 0  # of them, while a job was running
    lost: int = 0
    doubled: int = 0
    endless: int = 0

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.doubled or self.endless)


def _crew() -> Any:
    from django.conf import settings
    from django.db import connection

    from broker.crew import Crew
    from consent import kept_lines
    from consent.ledger import heads

    facts = connection.settings_dict
    url = f"sqlite:///{facts['NAME']}"
    if connection.vendor == "postgresql":
        password = f":{facts['PASSWORD']}" if facts["PASSWORD"] else ""
        place = f"{facts['HOST']}:{facts['PORT'] or 5432}/{facts['NAME']}"
        url = f"postgres://{facts['USER']}{password}@{place}"
    for outside in (kept_lines.path(), heads.path(), Path(settings.CHECKPOINT_FILE)):
        (settings.HOME / outside.name).unlink(missing_ok=True)  # what another house kept there
    env = {"DATABASE_URL": url, "BROKER_HOME": str(settings.HOME), "LEASE_SECONDS": LEASE, "GATE_BATCH": "2"}
    return Crew(env | {"QUEUE_URL": os.environ.get("QUEUE_URL", "")})


def _ended() -> int:
    from broker.models import ENDED, Job

    return Job.objects.filter(state__in=ENDED).count()


def _waiting(is_done: Callable[[], bool]) -> bool:
    """Until it is so; False when nothing has ended for long."""
    until, before = time.monotonic() + STILL, -1
    while not is_done():
        if (now := _ended()) != before:
            until, before = time.monotonic() + STILL, now
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def _counted(counts: Counts, promised: set[str]) -> Counts:
    from broker.models import ENDED, Job
    from consent.models import LedgerOpening

    jobs = list(Job.objects.only("state", "started_at", "query_id"))
    ends = Counter(LedgerOpening.objects.filter(event__kind__in=ENDS).values_list("subject", flat=True))
    counts.jobs = len(jobs)
    counts.lost = len(promised - {str(job.query_id) for job in jobs})
    counts.lost += sum(job.state not in ENDED and job.started_at is None for job in jobs)
    counts.endless = sum(job.state not in ENDED and job.started_at is not None for job in jobs)
    counts.doubled = sum(many > 1 for many in ends.values())
    return counts


def workers(jobs: int, kills: int, seed: int) -> Counts:
    """The worker is killed so many times while it runs so many jobs."""
    from broker.models import Job
    from tests.world import World

    dice, counts, world = random.Random(seed), Counts(), World()  # noqa: S311 - when to kill, not a secret
    world.crowd(4, says="Ada")
    request = world.request()
    with _crew() as crew:
        for _ in range(jobs):
            houses.asked(world, request)
        for number in range(kills):
            crew.start("worker")
            after = jobs * (number + 1) // (kills + 1)
            if not _waiting(lambda least=after: _ended() >= least):  # type: ignore[misc]
                break
            time.sleep(dice.random() * 0.3)
            counts.at_work += Job.objects.filter(state__in=["running", "releasing"]).exists()
            crew.kill("worker")
            counts.kills += 1
        crew.start("worker")
        _waiting(lambda: _ended() >= jobs)
    return _counted(counts, set())


def web(kills: int, seed: int) -> Counts:
    """The process that takes questions is killed so many times while it does."""
    from broker import tokens
    from broker.crew import web as serving
    from broker.models import Job
    from tests.world import World

    dice, counts, world = random.Random(seed), Counts(), World()  # noqa: S311 - when to kill, not a secret
    world.crowd(4, says="Ada")
    body = json.dumps({"request": str(world.request().pk), "question": world.carriers()}).encode()
    _, token = tokens.issue(world.staff.researcher, "bench", lasts=timedelta(days=1))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    promised: set[str] = set()
    with _crew() as crew:
        for _ in range(kills):
            crew.start("web", *serving(address))
            while not (asked := _asked(address, token, body)):
                time.sleep(0.1)
            promised.add(asked)
            askers = [houses.forked(lambda: _asking(address, token, body)) for _ in range(2)]
            time.sleep(0.2 + dice.random() * 1.5)
            crew.kill("web")
            houses.killed(*askers)
            counts.kills += 1
        counts.at_work = Job.objects.count()
        crew.start("worker")
        _waiting(lambda: _ended() >= Job.objects.count())
    return _counted(counts, promised)


def _asking(address: str, token: str, body: bytes) -> None:
    while True:
        _asked(address, token, body)
        time.sleep(0.02)


def _asked(address: str, token: str, body: bytes) -> str:
    """The query's name, when it was answered with 202."""
    headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"http://{address}/api/v1/queries", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - our own
            return str(json.load(answer)["id"])
    except (urllib.error.URLError, OSError, ValueError):
        return ""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", default="")
    parser.add_argument("--queue", default="")
    parser.add_argument("--jobs", type=int, default=1_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--web", type=int, default=0, help="kill the web process so many times instead")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    if given.queue:
        os.environ["QUEUE_URL"] = given.queue
    with houses.opened(given.database):
        counts = web(given.web, given.seed) if given.web else workers(given.jobs, given.kills, given.seed)
    print(f"killed {counts.kills} times; {counts.at_work} {'jobs committed' if given.web else 'at work'}")
    print(f"lost: {counts.lost}, doubled: {counts.doubled}, endless: {counts.endless} of {counts.jobs}")
    return 0 if counts.is_clean and counts.kills else 1


if __name__ == "__main__":
    sys.exit(main())
