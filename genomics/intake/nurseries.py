"""The nursery of this process, from outside: started when first needed, asked for children, started anew
when it is gone.

One a process: it is a program of its own, started with an empty environment, so that neither keys nor
database connections nor threads of ours are in it. A process that is forked forgets its parent's.
What is done within is in `walled.nursery`.
"""

import atexit
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import genomics
from genomics.errors import IntakeShut
from genomics.intake.walled.wire import Errand, packed

MODULE = "genomics.intake.walled.nursery"
_READY_WITHIN = 120.0  # seconds, on a machine with much else to do
_ROOT = str(Path(genomics.__file__).resolve().parents[1])
_ENVIRONMENT = {
    "PATH": os.defpath,
    "PYTHONPATH": _ROOT,
    "LC_ALL": "C.UTF-8",
    # A child is forked: there must be one thread, and none can be started behind the walls.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "REF_PATH": os.devnull,  # htslib looks for no reference of its own accord
    "REF_CACHE": os.devnull,
}


class Nursery:
    """A running nursery; `module` is the program that it runs."""

    def __init__(self, module: str = MODULE) -> None:
        self._door, inside = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with inside:
            self._process = subprocess.Popen(  # noqa: S603 (our own program, by our own interpreter)
                [sys.executable, "-m", module, str(inside.fileno())],
                env=_ENVIRONMENT,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[inside.fileno()],
                start_new_session=True,  # Ctrl-C is for whoever asked; this ends when the door is closed
            )
        self._door.settimeout(_READY_WITHIN)
        try:
            ready = self._door.recv(16)
        except OSError:
            ready = b""
        if not ready:
            self.close()
            raise IntakeShut("What reads files does not start. Nothing was stored. Please try again later.")

    def send(self, errand: Errand, *, given: int, out: int) -> socket.socket:
        """Have a child do an errand. On the socket that comes back its End is told; closing it ends it.
        OSError when the nursery is gone."""
        waiting, line = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with line:
                socket.send_fds(self._door, [packed(errand)], [given, out, line.fileno()])
        except OSError:
            waiting.close()
            raise
        return waiting

    def close(self) -> None:
        """End it and all its children."""
        self._door.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def forget(self) -> None:
        """Let go of it in a process that was forked: it is the parent's."""
        self._door.close()
        self._process.returncode = 0  # not ours to wait for


class _Ours:
    """The one of this process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.nursery: Nursery | None = None


_ours = _Ours()


def send(errand: Errand, *, given: int, out: int) -> socket.socket:
    """Have a child of this process's nursery do an errand; a nursery that is gone is started anew, once.
    Raises IntakeShut when none can be started."""
    for _ in range(2):
        nursery = _running()
        try:
            return nursery.send(errand, given=given, out=out)
        except OSError:
            stop(nursery)
    raise IntakeShut("What reads files has stopped. Nothing was stored. Please try again later.")


def stop(nursery: Nursery | None = None) -> None:
    """End this process's nursery, if it is still that one."""
    with _ours.lock:
        old = _ours.nursery
        if old is None or nursery not in (None, old):
            return
        _ours.nursery = None
    old.close()


def _running() -> Nursery:
    with _ours.lock:
        if _ours.nursery is None:
            _ours.nursery = Nursery()
        return _ours.nursery


def _forget() -> None:
    global _ours
    if _ours.nursery is not None:
        _ours.nursery.forget()
    _ours = _Ours()


os.register_at_fork(after_in_child=_forget)
atexit.register(stop)
