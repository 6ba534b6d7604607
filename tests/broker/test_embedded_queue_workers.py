"""The embedded queue with real workers (bare_worker.py) that are killed, stopped and poisoned."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from celery import Celery

from broker import queue_file
from broker.queue_file import QueueFile
from tests.broker.poison import INDIGESTIBLE, UNREADABLE

PROJECT = Path(queue_file.__file__).parent.parent
worker_processes = pytest.mark.xdist_group("worker")
PREFORK = ("--pool", "prefork", "-c", "1")
SOLO = ("--pool", "solo")


class Workshop:
    """Real workers of tests/broker/bare_worker.py on one queue file, and what they wrote down."""

    def __init__(self, home: Path, *, lease: float) -> None:
        self.home = home
        self.file = QueueFile.at(home / "queue.sqlite3")
        self.lease = lease
        self.workers: list[subprocess.Popen[bytes]] = []
        self.app = Celery("sends", broker=f"embedded://{self.file.path}", set_as_current=False, fixups=[])
        self.app.conf.task_default_queue = "query"

    def start(self, *options: str) -> subprocess.Popen[bytes]:
        name = f"w{len(self.workers)}@here"
        command = [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "tests.broker.bare_worker",
            "worker",
            "-l",
            "INFO",
            "-n",
            name,
        ]
        with (self.home / "log").open("ab") as log:
            worker = subprocess.Popen(
                [*command, *options],
                cwd=PROJECT,
                env=os.environ
                | {"BARE_HOME": str(self.home), "BARE_LEASE": str(self.lease), "DJANGO_SETTINGS_MODULE": ""},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.workers.append(worker)
        return worker

    def mark(self, *names: str, seconds: float = 0.0, countdown: float | None = None) -> None:
        for name in names:
            self.app.send_task("mark", (name, seconds), countdown=countdown)

    def begun(self) -> list[str]:
        return self._lines("begun.txt")

    def done(self) -> Counter[str]:
        return Counter(line.split()[0] for line in self._lines("done.txt"))

    def hands(self) -> set[str]:
        return {line.split()[1] for line in self._lines("done.txt")}

    def rows(self, table: str = "message") -> list[tuple[int]]:
        with sqlite3.connect(self.file.path) as db:
            found = db.execute(f"SELECT id FROM {table}").fetchall()  # noqa: S608
        db.close()
        return found

    def log(self) -> str:
        return (self.home / "log").read_text()

    def until(self, holds: Callable[[], object], *, seconds: float = 45.0) -> None:
        patience = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < patience, f"it never came to pass\n{self.log()[-4000:]}"
            time.sleep(0.04)

    def close(self) -> None:
        for worker in self.workers:
            kill(worker)
        self.app.close()
        self.file.close()
        QueueFile._known.pop(self.file.path)

    def _lines(self, name: str) -> list[str]:
        path = self.home / name
        return path.read_text().splitlines() if path.exists() else []


def kill(worker: subprocess.Popen[bytes]) -> None:
    """-9 to the worker and all its children at once."""
    if worker.poll() is None:
        os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Callable[..., Workshop]]:
    opened: list[Workshop] = []

    def of(*, lease: float = 60.0) -> Workshop:
        opened.append(Workshop(tmp_path, lease=lease))
        return opened[-1]

    yield of
    for shop in opened:
        shop.close()


@worker_processes
def test_a_worker_does_200_tasks_among_poison_and_leaves_nothing_of_them(workshop: Callable[..., Workshop]):
    shop = workshop()
    names = [f"task-{number}" for number in range(200)]
    for envelope in [*UNREADABLE.values(), *INDIGESTIBLE.values()]:
        shop.file.put("query", envelope)
    shop.app.send_task("die")  # kills the child that does it, and comes back each time
    shop.mark(*names)
    worker = shop.start(*PREFORK)
    shop.until(lambda: len(shop.done()) == 200 and len(shop.rows()) == 1)
    assert shop.done() == Counter(names)
    assert shop.log().count("Task die[") >= 2, "the deadly task did not come back: nothing was tested"
    assert worker.poll() is None, "poison ended the worker"
    assert "Trying to re-establish" not in shop.log(), "poison made the worker begin anew"
    assert len(shop.rows("parked")) >= len(UNREADABLE)
    shop.until(lambda: not any(b"task-" in path.read_bytes() for path in shop.home.glob("queue.sqlite3*")))


@worker_processes
def test_two_workers_share_the_work_and_do_each_task_once(workshop: Callable[..., Workshop]):
    shop = workshop()
    shop.start(*PREFORK)
    shop.start(*SOLO)
    shop.until(lambda: shop.log().count("ready.") == 2)
    names = [str(number) for number in range(200)]
    shop.mark(*names, seconds=0.005)
    shop.until(lambda: len(shop.done()) == 200 and not shop.rows())
    assert shop.done() == Counter(names)
    assert shop.hands() == {"w0@here", "w1@here"}


@worker_processes
def test_kill_9_in_the_middle_of_200_tasks_loses_none(workshop: Callable[..., Workshop]):
    shop = workshop(lease=1.0)
    names = [str(number) for number in range(200)]
    shop.mark(*names, seconds=0.005)
    for pool, share in ((PREFORK, 30), (SOLO, 90)):
        worker = shop.start(*pool)
        shop.until(lambda share=share: len(shop.done()) >= share)
        kill(worker)
        assert len(shop.done()) < 200, "the kill came too late: nothing was tested"
    shop.start(*PREFORK)
    shop.until(lambda: len(shop.done()) == 200 and not shop.rows())
    assert sum(shop.done().values()) - 200 <= 2, "more was done again than one task a kill"


@worker_processes
def test_children_of_a_killed_worker_do_not_outlive_it_and_their_tasks_wait_again(
    workshop: Callable[..., Workshop],
):
    shop = workshop(lease=1.0)
    worker = shop.start("--pool", "prefork", "-c", "2")
    shop.mark("one", "two", seconds=60)
    shop.until(lambda: len(shop.begun()) == 2)
    assert shop.file.size("query") == 0
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()

    def alone() -> bool:
        try:
            os.killpg(worker.pid, 0)
        except ProcessLookupError:
            return True
        return False

    shop.until(alone, seconds=15)
    shop.until(lambda: shop.file.size("query") == 2, seconds=15)


@worker_processes
def test_a_worker_asked_to_stop_ends_what_it_began_begins_nothing_and_warns_of_nothing(
    workshop: Callable[..., Workshop],
):
    shop = workshop()
    worker = shop.start(*PREFORK)
    shop.mark("in-hand", "next", "last", seconds=1.0)
    shop.until(shop.begun)
    worker.terminate()
    assert worker.wait(timeout=40) == 0
    assert shop.begun() == ["in-hand"]
    assert shop.done() == Counter(["in-hand"])
    assert shop.file.size("query") == 2, "what was not begun must wait for nobody's lease"
    for word in ("WARNING", "ERROR", "Traceback"):
        assert word not in shop.log(), shop.log()


@worker_processes
def test_a_long_task_and_a_distant_start_outlive_the_lease_and_are_offered_to_nobody(
    workshop: Callable[..., Workshop],
):
    shop = workshop(lease=0.9)
    shop.mark("later", countdown=4.0)
    shop.mark("long", seconds=2.5)
    shop.start("--pool", "prefork", "-c", "2")
    shop.until(lambda: "long" in shop.begun() and shop.file.size("query") == 0)
    while len(shop.done()) < 2:
        assert shop.file.size("query") == 0, "a message in the hands of a living worker was offered to others"
        time.sleep(0.02)
    assert sorted(shop.begun()) == ["later", "long"]
    shop.until(lambda: not shop.rows())
