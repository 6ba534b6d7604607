"""Where sealed bytes lie: five words (put, get, spans, remove, names), and it sees ciphertext only.

A name is written whole or not at all. Behind the words is a private folder, or object storage
(genomics._vault.buckets); STORAGE_URL says which.
"""

import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlparse

from django.conf import settings

from genomics._vault.buckets import Bucket
from genomics.errors import VaultSealed


class Shelf(Protocol):
    """What every place for sealed bytes can do."""

    def put(self, name: str, pieces: Iterable[bytes]) -> None: ...

    def get(self, name: str, offset: int, length: int | None) -> bytes: ...

    def spans(self, name: str, spans: Sequence[tuple[int, int]]) -> Iterator[memoryview]: ...

    def remove(self, name: str) -> None: ...

    def names(self, before: datetime | None) -> list[str]: ...


def put(name: str, pieces: Iterable[bytes]) -> None:
    """Shelve the pieces, one after another, under a name; what was there is replaced."""
    _shelf().put(name, [pieces] if isinstance(pieces, bytes) else pieces)


def get(name: str, offset: int = 0, length: int | None = None) -> bytes:
    """The bytes from `offset` on, at most `length`. Raises VaultSealed when there is no such name."""
    return _shelf().get(name, offset, length)


def spans(name: str, spans: Sequence[tuple[int, int]]) -> Iterator[memoryview]:
    """The bytes of each (offset, length) of one name, one after the other: each is good until the next is
    asked for. Fewer than were asked for at the end; raises VaultSealed when there is no such name."""
    return _shelf().spans(name, spans)


def remove(name: str) -> None:
    """Take a name off the shelf, and everything under it."""
    _shelf().remove(name)


def names(*, before: datetime | None = None) -> list[str]:
    """Everything on the shelf, or only what was written before an instant."""
    return _shelf().names(before)


class Folder:
    """A private folder, one file a name."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, name: str, pieces: Iterable[bytes]) -> None:
        path = self._root / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
        fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(fd, "wb") as out:
                out.writelines(pieces)
                out.flush()
                os.fsync(out.fileno())
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise

    def get(self, name: str, offset: int, length: int | None) -> bytes:
        try:
            with (self._root / name).open("rb") as file:
                file.seek(offset)
                return file.read(-1 if length is None else length)
        except (FileNotFoundError, IsADirectoryError):
            raise gone(name) from None

    def spans(self, name: str, spans: Sequence[tuple[int, int]]) -> Iterator[memoryview]:
        try:
            fd = os.open(self._root / name, os.O_RDONLY)
        except FileNotFoundError:
            raise gone(name) from None
        try:
            # One buffer for all of them: new memory for each costs as much as reading does.
            room = memoryview(bytearray(max((length for _, length in spans), default=0)))
            for offset, length in spans:
                yield room[: os.preadv(fd, [room[:length]], offset)]
        finally:
            os.close(fd)

    def remove(self, name: str) -> None:
        path = self._root / name
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)

    def names(self, before: datetime | None) -> list[str]:
        found = []
        for path in self._root.rglob("*"):
            with suppress(FileNotFoundError):  # what is being written beside us goes
                if path.is_file() and (before is None or path.stat().st_mtime < before.timestamp()):
                    found.append(str(path.relative_to(self._root)))
        return sorted(found)


def gone(name: str) -> VaultSealed:
    return VaultSealed(f"{name} is not on the shelf. Nothing was read.")


def _shelf() -> Shelf:
    url = urlparse(settings.STORAGE_URL)
    if url.scheme == "file":
        return Folder(Path(unquote(url.path)))
    if url.scheme == "s3":
        return _bucket(settings.STORAGE_URL)
    raise VaultSealed(f"STORAGE_URL={settings.STORAGE_URL!r} is no file:// folder and no s3:// bucket.")


@cache
def _bucket(url: str) -> Shelf:
    """One a process: making it takes longer than asking it."""
    return Bucket(url)
