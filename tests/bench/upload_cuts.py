"""Uploads cut at random points by several clients at once: what lies here in the end is what was sent.

    python -m tests.bench.upload_cuts --cuts 200 --clients 8

Each client sends files of its own through the real door; each cut ends a request after a random number of
its bytes: the line is closed, reset, or left hanging while the client goes on over another. Between cuts it
tries a stranger's upload, which must not be there. Prints counts, and last `wrong: X of Y`, where Y are
files and X those whose SHA-256 differs, or whom a stranger could reach.
"""

import argparse
import hashlib
import http.client
import os
import random
import socket
import struct
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

CUTS_A_FILE = 5
SMALLEST, LARGEST = 1, 3_000_000  # bytes of a file
PATIENCE = 120  # seconds for one answer
WAYS = ("closed", "reset", "hanging")
PIECES = "application/offset+octet-stream"


@dataclass(slots=True)
class Sent:
    """One file, where it went, and what it comes to."""

    path: str
    sha256: str
    reached: bool = False  # a stranger got another answer than 404


@dataclass(slots=True)
class Client:
    """One login with files of its own."""

    url: str
    token: str
    dice: random.Random
    cuts: int
    sent: list[Sent] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def run(self, strangers: Sequence["Client"]) -> None:
        """Send files until all cuts are made."""
        while self.cuts:
            self._send(min(self.cuts, CUTS_A_FILE), strangers)

    def _send(self, cuts: int, strangers: Sequence["Client"]) -> None:
        data = self.dice.randbytes(self.dice.randint(SMALLEST, LARGEST))
        _, headers = self._ask("POST", "/api/v1/uploads", **{"Upload-Length": str(len(data))})
        path = urlsplit(headers["Location"]).path
        self.sent.append(Sent(path, hashlib.sha256(data).hexdigest()))
        self.counts["files"] += 1
        hanging: list[socket.socket] = []
        offset = 0
        while offset < len(data):
            if cuts:
                hanging += self._cut(path, data, offset)
                cuts -= 1
                self.cuts -= 1
                self._knock(strangers)
            else:
                said = {"Upload-Offset": str(offset), "Content-Type": PIECES}
                status, _ = self._ask("PATCH", path, data[offset:], **said)
                self.counts[f"answered {status}"] += 1
                if status in {423, 503}:  # a line left hanging has it still: its end is noticed now
                    while hanging:
                        hanging.pop().close()
            status, headers = self._ask("HEAD", path)
            offset = int(headers["Upload-Offset"])
        for line in hanging:
            line.close()

    def _cut(self, path: str, data: bytes, offset: int) -> list[socket.socket]:
        """Announce the rest, send a part of it, and end the line. One left hanging is handed back."""
        rest, way = data[offset:], self.dice.choice(WAYS)
        line = self._line()
        head = (
            f"PATCH {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Token {self.token}\r\n"
            f"Tus-Resumable: 1.0.0\r\nContent-Type: {PIECES}\r\nUpload-Offset: {offset}\r\n"
            f"Content-Length: {len(rest)}\r\n\r\n"
        ).encode()
        with suppress(OSError):
            line.sendall(head + rest[: self.dice.randrange(len(rest))])
        self.counts[way] += 1
        if way == "hanging":
            return [line]
        if way == "reset":
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        line.close()
        return []

    def _knock(self, strangers: Sequence["Client"]) -> None:
        """At somebody else's upload there is nothing."""
        theirs = [one for client in strangers if client is not self for one in client.sent[-2:]]
        if not theirs:
            return
        target = self.dice.choice(theirs)
        said = {"Upload-Offset": "0", "Content-Type": PIECES}
        answers = {
            self._ask("HEAD", target.path)[0],
            self._ask("PATCH", target.path, b"stranger", **said)[0],
            self._ask("DELETE", target.path)[0],
        }
        self.counts["knocks at a stranger's"] += 3
        target.reached |= answers != {404}

    def _ask(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, http.client.HTTPMessage]:
        where = urlsplit(self.url)
        assert where.hostname is not None
        line = http.client.HTTPConnection(where.hostname, where.port, timeout=PATIENCE)
        said = {"Authorization": f"Token {self.token}", "Tus-Resumable": "1.0.0", "Connection": "close"}
        try:
            line.request(method, path, body, said | headers)
            answer = line.getresponse()
            answer.read()
            return answer.status, answer.headers
        finally:
            line.close()

    def _line(self) -> socket.socket:
        where = urlsplit(self.url)
        return socket.create_connection((where.hostname, where.port), timeout=PATIENCE)


def tokens(clients: int) -> list[str]:
    """A login with a token each."""
    from django.utils import timezone

    from broker import people
    from broker import tokens as issued

    now = timezone.now()
    born = now.date().replace(year=1980, day=1)
    users = [people.sign_up(f"client {n}", "x" * 12, born_on=born, at=now) for n in range(clients)]
    return [issued.issue(user, "bench", lasts=timedelta(hours=1))[1] for user in users]


def run(url: str, *, cuts: int, clients: Sequence[str], seed: int) -> list[Client]:
    """Let every client send at once."""
    shares = [cuts // len(clients) + (n < cuts % len(clients)) for n in range(len(clients))]
    everybody = [
        Client(url, token, random.Random(f"{seed} {n}"), share)  # noqa: S311 - dice, not keys
        for n, (token, share) in enumerate(zip(clients, shares, strict=True))
    ]
    with ThreadPoolExecutor(len(everybody)) as pool:
        for done in [pool.submit(client.run, everybody) for client in everybody]:
            done.result()
    return everybody


def wrong(everybody: Sequence[Client]) -> int:
    """Files that do not lie here as they were sent, or that somebody else could reach."""
    from broker import arriving
    from broker.models import Upload
    from broker.staging import StagedBroken

    faults = 0
    for one in (sent for client in everybody for sent in client.sent):
        upload = Upload.objects.get(pk=one.path.rsplit("/", 1)[-1])
        try:
            with arriving.opened(upload) as data:
                same = hashlib.file_digest(data, "sha256").hexdigest() == one.sha256
        except StagedBroken:
            same = False
        faults += one.reached or not same or upload.offset != upload.length
    return faults


def report(everybody: Sequence[Client]) -> str:
    counts = sum((client.counts for client in everybody), Counter[str]())
    return "\n".join(f"{name}: {number}" for name, number in sorted(counts.items()))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--cuts", type=int, default=200)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    said = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="upload-cuts-") as home:
        os.environ |= {"BROKER_HOME": home, "DEBUG": "1"}
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "broker.settings")
        import django

        django.setup()
        from django.core.management import call_command

        from broker.crew import Crew, web

        call_command("migrate", verbosity=0)
        clients = tokens(said.clients)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        with Crew() as crew:
            crew.start("web", *web(f"127.0.0.1:{port}"))
            _until_open(port)
            begun = time.monotonic()
            everybody = run(f"http://127.0.0.1:{port}", cuts=said.cuts, clients=clients, seed=said.seed)
            took = time.monotonic() - begun
        faults = wrong(everybody)
        files = sum(len(client.sent) for client in everybody)
        print(report(everybody))
        print(f"seconds: {took:.1f}")
        print(f"wrong: {faults} of {files}")
    return 1 if faults else 0


def _until_open(port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main())
