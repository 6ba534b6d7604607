"""The file beneath the embedded queue: who holds a message, what a fork or a kill does, what is left."""

import os
import re
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from broker import queue_file
from broker.queue_file import QueueFile


@pytest.fixture
def file(tmp_path: Path) -> Iterator[QueueFile]:
    file = QueueFile.at(tmp_path / "queue.sqlite3")
    yield file
    file.close()
    QueueFile._known.pop(file.path)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The wall clock of this process, set by hand."""
    clock = SimpleNamespace(now=1_000_000.0)
    hands = SimpleNamespace(time=lambda: clock.now, monotonic=time.monotonic, sleep=time.sleep)
    monkeypatch.setattr(queue_file, "time", hands)
    return clock


def in_a_child(act: Callable[[], object]) -> int:
    """Fork, act in the child, and say its process id at once."""
    child = os.fork()
    if child:
        return child
    try:
        act()
    except BaseException:
        os._exit(1)
    os._exit(0)


def ended_well(*children: int) -> bool:
    return all(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0 for child in children)


def taken(file: QueueFile, queue: str = "query", seconds: float = 60.0) -> tuple[str, bytes, int]:
    answer = file.take(queue, seconds=seconds)
    assert answer is not None, "nothing waits"
    return answer


def everything_in(file: QueueFile) -> list[str]:
    with sqlite3.connect(file.path) as db:
        rows = [envelope for (envelope,) in db.execute("SELECT envelope FROM message ORDER BY id")]
    db.close()
    return rows


# --- who holds a message -----------------------------------------------------------------------------
def test_messages_come_in_the_order_of_their_arrival_each_queue_for_itself(file: QueueFile):
    for number in range(5):
        file.put("query", f"query {number}")
        file.put("sweep", f"sweep {number}")
    assert [taken(file)[1] for _ in range(5)] == [b"query %d" % number for number in range(5)]
    assert taken(file, "sweep")[1] == b"sweep 0"
    assert file.take("query", seconds=60) is None
    assert file.take("no such queue", seconds=60) is None


def test_a_lease_that_runs_out_brings_the_message_to_the_next(file: QueueFile, clock: SimpleNamespace):
    file.put("query", "ring")
    first, _, deliveries = taken(file, seconds=60)
    assert deliveries == 1
    clock.now += 59
    assert file.take("query", seconds=60) is None
    clock.now += 2
    second, envelope, deliveries = taken(file, seconds=60)
    assert (envelope, deliveries) == (b"ring", 2)
    assert second != first


def test_a_renewed_lease_holds(file: QueueFile, clock: SimpleNamespace):
    file.put("query", "ring")
    tag, _, _ = taken(file, seconds=60)
    clock.now += 50
    file.renew([tag], seconds=60)
    clock.now += 50
    assert file.take("query", seconds=60) is None


def test_who_lost_the_lease_can_no_longer_finish_renew_return_or_park(
    file: QueueFile, clock: SimpleNamespace
):
    file.put("query", "ring")
    lost, _, _ = taken(file, seconds=60)
    clock.now += 61
    held, _, _ = taken(file, seconds=60)
    file.finish(lost)
    file.give_back(lost)
    file.park(lost, why="not mine")
    file.renew([lost], seconds=6000)
    assert file.size("query") == 0, "it was returned by one who did not hold it"
    clock.now += 61
    assert taken(file)[1] == b"ring", "it was ended or kept by one who did not hold it"
    file.finish(held)
    assert everything_in(file) == ["ring"]


def test_an_old_tag_never_ends_a_new_message_in_the_same_row(file: QueueFile):
    file.put("query", "old")
    old, _, _ = taken(file)
    file.finish(old)
    file.put("query", "new")
    new, _, _ = taken(file)
    assert old.split(":")[0] == new.split(":")[0], (
        "SQLite gave the row a number of its own: nothing was tested"
    )
    file.finish(old)
    assert everything_in(file) == ["new"]


def test_a_returned_message_keeps_its_place(file: QueueFile):
    file.put("query", "first")
    file.put("query", "second")
    tag, _, _ = taken(file)
    file.give_back(tag)
    assert taken(file)[1] == b"first"


def test_a_message_that_keeps_coming_back_lets_the_others_pass(file: QueueFile, clock: SimpleNamespace):
    file.put("query", "poison")
    file.put("query", "good")
    for _ in range(2):
        tag, envelope, _ = taken(file)
        assert envelope == b"poison"
        file.give_back(tag)
    assert taken(file)[1] == b"good"
    assert file.take("query", seconds=60) is None
    clock.now += 1.5
    assert taken(file)[1] == b"poison"


def test_size_and_purge_speak_of_what_waits_and_leave_what_is_held(file: QueueFile):
    for number in range(3):
        file.put("query", str(number))
    file.put("sweep", "other")
    tag, _, _ = taken(file)
    assert file.size("query") == 2
    assert file.purge("query") == 2
    assert everything_in(file) == ["0", "other"]
    file.give_back(tag)
    assert file.size("query") == 1
    taken(file)
    assert file.purge("query", held_too=True) == 1
    assert everything_in(file) == ["other"]


# --- what is left behind -----------------------------------------------------------------------------
def test_the_file_and_its_log_are_for_the_owner_alone(tmp_path: Path, file: QueueFile):
    file.path.touch(mode=0o666)
    file.path.chmod(0o666)
    old = os.umask(0)
    try:
        file.put("query", "ring")
    finally:
        os.umask(old)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {f"queue.sqlite3{end}": 0o600 for end in ("", "-wal", "-shm")}


@pytest.mark.parametrize("end", ["finish", "purge", "delete"])
def test_a_message_that_is_over_leaves_no_trace_in_any_file(tmp_path: Path, file: QueueFile, end: str):
    marker = "b3c1f6a0-trace-of-a-job"
    for number in range(200):
        file.put("query", f"{marker} {number} " + "x" * (number * 40))

    def traces() -> int:
        return sum(path.read_bytes().count(marker.encode()) for path in tmp_path.iterdir())

    assert traces() >= 200, "the marker is not to be seen even where it should be"
    if end == "finish":
        while answer := file.take("query", seconds=60):
            file.finish(answer[0])
        file.tidy()
    else:
        file.purge("query", held_too=end == "delete")
    assert traces() == 0


# --- many processes ----------------------------------------------------------------------------------
def test_processes_that_make_the_same_new_file_together_all_succeed(file: QueueFile):
    gate, opened = os.pipe()

    def put() -> None:
        os.close(opened)
        os.read(gate, 1)  # until the parent closes its end
        file.put("query", str(os.getpid()))

    children = [in_a_child(put) for _ in range(8)]
    os.close(opened)
    os.close(gate)
    assert ended_well(*children)
    assert sorted(everything_in(file)) == sorted(str(child) for child in children)


def test_no_handle_crosses_a_fork_and_both_sides_go_on(file: QueueFile):
    file.put("query", "before")

    def handles() -> list[str]:
        links = Path("/proc/self/fd").iterdir()
        return [
            str(link.readlink())
            for link in links
            if link.is_symlink() and "queue.sqlite3" in str(link.readlink())
        ]

    def child() -> None:
        assert file._db is None
        assert handles() == [], "the child holds the parent's handle"
        for number in range(50):
            file.put("query", f"child {number}")

    forked = in_a_child(child)
    for number in range(50):
        file.put("query", f"parent {number}")
    assert handles(), "the parent cannot see its own handle: nothing was tested"
    assert ended_well(forked)
    assert len(everything_in(file)) == 101
    assert file._run("PRAGMA integrity_check") == [("ok",)]


def test_takers_in_many_processes_never_get_the_same_message(file: QueueFile, tmp_path: Path):
    for number in range(300):
        file.put("query", str(number))

    def take_all() -> None:
        with (tmp_path / f"taken.{os.getpid()}").open("wb") as out:
            while answer := file.take("query", seconds=60):
                out.write(answer[1] + b"\n")
                file.finish(answer[0])

    assert ended_well(*[in_a_child(take_all) for _ in range(4)])
    got = [int(line) for path in tmp_path.glob("taken.*") for line in path.read_text().split()]
    assert sorted(got) == list(range(300))


def test_what_was_put_survives_the_kill_of_who_put_it(file: QueueFile, tmp_path: Path):
    said = tmp_path / "said"

    def put_without_end() -> None:
        with said.open("a", buffering=1) as out:
            for number in range(10**9):
                file.put("query", f"{os.getpid()} {number}")
                out.write(f"{os.getpid()} {number}\n")

    for _ in range(5):
        before = said.stat().st_size if said.exists() else 0
        child = in_a_child(put_without_end)
        while not said.exists() or said.stat().st_size < before + 500:
            time.sleep(0.005)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    promised = set(re.findall(r"^\d+ \d+$", said.read_text(), flags=re.MULTILINE))
    assert promised <= set(everything_in(file))
    assert file._run("PRAGMA integrity_check") == [("ok",)]


def test_a_file_that_cannot_be_opened_says_what_to_do(tmp_path: Path):
    (tmp_path / "not a folder").write_text("")
    with pytest.raises(
        sqlite3.OperationalError, match=r"cannot be opened .* See that its folder is writable"
    ):
        QueueFile(tmp_path / "not a folder" / "queue.sqlite3").put("query", "ring")
