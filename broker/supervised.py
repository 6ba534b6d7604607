"""The transaction of a release, under a supervisor: a process that stops in the middle of it, and so keeps
every no waiting, is put an end to. What is done in the transaction is the caller's.

    released = supervised.run(work, first=look)   # what work gave; None when it was ended before it could say

PostgreSQL ends a session that stands still by itself. SQLite has one lock for all who write, and who holds it
may stand still for ever: there a child process does the work, and is killed when it takes too long. Whatever
may be asked before the transaction is asked `first`, by the same process over the same connection: both are
warm then, and what is left to do under the lock is short.
"""

import ctypes
import gc
import os
import pickle
import select
import signal
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import OperationalError, connection, connections, transaction

PATIENCE = 3.0  # seconds from the fork to the commit; a withdrawal is answered within twice as many
BUSY = 2.0  # of them, to wait for somebody else's transaction
TRIES = 8  # times that a child is sent while others write

_PDEATHSIG = 1  # of prctl(2): a child of a supervisor that is killed does not outlive it

Seen = TypeVar("Seen")


def run(work: Callable[[Seen], bool], *, first: Callable[[], Seen]) -> bool | None:
    """Do `work` with what `first` gave, in one transaction. None says that its end is not known: all of it
    was done, or nothing."""
    # Part of a larger transaction cannot be sent off.
    if connection.in_atomic_block or connection.vendor != "sqlite":
        return _here(work, first)
    for _ in range(TRIES):
        done, value = _in_a_child(work, first)
        if done and isinstance(value, Exception):
            if isinstance(value, OperationalError) and "locked" in str(value):
                continue
            raise value
        return value if done else None
    return None


def _here(work: Callable[[Seen], bool], first: Callable[[], Seen]) -> bool:
    outermost, seen = not connection.in_atomic_block, first()
    with transaction.atomic():
        if outermost and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = {int(PATIENCE * 1000)}")
        return work(seen)


def _in_a_child(work: Callable[[Seen], bool], first: Callable[[], Seen]) -> tuple[bool, Any]:
    """Whether it ended by itself, and what it gave or raised."""
    connections.close_all()  # no handle of SQLite's crosses a fork
    heard, told = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(heard)
            gc.disable()  # it would write to all objects of the parent's, and copy every page for it
            ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGKILL)
            os.write(told, _said(work, first))
        finally:
            os._exit(0)
    os.close(told)
    try:
        said = _heard(heard)
    finally:
        os.close(heard)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return (True, pickle.loads(said)) if said else (False, None)  # noqa: S301 - our own child's


def _said(work: Callable[[Seen], bool], first: Callable[[], Seen]) -> bytes:
    """What a child has to tell: the outcome of the work, done on a connection of its own."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {int(BUSY * 1000)}")
        return pickle.dumps(_here(work, first))
    except Exception as trouble:
        return pickle.dumps(trouble)


def _heard(pipe: int) -> bytes:
    """All that a child says before it ends; nothing, when that is not in time."""
    until, said = time.monotonic() + PATIENCE, b""
    while select.select([pipe], [], [], max(0.0, until - time.monotonic()))[0]:
        part = os.read(pipe, 65_536)
        if not part:
            return said
        said += part
    return b""
