"""The file beneath the embedded queue: messages in one private SQLite file, leased, finished, given back.

What lives here: SQL, locks, forks, file modes. What does not: Celery and kombu (broker/embedded_queue.py),
nor Django. A message is text to this room; whether it can be read is asked above.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Any

BUSY_SECONDS = 15.0  # how long one statement waits for another process's
LONGEST_BACK_OFF = 30.0

# visible_at is wall-clock time: what waits has it in the past, what is leased has it in the future.
SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY, queue TEXT NOT NULL, envelope TEXT NOT NULL,
    visible_at REAL NOT NULL, lease TEXT, deliveries INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS message_in_order ON message (queue, id);
CREATE TABLE IF NOT EXISTS parked (
    id INTEGER PRIMARY KEY, queue TEXT NOT NULL, envelope TEXT NOT NULL, why TEXT NOT NULL, at REAL NOT NULL);
"""
PUT = "INSERT INTO message (queue, envelope, visible_at) VALUES (?, ?, 0)"
LOOK = "SELECT id FROM message WHERE queue = ? AND visible_at <= ? ORDER BY id LIMIT 1"
# Bytes, not text: what is no UTF-8 must still be taken, so that it can be parked.
TAKE = """
UPDATE message SET lease = ?, visible_at = ?, deliveries = deliveries + 1
WHERE id = (SELECT id FROM message WHERE queue = ? AND visible_at <= ? ORDER BY id LIMIT 1)
RETURNING id, CAST(envelope AS BLOB), deliveries
"""
RENEW = "UPDATE message SET visible_at = ? WHERE id = ? AND lease = ?"
FINISH = "DELETE FROM message WHERE id = ? AND lease = ?"
GIVE_BACK = """
UPDATE message SET lease = NULL, visible_at = ? + MIN(deliveries - 1, ?) WHERE id = ? AND lease = ?
"""
PARK = """
INSERT INTO parked (queue, envelope, why, at)
SELECT queue, envelope, ?, ? FROM message WHERE id = ? AND lease = ?
"""
COUNT = "SELECT COUNT(*) FROM message WHERE queue = ? AND visible_at <= ?"
PURGE = "DELETE FROM message WHERE queue = ? AND visible_at <= ? RETURNING id"


class QueueFile:
    """One file, as this process sees it: one handle per path (`at`), shared by the threads under a lock.

    No handle crosses a fork, for SQLite forbids even closing one in the child: it is closed before the fork
    and opened again by the next use on either side. `secure_delete` overwrites what is deleted in the file
    itself; the write-ahead log beside it keeps older pages until `tidy` empties it.
    """

    _known: dict[Path, "QueueFile"] = {}
    _known_lock = threading.Lock()

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._db: sqlite3.Connection | None = None
        self._soiled = True  # the process before us may have died before it tidied

    @classmethod
    def at(cls, path: Path) -> "QueueFile":
        with cls._known_lock:
            return cls._known.setdefault(path, cls(path))

    def open(self) -> sqlite3.Connection:
        """This process's handle. Raises sqlite3.OperationalError, with a sentence, when there can be none."""
        with self._lock:
            if self._db is None:
                try:
                    self._db = _connected(self.path)
                except (OSError, sqlite3.OperationalError) as refused:
                    raise sqlite3.OperationalError(
                        f"The queue's file {self.path} cannot be opened ({refused}). Nothing was sent or "
                        "taken, and what it holds is untouched. See that its folder is writable and not full."
                    ) from refused
            return self._db

    def close(self) -> None:
        with self._lock:
            db, self._db = self._db, None
            if db is not None:
                db.close()

    def put(self, queue: str, envelope: str) -> None:
        self._run(PUT, queue, envelope)

    def take(self, queue: str, *, seconds: float) -> tuple[str, bytes, int] | None:
        """Lease the oldest that waits: the lease's tag, the envelope, how often it has been delivered."""
        now = time.time()
        if not self._run(LOOK, queue, now):  # a look takes no write lock
            return None
        lease = token_hex(8)
        for row, envelope, deliveries in self._run(TAKE, lease, now + seconds, queue, now):
            return f"{row}:{lease}", envelope, deliveries
        return None  # another worker was quicker

    def renew(self, tags: Iterable[str], *, seconds: float) -> None:
        until = time.time() + seconds
        with self._lock, self.open() as db:
            db.execute("BEGIN IMMEDIATE")
            db.executemany(RENEW, [(until, *_row_and_lease(tag)) for tag in tags])

    def finish(self, tag: str) -> None:
        """Delete a message, if it is still under this lease."""
        self._run(FINISH, *_row_and_lease(tag))
        self._soiled = True

    def give_back(self, tag: str) -> None:
        """Return a message to its place, if it is still under this lease. One that keeps coming back waits a
        second longer each time: a task that kills its worker neither spins nor starves the others."""
        self._run(GIVE_BACK, time.time(), LONGEST_BACK_OFF, *_row_and_lease(tag))

    def park(self, tag: str, *, why: str) -> None:
        """Set a message aside that nobody can read."""
        held = _row_and_lease(tag)
        with self._lock, self.open() as db:
            db.execute("BEGIN IMMEDIATE")
            db.execute(PARK, (why, time.time(), *held))
            db.execute(FINISH, held)

    def size(self, queue: str) -> int:
        """How many wait; what a worker holds is not counted."""
        count: int = self._run(COUNT, queue, time.time())[0][0]
        return count

    def purge(self, queue: str, *, held_too: bool = False) -> int:
        """Delete what waits, or everything. Returns how many."""
        gone = self._run(PURGE, queue, float("inf") if held_too else time.time())
        self._soiled = True
        self.tidy()
        return len(gone)

    def tidy(self) -> None:
        """Empty the write-ahead log, if anything was deleted since the last time."""
        if self._soiled:
            busy = self._run("PRAGMA wal_checkpoint(TRUNCATE)")[0][0]
            self._soiled = bool(busy)

    def _run(self, sql: str, *values: object) -> list[Any]:
        """One statement, one commit."""
        with self._lock:
            return self.open().execute(sql, values).fetchall()

    @classmethod
    def _before_fork(cls) -> None:
        cls._known_lock.acquire()
        for file in cls._known.values():
            file._lock.acquire()
            file.close()

    @classmethod
    def _after_fork(cls) -> None:
        for file in cls._known.values():
            file._lock.release()
        cls._known_lock.release()


os.register_at_fork(
    before=QueueFile._before_fork,
    after_in_parent=QueueFile._after_fork,
    after_in_child=QueueFile._after_fork,
)


def _connected(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    path.chmod(0o600)  # SQLite gives the log beside it the same mode
    db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    patience = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            db.execute("PRAGMA secure_delete = ON")
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute("PRAGMA journal_mode = WAL")
            db.executescript(SCHEMA)
        except sqlite3.OperationalError:
            # Of two processes that turn the same new file to WAL, SQLite refuses one without waiting.
            if time.monotonic() > patience:
                db.close()
                raise
            time.sleep(0.02)
        else:
            return db


def _row_and_lease(tag: str) -> tuple[int, str]:
    row, _, lease = tag.partition(":")
    return int(row), lease
