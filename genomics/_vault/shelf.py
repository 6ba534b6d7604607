"""Where sealed bytes lie: a private folder, one file a name. It sees ciphertext only.

A name is written whole or not at all. Object storage comes behind the same four words.
"""

import os
import secrets
import shutil
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlparse

from django.conf import settings

from genomics.errors import VaultSealed


def put(name: str, blob: bytes) -> None:
    path = _path(name)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(fd, "wb") as out:
            out.write(blob)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def get(name: str) -> bytes:
    try:
        return _path(name).read_bytes()
    except FileNotFoundError:
        raise VaultSealed(f"{name} is not on the shelf. Nothing was read.") from None


def remove(name: str) -> None:
    _path(name).unlink(missing_ok=True)


def remove_folder(name: str) -> None:
    """Everything under a name."""
    shutil.rmtree(_path(name), ignore_errors=True)


def names(*, before: datetime | None = None) -> list[str]:
    """Everything on the shelf, or only what was written before an instant."""
    root = _root()
    return sorted(
        str(path.relative_to(root))
        for path in root.rglob("*")
        if path.is_file() and (before is None or path.stat().st_mtime < before.timestamp())
    )


def _path(name: str) -> Path:
    return _root() / name


def _root() -> Path:
    url = urlparse(settings.STORAGE_URL)
    if url.scheme != "file":
        raise VaultSealed(f"STORAGE_URL={settings.STORAGE_URL!r}: only file:// folders are served here.")
    return Path(unquote(url.path))
