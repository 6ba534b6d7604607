"""Decrypted rows in a worker's memory, so that the next search need not open them again: at most ROWS_MB.

A row is here under its file and the place where it is sealed, and is used under the Clearance of a batch that
covers it, and for that batch. It goes, its bytes written over, when anything is said about its person, when
it is sealed elsewhere, when nobody used it for LIFE seconds: in a process that stands idle, too, for each
that holds rows has a thread that asks every PERIOD seconds who changed anything. If that cannot be asked,
everything goes. No row is put out to make room: what finds none is decrypted each time.
"""

import heapq
import logging
import math
import mmap
import os
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db import connection
from numpy.typing import NDArray

from consent import fence
from genomics.matching.kernels import Rows
from genomics.matching.probes import shape_of
from genomics.matching.segments import People
from genomics.matching.setting import Setting
from genomics.row_bytes import Shape, Words

logger = logging.getLogger(__name__)

PERIOD = 5.0  # seconds; who said no is out of every process by then, or once the batch in hand is through
LIFE = 300.0  # seconds

NOWHERE = -1
DESK = 2 * 1024 * 1024  # words that stay taken between batches

Place = tuple[str, int]  # of the shelf, and where in it


def bytes_of(shape: Shape, probed: NDArray[np.int32]) -> int:
    """Of one row here."""
    return max(8 * (2 * shape.words + math.prod(shape_of(probed))), 1)


class Kept(NamedTuple):
    """In which line a file's row lies here, whose it is, and where it is sealed."""

    file: UUID
    line: int
    ordinal: int
    place: Place


class Memory:
    """Rows of one panel, a person a line. All is done, and what is here is used, while holding `lock`."""

    def __init__(self, shape: Shape, probed: NDArray[np.int32], *, most: int) -> None:
        one = shape_of(probed)
        self.shape, self.lines = shape, most // bytes_of(shape, probed)
        lo, hi = (_pages(self.lines, shape.words) for _ in range(2))
        probes = _pages(self.lines, math.prod(one)).reshape(self.lines, *one)
        empty = Setting(np.zeros(self.lines), np.zeros(self.lines))
        self.people = People(Rows(shape.autosomal, lo, hi), probes, empty)
        self.lock = threading.RLock()
        self._kept: dict[int, int] = {}  # the line of each file's row; an id as a number is found faster
        self._places: list[Place | None] = [None] * self.lines  # where it is sealed
        self._ordinals = np.zeros(self.lines, dtype=np.int64)  # whose it is
        self._used = np.zeros(self.lines)  # when it was used last
        self._free = list(range(self.lines))  # a heap: the first lines first, so that rows lie together
        self._desk, self._laid = _pages(1, 0), 0
        self._full: list[Words] = []  # where a batch found no room, and took other pages
        self._watch: threading.Thread | None = None
        self._seen: int | None = None  # the consent position up to which it is known who changed anything

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, file: UUID) -> bool:
        return file.int in self._kept

    def found(self, files: Iterable[UUID], places: Iterable[Place]) -> list[int]:
        """The lines of those rows that are here, and were made of what lies at these places; NOWHERE of the
        others."""
        kept, here, lines = self._kept, self._places, list[int]()
        for file, place in zip(files, places, strict=True):
            line = kept.get(file.int, NOWHERE)
            if line >= 0 and here[line] != place:
                self._drop(file.int)
                line = NOWHERE
            lines.append(line)
        self._used[[line for line in lines if line >= 0]] = time.monotonic()
        return lines

    def desk(self, lines: int, words: int) -> Words:
        """Room for what is opened for one batch alone, all nought; to be written over when that is through.
        The same pages serve the next one: new ones cost as much as a sketch's cipher."""
        begin, self._laid = self._laid, self._laid + lines * words
        if self._laid > self._desk.size:
            self._full.append(self._desk[0, :begin])
            self._desk, begin, self._laid = _pages(1, max(DESK, lines * words)), 0, lines * words
        return self._desk[0, begin : self._laid].reshape(lines, words)

    def wipe_desk(self) -> None:
        """Write over what was laid there."""
        for words in (*self._full, self._desk[0, : self._laid]):
            words[:] = 0
        self._full, self._laid = [], 0
        if self._desk.size > DESK:
            self._desk = _pages(1, 0)

    def room(self, most: int) -> list[int]:
        """So many free lines, or as many as there are."""
        return [heapq.heappop(self._free) for _ in range(min(most, len(self._free)))]

    def keep(self, rows: Sequence[Kept], *, position: int) -> None:
        """Rows have been written to lines that there was room in; the law was asked at this position."""
        if not rows:
            return
        for row in rows:
            self._drop(row.file.int)
            self._kept[row.file.int] = row.line
            self._places[row.line] = row.place
        lines = [row.line for row in rows]
        self._ordinals[lines], self._used[lines] = [row.ordinal for row in rows], time.monotonic()
        self._seen = position if self._seen is None else min(self._seen, position)
        if self._watch is None or not self._watch.is_alive():
            self._watch = threading.Thread(target=self._keep_watch, name="watch over rows", daemon=True)
            self._watch.start()

    def give_back(self, line: int) -> None:
        """Write over a line, and let it be used again."""
        rows, setting = self.people.rows, self.people.setting
        rows.lo[line] = rows.hi[line] = 0
        self.people.probes[line] = 0
        setting.dropout[line] = setting.called[line] = 0
        heapq.heappush(self._free, line)

    def drop(self, ordinals: Collection[int]) -> None:
        """Let go of what is here of these people."""
        theirs = np.isin(self._ordinals, np.fromiter(ordinals, dtype=np.int64, count=len(ordinals)))
        self._drop_where(theirs)

    def clear(self) -> None:
        for file in list(self._kept):
            self._drop(file)
        self._seen = None

    def look(self) -> None:
        """Let go of everybody of whom anything changed since the last look, and of what nobody uses."""
        before = self._seen
        try:
            now = fence.position()
            changed = None if before is None or now < before else fence.changed_since(before)
        except Exception:
            logger.warning("who changed anything cannot be asked: no row stays in memory", exc_info=True)
            changed = None
        with self.lock:
            if changed is None:
                self.clear()
                return
            self.drop(changed)
            if self._seen == before:  # nothing was read meanwhile under an older look at the law
                self._seen = now
            self._drop_where(self._used < time.monotonic() - LIFE)

    def _keep_watch(self) -> None:
        while True:
            time.sleep(PERIOD)
            with self.lock:
                if not self._kept:
                    self._watch = self._seen = None
                    return
            try:
                self.look()
            finally:
                connection.close()  # this thread's own

    def _drop_where(self, lines: NDArray[np.bool_]) -> None:
        gone = set(np.flatnonzero(lines).tolist())
        for file in [file for file, line in self._kept.items() if line in gone] if gone else []:
            self._drop(file)

    def _drop(self, file: int) -> None:
        line = self._kept.pop(file, None)
        if line is not None:
            self._places[line] = None
            self.give_back(line)


_memory: dict[bytes, Memory] = {}  # one at most: of the panel in use
_left_behind: list[Memory] = []
_one = threading.Lock()


@contextmanager
def of(panel: bytes, shape: Shape, probed: NDArray[np.int32]) -> Iterator[Memory]:
    """The memory of this process for rows of a panel, named by its digest, for the time of a batch."""
    with _one:
        if panel not in _memory:
            forget()
            _memory[panel] = Memory(shape, probed, most=settings.ROWS_BYTES)
        memory = _memory[panel]
    with memory.lock:
        yield memory


def forget() -> None:
    """Let go of everything that is in this process's memory."""
    for memory in _memory.values():
        with memory.lock:
            memory.clear()
    _memory.clear()


def _start_anew() -> None:
    """In a process that was just forked off: its parent's rows did not come along (MADV_DONTFORK)."""
    global _one
    _left_behind.extend(_memory.values())  # never to be touched, and so never to be let go of
    _memory.clear()
    _one = threading.Lock()


os.register_at_fork(after_in_child=_start_anew)


def _pages(lines: int, words: int) -> Words:
    """Memory that is taken as it is written to, in no core dump, and in no process that is forked off."""
    if not lines * words:
        return np.zeros((lines, words), dtype=np.uint64)
    pages = mmap.mmap(-1, 8 * lines * words, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    for advice in ("MADV_DONTDUMP", "MADV_DONTFORK", "MADV_HUGEPAGE"):  # where the system knows them
        if hasattr(mmap, advice):
            pages.madvise(getattr(mmap, advice))
    return np.frombuffer(pages, dtype=np.uint64).reshape(lines, words)
