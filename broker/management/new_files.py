"""A file that a command writes: whole under its name, or not there at all, and never over another one.

    with new_files.opened(path) as out:      # raises CommandError, in a sentence
        out.write(program)

It is written under another name beside its own. What goes into the ledger with it is written inside of
`recorded`, which is committed when the file is there.
"""

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from django.core.management.base import CommandError
from django.db import transaction

NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS}  # of some file systems, say on a stick


@contextlib.contextmanager
def opened(path: Path, *, sorry: str = "Nothing was written.") -> Iterator[BinaryIO]:
    """A new file, to be written from its beginning. `sorry` says what became of it all, if that fails."""
    if not path.name or "\0" in str(path):
        raise CommandError(f"{str(path)!r} is no name of a file. {sorry}")
    beside = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}")
    try:
        if path.exists():
            raise FileExistsError
        with beside.open("xb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        _name(beside, path)
    except FileExistsError:
        raise CommandError(f"{path} is there already, and was not written over. {sorry}") from None
    except OSError as why:  # no such folder, no room, not ours
        raise CommandError(f"{path} cannot be written: {why.strerror or why}. {sorry}") from None
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


@contextlib.contextmanager
def recorded(path: Path) -> Iterator[BinaryIO]:
    """The same in a transaction: the file and what the ledger says of it are both there, or neither is."""
    with transaction.atomic(), opened(path) as out:
        yield out


def _name(beside: Path, path: Path) -> None:
    try:
        os.link(beside, path)
    except OSError as why:
        if why.errno not in NO_LINKS:
            raise
        beside.rename(path)
