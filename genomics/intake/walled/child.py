"""What one child does: it walls itself in, reads the file it was handed, says what it found, and ends.

Forked by the nursery. Its file is INPUT, its only way out OUTPUT. It never comes back: every way ends in an
exit code, which the nursery tells.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO, NoReturn

from genomics import formats
from genomics.errors import FileRefused, GenomicsError
from genomics.formats.cram import MAGIC as CRAM
from genomics.intake import laid_out
from genomics.intake.walled import cleaning, walls, wire
from genomics.intake.walled.alike import Tally
from genomics.intake.walled.wire import Errand
from genomics.reference import index_of

FAILED, HUNGRY, UNREADY = 70, 71, 72  # exit codes: an error of ours; no memory left; what is laid out is not
_CHUNK = 1 << 20

Task = Callable[[BinaryIO, Errand], Iterator[bytes]]


def read(stream: BinaryIO, errand: Errand) -> Iterator[bytes]:
    """Read the file: its Profile, or why it is refused."""
    loaded = laid_out.opened(errand.laid_out)  # already: here nothing can be
    try:
        said = formats.read(stream, assume=errand.assume, limits=errand.limits, loaded=loaded)
    except FileRefused as refused:
        yield from wire.tell(refused)
    else:
        yield from wire.tell(said)


def clean(stream: BinaryIO, errand: Errand) -> Iterator[bytes]:
    """Write the copy to be kept of a file that has been read."""
    tally = Tally(found=errand.found)
    return wire.tell_copy(cleaning.cleaned(stream, tally), tally)


TASKS: Mapping[str, Task] = {"read": read, "clean": clean}


def live(errand: Errand, tasks: Mapping[str, Task], *, given: int, out: int) -> NoReturn:
    """Run an errand on the file `given`, write to `out`, and end."""
    code = FAILED
    try:
        _keep_only(given, out)
        stream = os.fdopen(walls.INPUT, "rb", buffering=_CHUNK)
        try:
            readable = _by_name(errand)
        except (GenomicsError, OSError):
            os._exit(UNREADY)
        if errand.walled:
            walls.build(errand.allowance, readable=readable)
        for piece in tasks[errand.task](stream, errand):
            _write(piece)
        code = 0
    except MemoryError:
        code = HUNGRY
    finally:
        os._exit(code)


def _by_name(errand: Errand) -> list[int]:
    """What is still to be opened by name behind the walls, open: the genomes, when the file is a CRAM."""
    loaded = laid_out.opened(errand.laid_out)
    if os.pread(walls.INPUT, len(CRAM), 0) != CRAM:
        return []
    names = [name for one in loaded.references.values() for name in (one.path, index_of(one.path))]
    return [os.open(name, os.O_RDONLY | os.O_CLOEXEC) for name in names]


def _keep_only(given: int, out: int) -> None:
    """INPUT and OUTPUT are open, nothing is where the standard files were, and all else is closed."""
    high = max(given, out, walls.OUTPUT) + 1
    os.dup2(given, high)
    os.dup2(out, high + 1)
    os.dup2(high, walls.INPUT)
    os.dup2(high + 1, walls.OUTPUT)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for standard in range(walls.INPUT):
        os.dup2(nothing, standard)
    os.closerange(walls.OUTPUT + 1, os.sysconf("SC_OPEN_MAX"))


def _write(piece: bytes) -> None:
    left = memoryview(piece)
    while left:
        left = left[os.write(walls.OUTPUT, left) :]
