"""A Celery app of two tasks, without Django: what test_embedded_queue_workers.py starts as a process.

BARE_HOME holds the queue and the done.txt to which each finished task adds one line.
"""

import os
import time
from pathlib import Path

from celery import Celery

from broker import celery as _registers_the_transport  # noqa: F401

HOME = Path(os.environ["BARE_HOME"])

app = Celery("bare", broker=f"embedded://{HOME}/queue.sqlite3", fixups=[])
app.conf.update(
    broker_transport_options={"visibility_timeout": float(os.environ["BARE_LEASE"])},
    task_acks_late=True,
    task_default_queue="query",
    task_ignore_result=True,
    task_reject_on_worker_lost=True,
    worker_lost_wait=0.5,  # Celery's 10 seconds per killed child are not what is tested
    worker_prefetch_multiplier=1,
)


@app.task(name="mark", bind=True)
def mark(self, name: str, seconds: float = 0.0) -> None:
    """Write down who did what; one write, so that lines of several workers never mix."""
    with (HOME / "begun.txt").open("a") as begun:
        begun.write(f"{name}\n")
    time.sleep(seconds)
    with (HOME / "done.txt").open("a") as done:
        done.write(f"{name} {self.request.hostname}\n")


@app.task(name="die")
def die() -> None:
    os.kill(os.getpid(), 9)
