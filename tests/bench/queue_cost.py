"""What the embedded queue costs: processor time while nothing is to be done, and messages a second.

    python -m tests.bench.queue_cost [--messages 2000] [--idle 30]

A bare worker (tests.broker.bare_worker, without Django) waits for some seconds at an empty queue: its
processor time, children included, is what idling costs. Then so many messages of a task that writes one line
are put in and worked off. Last line `N ok, M missed`, of: at most 3 % of a processor idle; at least 150
messages a second. Ends 1 when one is missed.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MOST_IDLE, LEAST_SPEED = 0.03, 150.0
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Cost:
    idle: float  # share of one processor
    speed: float  # messages a second


def _processor_seconds(group: int) -> float:
    """Of every process of a group."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            facts = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        if int(facts[2]) == group:
            ticks += sum(map(int, facts[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def run(messages: int, idle: float, home: Path) -> Cost:
    from celery import Celery

    from broker import celery as _registers_the_transport  # noqa: F401

    app = Celery("sends", broker=f"embedded://{home}/queue.sqlite3", set_as_current=False, fixups=[])
    app.conf.task_default_queue = "query"
    done = home / "done.txt"
    env = os.environ | {"BARE_HOME": str(home), "BARE_LEASE": "60", "DJANGO_SETTINGS_MODULE": ""}
    command = ["-m", "celery", "-A", "tests.broker.bare_worker", "worker", "-l", "WARNING", "-c", "1"]
    with (home / "log").open("ab") as log:
        worker = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=env, stdout=log, stderr=log, start_new_session=True
        )
    try:
        app.send_task("mark", ("awake", 0.0))
        _until(lambda: _lines(done) == 1, worker)
        before = _processor_seconds(worker.pid)
        time.sleep(idle)  # what is measured is a worker with nothing to do
        spent = _processor_seconds(worker.pid) - before
        began = time.monotonic()
        with app.connection_for_write() as connection:
            for number in range(messages):
                app.send_task("mark", (str(number), 0.0), connection=connection)
        _until(lambda: _lines(done) == 1 + messages, worker)
        return Cost(idle=spent / idle, speed=messages / (time.monotonic() - began))
    finally:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


def _until(is_so, worker: subprocess.Popen[bytes]) -> None:  # type: ignore[no-untyped-def]
    while not is_so():
        if worker.poll() is not None:
            raise SystemExit("The worker has ended by itself.")
        time.sleep(0.01)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=2_000)
    parser.add_argument("--idle", type=float, default=30.0)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="bench-queue-") as home:
        cost = run(given.messages, given.idle, Path(home))
    told = (
        (cost.idle <= MOST_IDLE, f"idle {cost.idle:.1%} of a processor (at most {MOST_IDLE:.0%})"),
        (cost.speed >= LEAST_SPEED, f"{cost.speed:.0f} messages a second (at least {LEAST_SPEED:.0f})"),
    )
    for is_kept, line in told:
        print(f"{'ok' if is_kept else 'MISSED':7} {line}")
    kept = sum(is_kept for is_kept, _ in told)
    print(f"load {os.getloadavg()[0]:.1f}")
    print(f"{kept} ok, {len(told) - kept} missed")
    return 0 if kept == len(told) else 1


if __name__ == "__main__":
    sys.exit(main())
