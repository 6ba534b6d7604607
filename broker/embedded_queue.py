"""The embedded queue: Celery's transport on one private SQLite file, for places without a queue server.

What lives here: the three kombu classes that speak to the file (broker/queue_file.py). What does not: jobs.
A message is a doorbell; whoever answers it a second time finds the job row claimed and nothing to do.

    embedded://                     the file is Django's settings.QUEUE_FILE
    embedded:///srv/queue.sqlite3   the file is named here, and Django is not asked

A message is leased when delivered, deleted when acknowledged, and comes back when its lease runs out. The
worker's loop renews the leases of all it holds, so a long job or a distant ETA keeps its message, while a
worker that is killed or stands still loses it. (A solo pool works inside that loop: it renews between tasks.)

What this queue does not do: priorities; fanout, and with it remote control: `celery inspect ping` hears
nobody, and workers leave mingle, gossip and control out by themselves. What is committed survives every kill;
the last moments before a power cut may be lost, and the sweeper rings again.
"""

# kombu and Celery are written without types.
# mypy: disable-error-code="no-untyped-call,no-any-return,untyped-decorator"

import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from queue import Empty
from typing import Any

from celery.signals import worker_shutting_down
from django.conf import settings
from kombu.transport import virtual
from kombu.utils.json import dumps, loads

from broker.queue_file import QueueFile

logger = logging.getLogger(__name__)

LEASE_SECONDS = 60.0  # transport option "visibility_timeout"
LONGEST_PAUSE = 0.2  # between two looks at an idle queue; transport option "polling_interval"
SHORTEST_PAUSE = 0.002

# What an envelope must have before Celery may see it.
ENVELOPE = {"body": str, "headers": dict, "properties": dict, "content-type": str, "content-encoding": str}

# What Celery raises, and would die of, over an envelope that is whole and a content that is not.
INDIGESTIBLE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


class QoS(virtual.QoS):
    """What a channel holds. Tasks are acknowledged in another thread than the one that consumes."""

    _delivered: Any  # kombu says None until __init__
    _dirty: Any

    def ack(self, delivery_tag: str) -> None:
        self.settle(delivery_tag, self.channel.file.finish)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        self.settle(delivery_tag, self.channel.file.give_back if requeue else self.channel.file.finish)

    def held(self) -> list[str]:
        return [tag for tag in self._delivered if tag not in self._dirty]

    def settle(self, delivery_tag: str, write: Callable[[str], None]) -> None:
        try:
            write(delivery_tag)
        finally:  # where even the file fails, the lease runs out, and the hand is free for the next message
            super().ack(delivery_tag)
            self.channel.ring()


class Channel(virtual.Channel):
    """kombu's view of the file."""

    QoS = QoS

    def __init__(self, connection: "Transport", **kwargs: object) -> None:
        super().__init__(connection, **kwargs)
        self.file = QueueFile.at(connection.path)
        self.file.open()  # a file that cannot be opened says so now
        self.lease_seconds = connection.lease_seconds
        self.ring = connection.bell.set

    def basic_consume(
        self,
        queue: str,
        no_ack: bool,
        callback: Callable[[virtual.Message], object],
        consumer_tag: str,
        **kwargs: object,
    ) -> None:
        def heard(message: virtual.Message) -> object:
            if no_ack:
                self.file.finish(message.delivery_tag)
            try:
                return callback(message)
            except INDIGESTIBLE as fault:
                self.qos.settle(message.delivery_tag, partial(self._park, queue, fault=fault))
                return None

        super().basic_consume(queue, no_ack, heard, consumer_tag, **kwargs)

    def basic_get(self, queue: str, no_ack: bool = False, **kwargs: object) -> virtual.Message | None:
        message = super().basic_get(queue, no_ack=no_ack, **kwargs)
        if message is not None and no_ack:
            self.file.finish(message.delivery_tag)
        return message

    def queue_delete(
        self, queue: str, if_unused: bool = False, if_empty: bool = False, **kwargs: object
    ) -> None:
        if if_empty and self.file.size(queue):
            return
        super().queue_delete(queue, if_unused=if_unused, if_empty=if_empty, **kwargs)
        self.file.purge(queue, held_too=True)  # bindings are this process's own, messages are everybody's

    def renew(self) -> None:
        if held := self.qos.held():
            self.file.renew(held, seconds=self.lease_seconds)

    def _put(self, queue: str, message: dict[str, Any], **_: object) -> None:
        self.file.put(queue, dumps(message))

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:
        while taken := self.file.take(queue, seconds=self.lease_seconds):
            tag, envelope, deliveries = taken
            try:
                return self._read(envelope, tag=tag, redelivered=deliveries > 1)
            except Exception as fault:  # whatever a stranger's bytes can raise
                self._park(queue, tag, fault=fault)
        raise Empty

    def _park(self, queue: str, tag: str, *, fault: Exception) -> None:
        self.file.park(tag, why=f"{type(fault).__name__}: {fault}")
        logger.error(
            "A message in queue %s could not be read (%s) and was set aside; nothing else was touched. "
            "Look at it in table `parked` of %s, then delete the row.",
            *(queue, type(fault).__name__, self.file.path),
        )

    def _read(self, envelope: bytes, *, tag: str, redelivered: bool) -> dict[str, Any]:
        payload: dict[str, Any] = loads(envelope)
        for field, kind in ENVELOPE.items():
            if not isinstance(payload[field], kind):
                raise TypeError(f"{field} is no {kind.__name__}")
        payload["properties"]["delivery_tag"] = tag
        payload["properties"]["delivery_info"]["redelivered"] = redelivered
        self.Message(payload, channel=self)  # decodes the body: what can fail must fail here
        return payload

    def _restore(self, message: virtual.Message) -> None:
        with suppress(sqlite3.OperationalError):  # then its lease runs out by itself
            self.file.give_back(message.delivery_tag)

    def _size(self, queue: str) -> int:
        return self.file.size(queue)

    def _purge(self, queue: str) -> int:
        return self.file.purge(queue)


class Transport(virtual.Transport):
    """How Celery reaches the file, and how often it looks."""

    Channel = Channel
    channels: Any  # kombu says None until __init__
    cycle: Any
    stopping = (
        False  # for the whole process: Celery turns its loop once more after SIGTERM, and would begin a job
    )
    polling_interval = LONGEST_PAUSE
    driver_type = "embedded"
    driver_name = "sqlite3"
    connection_errors: Any = (
        *virtual.Transport.connection_errors,
        sqlite3.OperationalError,
    )
    default_connection_params: dict[str, object] = {}  # no host: a warning about a missing one would mislead
    implements = virtual.Transport.implements.extend(exchange_type=frozenset(["direct", "topic"]))

    def __init__(self, client: Any, **kwargs: object) -> None:
        super().__init__(client, **kwargs)
        named = client.virtual_host  # what follows the third slash
        self.path = Path(settings.QUEUE_FILE) if named in (None, "", "/") else Path("/", named)
        self.lease_seconds = float(client.transport_options.get("visibility_timeout", LEASE_SECONDS))
        self.bell = threading.Event()  # rung when a message is settled: there is room for the next
        self._pause = SHORTEST_PAUSE
        self._renew_at = 0.0

    def driver_version(self) -> str:
        return sqlite3.sqlite_version

    def drain_events(self, connection: Any, timeout: float | None = None, **_: object) -> None:
        """Deliver one message. Looks often while there is work, a few times a second when there is none."""
        deadline = float("inf") if timeout is None else time.monotonic() + timeout
        while True:
            if self.stopping:
                raise TimeoutError
            self._renew()
            self.bell.clear()
            try:
                self.cycle.get(self._deliver, timeout=timeout)
            except Empty:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise TimeoutError from None
            else:
                self._pause = SHORTEST_PAUSE
                return
            if self.bell.wait(min(self._pause, left)):
                self._pause = SHORTEST_PAUSE
            elif self._pause < self.polling_interval:
                self._pause = min(2 * self._pause, self.polling_interval)
            else:
                for channel in self.channels:
                    channel.file.tidy()

    def _renew(self) -> None:
        if time.monotonic() >= self._renew_at:
            self._renew_at = time.monotonic() + self.lease_seconds / 3
            for channel in self.channels:
                channel.renew()


@worker_shutting_down.connect
def _deliver_nothing_more(**_: object) -> None:
    Transport.stopping = True
