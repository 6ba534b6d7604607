"""Reading a stranger's file in a walled child: sent from here, watched from here, never believed.

    profile = sandbox.read(stream, assume=None, limits=DEFAULT, laid_out=materials.laid_out())

The same as `formats.read`, and in addition: whatever the file does to its reader, what comes back is a
Profile or a FileRefused, in bounded time, and nothing is left behind. What a child may do is in
`walled.walls`, where children come from in `nurseries`. Where the kernel cannot wall them in, files are
read for debugging and the demo only.
"""

import fcntl
import io
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from selectors import EVENT_READ, DefaultSelector
from signal import SIGXCPU
from typing import Any, BinaryIO

from django.conf import settings
from django.core import checks

from genomics.coordinates import Build
from genomics.errors import FileReason, FileRefused, IntakeShut
from genomics.formats import DEFAULT, Limits, Profile
from genomics.intake import handing, nurseries, turns
from genomics.intake.details import Detail
from genomics.intake.laid_out import NOTHING, LaidOut
from genomics.intake.walled import child, walls, wire

logger = logging.getLogger(__name__)

Share = Callable[[float], None]  # hears how much of the work on a file is done, from 0 to 1

_CHUNK = 1 << 20
_BEAT = 0.5  # seconds between two looks at how far a child is
_PARTS = {"read": (0.0, 2 / 3), "clean": (2 / 3, 1.0)}  # of the work on a file: from where to where
_follower: ContextVar[Share | None] = ContextVar("follower", default=None)
_WAIT = 3  # seconds on the clock for each of a processor: others want it too


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one file, and what it cost: seconds of a processor and on the clock, peak memory in bytes
    (with what a child is born with, some tens of megabytes). Of a child that had to be ended, none."""

    said: Profile | FileRefused
    seconds: float
    cpu_seconds: float = 0.0
    memory: int = 0


def read(
    data: bytes | BinaryIO,
    *,
    assume: Build | None = None,
    limits: Limits = DEFAULT,
    laid_out: LaidOut = NOTHING,
) -> Profile:
    """Read a file behind the walls. Raises FileRefused, or IntakeShut where no file can be read."""
    outcome = measured(data, assume=assume, limits=limits, laid_out=laid_out)
    if isinstance(outcome.said, FileRefused):
        raise outcome.said
    return outcome.said


def measured(
    data: bytes | BinaryIO,
    *,
    assume: Build | None = None,
    limits: Limits = DEFAULT,
    laid_out: LaidOut = NOTHING,
) -> Outcome:
    """The same, a refusal as a value, with what it cost. Raises IntakeShut."""
    begun = time.monotonic()
    end = None
    said: Profile | FileRefused
    try:
        most = wire.most(limits)
        told, end = run("read", data, assume=assume, limits=limits, laid_out=laid_out, most=most)
        said = wire.hear(told)
    except FileRefused as refused:
        said = refused
    except wire.Unbelievable as lie:
        logger.warning("a reader said what no reader says: %s", lie)
        said = _crashed()
    seconds = time.monotonic() - begun
    if end is None:
        return Outcome(said=said, seconds=seconds)
    return Outcome(said=said, seconds=seconds, cpu_seconds=end.cpu_seconds, memory=end.memory)


def cleaned(
    data: bytes | BinaryIO,
    *,
    of: Profile | None = None,
    limits: Limits = DEFAULT,
    laid_out: LaidOut = NOTHING,
) -> BinaryIO:
    """The copy to keep of a file that has been read: without what may name somebody. A stream is gone over
    from its start. With `of`, what was read, the copy says the same, or the file is refused. Raises
    FileRefused, IntakeShut."""
    if not isinstance(data, bytes):
        data.seek(0)
    found = tuple({one.detail for one in of.findings}) if of is not None else ()
    told, _ = run("clean", data, limits=limits, most=2 * limits.packed, found=found)
    try:
        copy, tally = wire.hear_copy(told)
    except wire.Unbelievable as lie:
        logger.warning("a reader made no copy: %s", lie)
        raise _crashed() from None
    if not tally.alike or (of is not None and of.unpacked not in (0, tally.content)):
        raise _unalike()
    if of is not None and tally.rewritten:
        _read_again(copy, of, limits=limits, laid_out=laid_out)
    return io.BytesIO(copy)


def _read_again(copy: bytes, of: Profile, *, limits: Limits, laid_out: LaidOut) -> None:
    """Where records were written anew, all of them are looked at."""
    again = measured(copy, assume=of.build, limits=limits, laid_out=laid_out).said
    if isinstance(again, FileRefused) or again.column.sha256 != of.column.sha256:
        raise _unalike()


def run(
    task: str,
    data: bytes | BinaryIO,
    *,
    assume: Build | None = None,
    limits: Limits,
    laid_out: LaidOut = NOTHING,
    most: int,
    found: tuple[Detail, ...] = (),
) -> tuple[bytes, wire.End]:
    """Have a walled child do a task with a file: what it says, up to `most` bytes. Raises FileRefused when
    it takes too long or too much, or does not come to its end; IntakeShut."""
    _require_walls()
    with turns.taken():
        return _ran(task, data, assume=assume, limits=limits, laid_out=laid_out, most=most, found=found)


def _ran(
    task: str,
    data: bytes | BinaryIO,
    *,
    assume: Build | None,
    limits: Limits,
    laid_out: LaidOut,
    most: int,
    found: tuple[Detail, ...],
) -> tuple[bytes, wire.End]:
    given = handing.handed(data, limits)
    try:
        allowed = limits.time_for(os.fstat(given).st_size)
        errand = wire.Errand(
            task=task,
            assume=assume,
            limits=limits,
            laid_out=laid_out,
            found=found,
            allowance=walls.Allowance(memory=limits.memory, cpu_seconds=allowed),
        )
        told, end = _watched(errand, given, most=most, until=time.monotonic() + _WAIT * allowed)
    finally:
        os.close(given)
    if end.code == 0:
        return told, end
    logger.warning("a reader ended with %d after %.1f s, %d bytes", end.code, end.cpu_seconds, end.memory)
    if end.code == child.UNREADY:
        raise IntakeShut(
            "What this house reads files by (its genomes, sites and chains) cannot be opened. Nothing was "
            "stored. Please try again later."
        )
    if end.code == child.HUNGRY:
        what = f"Reading it takes more than {limits.memory >> 20:,} MiB of memory."
        raise FileRefused(FileReason.MEMORY, what)
    if end.code == -SIGXCPU or end.cpu_seconds >= allowed:
        raise _late(allowed)
    raise _crashed()


@contextmanager
def followed(by: Share) -> Iterator[None]:
    """Within it `by` hears now and then how much of the work on a file is done: reading it, and writing down
    the copy to be kept."""
    token = _follower.set(by)
    try:
        yield
    finally:
        _follower.reset(token)


def _watched(errand: wire.Errand, given: int, *, most: int, until: float) -> tuple[bytes, wire.End]:
    """What the child says, and its end. It is ended when it says too much, or when its time is over."""
    reader, writer = os.pipe()
    told = bytearray()
    try:
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, _CHUNK)
        try:
            waiting = nurseries.send(errand, given=given, out=writer)
        finally:
            os.close(writer)
        os.set_blocking(reader, False)
        with waiting, DefaultSelector() as selector:
            selector.register(reader, EVENT_READ)
            selector.register(waiting, EVENT_READ)
            while True:
                left = max(0.0, until - time.monotonic())
                ready = {key.fd for key, _ in selector.select(min(left, _BEAT))}
                if not ready and not left:
                    raise _late(errand.allowance.cpu_seconds)
                _tell(errand.task, given)
                if reader in ready and not _listen(reader, told):
                    selector.unregister(reader)
                if len(told) > most:
                    logger.warning("a reader said more than %d bytes", most)
                    raise _crashed()
                if waiting.fileno() in ready:
                    message = waiting.recv(_CHUNK)
                    if not message:
                        raise IntakeShut(
                            "What reads files has stopped. Nothing was stored. Please try again later."
                        )
                    while _listen(reader, told) and len(told) <= most:
                        pass
                    return bytes(told), wire.end(message)
    finally:
        os.close(reader)


def _tell(task: str, given: int) -> None:
    """Whoever follows hears how far the child is: it reads on in the very file that is open here. A lie of
    its makes a wrong bar, and nothing else."""
    follower = _follower.get()
    if follower is not None and task in _PARTS:
        share = os.lseek(given, 0, os.SEEK_CUR) / max(os.fstat(given).st_size, 1)
        begin, end = _PARTS[task]
        follower(begin + (end - begin) * min(1.0, max(0.0, share)))


def _listen(reader: int, told: bytearray) -> bool:
    """Take what is there; false when there is nothing (more)."""
    try:
        piece = os.read(reader, _CHUNK)
    except BlockingIOError:
        return False
    told += piece
    return bool(piece)


def _late(allowed: int) -> FileRefused:
    return FileRefused(FileReason.TIME, f"Reading it takes longer than the {allowed:,} seconds it may take.")


def _crashed() -> FileRefused:
    return FileRefused(FileReason.CRASHED, "The program that reads files broke down over this one.")


def _unalike() -> FileRefused:
    what = "The copy of it that we would keep, without the details that we found, does not read as it does."
    return FileRefused(FileReason.NOT_KEPT, what)


def is_good_enough() -> bool:
    """Whether files are read here: behind all walls, or for debugging and the demo."""
    return not (walls.missing() and settings.WALLS_REQUIRED)


def _require_walls() -> None:
    if not is_good_enough():
        raise IntakeShut(
            f"This machine cannot wall in what reads files: {', '.join(walls.missing())} missing, and a real "
            "house reads none without. Nothing was stored. It takes Linux 5.13 or later."
        )


def check_walls(**_options: Any) -> list[checks.CheckMessage]:
    """The system check: an error in production, a warning for debugging and the demo."""
    if not walls.missing():
        return []
    kind = checks.Warning if is_good_enough() else checks.Error
    return [
        kind(
            f"Files are read without all walls: {', '.join(walls.missing())} missing.",
            hint="It takes Linux 5.13 or later, with landlock and seccomp switched on.",
            id="genomics.E001" if kind is checks.Error else "genomics.W001",
        )
    ]
