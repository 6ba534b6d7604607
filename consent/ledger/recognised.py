"""What a file is that somebody gave the verifier: found out from what is in it, never from its name. Pure.

    thing = recognised.thing(path)          # or Unreadable, which says why
    if thing.kind is Kind.PARCEL: things = [*recognised.parts(thing, opened)]

Whether it holds is asked in consent.ledger.checking.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TextIO

from consent.errors import NoteRefused, Unreadable
from consent.ledger import job_file, participation, untrusted
from consent.ledger import note as notes
from consent.ledger.leaves import from_text
from consent.ledger.parcel import HEAD, Opened

LEDGER, EVENTS, NOTE, JOB = "ledger.jsonl", "events.jsonl", "checkpoint.txt", "job-"  # what a zip may hold
FIRST = 64 * 1024  # bytes that are looked at first
ZIP = b"PK"
REPORT = "transparency"


class Kind(StrEnum):
    """What can be checked."""

    PARCEL = "an export"
    LEDGER = "a ledger"
    EXCERPT = "events of a ledger"
    JOB = "a job"
    PROOF = "a participant's proof"
    REPORT = "a public report"
    STATEMENT = "a monthly statement"
    NOTES = "checkpoints"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """One thing to check. `inside`: its name in the zip at `path`; `value`: what a small thing says."""

    name: str
    kind: Kind
    path: Path
    inside: str = ""
    value: Any = None

    @contextmanager
    def text(self, inside: str = "") -> Iterator[TextIO]:
        """What it says, or what another file beside it in the zip does."""
        if not self.inside:
            with self.path.open(encoding="utf-8") as stream:
                yield stream
            return
        with untrusted.unpacked(self.path) as packed, packed.open(inside or self.inside) as raw:
            yield io.TextIOWrapper(raw, encoding="utf-8")

    def own_key(self) -> str | None:
        """The key that it says it is signed with, where it says one."""
        if self.kind is Kind.LEDGER:
            with self.text() as stream:
                said = from_text(next(untrusted.lines(stream)))["ledger"]
        else:
            said = self.value.get("ledger") if isinstance(self.value, dict) else None
        return said if isinstance(said, str) else None


def thing(path: Path) -> Thing:
    """Raises Unreadable for what is nothing that can be checked here, saying why."""
    untrusted.regular(path)
    with path.open("rb") as raw:
        first = raw.read(FIRST)
    if not first.strip():
        raise Unreadable("It is empty.")
    if first.startswith(ZIP):
        return Thing(name=path.name, kind=Kind.PARCEL, path=path)
    try:
        if first.lstrip().startswith((b"{", b"[")):
            return _json(path, first)
        return _note(path)
    except UnicodeDecodeError:
        raise Unreadable("It is neither a zip nor text.") from None


def parts(whole: Thing, opened: Opened) -> Iterator[Thing]:
    """What lies in a zip whose manifest holds. A file that is not known here is as it was packed, no more."""
    names = opened.names()
    for inside in names:
        name = f"{whole.name}/{inside}"
        if inside == LEDGER:
            yield Thing(name=name, kind=Kind.LEDGER, path=whole.path, inside=inside)
        elif inside == EVENTS:
            if NOTE not in names:
                raise Unreadable("It holds events and no checkpoint to prove them under.")
            yield Thing(name=name, kind=Kind.EXCERPT, path=whole.path, inside=inside)
        elif inside.startswith(JOB) and inside.endswith(".json"):
            with opened.text(inside) as stream:
                value = untrusted.value(stream)
            yield Thing(name=name, kind=Kind.JOB, path=whole.path, inside=inside, value=value)


def _json(path: Path, first: bytes) -> Thing:
    line, newline, _ = first.partition(b"\n")
    if newline and (said := _line(line)) is not None:
        if isinstance(said, dict) and {"ledger", "format", "openings"} <= said.keys():
            return Thing(name=path.name, kind=Kind.LEDGER, path=path)
        if isinstance(said, dict) and {"position", "uid", "commitment"} <= said.keys():
            raise Unreadable("It holds events out of their export: give the zip that they came in.")
    with path.open(encoding="utf-8") as stream:
        value = untrusted.value(stream)
    said = value if isinstance(value, dict) else {}
    if said.get("file") == job_file.KIND:
        return Thing(name=path.name, kind=Kind.JOB, path=path, value=value)
    if said.get("proof") == participation.KIND:
        return Thing(name=path.name, kind=Kind.PROOF, path=path, value=value)
    if said.get("report") == REPORT:
        return Thing(name=path.name, kind=Kind.REPORT, path=path, value=value)
    if {"ledger", "format", "openings"} <= said.keys():  # cut off behind its first line
        return Thing(name=path.name, kind=Kind.LEDGER, path=path)
    raise Unreadable("It is JSON, and neither a ledger, a job, a proof nor a report that is known here.")


def _line(line: bytes) -> Any:
    try:
        return from_text(line.decode().strip())
    except ValueError:
        return None


def _note(path: Path) -> Thing:
    with path.open(encoding="utf-8", newline="") as stream:
        text = stream.read()
    try:
        body, _ = notes.parts(text.rstrip("\n") + "\n")
    except NoteRefused:
        body = text
    lines = text.split("\n", 2)
    if len(lines) > 1 and lines[0].endswith("/monthly"):
        return Thing(name=path.name, kind=Kind.STATEMENT, path=path, value=text)
    if len(lines) > 1 and lines[1] == HEAD:
        raise Unreadable("It is the manifest of an export without its files: give the zip that it came in.")
    if body != text or (len(lines) > 1 and notes.SIZE.fullmatch(lines[1])):
        return Thing(name=path.name, kind=Kind.NOTES, path=path, value=text)
    raise Unreadable(
        "It is nothing that can be checked here: no export, job, proof, checkpoint, report or monthly "
        "statement."
    )
