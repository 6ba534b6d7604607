"""The lines of the file of noes and erasures, as they lie on the disk: one event each, sealed, for they say
about whom they are. Which events are kept, and what they are for, is in consent.afterwards.

    since 3f0a...                                the digest of the lines that were left out before these
    9b1c...-uuid 5d21...                         an event, and what it said, sealed under the seal key
    77aa...-uuid -                               one of a person who was erased: what it said is gone
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from consent.errors import LedgerBroken
from consent.ledger import checkpoints

GONE = "-"
SINCE = "since"  # of the first line, once lines were left out before it: the digest of those


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that must not be forgotten: the event it was, and what it said."""

    event: UUID
    said: dict[str, Any]  # kind, at, by, subject, fields; of a no also "file"

    @property
    def kind(self) -> str:
        return str(self.said["kind"])


@dataclass(frozen=True, slots=True)
class Kept:
    """A line as it lies there: what it says is gone from those of an erased person."""

    event: UUID
    sealed: bytes | None

    def __bytes__(self) -> bytes:
        return f"{self.event} {self.sealed.hex() if self.sealed else GONE}\n".encode()


def rewrite(file: BinaryIO, kept: list[Kept], *, since: bytes) -> None:
    """In place: the file is ours alone while it is locked, and a line cut off by a crash is left out."""
    first = f"{SINCE} {since.hex()}\n".encode() if since else b""
    file.seek(0)
    file.write(first + b"".join(map(bytes, kept)))
    file.truncate()
    _settle(file)


def append(file: BinaryIO, new: Iterable[Line]) -> None:
    """Behind the last whole line, over what a crash cut off."""
    end = file.seek(0, os.SEEK_END)
    file.seek(max(0, end - checkpoints.TAIL))
    file.seek(end - len(file.read().rpartition(b"\n")[2]))
    file.write(b"".join(bytes(sealed(line)) for line in new))
    file.truncate()
    _settle(file)


def _settle(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def sealed(line: Line) -> Kept:
    """A line as it is written."""
    nonce = os.urandom(12)
    body = AESGCM(_key()).encrypt(nonce, json.dumps(line.said).encode(), str(line.event).encode())
    return Kept(line.event, nonce + body)


def opened(kept: Kept) -> Line:
    """What a line says. Raises LedgerBroken for one that is not as it was written."""
    try:
        body = kept.sealed or b""
        said = AESGCM(_key()).decrypt(body[:12], body[12:], str(kept.event).encode())
        return Line(event=kept.event, said=json.loads(said))
    except (ValueError, InvalidTag):
        raise LedgerBroken(sentence()) from None


def lines(file: BinaryIO) -> Iterator[Line]:
    """All that still say something, oldest first."""
    return (opened(one) for one in kept(file) if one.sealed is not None)


def kept(file: BinaryIO) -> Iterator[Kept]:
    """All whole lines, oldest first."""
    file.seek(0)
    for raw in file.readlines():
        if not raw.endswith(b"\n"):
            return  # cut off by a crash: its event is written again
        try:
            event, body = raw.decode("ascii").split()
            if event != SINCE:
                yield Kept(UUID(event), None if body == GONE else bytes.fromhex(body))
        except ValueError:
            raise LedgerBroken(sentence()) from None


def since(file: BinaryIO) -> bytes:
    """The digest of the lines that were left out at the beginning; empty when none were."""
    file.seek(0)
    name, _, digest = file.readline().decode("ascii", errors="replace").strip().partition(" ")
    return bytes.fromhex(digest) if name == SINCE else b""


def digests(file: BinaryIO) -> dict[UUID, bytes]:
    """By the event of each line, the digest of all up to it: of their events, which stay when what a line
    says goes."""
    digest, found = since(file), {}
    for one in kept(file):
        digest = hashlib.sha256(digest + one.event.bytes).digest()
        found[one.event] = digest
    return found


def newest(file: BinaryIO) -> UUID | None:
    """The event of the last whole line."""
    end = file.seek(0, os.SEEK_END)
    file.seek(max(0, end - checkpoints.TAIL))
    whole, _, _ = file.read().rpartition(b"\n")
    last = whole.rpartition(b"\n")[2]
    try:
        return UUID(last.split()[0].decode("ascii")) if last else None
    except (ValueError, IndexError):
        raise LedgerBroken(sentence()) from None


@contextmanager
def alone(path: Path) -> Iterator[BinaryIO]:
    """The file, while no other process writes to it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(handle, "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def path() -> Path:
    """Beside the checkpoint file."""
    return Path(settings.CHECKPOINT_FILE).with_name("afterwards.txt")


def sentence() -> str:
    """What to say of a file that somebody has changed."""
    return f"{path().name} is not as it was written. Keep it as it is, and tell an auditor."


def _key() -> bytes:
    derive = HKDF(hashes.SHA256(), 32, salt=None, info=b"genomic-broker afterwards")
    return derive.derive(settings.SEAL_KEY.bytes)
