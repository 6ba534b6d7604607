"""The staging folder: the pieces of uploads under way, each sealed under its upload's own key.

A piece is one file, named by the byte at which it begins. It is written as a draft, and gets its name in the
transaction that moves the offset, from whoever moved it: so what lies below the offset is whole, whatever
crashes and however many clients send at once. AES-256-GCM, bound to the upload and to the place. Which
upload may be written to is settled in broker.uploads.
"""

import contextlib
import fcntl
import hashlib
import io
import os
import secrets
import shutil
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from broker import staging
from broker.errors import BeingWritten
from broker.models import Upload
from broker.staging import StagedBroken

PIECE = 1 << 20  # bytes of a piece at most: what a request holds in memory, and what a cut can lose
OVERHEAD = 12 + 16  # nonce and tag
BROKEN = "What lies here of an upload is not as it was written. Nothing was taken; send the file again."


@dataclass(frozen=True, slots=True)
class Draft:
    """A sealed piece that counts for nothing yet."""

    start: int
    size: int
    path: Path


def new_key(upload: UUID) -> bytes:
    """A random key, sealed as the row keeps it."""
    return staging.seal(AESGCM.generate_key(256), f"upload:{upload}/key")


def seal_words(upload: UUID, words: str) -> bytes:
    """What a client said of its file; it may be a name."""
    return staging.seal(words.encode(), f"upload:{upload}/metadata")


def words(upload: Upload) -> str:
    if upload.sealed_metadata is None:
        return ""
    return staging.unseal(bytes(upload.sealed_metadata), f"upload:{upload.pk}/metadata").decode()


def draft(upload: Upload, start: int, data: bytes) -> Draft:
    """Write a piece down, sealed and synced; it counts once it is kept."""
    folder = _folder(upload.pk)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    nonce = os.urandom(12)
    path = folder / f".{secrets.token_hex(12)}"
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(nonce + AESGCM(_key(upload)).encrypt(nonce, data, _bound(upload, start)))
            out.flush()
            os.fsync(out.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Draft(start, len(data), path)


def keep(upload: Upload, drafts: Sequence[Draft]) -> None:
    """Give drafts their names. Call in the transaction that has just moved the offset past them: a name that
    a crash left at this place is replaced, for it never counted."""
    folder = _folder(upload.pk)
    for one in drafts:
        one.path.replace(folder / f"{one.start:016x}")
    place = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(place)
    finally:
        os.close(place)


def drop(drafts: Sequence[Draft]) -> None:
    for one in drafts:
        one.path.unlink(missing_ok=True)


def opened(upload: Upload) -> io.BufferedReader:
    """What has arrived, as one seekable stream that holds a piece at a time. Raises StagedBroken when a piece
    is missing, and at reading one that is not as it was written."""
    return io.BufferedReader(_Pieces(upload), PIECE)


@contextlib.contextmanager
def writing(upload: UUID) -> Iterator[None]:
    """Be the one who writes to it: of all processes, and until the end, however it ends. Raises BeingWritten
    when somebody is."""
    folder = _folder(upload)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / ".writing").open("wb") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BeingWritten(
                "Another request is sending bytes of this upload. None of these were taken; ask in a moment "
                "where it stands, and go on."
            ) from None
        yield


def blocks(stream: BinaryIO) -> bytes:
    """The digest of the digests of each PIECE of a stream: one that a browser can take of a large file."""
    whole = hashlib.sha256()
    while piece := stream.read(PIECE):
        whole.update(hashlib.sha256(piece).digest())
    return whole.digest()


def remove(upload: UUID) -> None:
    shutil.rmtree(_folder(upload), ignore_errors=True)


def here(*, before: datetime) -> Iterator[UUID]:
    """The uploads of which something lies here, and nothing was written since `before`."""
    root = Path(settings.STAGING_DIR)
    for folder in root.iterdir() if root.is_dir() else ():
        if folder.stat().st_mtime < before.timestamp():
            yield UUID(folder.name)


class _Pieces(io.RawIOBase):
    """The pieces below the offset, one after the other."""

    def __init__(self, upload: Upload) -> None:
        self._upload = upload
        self._starts = _chain(upload)
        self._piece, self._at = b"", -1  # the opened piece, and where it begins
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._upload.offset}[whence]
        if base + offset < 0:
            raise ValueError("before the beginning")
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self._position >= self._upload.offset:
            return 0
        if not self._at <= self._position < self._at + len(self._piece):
            self._open()
        part = self._piece[self._position - self._at :][: len(buffer)]
        buffer[: len(part)] = part
        self._position += len(part)
        return len(part)

    def _open(self) -> None:
        start = self._starts[bisect_right(self._starts, self._position) - 1]
        sealed = (_folder(self._upload.pk) / f"{start:016x}").read_bytes()
        try:
            piece = AESGCM(_key(self._upload)).decrypt(sealed[:12], sealed[12:], _bound(self._upload, start))
        except InvalidTag:
            raise StagedBroken(BROKEN) from None
        self._piece, self._at = piece, start


def _chain(upload: Upload) -> list[int]:
    """Where each piece begins, from the first byte to the offset without a gap."""
    folder = _folder(upload.pk)
    sizes = {
        int(path.name, 16): path.stat().st_size - OVERHEAD
        for path in (folder.iterdir() if folder.is_dir() else ())
        if not path.name.startswith(".")
    }
    starts, at = [], 0
    while at < upload.offset:
        if sizes.get(at, 0) < 1:
            raise StagedBroken(BROKEN)
        starts.append(at)
        at += sizes[at]
    if at != upload.offset:
        raise StagedBroken(BROKEN)
    return starts


def _folder(upload: UUID) -> Path:
    return Path(settings.STAGING_DIR) / str(upload)


def _key(upload: Upload) -> bytes:
    if upload.sealed_key is None:
        raise StagedBroken(BROKEN)
    return staging.unseal(bytes(upload.sealed_key), f"upload:{upload.pk}/key")


def _bound(upload: Upload, start: int) -> bytes:
    return f"{upload.pk}\n{start}".encode()
