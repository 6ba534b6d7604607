"""The web process's worker: gunicorn's threads, and none of them waits for a slow line.

A request is heard in the event loop until its head and a SMALL body are here; only then has it a thread. A
larger body is read by its thread within a deadline: no silence longer than STALL, and on the whole no slower
than RATE. How many larger bodies are read at once is in broker.slow_bodies. TLS is a proxy's, which may
buffer as well; nothing here needs it to.
"""

import contextlib
import errno
import selectors
import socket
import struct
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any

from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import TConn, ThreadWorker

from broker.slow_bodies import SMALL

PATIENCE = 15.0  # seconds for a head and a small body
STALL = 10.0  # seconds without a byte, either way
GRACE, RATE = 15.0, 2048  # seconds, then bytes a second, of a larger body
MOST_HEAD = 64 * 1024  # bytes; gunicorn's own limits of lines hold besides
DRAIN = 0.2  # seconds a thread throws away what nobody read
LINGER, IDLE = 30.0, 2.0  # seconds for a client to read its answer: while it still sends, while it does not
PIECE = 64 * 1024
END = b"\r\n\r\n"
TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"


class Overdue(TimeoutError):
    """A body came too slowly to wait for."""


class Deadline(SocketUnreader):
    """Reads a connection's bytes, and gives up on a slow one. A body that ends early is no shorter body: it
    is an error too, so that half a form is never taken for a form."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(sock)
        self.begin()

    def begin(self) -> None:
        """Another request begins: what it may take is counted anew."""
        self._until = time.monotonic() + GRACE

    def chunk(self, size_hint: int | None = None) -> bytes:
        left = self._until - time.monotonic()
        if left <= 0:
            raise Overdue("The body of a request came too slowly.")
        before = self.sock.gettimeout()
        self.sock.settimeout(min(left, STALL, STALL if before is None else before))
        try:
            data: bytes = super().chunk(size_hint)
        finally:
            self.sock.settimeout(before)
        if not data:
            raise ConnectionResetError(errno.ECONNRESET, "A request ended before its body did.")
        self._until += len(data) / RATE
        return data


class Heard:
    """What has come of a connection's next request, and until when the rest is waited for."""

    def __init__(self, data: bytes, until: float) -> None:
        self.data, self.until, self.told = bytearray(data), until, False

    def missing(self) -> int | None:
        """Bytes that are not here yet, of the head and a small body; at least 1 while the head is open. None
        when a thread may have it."""
        while self.data.startswith(b"\r\n"):  # before a request they are nothing
            del self.data[:2]
        end = self.data.find(END)
        if end < 0:
            return 1
        said = self.length(bytes(self.data[:end]))
        if said is None or said > SMALL:
            return None
        return max(0, end + len(END) + said - len(self.data)) or None

    @staticmethod
    def length(head: bytes) -> int | None:
        """As announced; None where nothing clear is said (gunicorn refuses it, or it comes in chunks)."""
        said = [b"0"]
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"transfer-encoding":
                return None
            if name.strip().lower() == b"content-length":
                said.append(value.strip())
        return int(said[-1]) if len(said) < 3 and said[-1].isdigit() and len(said[-1]) < 19 else None

    def asks_to_go_on(self) -> bool:
        return b"100-continue" in bytes(self.data[: max(0, self.data.find(END))]).lower()


class Worker(ThreadWorker):
    """Threads for requests that are here; the event loop for those that are still coming, or leaving."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.heard: dict[TConn, Heard] = {}
        self.leaving: dict[TConn, tuple[float, float]] = {}  # until when, at the latest and unless it sends

    def accept(self, listener: socket.socket) -> None:
        try:
            line, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        self.nr_conns += 1
        if self.nr_conns >= self.worker_connections and self.heard:
            self._close(min(self.heard, key=lambda conn: self.heard[conn].until))  # nobody fills the hall
        line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", int(STALL), 0))
        self._listen(TConn(self.cfg, line, address, listener.getsockname()), b"", PATIENCE)

    def enqueue_req(self, conn: TConn) -> None:
        """Its request is here: give it a thread."""
        heard = self.heard.pop(conn)
        conn.init()
        if not isinstance(conn.parser.unreader, Deadline):
            conn.parser.unreader = Deadline(conn.sock)
        conn.parser.unreader.unread(bytes(heard.data))
        super().enqueue_req(conn)

    def handle_request(self, req: Any, conn: TConn) -> Any:
        conn.parser.unreader.begin()
        return super().handle_request(req, conn)

    def _keepalive_after(self, conn: TConn, keepalive: bool) -> bool:
        """Whether another request may come on this line: not after a body that nobody waited for."""
        return keepalive and bool(conn.parser.finish_body(deadline=time.monotonic() + DRAIN))

    def finish_request(self, conn: TConn, fs: "Future[Any]") -> None:
        """It was answered: listen for the next one, or let the client read and go."""
        try:
            keeps = not fs.cancelled() and bool(fs.result())
        except Exception:  # as gunicorn does: it was logged where it was raised
            keeps = False
        if not keeps:
            self._see_off(conn)
            return
        conn.sock.setblocking(False)
        rest = conn.parser.unreader.take_buffered()
        self._listen(conn, rest, PATIENCE if rest else self.cfg.keepalive)

    def murder_pending(self) -> None:
        """Each second: close whoever was waited for long enough."""
        now = time.monotonic()
        for conn, heard in list(self.heard.items()):
            if now >= heard.until or not (self.alive or heard.data):
                self._close(conn)
        for conn, until in list(self.leaving.items()):
            if now >= min(until):
                self._close(conn)

    def _listen(self, conn: TConn, data: bytes, seconds: float) -> None:
        self.heard[conn] = Heard(data, time.monotonic() + seconds)
        self._watch(conn, self._more)
        self._consider(conn)

    def _more(self, conn: TConn) -> None:
        data = self._read(conn)
        if data is None:
            return
        heard = self.heard[conn]
        if not data:
            self._close(conn)
            return
        if not heard.data:
            heard.until = time.monotonic() + PATIENCE
        heard.data += data
        self._consider(conn)

    def _consider(self, conn: TConn) -> None:
        heard = self.heard[conn]
        missing = heard.missing()
        if missing is None:
            self.poller.unregister(conn.sock)
            self.enqueue_req(conn)
        elif END not in heard.data:
            if len(heard.data) > MOST_HEAD:
                self._say(conn, TOO_LONG)
                self.poller.unregister(conn.sock)
                del self.heard[conn]
                self._see_off(conn)
        elif heard.asks_to_go_on() and not heard.told:
            heard.told = True
            self._say(conn, GO_ON)

    def _see_off(self, conn: TConn) -> None:
        """Say that nothing more comes, and throw away what the client still sends, so that it reads its
        answer: a line closed on unread bytes is reset, and the answer with it."""
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._close(conn)
            return
        now = time.monotonic()
        self.leaving[conn] = now + LINGER, now + IDLE
        self._watch(conn, self._goes)

    def _goes(self, conn: TConn) -> None:
        data = self._read(conn)
        if data:
            self.leaving[conn] = self.leaving[conn][0], time.monotonic() + IDLE
        elif data is not None:
            self._close(conn)

    def _watch(self, conn: TConn, then: Callable[[TConn], None]) -> None:
        self.poller.register(conn.sock, selectors.EVENT_READ, lambda _sock: partial(then, conn)())

    @staticmethod
    def _read(conn: TConn) -> bytes | None:
        """None: nothing just now. Empty: there is nobody."""
        try:
            data: bytes = conn.sock.recv(PIECE)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError:
            return b""
        return data

    @staticmethod
    def _say(conn: TConn, words: bytes) -> None:
        try:
            conn.sock.send(words)
        except OSError:
            return  # its line is full or gone; it will be closed like any other

    def _close(self, conn: TConn) -> None:
        self.heard.pop(conn, None)
        self.leaving.pop(conn, None)
        with contextlib.suppress(KeyError, ValueError):
            self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()
