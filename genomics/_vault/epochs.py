"""Key epochs: each day has a key of its own, and every participant's key is wrapped by the newest one.

An epoch's key is a small file outside the database (KEYS_DIR), itself wrapped by the master key. When it is
destroyed, no copy of the database from its time opens anything: so who was erased is gone from backups too.
Rewrapping rows is in keys, and when an epoch may go in genomics.intake.upkeep.
"""

import base64
import json
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from genomics._vault.master import master
from genomics.errors import VaultSealed

BEFORE = 0  # the number of the time before epochs: wrapped by the master key itself

_opened: dict[Path, bytes] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """One epoch as its file tells: its number, and when it began."""

    number: int
    began_at: datetime

    @property
    def holder(self) -> str:
        return f"epoch:{self.number}"


def every() -> list[Epoch]:
    """Those that are not destroyed, oldest first."""
    numbers = (path.stem for path in _folder().glob("*.json"))
    return [_read(int(number))[0] for number in sorted(filter(str.isdecimal, numbers), key=int)]


def newest(*, at: datetime) -> Epoch:
    """The epoch under which keys are wrapped now; the first one is begun if there is none."""
    standing = every()
    return standing[-1] if standing else begin(at=at)


def begin(*, at: datetime) -> Epoch:
    """A new epoch. Two that begin one at once end with the same one."""
    standing = every()
    number = standing[-1].number + 1 if standing else 1
    epoch = Epoch(number=number, began_at=at)
    keeper = master()
    wrapped = keeper.wrap(AESGCM.generate_key(256), epoch.holder)
    said = {"began_at": at.isoformat(), "master": keeper.id, "wrapped": base64.b64encode(wrapped).decode()}
    folder = _folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = folder / f".{number}.{secrets.token_hex(6)}"
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(fd, "w") as out:
            json.dump(said, out)
            out.flush()
            os.fsync(out.fileno())
        with suppress(FileExistsError):  # somebody was quicker: hers is the epoch
            os.link(draft, _path(number))
    finally:
        draft.unlink()
    _settle(folder)
    return _read(number)[0]


def key(number: int) -> bytes:
    """The key of an epoch. Raises VaultSealed once it is destroyed, in every process."""
    path = _path(number)
    if not path.exists():
        _opened.pop(path, None)
        raise VaultSealed(f"Key epoch {number} is destroyed: what was wrapped in it opens no more.")
    if path not in _opened:
        epoch, keeper_id, wrapped = _read(number)
        keeper = master()
        if keeper_id != keeper.id:
            raise VaultSealed(f"Key epoch {number} was wrapped by master key {keeper_id}, which is not here.")
        _opened[path] = keeper.unwrap(wrapped, epoch.holder)
    return _opened[path]


def destroy(epoch: Epoch) -> None:
    """Write over its file, and take it away."""
    path = _path(epoch.number)
    with suppress(FileNotFoundError):
        with path.open("r+b") as file:
            file.write(os.urandom(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
        _settle(path.parent)
    _opened.pop(path, None)


def _read(number: int) -> tuple[Epoch, str, bytes]:
    try:
        said = json.loads(_path(number).read_text())
        epoch = Epoch(number=number, began_at=datetime.fromisoformat(said["began_at"]))
        return epoch, str(said["master"]), base64.b64decode(said["wrapped"])
    except (OSError, ValueError, KeyError, TypeError):
        raise VaultSealed(f"The file of key epoch {number} cannot be read. Nothing was opened.") from None


def _settle(folder: Path) -> None:
    """The names in a folder outlive a power cut, too."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _path(number: int) -> Path:
    return _folder() / f"{number}.json"


def _folder() -> Path:
    return Path(settings.KEYS_DIR)
