"""A warm process that has imported what reading needs, and forks a child for each file it is handed.

    python -m genomics.intake.walled.nursery FD

FD is a socket to the process that wants files read. A message on it is an Errand with three open files: the
input, the pipe to write to, and a socket on which the child's End is told. Whoever hangs up on that socket
has its child killed; when FD is closed the nursery and all its children end.
"""

import codecs
import contextlib
import gc
import gzip
import io
import os
import signal
import socket
import sys
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from selectors import EVENT_READ, DefaultSelector

from genomics import formats
from genomics.coordinates import Build
from genomics.errors import GenomicsError
from genomics.intake import laid_out
from genomics.intake.walled import child, walls, wire

READY = b"ready"
_MESSAGE = 1 << 16
_KIB = 1024
_HANDED = 3  # open files with each errand


class Nursery:
    """The children that live, each with the socket of whoever waits for it."""

    def __init__(self, door: socket.socket, tasks: Mapping[str, child.Task]) -> None:
        self._door, self._tasks = door, tasks
        self._waiting: dict[int, socket.socket] = {}
        self._selector = DefaultSelector()

    def run(self) -> None:
        """Until the door is closed."""
        awake, waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(waker)
        self._selector.register(self._door, EVENT_READ)
        self._selector.register(awake, EVENT_READ)
        self._door.send(READY)
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._door:
                    if not self._take():
                        self._end_all()
                        return
                elif key.fileobj == awake:
                    os.read(awake, _MESSAGE)
                elif isinstance(key.data, int):
                    # Nothing is ever said on that socket: it was closed.
                    self._selector.unregister(key.fileobj)
                    os.kill(key.data, signal.SIGKILL)
            self._bury()

    def _take(self) -> bool:
        """Start on one errand; false when nobody is left to send any."""
        message, handed, _, _ = socket.recv_fds(self._door, _MESSAGE, _HANDED)
        if not message:
            return False
        given, out, line = handed
        errand = wire.errand(message)
        with suppress(GenomicsError, OSError):  # what cannot be opened the child misses, and says so
            laid_out.opened(errand.laid_out)
        born = os.fork()
        if born == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            child.live(errand, self._tasks, given=given, out=out)
        os.close(given)
        os.close(out)
        self._waiting[born] = waiting = socket.socket(fileno=line)
        self._selector.register(waiting, EVENT_READ, born)
        return True

    def _bury(self) -> None:
        """Tell the end of every child that has ended."""
        while self._waiting:
            ended, status, usage = os.wait4(-1, os.WNOHANG)
            if not ended:
                return
            with self._waiting.pop(ended) as waiting:
                if waiting in self._selector.get_map():
                    self._selector.unregister(waiting)
                end = wire.End(
                    code=os.waitstatus_to_exitcode(status),
                    cpu_seconds=usage.ru_utime + usage.ru_stime,
                    memory=usage.ru_maxrss * _KIB,
                )
                try:
                    waiting.send(wire.packed(end))
                except OSError:
                    continue  # nobody waits any more

    def _end_all(self) -> None:
        for living in self._waiting:
            os.kill(living, signal.SIGKILL)


def warm() -> None:
    """Read a little of each kind once: what is imported late could not be imported behind the walls."""
    for encoding in ("ascii", "latin-1", "utf-8", "utf-16", "cp437"):
        codecs.lookup(encoding)
    for sample in _samples():
        for task in child.TASKS.values():
            errand = wire.Errand(
                task="",
                assume=Build.GRCh37,
                limits=formats.DEFAULT,
                allowance=walls.Allowance(memory=0, cpu_seconds=0),
            )
            with contextlib.suppress(Exception):  # some of them are damaged
                list(task(io.BytesIO(sample), errand))
    gc.collect()
    gc.freeze()


def _samples() -> Iterator[bytes]:
    """A record or two of text in each wrapping; and what is no genotype file."""
    vcf = (
        b"##fileformat=VCFv4.2\n##contig=<ID=20,length=63025520>\n"
        b'##INFO=<ID=DP,Number=1,Type=Integer,Description="Depth">\n'
        b"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS1\n"
        b"20\t100\t.\tA\tT\t9.5\tPASS\tDP=9\tGT\t0/1\n20\t101\t.\tAC\tA,G\t.\t.\t.\tGT\t1|2\n"
    )
    array = b"# build 37\n# rsid\tchromosome\tposition\tgenotype\nrs1\t1\t100\tAG\nrs2\tX\t5\tA\n"
    yield from (vcf, array, b"", b"{", b"\xff\xfe", gzip.compress(vcf), gzip.compress(vcf)[:-9])
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("genotypes \u00e9.txt", array)
    yield archive.getvalue()
    yield archive.getvalue()[:-1]


def serve(number: int, tasks: Mapping[str, child.Task] = child.TASKS) -> None:
    """Be the nursery at this open socket."""
    warm()
    with socket.socket(fileno=number) as door:
        Nursery(door, tasks).run()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
