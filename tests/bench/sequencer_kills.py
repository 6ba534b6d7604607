"""The sequencer killed with -9 again and again while events come in: is the ledger ever in a bad state?

    python -m tests.bench.sequencer_kills --kills 200 [--database URL] [--seed 1]

A process appends events without a pause; another sequences them, and is killed after a random time, most
often in the middle of a batch or of writing the checkpoint file; the next one goes on. After each kill what
is there is audited as an auditor would: rows, notes and file. At the end every event has its place.
Prints counts; last `bad states: X of Y`. Ends 1 if there was one, or if nothing was killed at work.
"""

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

LONGEST = 0.08  # seconds that a sequencer lives
AT = datetime(2026, 5, 1, 8, tzinfo=UTC)


@dataclass(slots=True)
class Counts:
    kills: int = 0
    at_work: int = 0  # of them, in the middle of a run
    torn: int = 0  # after them the file ended in a torn note
    bad: int = 0
    events: int = 0


def _forked(work: Callable[[], None]) -> int:
    """A child with connections of its own; its process id."""
    from django.db import connections

    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    return child


def _appending() -> None:
    from django.db import transaction

    from consent.events import FORM_LOADED
    from consent.ledger import batches

    number = 0
    while True:
        with transaction.atomic():
            batches.append(
                FORM_LOADED,
                [(f"form-{number}-{n}", {"digest": "0" * 64}) for n in range(20)],
                at=AT,
                by="bench",
            )
        number += 1
        time.sleep(0.004)


def _sequencing(told: int) -> None:
    from consent.ledger import log

    while True:
        os.write(told, b"(")
        log.sequence(at=AT)
        os.write(told, b")")
        time.sleep(0.001)


def run(kills: int, seed: int) -> Counts:
    from django.conf import settings
    from django.db import close_old_connections

    from consent.ledger import checkpoints, log, note
    from consent.models import LedgerEvent

    dice, counts = random.Random(seed), Counts()  # noqa: S311 - when to kill, not a secret
    writer = _forked(_appending)
    try:
        for _ in range(kills):
            heard, told = os.pipe()
            child = _forked(lambda told=told: _sequencing(told))
            os.close(told)
            time.sleep(dice.random() * LONGEST)
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            with os.fdopen(heard, "rb") as pipe:
                counts.at_work += pipe.read().endswith(b"(")
            counts.kills += 1
            path = Path(settings.CHECKPOINT_FILE)
            counts.torn += path.exists() and bool(note.split(path.read_text(errors="replace"))[1])
            close_old_connections()
            counts.bad += not log.verify().ok
    finally:
        os.kill(writer, signal.SIGKILL)
        os.waitpid(writer, 0)
    log.sequence(at=AT)
    last = log.verify()
    counts.events = LedgerEvent.objects.count()
    counts.bad += not last.ok or last.unplaced > 0 or last.size != counts.events
    counts.bad += checkpoints.published()[-1] != _newest_note()
    return counts


def _newest_note() -> str:
    from consent.models import LedgerCheckpoint

    newest = LedgerCheckpoint.newest()
    assert newest is not None
    return newest.note


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--database", default="")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    home = tempfile.mkdtemp(prefix="bench-kills-")
    os.environ |= {"BROKER_HOME": home, "DJANGO_SETTINGS_MODULE": "broker.settings", "DEMO": "1"}
    if given.database:
        os.environ["DATABASE_URL"] = given.database
    try:
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        counts = run(given.kills, given.seed)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    print(f"killed {counts.kills} times, {counts.at_work} of them at work; {counts.events} events")
    print(f"notes torn by it, and written again: {counts.torn}")
    print(f"bad states: {counts.bad} of {counts.kills + 1}")
    return 1 if counts.bad or not counts.at_work else 0


if __name__ == "__main__":
    sys.exit(main())
