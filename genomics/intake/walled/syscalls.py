"""Which questions to the kernel a walled child may put, as a seccomp program. All others fail with EPERM.

Read what it was given, write to its pipe, ask for memory, look at the clock, end. No path, no socket, no
process, no signal to anybody, no executable memory. A question in another machine's numbers ends the child.
The numbers are those of <asm/unistd.h>; the program is classic BPF (man 2 seccomp).
"""

import struct
from dataclasses import dataclass

# name: (x86_64, aarch64); None where the machine does not have it.
_ALLOWED: dict[str, tuple[int | None, int]] = {
    "read": (0, 63),
    "readv": (19, 65),
    "pread64": (17, 67),
    "preadv": (295, 69),
    "lseek": (8, 62),
    "close": (3, 57),
    "fstat": (5, 80),
    "dup": (32, 23),
    "munmap": (11, 215),
    "mremap": (25, 216),
    "brk": (12, 214),
    "madvise": (28, 233),
    "futex": (202, 98),
    "set_robust_list": (273, 99),
    "rseq": (334, 293),
    "sched_yield": (24, 124),
    "rt_sigreturn": (15, 139),
    "rt_sigprocmask": (14, 135),
    "rt_sigaction": (13, 134),
    "sigaltstack": (131, 132),
    "restart_syscall": (219, 128),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "gettimeofday": (96, 169),
    "getrandom": (318, 278),
    "getpid": (39, 172),
    "gettid": (186, 178),
    "exit": (60, 93),
    "exit_group": (231, 94),
}
# Allowed with a look at their arguments.
_WRITE = (1, 64)
_MMAP, _MPROTECT = (9, 222), (10, 226)
_FCNTL = (72, 25)
_OPENAT = (257, 56)
_ACCESS = ((21, 269), (48,))  # access, faccessat

_PROT_EXEC = 4
_FCNTL_ASKS = (0, 1, 2, 3, 1030)  # F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC: none that signals
_OPEN_TO_READ = 0o2100000 | 0o400000  # O_CLOEXEC, O_LARGEFILE as aarch64 and x86_64 write them
_FIRST_X32 = 0x40000000

_KILL, _ALLOW, _REFUSE = 0x80000000, 0x7FFF0000, 0x00050000 | 1  # the last: EPERM
_NUMBER, _ARCH, _ARGUMENT = 0, 4, 16  # where in seccomp_data; arguments are of eight bytes each
_LOAD, _RETURN = 0x20, 0x06
_IF_EQUAL, _IF_ANY_BIT, _IF_AT_LEAST = 0x15, 0x45, 0x35


@dataclass(frozen=True, slots=True)
class Architecture:
    """A machine: its name in audit.h, and its column in the tables above."""

    audit: int
    column: int


ARCHITECTURES = {"x86_64": Architecture(0xC000003E, 0), "aarch64": Architecture(0xC00000B7, 1)}


def program(machine: str, *, output: int, may_open: bool) -> bytes:
    """The filter for a machine, eight bytes an instruction. `output` is the one file that may be written to.
    With `may_open` files may be opened to read (landlock says which), and it may be asked whether they can:
    htslib asks that before it opens an index."""
    architecture = ARCHITECTURES[machine]
    column = architecture.column
    steps = [
        _step(_LOAD, _ARCH),
        _step(_IF_EQUAL, architecture.audit, then=1),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER),
        _step(_IF_AT_LEAST, _FIRST_X32, other=1),
        _step(_RETURN, _KILL),
    ]
    for numbers in _ALLOWED.values():
        number = numbers[column]
        if number is not None:
            steps += [_step(_IF_EQUAL, number, other=1), _step(_RETURN, _ALLOW)]
    steps += _when(_WRITE[column], _is_one_of(0, (output,)))
    steps += _when(_MMAP[column], _has_none_of(2, _PROT_EXEC))
    steps += _when(_MPROTECT[column], _has_none_of(2, _PROT_EXEC))
    steps += _when(_FCNTL[column], _is_one_of(1, _FCNTL_ASKS))
    if may_open:
        steps += _when(_OPENAT[column], _has_none_of(2, 0xFFFFFFFF & ~_OPEN_TO_READ))
        for number in _ACCESS[column]:
            steps += _when(number, [_step(_RETURN, _ALLOW)])
    steps.append(_step(_RETURN, _REFUSE))
    return b"".join(steps)


def _when(number: int, then: list[bytes]) -> list[bytes]:
    """If that question is asked: look on, and come to an end."""
    return [_step(_IF_EQUAL, number, other=len(then)), *then]


def _is_one_of(argument: int, values: tuple[int, ...]) -> list[bytes]:
    """Allow when an argument is one of these; its upper half must be nothing, or the kernel cuts it off."""
    equal = [_step(_IF_EQUAL, value, then=len(values) - at) for at, value in enumerate(values)]
    return [
        _step(_LOAD, _ARGUMENT + 8 * argument),
        *equal,
        _step(_RETURN, _REFUSE),
        _step(_RETURN, _ALLOW),
    ]


def _has_none_of(argument: int, bits: int) -> list[bytes]:
    """Allow when an argument has none of these bits."""
    return [
        _step(_LOAD, _ARGUMENT + 8 * argument),
        _step(_IF_ANY_BIT, bits, other=1),
        _step(_RETURN, _REFUSE),
        _step(_RETURN, _ALLOW),
    ]


def _step(code: int, value: int, *, then: int = 0, other: int = 0) -> bytes:
    return struct.pack("<HBBI", code, then, other, value)
