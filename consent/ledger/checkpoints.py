"""The checkpoint file: every signed note once more, outside the database, so that an old database put back
beside it is noticed. Also the key that signs them. The notes themselves are in consent.ledger.note.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from consent.errors import LedgerBroken, NoteRefused
from consent.ledger import note
from consent.models.ledger import LedgerCheckpoint

TAIL = 64 * 1024  # enough of the file's end to hold many notes


def signer() -> note.Signer:
    """Who signs this ledger: its public key under its own name."""
    return note.Signer.of(settings.LEDGER_ORIGIN, settings.LEDGER_KEY.bytes)


def opened(text: str) -> note.Checkpoint:
    us = signer()
    return note.open(text, us.name, us.public_key)


def published() -> list[str]:
    """Every whole note in the file."""
    path = Path(settings.CHECKPOINT_FILE)
    return note.split(path.read_text(encoding="utf-8"))[0] if path.exists() else []


def newest_published() -> note.Checkpoint | None:
    """The newest whole note in the file, if there is one that opens."""
    path = Path(settings.CHECKPOINT_FILE)
    if not path.exists():
        return None
    with path.open("rb") as file:
        text, _, _ = _tail(file)
    try:
        return opened(text) if text else None
    except NoteRefused:
        return None  # the sequencer and the audit tell of it


def catch_up() -> None:
    """Write what the file lacks: the note just committed, and any that a crash kept from being written.

    Raises LedgerBroken, and writes nothing, when the file vouches for something that the database denies.
    """
    with _alone(Path(settings.CHECKPOINT_FILE)) as file:
        newest_written, end, torn = _tail(file)
        last = _agreed(newest_written) if newest_written else 0
        rows = LedgerCheckpoint.objects.filter(size__gt=last).order_by("size").values_list("note", flat=True)
        missing = note.join(rows.iterator()).encode()
        if not missing.startswith(torn):
            raise LedgerBroken(
                "The checkpoint file ends in something that this ledger did not write. Nothing was added; "
                "keep the file as it is, and tell an auditor."
            )
        if missing:
            file.seek(end)
            file.truncate()
            file.write(missing)
            file.flush()
            os.fsync(file.fileno())


def _agreed(text: str) -> int:
    """The size of the file's newest note, if the database tells the same history up to there."""
    try:
        written = opened(text)
    except NoteRefused as refused:
        raise LedgerBroken(
            f"The newest note in the checkpoint file is not ours. {refused} Nothing was added to the ledger; "
            "check the ledger key, then tell an auditor."
        ) from refused
    newest = LedgerCheckpoint.newest()
    if newest is None or newest.size < written.size:
        raise LedgerBroken(
            f"The checkpoint file vouches for {written.size} events, the database for "
            f"{newest.size if newest else 0}: the database is older than the file. Nothing was added; put "
            "the newer database back, or tell an auditor what was lost."
        )
    if not LedgerCheckpoint.objects.filter(size=written.size, root=written.root).exists():
        raise LedgerBroken(
            f"The checkpoint file and the database tell two histories of the first {written.size} events. "
            "Nothing was added; keep both, and tell an auditor."
        )
    return written.size


def _tail(file: BinaryIO) -> tuple[str | None, int, bytes]:
    """The newest whole note, where it ends, and what stands torn behind it."""
    length = file.seek(0, os.SEEK_END)
    file.seek(max(0, length - TAIL))
    raw = file.read()
    if length > TAIL:  # begin at a note, not in the middle of one
        raw = raw[raw.find(f"\n\n{settings.LEDGER_ORIGIN}\n".encode()) + 2 :]
    whole, _, torn = raw.rpartition(b"\n\n")
    notes, rest = note.split((whole + b"\n\n").decode(errors="replace")) if whole else ([], "")
    torn = rest.encode() + torn
    return (notes[-1] if notes else None), length - len(torn), torn


@contextmanager
def _alone(path: Path) -> Iterator[BinaryIO]:
    """The file, while no other process writes to it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    with os.fdopen(handle, "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
