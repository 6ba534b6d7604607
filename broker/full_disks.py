"""A disk that is full, told apart from other failures, whichever layer met it: it passes, and is no fault of
whoever sends.

    with full_disks.told("Nothing was begun."):      # raises NoRoom
        path.write_bytes(...)
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError

from broker.errors import NoRoom

_FULL = (errno.ENOSPC, errno.EDQUOT)
_DATABASES = ("database or disk is full", "No space left on device")  # SQLite, PostgreSQL


def is_full(error: BaseException | None) -> bool:
    """Whether it is, or came of, a disk without room."""
    while error is not None:
        if isinstance(error, NoRoom) or (isinstance(error, OSError) and error.errno in _FULL):
            return True
        if isinstance(error, DatabaseError) and any(words in str(error) for words in _DATABASES):
            return True
        error = error.__cause__
    return False


@contextmanager
def told(what: str) -> Iterator[None]:
    """Turn a full disk into NoRoom; `what` says what is kept."""
    try:
        yield
    except (OSError, DatabaseError) as error:
        if not is_full(error):
            raise
        raise NoRoom(f"There is no room here for more at this moment. {what}") from error
