"""How long an erasure takes, and how soon another process sees it.

    DEBUG=1 python -m tests.bench.erasure [--people 200]

Prints: the commit, the purge behind it, and from the commit to the refusal in a process that held everything
open, in milliseconds.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WATCH = """
import sys, time, os
import django; django.setup()
from consent.models import Participant
from genomics._vault import keys
from genomics.errors import VaultSealed
person = Participant.objects.get(pseudonym=sys.argv[1])
keys.of(person); print("ready", flush=True)
while True:
    try:
        keys.of(person)
    except VaultSealed:
        print(time.monotonic_ns(), flush=True); break
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--times", type=int, default=10)
    options = parser.parse_args()
    home = tempfile.mkdtemp(prefix="bench-erasure-")
    os.environ |= {"BROKER_HOME": home, "DEBUG": "1", "DJANGO_SETTINGS_MODULE": "broker.settings"}
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection, transaction
    from django.utils import timezone

    from broker import erasing
    from tests.world import World

    call_command("migrate", verbosity=0)
    world = World()
    people = world.crowd(options.people, says="Ada")
    committed: list[int] = []
    act, purge, seen = [], [], []
    for person in people[: options.times]:
        watcher = subprocess.Popen(
            [sys.executable, "-c", WATCH, person.pseudonym], stdout=subprocess.PIPE, text=True
        )
        assert watcher.stdout is not None
        assert watcher.stdout.readline().strip() == "ready"
        began = time.monotonic_ns()
        with transaction.atomic():
            # First of what runs on commit, so that the purge behind it is measured apart.
            transaction.on_commit(lambda: committed.append(time.monotonic_ns()))
            erasing.erase(person, by="bench", at=timezone.now())
        done = time.monotonic_ns()
        told = int(watcher.stdout.readline())
        watcher.wait()
        act.append((committed[-1] - began) / 1e6)
        purge.append((done - committed[-1]) / 1e6)
        seen.append((told - committed[-1]) / 1e6)
    size = Path(str(connection.settings_dict["NAME"])).stat().st_size
    print(f"{options.people} people, {size / 1e6:.0f} MB of database, {options.times} erasures")
    print(f"{'median (worst)':20} ms")
    for name, values in (("act until commit", act), ("purge behind it", purge), ("seen elsewhere", seen)):
        print(f"{name:20} {statistics.median(values):8.1f} ({max(values):.1f})")


if __name__ == "__main__":
    main()
