"""What a reader in a stranger's hands would try: each is one attempt, made in a child of its own.

    python -m tests.genomics.probes FD

is a nursery whose children can be sent to make an attempt. An attempt that succeeds says "done"; one that
is denied says which error came of it. `NEEDS_ROOT` are those that need a privilege even without walls.
"""

import ctypes
import errno
import fcntl
import json
import mmap
import os
import resource
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from genomics.formats.cram import MAGIC as CRAM
from genomics.intake.walled import child, nursery, walls
from genomics.intake.walled.wire import Errand

_libc = ctypes.CDLL(None, use_errno=True)
Attempt = Callable[[dict[str, Any]], Any]


def _said(result: int) -> None:
    if result < 0:
        raise OSError(ctypes.get_errno(), "denied")


def _connect(told: dict[str, Any]) -> None:
    with socket.socket() as outward:
        outward.connect(("127.0.0.1", told["port"]))


def _bind(_told: dict[str, Any]) -> None:
    with socket.socket() as inward:
        inward.bind(("127.0.0.1", 0))


def _fork(_told: dict[str, Any]) -> None:
    born = os.fork()
    if born == 0:
        os._exit(0)
    os.waitpid(born, 0)


def _write(path: str) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT))


def _may(path: str) -> None:
    if not os.access(path, os.R_OK):
        raise PermissionError(errno.EPERM, "denied")


def _thread(_told: dict[str, Any]) -> None:
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()


def _executable(_told: dict[str, Any]) -> None:
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close()


def _mount(told: dict[str, Any]) -> None:
    _said(_libc.mount(b"none", told["folder"].encode(), b"tmpfs", 0, None))
    _said(_libc.umount(told["folder"].encode()))


def _spy(_told: dict[str, Any]) -> None:
    """Read our own memory by the call that reads another's."""
    buffer = ctypes.create_string_buffer(8)
    piece = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), 8)
    _said(_libc.process_vm_readv(os.getpid(), piece, ctypes.c_ulong(1), piece, ctypes.c_ulong(1), 0))


ATTEMPTS: dict[str, Attempt] = {
    "open a file to read": lambda told: os.open("/etc/passwd", os.O_RDONLY),
    "open a file to write": lambda told: _write(f"{told['folder']}/new"),
    "open the folder of the house": lambda told: os.open(told["folder"], os.O_PATH),
    "list a folder": lambda told: os.listdir("/"),
    "look at a file": lambda told: os.stat("/etc/passwd"),
    "ask where a link leads": lambda told: os.readlink("/proc/self/exe"),
    "remove a file": lambda told: os.unlink(f"{told['folder']}/old"),
    "change a file's rights": lambda told: os.chmod(f"{told['folder']}/old", 0o600),
    "rename a file": lambda told: os.rename(f"{told['folder']}/old", f"{told['folder']}/other"),
    "make a link": lambda told: os.symlink("/etc/passwd", f"{told['folder']}/link"),
    "make a folder": lambda told: os.mkdir(f"{told['folder']}/more"),
    "make a pipe with a name": lambda told: os.mkfifo(f"{told['folder']}/pipe"),
    "make a file in memory": lambda told: os.memfd_create("x"),
    "change the working folder": lambda told: os.chdir("/tmp"),
    "make a socket": lambda told: socket.socket(),
    "make a socket of the machine": lambda told: socket.socket(socket.AF_UNIX),
    "make a pair of sockets": lambda told: socket.socketpair(),
    "connect": _connect,
    "wait for connections": _bind,
    "run a program": lambda told: os.execv("/bin/sh", ["sh", "-c", "printf '\"done\"' >&4"]),
    "run a program beside": lambda told: os.posix_spawn("/bin/true", ["true"], {}),
    "fork": _fork,
    "start a thread": _thread,
    "signal the parent": lambda told: os.kill(told["parent"], 0),
    "signal oneself": lambda told: os.kill(os.getpid(), 0),
    "have signals sent": lambda told: fcntl.fcntl(walls.OUTPUT, fcntl.F_SETOWN, os.getpid()),
    "be traced": lambda told: _said(_libc.ptrace(0, 0, None, None)),
    "read memory by number": _spy,
    "open one's own memory": lambda told: os.open("/proc/self/mem", os.O_RDONLY),
    "see the parent's files": lambda told: os.listdir(f"/proc/{told['parent']}/fd"),
    "see the parent's environment": lambda told: os.open(f"/proc/{told['parent']}/environ", 0),
    "make memory that runs": _executable,
    "ask for limits": lambda told: resource.prlimit(os.getpid(), resource.RLIMIT_CPU),
    "change limits": lambda told: resource.prlimit(0, resource.RLIMIT_NOFILE, (8, 8)),
    "change who one is": lambda told: os.setuid(os.getuid()),
    "change one's priority": lambda told: os.nice(1),
    "watch files": lambda told: _said(_libc.inotify_init()),
    "mount": _mount,
    "change the root": lambda told: os.chroot("/"),
    "give a file away": lambda told: os.chown(f"{told['folder']}/old", 1, 1),
    "write to the genome": lambda told: os.open(told["genome"], os.O_WRONLY),
    "write to the genome too": lambda told: os.open(told["genome"], os.O_RDWR | os.O_APPEND),
    "empty the genome": lambda told: os.open(told["genome"], os.O_RDONLY | os.O_TRUNC),
    "cut the genome short": lambda told: os.truncate(told["genome"], 1),
    "remove the genome's index": lambda told: os.unlink(f"{told['genome']}.fai"),
    "open what lies beside the genome": lambda told: os.open(f"{told['folder']}/old", os.O_RDONLY),
    "list the folder of the genome": lambda told: os.listdir(told["folder"]),
    "open the folder of the genome": lambda told: os.open(told["folder"], os.O_RDONLY),
    "map the genome to write": lambda told: mmap.mmap(os.open(told["genome"], os.O_RDWR), 0),
    "open a file that is held, by its number": lambda _told: os.open("/proc/self/fd/0", os.O_RDONLY),
    "open the input again, by its number": lambda _told: os.open(f"/dev/fd/{walls.INPUT}", os.O_RDONLY),
    "list what is open": lambda _told: os.listdir("/proc/self/fd"),
    "list the processes": lambda _told: os.listdir("/proc"),
    "open a folder by its number": lambda _told: os.open("/proc/self/cwd", os.O_RDONLY),
    "open the list of processes": lambda _told: os.open("/proc", os.O_RDONLY),
    "open what the machine maps": lambda _told: os.open("/proc/self/maps", os.O_RDONLY),
}
BY_NAME: dict[str, Attempt] = {
    "open the genome": lambda told: os.open(told["genome"], os.O_RDONLY),
    "open its index": lambda told: os.open(f"{told['genome']}.fai", os.O_RDONLY),
    "ask whether it can be read": lambda told: _may(f"{told['genome']}.fai"),
}
"""What a child that reads a CRAM is let do, and no other."""
NEEDS_ROOT = {"mount", "change the root", "give a file away"}


def attempt(stream: BinaryIO, _errand: Errand) -> Iterator[bytes]:
    """The attempt that the input names."""
    told = json.loads(stream.read().removeprefix(CRAM))
    try:
        {**ATTEMPTS, **BY_NAME}[told["attempt"]](told)
    except (OSError, RuntimeError) as denied:
        yield json.dumps(str(denied) if isinstance(denied, RuntimeError) else denied.errno).encode()
    else:
        yield b'"done"'


def look_around(_stream: BinaryIO, _errand: Errand) -> Iterator[bytes]:
    """What a child finds itself with."""
    yield json.dumps(
        {
            "open": [number for number in range(16) if _is_open(number)],
            "environment": sorted(os.environ),
            "modules": sorted({name.split(".")[0] for name in sys.modules}),
        }
    ).encode()


def _is_open(number: int) -> bool:
    try:
        fcntl.fcntl(number, fcntl.F_GETFD)
    except OSError:
        return False
    return True


def misbehave(stream: BinaryIO, _errand: Errand) -> Iterator[bytes]:
    """Harm by other means than asking."""
    match stream.read():
        case b"eat":
            eaten = []
            while True:
                eaten.append(bytearray(1 << 20))
        case b"spin":
            while True:
                pass
        case b"sleep":
            lock = threading.Lock()
            lock.acquire()
            lock.acquire()
        case b"crash":
            ctypes.string_at(0)
        case b"stop":
            os._exit(1)
        case b"raise":
            raise RuntimeError
        case b"flood":
            while True:
                yield bytes(1 << 20)
        case b"nothing":
            yield b""
        case b"lie":
            yield b"PROF" + bytes(12)
        case b"tick":
            time.sleep(0.001)
            yield b"ok"


if __name__ == "__main__":
    tasks = {"attempt": attempt, "look around": look_around, "misbehave": misbehave, "read": misbehave}
    nursery.serve(int(sys.argv[1]), {**child.TASKS, **tasks})
