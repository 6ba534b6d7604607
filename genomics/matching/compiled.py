"""How the rooms of the scan are compiled, and where what was compiled is kept.

    @compiled
    def counted(...): ...

The compiler keeps each function by its own room's text alone, though the code of the rooms it calls is in it,
too; so what is kept lies under a name made of the text of all these rooms, and is made anew when any changes.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit
from numba.core import config

Function = TypeVar("Function", bound=Callable[..., Any])
HERE = Path(__file__).parent


def digest() -> str:
    """Of the text of all rooms beside this one."""
    text = hashlib.sha256()
    for room in sorted(HERE.glob("*.py")):
        text.update(room.name.encode() + b"\0" + room.read_bytes())
    return text.hexdigest()[:16]


# Where it cannot be written there, the compiler takes a directory of the user's own.
kept: Any = config
kept.CACHE_DIR = str(Path(kept.CACHE_DIR or HERE / "__pycache__") / f"compiled-{digest()}")


def compiled(function: Function) -> Function:
    """The function, for the processor; other threads go on meanwhile."""
    made: Any = njit(cache=True, nogil=True)(function)
    return cast(Function, made)
