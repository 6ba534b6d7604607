"""What a database that was put back has to be told again: each erasure, no and hold, in a file outside of it.

    afterwards.require_current()      # raises DatabaseBehind while the database is older than the file
    afterwards.missing()              # what it does not remember, oldest first

The file lies beside the checkpoint file and is written after each commit, under the gate lock's order. Lines
are sealed under the seal key, for they say about whom they are; an erasure takes a person's older lines with
it. What is missing is done again by the verbs (broker.restoring); then the file is begun anew.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from consent import bodies, events
from consent.errors import DatabaseBehind, LedgerBroken
from consent.ledger import checkpoints
from consent.models.ledger import LedgerCheckpoint, LedgerEvent
from consent.models.statements import Statement

NARROWING = (
    events.ERASED.tag,
    events.DENIED.tag,
    events.WITHDRAWN.tag,
    events.FROZEN.tag,
    events.DISSENT.tag,
    events.DIED.tag,
    events.HOLDING_CHANGED.tag,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that must not be forgotten: the event it was, and what it said."""

    event: UUID
    said: dict[str, Any]  # kind, at, by, subject, fields; of a no also "file"

    @property
    def kind(self) -> str:
        return str(self.said["kind"])


def catch_up() -> None:
    """Write what the file lacks. Called after each commit that changed anybody's consent."""
    with _alone(_path()) as file:
        known = _newest(file)
        rows = LedgerEvent.objects.filter(kind__in=NARROWING).order_by("id").select_related("opening")
        if known is not None:
            at = LedgerEvent.objects.filter(uid=known).values_list("id", flat=True).first()
            if at is None:
                return  # the database is behind, and says so at every door: nothing is added to such a file
            rows = rows.filter(id__gt=at)
        lines = [line for line in map(_line, rows.iterator()) if line is not None]
        if lines:
            _write(file, lines)


def missing() -> list[Line]:
    """What the file remembers and the database does not, oldest first. Raises LedgerBroken for a line that
    is not as it was written."""
    if not _path().exists():
        return []
    with _alone(_path()) as file:
        lines = list(_lines(file))
    known = {line.event for line in lines}
    known &= set(LedgerEvent.objects.filter(uid__in=known).values_list("uid", flat=True))
    return [line for line in lines if line.event not in known]


def behind() -> str:
    """Why the database is older than what is kept outside it; empty when it is not. Reads the ends of two
    files and two rows."""
    newest = checkpoints.newest_published()
    if newest is not None:
        ours = LedgerCheckpoint.newest()
        if ours is None or ours.size < newest.size:
            return (
                f"The checkpoint file vouches for {newest.size} events, the database for "
                f"{ours.size if ours else 0}"
            )
    if _path().exists():
        with _path().open("rb") as file:
            last = _newest(file)
        if last is not None and not LedgerEvent.objects.filter(uid=last).exists():
            return "A no or an erasure that was recorded is not in the database"
    return ""


def require_current() -> None:
    """Raises DatabaseBehind while something is missing: then nobody is read and no door opens."""
    why = behind()
    if why:
        raise DatabaseBehind(
            f"{why}: it was put back to an earlier day. Nothing is answered until what was said since is "
            "done again; an operator runs `manage.py replay_after_restore`."
        )


def set_aside(*, at: datetime) -> list[Path]:
    """Keep both files under another name, for an auditor, and begin anew."""
    moved = []
    for path in (_path(), Path(settings.CHECKPOINT_FILE)):
        if path.exists():
            aside = path.with_name(f"{path.name}.until-{at:%Y%m%dT%H%M%S}")
            path.rename(aside)
            moved.append(aside)
    catch_up()
    return moved


def trim(*, at: datetime, life: timedelta) -> None:
    """Leave out what every backup that still exists remembers, but for the newest line."""
    with _alone(_path()) as file:
        lines = list(_lines(file))
        kept = [line for line in lines if at - datetime.fromisoformat(line.said["at"]) < life] or lines[-1:]
        if len(kept) < len(lines):
            _rewrite(file, kept)


def _line(event: LedgerEvent) -> Line | None:
    opening = getattr(event, "opening", None)
    if opening is None:
        return None  # what it said was erased since
    said = opening.said
    if event.kind == events.HOLDING_CHANGED.tag and said["fields"]["state"] == "ACTIVE":
        return None
    if event.kind in (events.DENIED.tag, events.WITHDRAWN.tag):
        statement = Statement.objects.filter(event=event.uid).first()
        _, value = bodies.read(statement.body) if statement is not None else (None, None)
        said = {**said, "file": value.file if value is not None else None}
    return Line(event=event.uid, said=said)


def _write(file: BinaryIO, lines: list[Line]) -> None:
    gone = {line.said["subject"] for line in lines if line.kind == events.ERASED.tag}
    if gone:
        before = [line for line in _lines(file) if line.said["subject"] not in gone]
        after = [one for one in lines if one.kind == events.ERASED.tag or one.said["subject"] not in gone]
        _rewrite(file, [*before, *after])
        return
    end = file.seek(0, os.SEEK_END)
    file.seek(max(0, end - checkpoints.TAIL))
    file.seek(end - len(file.read().rpartition(b"\n")[2]))  # over what a crash cut off
    file.write(b"".join(map(_sealed, lines)))
    file.truncate()
    _settle(file)


def _rewrite(file: BinaryIO, lines: list[Line]) -> None:
    """In place: the file is ours alone while it is locked, and a line cut off by a crash is left out."""
    file.seek(0)
    file.write(b"".join(map(_sealed, lines)))
    file.truncate()
    _settle(file)


def _settle(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _sealed(line: Line) -> bytes:
    nonce = os.urandom(12)
    event = str(line.event)
    body = nonce + AESGCM(_key()).encrypt(nonce, json.dumps(line.said).encode(), event.encode())
    return f"{event} {body.hex()}\n".encode()


def _lines(file: BinaryIO) -> Iterator[Line]:
    file.seek(0)
    for raw in file:
        if not raw.endswith(b"\n"):
            return  # cut off by a crash: its event is written again
        try:
            event, sealed = raw.decode("ascii").split()
            body = bytes.fromhex(sealed)
            said = json.loads(AESGCM(_key()).decrypt(body[:12], body[12:], event.encode()))
            yield Line(event=UUID(event), said=said)
        except (ValueError, InvalidTag):
            raise LedgerBroken(
                f"{_path().name} is not as it was written. Keep it as it is, and tell an auditor."
            ) from None


def _newest(file: BinaryIO) -> UUID | None:
    """The event of the last whole line."""
    end = file.seek(0, os.SEEK_END)
    file.seek(max(0, end - checkpoints.TAIL))
    whole, _, _ = file.read().rpartition(b"\n")
    last = whole.rpartition(b"\n")[2]
    try:
        return UUID(last.split()[0].decode("ascii")) if last else None
    except (ValueError, IndexError):
        raise LedgerBroken(f"{_path().name} is not as it was written. Tell an auditor.") from None


@contextmanager
def _alone(path: Path) -> Iterator[BinaryIO]:
    """The file, while no other process writes to it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(handle, "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _path() -> Path:
    return Path(settings.CHECKPOINT_FILE).with_name("afterwards.txt")


def _key() -> bytes:
    derive = HKDF(hashes.SHA256(), 32, salt=None, info=b"genomic-broker afterwards")
    return derive.derive(settings.SEAL_KEY.bytes)
