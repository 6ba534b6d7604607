"""The witness: a small program for an auditor's own machine. It keeps the newest checkpoint it saw and
cosigns only a ledger that grew from there (C2SP tlog-witness). Standard library and cryptography; no Django.

    python -m consent.ledger.witness LOG_KEY --keep FOLDER [--name NAME] [--listen 127.0.0.1:8799]

FOLDER holds its key (witness.key, made on the first start) and newest.txt, the newest note with its
cosignature: the verifier takes that file, with --witness-key. The way there and back is in wire.
"""

import argparse
import os
import secrets
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from consent.errors import NoteRefused
from consent.ledger import cosignature, note, tree, wire

MOST = 64 * 1024  # bytes of a request
PATIENCE = 10  # seconds for a client that says nothing
NEWEST, KEY = "newest.txt", "witness.key"


class Refusal(Exception):
    """Why nothing was cosigned, as HTTP says it. `size`: what this witness has seen, where that helps."""

    def __init__(self, status: int, sentence: str, size: int | None = None) -> None:
        super().__init__(sentence)
        self.status, self.size = status, size


@dataclass(slots=True)
class Witness:
    """One witness of one ledger."""

    log: note.Signer
    folder: Path
    name: str = "witness"
    _one: threading.Lock = field(default_factory=threading.Lock)

    @property
    def signer(self) -> note.Signer:
        """What others know it by."""
        return note.Signer.of(self.name, self._seed(), note.COSIGNATURE)

    def newest(self) -> note.Checkpoint | None:
        """The newest checkpoint that it has cosigned. Raises NoteRefused if what it kept was changed."""
        path = self.folder / NEWEST
        if not path.exists():
            return None
        text = path.read_text(encoding="utf-8").removesuffix("\n")
        cosignature.verify(text, self.signer)
        return note.open(text, self.log.name, self.log.public_key)

    def see(self, request: wire.Growth, *, at: datetime) -> str:
        """The cosignature line. Raises Refusal, with nothing kept, for anything but consistent growth."""
        try:
            if note.parse(note.parts(request.note)[0]).origin != self.log.name:
                raise Refusal(404, "This witness knows no such ledger.")
            seen = note.open(request.note, self.log.name, self.log.public_key)
        except NoteRefused as refused:
            raise Refusal(403, str(refused)) from refused
        with self._one:
            known = self._kept()
            size, root = (known.size, known.root) if known else (0, tree.EMPTY_ROOT)
            if request.old > seen.size:
                raise Refusal(400, "The old size is larger than the new one.")
            if request.old != size:
                raise Refusal(409, f"This witness has seen {size} events, not {request.old}.", size)
            if seen.size == size and seen.root != root:
                raise Refusal(409, f"These are two histories of the first {size} events.", size)
            if not _grows(size, root, seen, request.proof):
                raise Refusal(422, f"It is not shown that this grew from the {size} events seen before.")
            line = cosignature.sign(request.note, self.name, self._seed(), at=at)
            self._keep(f"{_bare(request.note, self.log)}{line}\n")
        return line

    def _kept(self) -> note.Checkpoint | None:
        try:
            return self.newest()
        except NoteRefused as refused:
            raise Refusal(500, f"What this witness kept is not as it wrote it. {refused}") from refused

    def _keep(self, text: str) -> None:
        """Whole or not at all, and on the disk before anybody is answered."""
        draft = self.folder / f".{NEWEST}"
        with draft.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.folder / NEWEST)
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _seed(self) -> bytes:
        path = self.folder / KEY
        if not path.exists():
            if (self.folder / NEWEST).exists():
                raise NoteRefused(
                    f"{path} is gone, and with it who this witness was. Nothing was signed; put it back, or "
                    "begin a new witness in an empty folder."
                )
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_bytes(32))
        return path.read_bytes()


def _grows(size: int, root: bytes, seen: note.Checkpoint, proof: Sequence[bytes]) -> bool:
    if size == 0:
        return not proof and (seen.size > 0 or seen.root == tree.EMPTY_ROOT)
    return tree.verify_consistency(
        old=size, new=seen.size, old_root=root, new_root=seen.root, proof=list(proof)
    )


def _bare(text: str, log: note.Signer) -> str:
    """The note with the log's own signature lines, and no stranger's."""
    body, _, lines = text.rpartition("\n\n")
    ours = [line for line in lines.splitlines() if line.startswith(f"{note.DASH}{log.name} ")]
    return f"{body}\n\n" + "".join(f"{line}\n" for line in ours)


def server(witness: Witness, address: tuple[str, int], clock: Callable[[], datetime]) -> ThreadingHTTPServer:
    """POST /add-checkpoint, and GET / for the newest note; one witness behind both."""

    class Door(BaseHTTPRequestHandler):
        timeout = PATIENCE

        def do_POST(self) -> None:
            try:
                if self.path != "/add-checkpoint":
                    raise Refusal(404, "There is only /add-checkpoint here.")
                length = self.headers.get("Content-Length", "")
                if not length.isdecimal() or int(length) > MOST:
                    raise Refusal(413, "A request is at most 64 kB, and says how long it is.")
                growth = wire.read(self.rfile.read(int(length)))
                self._answer(200, witness.see(growth, at=clock()))
            except wire.Malformed as wrong:
                self._answer(400, f"{wrong}\n")
            except Refusal as refusal:
                if refusal.status == 409 and refusal.size is not None:
                    self._answer(409, f"{refusal.size}\n", wire.SIZE_TYPE)
                else:
                    self._answer(refusal.status, f"{refusal}\n")

        def do_GET(self) -> None:
            kept = witness.folder / NEWEST
            if self.path != "/" or not kept.exists():
                self._answer(404, "Nothing was seen yet.\n")
            else:
                self._answer(200, kept.read_text(encoding="utf-8"))

        def _answer(self, status: int, text: str, kind: str = "text/plain; charset=utf-8") -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: Any) -> None:
            sys.stderr.write(f"{clock().isoformat()} {format % arguments}\n")

    return ThreadingHTTPServer(address, Door)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="consent.ledger.witness", description="Witness a ledger's growth.")
    parser.add_argument("log", help="the ledger's verifier key (name+id+key), as you were given it")
    parser.add_argument("--keep", type=Path, required=True, help="the folder for its key and what it saw")
    parser.add_argument("--name", default="witness", help="the name under which it signs")
    parser.add_argument("--listen", default="127.0.0.1:8799", help="host:port (default: %(default)s)")
    given = parser.parse_args(arguments)
    host, _, port = given.listen.rpartition(":")
    try:
        note.refuse_name(given.name)
        witness = Witness(note.Signer.parse(given.log), given.keep, given.name)
        signer, newest = witness.signer, witness.newest()
        listening = server(witness, (host, int(port)), lambda: datetime.now(UTC))
    except (OSError, ValueError, NoteRefused) as fault:
        sys.stderr.write(f"The witness did not start: {fault}\n")
        return 2
    sys.stdout.write(f"witness key {signer}\n")
    sys.stdout.write(f"has seen {newest.size if newest else 0} events; listens on {given.listen}\n")
    sys.stdout.flush()
    try:
        listening.serve_forever()
    except KeyboardInterrupt:
        listening.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
