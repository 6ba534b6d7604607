"""Places for bodies that take their time: how many are read at once in one process, in all and of one login.

    with slow_bodies.taken(user.pk, size):      # raises Busy when there is none
        body.read()

The other threads are left for pages, so that nobody's slow line, and nobody's malice, keeps a person from
saying no. What is SMALL needs no place: the web process hears it before it has a thread (broker.web_worker).
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from broker.errors import Busy

SMALL = 128 * 1024  # bytes
MOST, MOST_OF_ONE = 10, 4

_counted = threading.Lock()
_taken: Counter[int] = Counter()  # by login


@contextmanager
def taken(login: int, size: int) -> Iterator[None]:
    """Have a place for as long as a body of `size` bytes is read."""
    if size <= SMALL:
        yield
        return
    with _counted:
        if _taken[login] >= MOST_OF_ONE:
            raise Busy(
                f"{MOST_OF_ONE} files of yours are being sent at this moment. Nothing of this one was lost; "
                "go on with it in a moment."
            )
        if _taken.total() >= MOST:
            raise Busy(
                "Many files are being sent here at this moment. Nothing of this one was lost; go on with "
                "it in a moment."
            )
        _taken[login] += 1
    try:
        yield
    finally:
        with _counted:
            _taken[login] -= 1
            if not _taken[login]:
                del _taken[login]
