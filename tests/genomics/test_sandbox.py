"""A reader behind walls can do nothing but read; without them it could. Whatever it does is told as a
refusal, in bounded time, and leaves nothing behind."""

import dataclasses
import io
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from genomics import formats
from genomics.coordinates import Build
from genomics.errors import FileReason, FileRefused, IntakeShut
from genomics.formats import DEFAULT
from genomics.formats.cram import MAGIC as CRAM
from genomics.intake import handing, nurseries, sandbox
from genomics.intake.laid_out import NOTHING, LaidOut, Place, What
from genomics.intake.walled import walls, wire
from tests.builders import array, bgzipped, gzipped, vcf, zipped
from tests.genomics import probes
from tests.genomics.genome import bases, written

ONE = vcf([("20", 1000226, "A", "T", "0/1")])
RAW = array([("rs1", "1", 5, "AG"), ("rs2", "X", 9, "A")])
SHORT = dataclasses.replace(DEFAULT, seconds=1, seconds_a_mib=0.0, memory=64 << 20)
walled_only = pytest.mark.skipif(bool(walls.missing()), reason="this kernel has no landlock or no seccomp")


@pytest.fixture(scope="module")
def probing() -> Iterator[nurseries.Nursery]:
    """A nursery whose children make attempts."""
    nursery = nurseries.Nursery("tests.genomics.probes")
    yield nursery
    nursery.close()


@pytest.fixture
def probed(probing: nurseries.Nursery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nurseries, "send", probing.send)


@pytest.fixture
def attempt(probing: nurseries.Nursery, probed: None, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """attempt(name, walled=...) -> "done", or the error that came of it. `start` is what the file begins
    with: a child that is handed a CRAM may open the genome of the house."""
    (tmp_path / "old").write_bytes(b"")
    genome = written(bases(), tmp_path / "GRCh37.fa").path
    place = Place(What.REFERENCE, Build.GRCh37, str(genome), genome.stat().st_mtime_ns)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def make(name: str, *, walled: bool, start: bytes = b"") -> Any:
            told = {"attempt": name, "folder": str(tmp_path), "genome": str(genome)}
            told |= {"port": server.getsockname()[1], "parent": probing._process.pid}
            # On disk: a file in memory could be opened anew by its number, by whoever has it already.
            (tmp_path / "input").write_bytes(start + json.dumps(told).encode())
            with (tmp_path / "input").open("rb") as file:
                return json.loads(send("attempt", file, walled=walled, laid_out=LaidOut((place,))))

        yield make


def send(task: str, data: bytes | BinaryIO, *, walled: bool = True, laid_out: LaidOut = NOTHING) -> bytes:
    errand = wire.Errand(
        task=task,
        limits=SHORT,
        laid_out=laid_out,
        allowance=walls.Allowance(memory=SHORT.memory, cpu_seconds=10),
        walled=walled,
    )
    given = handing.handed(data, DEFAULT)
    try:
        told, end = sandbox._watched(errand, given, most=1 << 20, until=time.monotonic() + 60)
    finally:
        os.close(given)
    assert end.code == 0
    return told


@walled_only
@pytest.mark.parametrize("name", [*probes.ATTEMPTS, *probes.BY_NAME])
def test_behind_the_walls_nothing_else_can_be_done(name: str, attempt: Callable[..., Any]) -> None:
    said = attempt(name, walled=True)
    assert said != "done"
    assert said in (1, "can't start new thread"), f"{name} is denied by chance (error {said}), not by a wall"


@walled_only
@pytest.mark.parametrize("name", probes.ATTEMPTS)
def test_a_child_that_reads_a_cram_can_do_none_of_it_either(name: str, attempt: Callable[..., Any]) -> None:
    """It may ask to open: what it is not to open landlock denies it (EACCES), all else seccomp (EPERM)."""
    said = attempt(name, walled=True, start=CRAM)
    assert said in (1, 13, "can't start new thread"), f"{name} says {said}"


@walled_only
@pytest.mark.parametrize("name", probes.BY_NAME)
def test_a_child_that_reads_a_cram_can_open_the_genome_to_read(
    name: str, attempt: Callable[..., Any]
) -> None:
    assert attempt(name, walled=True, start=CRAM) == "done"


@walled_only
def test_without_landlock_not_even_the_genome_can_be_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """For debugging where the kernel lacks it: seccomp alone cannot tell one file from another."""
    asked: list[bool] = []
    monkeypatch.setattr(walls, "missing", lambda: ("landlock",))
    monkeypatch.setattr(walls, "_forbid_syscalls", lambda *, may_open: asked.append(may_open))
    for name in ("_limit", "_prctl", "_drop_capabilities"):
        monkeypatch.setattr(walls, name, lambda *_: None)
    walls.build(walls.Allowance(memory=0, cpu_seconds=0), readable=[os.open(os.devnull, os.O_RDONLY)])
    assert asked == [False]


@pytest.mark.parametrize("name", [*probes.ATTEMPTS, *probes.BY_NAME])
def test_without_walls_all_of_it_could_be_done(name: str, attempt: Callable[..., Any]) -> None:
    if name in probes.NEEDS_ROOT and os.getuid():
        pytest.skip("only root could do it at all")
    assert attempt(name, walled=False) == "done"


@walled_only
def test_a_child_has_its_file_and_its_pipe_and_knows_nothing_of_us(probed: None) -> None:
    found = json.loads(send("look around", b""))
    assert found["open"] == [0, 1, 2, walls.INPUT, walls.OUTPUT]  # the first three lead nowhere
    assert set(found["environment"]) <= {*nurseries._ENVIRONMENT, "LC_CTYPE"}
    assert not {"django", "psycopg", "celery", "broker", "consent"} & set(found["modules"]) - {"consent"}


@walled_only
@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("eat", FileReason.MEMORY),
        ("spin", FileReason.TIME),
        ("sleep", FileReason.TIME),
        ("crash", FileReason.CRASHED),
        ("stop", FileReason.CRASHED),
        ("raise", FileReason.CRASHED),
        ("flood", FileReason.CRASHED),
        ("nothing", FileReason.CRASHED),
        ("lie", FileReason.CRASHED),
    ],
)
def test_whatever_a_reader_does_is_a_typed_refusal(how: str, reason: FileReason, probed: None) -> None:
    small = dataclasses.replace(SHORT, records=1, allele_text=1)
    before = set(os.listdir("/proc/self/fd"))
    with pytest.raises(FileRefused) as caught:
        sandbox.read(how.encode(), limits=small)
    assert caught.value.reason is reason
    assert "Nothing was stored." in str(caught.value)
    assert set(os.listdir("/proc/self/fd")) == before


@walled_only
def test_no_child_outlives_what_it_was_sent_for(probing: nurseries.Nursery, probed: None) -> None:
    with pytest.raises(FileRefused):
        sandbox.read(b"sleep", limits=SHORT)
    pid = probing._process.pid
    until = time.monotonic() + 10
    while _children(pid) and time.monotonic() < until:
        time.sleep(0.01)
    assert not _children(pid)


def _children(pid: int) -> str:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().strip()


@pytest.mark.parametrize(
    "data",
    [
        ONE,
        gzipped(ONE),
        bgzipped(ONE),
        zipped(("a.txt", RAW)),
    ],
    ids=["plain", "gzip", "bgzip", "zip"],
)
def test_a_file_reads_the_same_behind_the_walls(data: bytes) -> None:
    here, there = formats.read(data), sandbox.read(data)
    assert here.column.to_bytes() == there.column.to_bytes()
    assert dataclasses.replace(here, column=there.column) == there


def test_a_refusal_is_the_same_behind_the_walls() -> None:
    bad = ONE.replace(b"\tGT\t0/1", b"\tGT\t0/7")
    with pytest.raises(FileRefused) as here:
        formats.read(bad)
    with pytest.raises(FileRefused) as there:
        sandbox.read(bad)
    assert here.value.args == there.value.args


def test_the_build_is_assumed_behind_the_walls_too() -> None:
    data = array([("rs1", "1", 5, "AG")], comments=())
    assert sandbox.read(data, assume=Build.GRCh38).build is Build.GRCh38


def test_a_file_is_taken_from_disk_from_memory_and_from_any_stream(tmp_path: Path) -> None:
    path = tmp_path / "a.vcf"
    path.write_bytes(ONE)
    wanted = formats.read(ONE).column.sha256
    with path.open("rb") as stream:
        assert sandbox.read(stream).column.sha256 == wanted
    assert sandbox.read(io.BytesIO(ONE)).column.sha256 == wanted
    after = io.BytesIO(b"before" + ONE)
    after.seek(6)
    assert sandbox.read(after).column.sha256 == wanted


def test_a_stream_that_is_too_long_is_refused_before_it_is_held() -> None:
    with pytest.raises(FileRefused) as caught:
        sandbox.read(ONE, limits=dataclasses.replace(DEFAULT, packed=100))
    assert caught.value.reason is FileReason.TOO_LARGE


def test_many_threads_read_at_once() -> None:
    wanted = {index: vcf([("20", 1000 + index, "A", "T", "0/1")]) for index in range(12)}
    found: dict[int, bytes] = {}

    def read(index: int) -> None:
        found[index] = sandbox.read(wanted[index]).column.sha256

    threads = [threading.Thread(target=read, args=(index,)) for index in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {index: formats.read(data).column.sha256 for index, data in wanted.items()}


def test_a_nursery_that_was_killed_is_started_anew() -> None:
    sandbox.read(ONE)
    nursery = nurseries._ours.nursery
    nursery._process.kill()
    nursery._process.wait()
    assert sandbox.read(ONE).quality.sites == 1
    assert nurseries._ours.nursery is not nursery


def test_a_forked_process_has_a_nursery_of_its_own() -> None:
    """As Celery's workers and gunicorn's do."""
    sandbox.read(ONE)
    ours = nurseries._ours.nursery._process.pid
    reader, writer = os.pipe()
    born = os.fork()
    if born == 0:
        sandbox.read(ONE)
        os.write(writer, str(nurseries._ours.nursery._process.pid).encode())
        nurseries.stop()
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as told:
        theirs = told.read()
    assert os.waitpid(born, 0)[1] == 0
    assert int(theirs) not in (0, ours)
    assert sandbox.read(ONE).quality.sites == 1
    assert nurseries._ours.nursery._process.pid == ours


def test_a_real_house_reads_no_file_without_walls(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walls, "missing", lambda: ("landlock",))
    assert sandbox.read(ONE).quality.sites == 1
    (told,) = sandbox.check_walls()
    assert (told.id, told.level) == ("genomics.W001", 30)
    settings.WALLS_REQUIRED = True
    (told,) = sandbox.check_walls()
    assert (told.id, told.level) == ("genomics.E001", 40)
    with pytest.raises(IntakeShut, match="landlock missing"):
        sandbox.read(ONE)


def test_a_nursery_that_does_not_start_takes_in_nothing() -> None:
    with pytest.raises(IntakeShut, match="Nothing was stored"):
        nurseries.Nursery("genomics.no_such_room")


def test_nothing_connects_outward_while_a_file_is_taken_in() -> None:
    """The child cannot (above); nor does anything on this side, whatever names the file brings."""
    hostile = ONE.replace(
        b"##FORMAT", b"##reference=http://127.0.0.1:9/x.fa\n##assembly=ftp://127.0.0.1/a\n##FORMAT", 1
    )
    connects: list[Any] = []
    listening = True
    sys.addaudithook(
        lambda event, args: (
            connects.append(args)
            if listening and event in ("socket.connect", "socket.sendto", "socket.getaddrinfo")
            else None
        )
    )
    sandbox.read(hostile)
    with pytest.raises(FileRefused):
        sandbox.read(b"@HD\tVN:1.6\n@SQ\tSN:1\tLN:9\tUR:http://127.0.0.1:9/x\n")
    listening = False
    assert connects == []


def test_how_far_a_file_was_read_is_heard_while_it_is_read(monkeypatch):
    monkeypatch.setattr(sandbox, "_BEAT", 0.001)
    large = vcf(("20", 1000 + 10 * row, "A", "T", "0/1") for row in range(300_000))
    for task, begin, end in ((sandbox.read, 0, 2 / 3), (sandbox.cleaned, 2 / 3, 1)):
        heard: list[float] = []
        with sandbox.followed(heard.append):
            task(large)
        assert len({share for share in heard if begin < share < end}) > 1  # not only its begin and its end
        assert sorted(heard) == heard
        told = len(heard)
        task(large)
        assert len(heard) == told  # nobody follows any more
