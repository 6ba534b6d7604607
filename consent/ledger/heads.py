"""The file of heads: for every participant where her record has come to, outside the database.

The sequencer appends an entry for each participant whom a batch of events tells of, before it commits the
batch, and binds the file to the checkpoint by an extension line:

    heads 1041 Zm9v...=       so many entries, and the SHA-256 of the file up to there

What stands behind the last bound entry was never signed: a crash left it, and the next batch writes over it.
What a head is stands in consent.heads; who is held against it, in consent.absence.
"""

import base64
import hashlib
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings

from consent.errors import LedgerBroken
from consent.heads import BYTES, Head
from consent.ledger import note

NAME = "heads"  # of the extension line
DIGEST = np.dtype((np.void, BYTES))
ENTRY = np.dtype(
    [
        ("position", "<u8"),  # in the tree: of the last event that it tells of
        ("ordinal", "<u8"),
        ("epoch", "<u8"),
        ("record", DIGEST),
        ("trail", DIGEST),
        ("facts", DIGEST),
    ]
)
HEADER = np.dtype([("magic", "S8"), ("begun", "<u8"), ("rest", np.dtype((np.void, ENTRY.itemsize - 16)))])
DIGESTS = ("record", "trail", "facts")
MAGIC = b"heads v1"
CHUNK = 500  # people asked for together


class Heads:
    """The file, as far as this process has read it: only what a checkpoint has bound is told."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self.begun = 0  # the ledger's size when the file was begun: no earlier checkpoint binds it
        self._inode = 0
        self._sha = hashlib.sha256()
        self._entries: Any = np.zeros(0, ENTRY)
        self._latest: Any = np.zeros(0, np.int64)  # by ordinal: the number of her last entry, from 1
        self._newest: Any = np.zeros(0, np.uint64)  # by entry: the newest consent position up to there
        self._lock = threading.RLock()

    @property
    def exists(self) -> bool:
        return self.path.exists()

    def of(self, ordinal: int) -> Head | None:
        """The head of this participant; None where no bound entry tells of her."""
        with self._lock:
            number = int(self._latest[ordinal]) if ordinal < len(self._latest) else 0
            if not number:
                return None
            entry = self._entries[number - 1]
            return Head(int(entry["epoch"]), *(entry[name].tobytes() for name in DIGESTS))

    def changed_since(self, position: int) -> set[int]:
        """The ordinals of everybody whose last bound change came after a consent position. Costs by the
        entries that were added since: no earlier one tells of a later change."""
        with self._lock:
            first = int(np.searchsorted(self._newest, position, side="right"))
            late = self._entries[first:]
            ordinals = late["ordinal"].astype(np.int64)
            last = self._latest[ordinals] == np.arange(first + 1, first + 1 + len(late))
            return set(ordinals[last & (late["epoch"] > position)].tolist())

    def read(self, bound: tuple[int, bytes] | None, size: int) -> None:
        """Read up to what the checkpoint of this size binds (`Heads.bound_by`). Raises LedgerBroken when the
        file is not the one that was signed."""
        if not self.exists:
            if bound is not None:
                raise LedgerBroken(_sentence("is not there"))
            self._forget()
            return
        with self._lock, self.path.open("rb") as file:
            stat = os.fstat(file.fileno())
            if stat.st_ino != self._inode or (bound is not None and bound[0] < self.count):
                self._begin(file, stat.st_ino)
            if bound is None or size <= self.begun:
                # Just begun: what it began with is older than any checkpoint that binds it.
                self._take(file, (stat.st_size // ENTRY.itemsize) - 1, before=self.begun)
            elif self._take(file, bound[0]) != bound[0] or self._sha.digest() != bound[1]:
                self._forget()
                raise LedgerBroken(_sentence("is not the one that the newest checkpoint was signed over"))

    @staticmethod
    def bound_by(checkpoint: note.Checkpoint | None) -> tuple[int, bytes] | None:
        """What a checkpoint says of the file; None where it says nothing."""
        for line in checkpoint.extensions if checkpoint else ():
            name, _, rest = line.partition(" ")
            if name == NAME:
                count, _, digest = rest.partition(" ")
                return int(count), base64.b64decode(digest)
        return None

    def line(self) -> str:
        """What the next checkpoint says of the file."""
        return f"{NAME} {self.count} {base64.b64encode(self._sha.digest()).decode()}"

    def append(self, moved: Mapping[int, tuple[int, Head]]) -> None:
        """Write the new heads, by ordinal, behind the last bound entry, and read them."""
        rows = np.zeros(len(moved), ENTRY)
        for row, (ordinal, (position, head)) in zip(rows, moved.items(), strict=True):
            row["position"], row["ordinal"], row["epoch"] = position, ordinal, head.epoch
            for name in DIGESTS:
                row[name] = np.void(getattr(head, name))
        with self._lock, self.path.open("r+b") as file:
            file.seek((self.count + 1) * ENTRY.itemsize)
            file.write(rows.tobytes())
            file.truncate()
            file.flush()
            os.fsync(file.fileno())
            self._take(file, self.count + len(rows))

    def begin(self, size: int) -> None:
        """Begin the file, empty, in a ledger of this size."""
        header = np.zeros(1, HEADER)
        header["magic"], header["begun"] = MAGIC, size
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(header.tobytes())
            file.flush()
            os.fsync(file.fileno())
        with self.path.open("rb") as file:
            self._begin(file, os.fstat(file.fileno()).st_ino)

    def _forget(self) -> None:
        self.count, self.begun, self._inode, self._sha = 0, 0, 0, hashlib.sha256()
        self._entries, self._latest = np.zeros(0, ENTRY), np.zeros(0, np.int64)
        self._newest = np.zeros(0, np.uint64)

    def _begin(self, file: Any, inode: int) -> None:
        self._forget()
        file.seek(0)
        raw = file.read(HEADER.itemsize)
        if len(raw) != HEADER.itemsize or np.frombuffer(raw, HEADER)[0]["magic"] != MAGIC:
            raise LedgerBroken(_sentence("is no file of heads"))
        self._sha.update(raw)
        self.begun, self._inode = int(np.frombuffer(raw, HEADER)[0]["begun"]), inode

    def _take(self, file: Any, upto: int, *, before: int | None = None) -> int:
        """Read entries up to this number, or those that stand before a place in the tree."""
        file.seek((self.count + 1) * ENTRY.itemsize)
        raw = file.read((upto - self.count) * ENTRY.itemsize)
        rows = np.frombuffer(raw[: len(raw) // ENTRY.itemsize * ENTRY.itemsize], ENTRY)
        if before is not None:
            rows = rows[: int(np.searchsorted(rows["position"], before))]
        if len(rows):
            self._sha.update(rows.tobytes())
            numbers = np.arange(self.count + 1, self.count + 1 + len(rows))
            most = int(rows["ordinal"].max())
            if most >= len(self._latest):
                self._latest = np.concatenate(
                    [self._latest, np.zeros(most + 1 - len(self._latest), np.int64)]
                )
            self._latest[rows["ordinal"].astype(np.int64)] = numbers  # of several of one person, the last
            newest = np.maximum.accumulate(np.concatenate([self._newest[-1:], rows["epoch"]]))
            self._newest = np.concatenate([self._newest, newest[-len(rows) :]])
            self.count += len(rows)
            # Not held in memory but mapped: all processes of a machine share its pages.
            self._entries = np.memmap(file, ENTRY, "r", offset=ENTRY.itemsize, shape=(self.count,))
        return self.count


def path() -> Path:
    """Beside the checkpoint file."""
    return Path(settings.CHECKPOINT_FILE).with_name("heads.bin")


def begun() -> int:
    """The ledger's size when the file was begun; 0 where there is none."""
    if not path().exists():
        return 0
    with path().open("rb") as file:
        raw = file.read(HEADER.itemsize)
    return int(np.frombuffer(raw, HEADER)[0]["begun"]) if len(raw) == HEADER.itemsize else 0


def _sentence(what: str) -> str:
    return (
        f"The file of heads ({path().name}) {what}. Nothing may be released or added; put the right file "
        "back, or tell an auditor."
    )
