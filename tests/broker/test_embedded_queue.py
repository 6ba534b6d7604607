"""The embedded queue as kombu sees it, in this process. With workers: test_embedded_queue_workers.py."""

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import kombu
import pytest
from celery import Celery
from django.test import override_settings

from broker import embedded_queue, queue_file
from broker.queue_file import QueueFile
from tests.broker.poison import UNREADABLE

QUERY = kombu.Queue("query", kombu.Exchange("query"), routing_key="query")


@pytest.fixture
def file(tmp_path: Path) -> Iterator[QueueFile]:
    file = QueueFile.at(tmp_path / "queue.sqlite3")
    yield file
    file.close()
    QueueFile._known.pop(file.path)


@pytest.fixture
def connection(file: QueueFile) -> Iterator[kombu.Connection]:
    with kombu.Connection(
        f"embedded://{file.path}", transport_options={"visibility_timeout": 60}
    ) as connection:
        yield connection


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Both clocks of this process, set by hand."""
    clock = SimpleNamespace(passed=0.0)
    hands = SimpleNamespace(
        time=lambda: 1_000_000.0 + clock.passed, monotonic=lambda: 500.0 + clock.passed, sleep=time.sleep
    )
    monkeypatch.setattr(queue_file, "time", hands)
    monkeypatch.setattr(embedded_queue, "time", hands)
    return clock


def send(connection: kombu.Connection, *names: str) -> None:
    with connection.Producer() as producer:
        for name in names:
            producer.publish({"name": name}, exchange=QUERY.exchange, routing_key="query", declare=[QUERY])


def rows(file: QueueFile, table: str = "message") -> list[tuple]:
    with sqlite3.connect(file.path) as db:
        found = db.execute(f"SELECT * FROM {table} ORDER BY id").fetchall()  # noqa: S608
    db.close()
    return found


def test_the_url_names_the_file_or_django_does(tmp_path: Path):
    with kombu.Connection("embedded:///srv/a%20queue.sqlite3") as named:
        assert named.transport.path == Path("/srv/a queue.sqlite3")
    with override_settings(QUEUE_FILE=tmp_path / "ours.sqlite3"), kombu.Connection("embedded://") as ours:
        assert ours.transport.path == tmp_path / "ours.sqlite3"


def test_an_acknowledged_message_is_gone_and_a_returned_one_comes_again(
    connection: kombu.Connection, file: QueueFile
):
    send(connection, "first", "second")
    got: list[kombu.Message] = []
    with connection.Consumer(QUERY, on_message=got.append):
        connection.drain_events(timeout=1)
        got[0].requeue()
        connection.drain_events(timeout=1)
        assert [message.payload["name"] for message in got] == ["first", "first"]
        assert [message.delivery_info["redelivered"] for message in got] == [False, True]
        got[1].ack()
        connection.drain_events(timeout=1)
        got[2].reject()
    assert [message.payload["name"] for message in got] == ["first", "first", "second"]
    assert rows(file) == []


def test_a_connection_that_closes_gives_back_what_it_held(connection: kombu.Connection, file: QueueFile):
    send(connection, "ring")
    with connection.clone() as leaving:
        leaving.default_channel.basic_get("query")
        assert file.size("query") == 0
    assert file.size("query") == 1


def test_the_loop_renews_what_it_holds_and_only_while_it_turns(
    connection: kombu.Connection, file: QueueFile, clock: SimpleNamespace
):
    send(connection, "long job")
    got: list[kombu.Message] = []

    def turn(*, seconds: float) -> None:
        clock.passed += seconds
        with pytest.raises(TimeoutError):
            connection.drain_events(timeout=0)

    with connection.Consumer(QUERY, on_message=got.append):
        connection.drain_events(timeout=1)
        for _ in range(20):
            turn(seconds=30)
            assert file.size("query") == 0, "a message in the hands of a living worker was offered to others"
        clock.passed += 61
        assert file.size("query") == 1, "a worker that stands still keeps its message for ever"
        assert file.take("query", seconds=60)
        got[0].ack()
    assert len(rows(file)) == 1, "an acknowledgement that came too late ended what another holds"


def test_a_message_nobody_will_acknowledge_is_gone_when_it_is_delivered(
    connection: kombu.Connection, file: QueueFile
):
    send(connection, "pulled", "pushed")
    assert connection.default_channel.basic_get("query", no_ack=True).payload == {"name": "pulled"}
    with connection.Consumer(QUERY, no_ack=True, on_message=lambda message: None):
        connection.drain_events(timeout=1)
    assert rows(file) == []


def test_an_acknowledgement_that_the_file_refuses_frees_the_hand(
    connection: kombu.Connection, file: QueueFile, monkeypatch: pytest.MonkeyPatch
):
    def full(tag: str) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    send(connection, "ring")
    channel = connection.default_channel
    channel.basic_qos(prefetch_count=1)
    message = channel.basic_get("query")
    assert not channel.qos.can_consume()
    monkeypatch.setattr(file, "finish", full)
    with pytest.raises(sqlite3.OperationalError):
        message.ack()
    assert channel.qos.can_consume()
    assert channel.qos.held() == []


def test_size_purge_and_delete_reach_messages_of_other_processes(
    connection: kombu.Connection, file: QueueFile
):
    send(connection, "one", "two", "three")
    with connection.clone() as other:
        assert other.default_channel.queue_declare("query").message_count == 3
        other.default_channel.basic_get("query")
        assert other.default_channel.queue_purge("query") == 2
        other.default_channel.queue_delete("query")
    assert rows(file) == []


def test_fanout_is_left_out_in_peace(connection: kombu.Connection, file: QueueFile):
    assert not connection.supports_exchange_type("fanout")
    app = Celery("asks", broker=f"embedded://{file.path}", set_as_current=False, fixups=[])
    assert app.control.ping(timeout=0.1) == []
    app.close()


@pytest.mark.parametrize("envelope", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_an_unreadable_message_is_set_aside_and_the_next_one_delivered(
    connection: kombu.Connection, file: QueueFile, envelope: str, caplog: pytest.LogCaptureFixture
):
    file.put("query", envelope)
    send(connection, "good")
    message = connection.default_channel.basic_get("query")
    assert message.payload == {"name": "good"}
    message.ack()
    assert rows(file) == []
    assert [(queue, kept) for _, queue, kept, _, _ in rows(file, "parked")] == [("query", envelope)]
    assert "could not be read" in caplog.text
