"""The walls around a child that reads a stranger's file: what it may use up, open, and ask the kernel for.

    missing()            # what this kernel cannot give, in words; nothing on a Linux of 5.13 or later
    build(...)           # in the child, after which there is no way back

Four walls, none of which needs a privilege: resource limits, no new privileges and no capabilities, landlock
(no file may be opened), seccomp (`syscalls` lists what may be asked; all else fails with EPERM).

One child has a hatch: the one that reads a CRAM may open the genomes of the house, for htslib opens them by
name, and its index by that name with an ending, so that no open file can be handed to it instead. Landlock
then lets those files be read, as they were when the wall was built, and no other; what such a child can find
out besides is whether a path exists.
"""

import ctypes
import os
import platform
import resource
import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from genomics.intake.walled.syscalls import ARCHITECTURES, program

INPUT, OUTPUT = 3, 4  # where a child finds its file and its pipe
_MOST_FILES = 16

_PDEATHSIG, _DUMPABLE, _NO_NEW_PRIVS, _SECCOMP, _SECCOMP_FILTER = 1, 4, 38, 22, 2
_SIGKILL = 9
_CAPABILITIES = 0x20080522
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same numbers on every architecture
_ABI_ASKED, _PATH_BENEATH = 1, 1
_READ_FILE = 1 << 2
# What landlock can forbid, by the version of it that first could: everything there is.
_FILES = {1: (1 << 13) - 1, 2: 1 << 13, 3: 1 << 14, 5: 1 << 15}
_NETWORK = {4: 3}
_SCOPES = {6: 3}

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What a child may use: memory in bytes beyond what it is born with, seconds of processor time."""

    memory: int
    cpu_seconds: int


@cache
def missing() -> tuple[str, ...]:
    """The walls that cannot be built here, each in words."""
    lacking = []
    if sys.platform != "linux":
        return ("landlock", "seccomp")
    if _landlock_version() < 1:
        lacking.append("landlock")
    if platform.machine() not in ARCHITECTURES or not _has_seccomp():
        lacking.append("seccomp")
    return tuple(lacking)


def build(allowance: Allowance, *, readable: Sequence[int] = ()) -> None:
    """Wall this process in, with INPUT and OUTPUT as its only files. There is no way back.

    `readable` are open files of our own, which are closed and may be opened again by their names, to read. A
    wall that is `missing` is left out: whether that is good enough has been decided before; without landlock,
    which alone can tell files apart, none can be opened. OSError when a wall should stand and does not.
    """
    _limit(allowance)
    _prctl(_PDEATHSIG, _SIGKILL)
    _prctl(_DUMPABLE, 0)
    _drop_capabilities()
    _prctl(_NO_NEW_PRIVS, 1)
    if "landlock" not in missing():
        _forbid_files(readable)
    for file in readable:
        os.close(file)
    if "seccomp" not in missing():
        _forbid_syscalls(may_open=bool(readable) and "landlock" not in missing())


def _limit(allowance: Allowance) -> None:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    born_with = pages * resource.getpagesize()
    for what, most in (
        (resource.RLIMIT_AS, born_with + allowance.memory),
        (resource.RLIMIT_DATA, born_with + allowance.memory),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_NOFILE, _MOST_FILES),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(what, (most, most))
    # The soft limit ends the child with a signal that tells why.
    resource.setrlimit(resource.RLIMIT_CPU, (allowance.cpu_seconds, allowance.cpu_seconds + 1))


def _drop_capabilities() -> None:
    """Root in the child is nobody."""
    header = struct.pack("<Ii", _CAPABILITIES, 0)
    _checked(_libc.capset(header, bytes(24)))


def _landlock_version() -> int:
    return int(_libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _ABI_ASKED))


def _has_seccomp() -> bool:
    try:
        return "\nSeccomp:" in Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False


def _forbid_files(readable: Sequence[int]) -> None:
    version = _landlock_version()
    handled = [
        sum(bits for since, bits in rights.items() if since <= version)
        for rights in (_FILES, _NETWORK, _SCOPES)
    ]
    size = 8 if version < 4 else 16 if version < 6 else 24
    attributes = struct.pack("<QQQ", *handled)[:size]
    ruleset = _checked(_libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(size), 0))
    for file in readable:
        rule = struct.pack("<Qi", _READ_FILE, file)
        _checked(_libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0))
    _checked(_libc.syscall(_RESTRICT_SELF, ruleset, 0))
    os.close(ruleset)


def _forbid_syscalls(*, may_open: bool) -> None:
    code = program(platform.machine(), output=OUTPUT, may_open=may_open)
    buffer = ctypes.create_string_buffer(code, len(code))
    # struct sock_fprog: how many instructions of eight bytes, and where.
    filter_ = ctypes.create_string_buffer(struct.pack("@HP", len(code) // 8, ctypes.addressof(buffer)))
    _prctl(_SECCOMP, _SECCOMP_FILTER, ctypes.addressof(filter_))


def _prctl(option: int, *values: int) -> None:
    given = [ctypes.c_ulong(value) for value in (*values, 0, 0, 0, 0)[:4]]
    _checked(_libc.prctl(option, *given))


def _checked(result: int) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"A wall does not stand: {os.strerror(code)}")
    return result
