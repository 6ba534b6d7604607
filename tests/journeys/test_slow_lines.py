"""The web process under slow lines: whoever stalls waits by herself, and everybody else's pages open."""

import http.client
import io
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.utils import timezone

from broker import arriving, people, slow_bodies, tokens, uploads, web_worker
from broker.crew import Crew, web
from broker.errors import BeingWritten, Busy
from broker.models import Upload, User
from broker.web_worker import Deadline, Heard
from consent import kept_lines
from consent.ledger import heads
from tests.broker.uploads.sending import begun, sent
from tests.journeys.test_worker import database_url, until
from tests.logins import Walls, walls_if_any
from tests.world import EARLIER, NOW

__all__ = ["walls_if_any"]

MANY = 40  # more than the threads of both processes
PATIENCE = 30  # seconds for a page: less than a stalled body may take
PIECES = "application/offset+octet-stream"


@pytest.fixture
def eve() -> User:
    return people.sign_up("eve", "x" * 12, born_on=date(1980, 1, 1), at=EARLIER)


@pytest.fixture
def port(checkpoint_file: Path, walls_if_any: Walls | None) -> Iterator[int]:
    env = {"DATABASE_URL": database_url(walls_if_any, "web"), "BROKER_HOME": str(settings.HOME)}
    for outside in (kept_lines.path(), heads.path(), checkpoint_file):
        (settings.HOME / outside.name).unlink(missing_ok=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        number = free.getsockname()[1]
    with Crew(env) as crew:
        crew.start("web", *web(f"127.0.0.1:{number}"))
        until(lambda: opens(number))
        for _ in range(4):  # each process has loaded what it needs
            ask(number, "GET", "/sign-in/")
        yield number


def opens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def ask(port: int, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, Any, str]:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        line.request(method, path, body, {name.replace("_", "-"): said for name, said in headers.items()})
        answer = line.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        line.close()


def stall(port: int, words: str, body: bytes = b"") -> socket.socket:
    line = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    line.sendall(words.replace("\n", "\r\n").encode() + body)
    return line


def patching(user: User) -> str:
    """The head of a large PATCH of an upload of hers."""
    token = tokens.issue(user, "slow", lasts=timedelta(hours=1))[1]
    upload = begun(user, bytes(5_000_000), at=timezone.now())
    return (
        f"PATCH /api/v1/uploads/{upload.pk} HTTP/1.1\nHost: localhost\nAuthorization: Token {token}\n"
        f"Tus-Resumable: 1.0.0\nContent-Type: {PIECES}\nUpload-Offset: 0\nContent-Length: 5000000\n\n"
    )


WAYS: dict[str, Callable[[User], tuple[str, bytes]]] = {
    "half a head": lambda _eve: ("GET / HTTP/1.1\nHost: localhost\n", b""),
    "half a form": lambda _eve: (
        "POST /sign-in/ HTTP/1.1\nHost: localhost\nContent-Type: application/x-www-form-urlencoded\n"
        "Content-Length: 500\n\n",
        b"username=",
    ),
    "half a large form of a stranger": lambda _eve: (
        "POST /sign-in/ HTTP/1.1\nHost: localhost\nContent-Type: application/x-www-form-urlencoded\n"
        "Content-Length: 900000\n\n",
        b"username=",
    ),
    "half an upload of one login": lambda eve: (patching(eve), bytes(1000)),
}


@pytest.mark.server
@pytest.mark.django_db(transaction=True)
@pytest.mark.xdist_group("worker")
def test_however_many_stall_a_page_opens_and_a_form_is_taken(port: int, eve: User):
    with ExitStack() as stack:
        for way in WAYS.values():
            words = way(eve)
            for _ in range(MANY):
                stack.callback(stall(port, *words).close)
        status, headers, page = ask(port, "GET", "/sign-in/")
        assert status == 200
        cookie = str(headers["Set-Cookie"]).split(";")[0]
        token = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[0]
        form = urlencode({"csrfmiddlewaretoken": token, "username": "eve", "password": "wrong"}).encode()
        said = {"Cookie": cookie, "Content_Type": "application/x-www-form-urlencoded"}
        status, _, page = ask(port, "POST", "/sign-in/", form, **said)
        assert status in {200, 422}, page
        assert 'value="eve"' in page


@pytest.mark.server
@pytest.mark.django_db(transaction=True)
@pytest.mark.xdist_group("worker")
def test_a_second_request_for_one_upload_is_told_to_wait_and_what_the_first_sent_stays(port: int, eve: User):
    head, upload = patching(eve), Upload.objects.get()
    lines = [line.partition(": ")[::2] for line in head.strip().split("\n")[1:]]
    said = {name.replace("-", "_"): value for name, value in lines if name != "Content-Length"}
    with stall(port, head, bytes(700_000)) as first:
        until(lambda: (Path(settings.STAGING_DIR) / str(upload.pk) / ".writing").exists())
        status, headers, _ = ask(port, "PATCH", f"/api/v1/uploads/{upload.pk}", bytes(9), **said)
        assert (status, headers["Retry-After"]) == (423, "2")
        first.close()
    until(lambda: Upload.objects.get().offset > 600_000)


@pytest.mark.django_db
def test_one_at_a_time_writes_to_an_upload(eve: User, settings: Any, tmp_path: Path):
    settings.STAGING_DIR = tmp_path / "arriving"
    upload = begun(eve, bytes(9))
    with arriving.writing(upload.pk), pytest.raises(BeingWritten):
        sent(upload, bytes(9))
    assert sent(upload, bytes(9)).offset == 9


def test_what_came_before_a_line_was_cut_is_kept(db: Any, eve: User, settings: Any, tmp_path: Path):
    settings.STAGING_DIR = tmp_path / "arriving"

    class Cut(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 100_000:
                raise TimeoutError
            return super().read(size)

    data = bytes(range(256)) * 1000
    upload = begun(eve, data)
    uploads.append(upload, Cut(data), offset=0, size=len(data), at=NOW)
    assert 100_000 < upload.offset < 120_000
    assert arriving.opened(upload).read() == data[: upload.offset]


def test_one_login_has_a_few_places_and_all_together_some_more():
    large = slow_bodies.SMALL + 1
    with ExitStack() as stack:
        for _ in range(slow_bodies.MOST_OF_ONE):
            stack.enter_context(slow_bodies.taken(1, large))
        with pytest.raises(Busy), slow_bodies.taken(1, large):
            pass
        with slow_bodies.taken(1, slow_bodies.SMALL):  # it is here already
            pass
        for login in range(2, 2 + slow_bodies.MOST - slow_bodies.MOST_OF_ONE):
            stack.enter_context(slow_bodies.taken(login, large))
        with pytest.raises(Busy), slow_bodies.taken(99, large):
            pass
    with slow_bodies.taken(1, large), slow_bodies.taken(99, large):
        pass
    threads = web("localhost:1")
    assert int(threads[threads.index("--threads") + 1]) > slow_bodies.MOST


def test_a_silent_a_trickling_and_a_torn_body_are_given_up(monkeypatch: pytest.MonkeyPatch):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        deadline = Deadline(ours)
        theirs.sendall(b"abc")
        assert deadline.read(2) == b"ab"
        monkeypatch.setattr(web_worker, "STALL", 0.01)
        with pytest.raises(TimeoutError):
            deadline.read(2)
        now = web_worker.time.monotonic()
        monkeypatch.setattr(web_worker.time, "monotonic", lambda: now + web_worker.GRACE + 1)
        theirs.sendall(b"d")
        with pytest.raises(TimeoutError):
            deadline.read(2)
        monkeypatch.undo()
        theirs.close()
        with pytest.raises(ConnectionResetError):
            Deadline(ours).read(9)


@pytest.mark.parametrize(
    ("data", "missing"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n", 1),
        (b"\r\n\r\nGET / HTTP/1.1\r\n", 1),
        (b"GET / HTTP/1.1\r\n\r\n", None),
        (b"POST / HTTP/1.1\r\ncontent-length: 5\r\n\r\nab", 3),
        (b"POST / HTTP/1.1\r\ncontent-length: 5\r\n\r\nabcde", None),
        (b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nabcdeGET", None),
        (b"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", None),  # gunicorn refuses it
        (b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n", None),
        (b"POST / HTTP/1.1\r\nContent-Length: 9000000\r\n\r\n", None),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", None),
    ],
)
def test_a_thread_is_given_to_what_is_here_and_to_what_is_large(data: bytes, missing: int | None):
    assert Heard(data, 0.0).missing() == missing
