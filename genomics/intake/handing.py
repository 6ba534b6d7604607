"""The open file that a walled child is given: a stranger's bytes, to be read only.

Who the child is and what it says of them is in sandbox.
"""

import fcntl
import io
import os
import stat
from typing import BinaryIO, TypeGuard

from genomics.errors import FileReason, FileRefused
from genomics.formats import Limits

_CHUNK = 1 << 20
_SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL


def handed(data: bytes | BinaryIO, limits: Limits) -> int:
    """An open file with the content, to be read only: the file itself if it is one, else in memory."""
    if _is_file(data):
        return _again(data.fileno())
    stream = io.BytesIO(data) if isinstance(data, bytes) else data
    held = os.memfd_create("genome", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        size = 0
        while piece := stream.read(_CHUNK):
            size += len(piece)
            if size > limits.packed:
                raise FileRefused(FileReason.TOO_LARGE, f"The file is larger than {limits.packed:,} bytes.")
            left = memoryview(piece)
            while left:
                left = left[os.write(held, left) :]
        fcntl.fcntl(held, fcntl.F_ADD_SEALS, _SEALS)
        return _again(held)
    finally:
        os.close(held)


def _again(number: int) -> int:
    """The same file opened again: from its start, and to be read only."""
    return os.open(f"/proc/self/fd/{number}", os.O_RDONLY | os.O_CLOEXEC)


def _is_file(data: bytes | BinaryIO) -> TypeGuard[io.BufferedReader]:
    """Whether it is a file on disk, as it lies there and from its start. Other streams have a file number
    too, of what is under them."""
    if not isinstance(data, io.BufferedReader) or type(data.raw) is not io.FileIO or data.tell():
        return False
    return stat.S_ISREG(os.fstat(data.fileno()).st_mode)
