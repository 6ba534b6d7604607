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
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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

Place = tuple[str, int]  # of the shelf, and where in it


@dataclass(slots=True)
class Kept:
    """Where a row lies here, whose it is, where it is sealed, and when it was used last."""

    line: int
    ordinal: int
    place: Place
    used: float


class Memory:
    """Rows of one panel, a person a line. All is done, and what is here is used, while holding `lock`."""

    def __init__(self, shape: Shape, probed: NDArray[np.int32], *, most: int) -> None:
        one = shape_of(probed)
        self.shape, self.lines = shape, most // max(8 * (2 * shape.words + math.prod(one)), 1)
        lo, hi = (_pages(self.lines, shape.words) for _ in range(2))
        probes = _pages(self.lines, math.prod(one)).reshape(self.lines, *one)
        empty = Setting(np.zeros(self.lines), np.zeros(self.lines))
        self.people = People(Rows(shape.autosomal, lo, hi), probes, empty)
        self.lock = threading.RLock()
        self._kept: dict[UUID, Kept] = {}
        self._free = list(range(self.lines))  # a heap: the first lines first, so that rows lie together
        self._watch: threading.Thread | None = None
        self._seen: int | None = None  # the consent position up to which it is known who changed anything

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, file: UUID) -> bool:
        return file in self._kept

    def find(self, file: UUID, place: Place) -> int | None:
        """The line of a row that is here, and was made of what lies at this place."""
        kept = self._kept.get(file)
        if kept is None:
            return None
        if kept.place != place:
            self._drop(file)
            return None
        kept.used = time.monotonic()
        return kept.line

    def room(self, most: int) -> list[int]:
        """So many free lines, or as many as there are."""
        return [heapq.heappop(self._free) for _ in range(min(most, len(self._free)))]

    def keep(self, file: UUID, kept: Kept, *, position: int) -> None:
        """A row has been written to a line that there was room in; the law was asked at this position."""
        self._drop(file)
        self._kept[file] = kept
        self._seen = position if self._seen is None else min(self._seen, position)
        if self._watch is None:
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
        for file in [file for file, kept in self._kept.items() if kept.ordinal in ordinals]:
            self._drop(file)

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
            old = time.monotonic() - LIFE
            for file in [file for file, kept in self._kept.items() if kept.used < old]:
                self._drop(file)

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

    def _drop(self, file: UUID) -> None:
        kept = self._kept.pop(file, None)
        if kept is not None:
            self.give_back(kept.line)


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
