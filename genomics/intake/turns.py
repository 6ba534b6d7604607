"""Turns at reading: so many files at once in one process, for each is a child with memory and a processor.

    with turns.taken():      # waits; raises NoneFree when none comes free in time
        sandbox.read(...)

One who has a turn and asks again has it already. How many there are is settings.READERS_AT_ONCE.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from genomics.errors import IntakeShut

WITHIN = 120.0  # seconds to wait for one


class NoneFree(IntakeShut):
    """Others are having their turns."""


class _Turns(threading.local):
    """How often this thread has asked for the turn it has."""

    held = 0


class _Ours:
    """The turns of this process; one that is forked begins with all of them free."""

    def __init__(self) -> None:
        self.free = threading.Condition()
        self.taken = 0
        self.mine = _Turns()


_ours = _Ours()


@contextmanager
def taken(*, within: float | None = None) -> Iterator[None]:
    """Have a turn, and give it back. Waits `within` seconds, WITHIN unless told."""
    ours = _ours
    if not ours.mine.held:
        with ours.free:
            if not ours.free.wait_for(
                lambda: ours.taken < settings.READERS_AT_ONCE, timeout=WITHIN if within is None else within
            ):
                raise NoneFree(
                    f"{settings.READERS_AT_ONCE} files are being read here, and no more are at once. Nothing "
                    "was stored. Please try again in a few minutes."
                )
            ours.taken += 1
    ours.mine.held += 1
    try:
        yield
    finally:
        ours.mine.held -= 1
        if not ours.mine.held:
            with ours.free:
                ours.taken -= 1
                ours.free.notify()


def _forget() -> None:
    global _ours
    _ours = _Ours()


os.register_at_fork(after_in_child=_forget)
