"""What leaves the house for an auditor: files in one zip, and a manifest of them that the ledger's key signs.

    genomic-broker/ledger
    export manifest 1              never a size, so that no manifest passes for a checkpoint
    key genomic-broker/ledger+…    the ledger's; compare it with one you were given
    what the events that fit outcome:refused
    by user:…
    at 2026-05-01T08:00:00Z
    under 184 qTz...=              the newest checkpoint when it was packed
    file <SHA-256> <bytes> <name>

    — genomic-broker/ledger <key id and signature in base64>

Reading needs no Django: it is part of the verifier. What is packed is chosen in broker.exports.
"""

import base64
import hashlib
import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any, BinaryIO, Self, TextIO

from consent.canonical import instant, written
from consent.errors import NoteRefused, Unreadable
from consent.ledger import note as notes
from consent.ledger import untrusted

HEAD = "export manifest 1"
MANIFEST = "manifest.txt"
LARGEST_MANIFEST = 1024 * 1024
PIECE = 1024 * 1024
LINE = re.compile(r"file ([0-9a-f]{64}) (0|[1-9][0-9]{0,15}) ([a-z0-9][a-z0-9.-]{0,80})")


@dataclass(frozen=True, slots=True)
class Packed:
    """One file of a parcel."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What is signed of a parcel."""

    key: notes.Signer
    what: str
    by: str
    at: datetime
    size: int  # of the newest checkpoint
    root: bytes
    files: tuple[Packed, ...]

    def __str__(self) -> str:
        lines = (
            self.key.name,
            HEAD,
            f"key {self.key}",
            f"what {' '.join(self.what.split())}",
            f"by {self.by}",
            f"at {written(self.at)}",
            f"under {self.size} {base64.b64encode(self.root).decode()}",
            *(f"file {one.sha256} {one.size} {one.name}" for one in self.files),
        )
        return "\n".join(lines) + "\n"

    @classmethod
    def parse(cls, body: str) -> Self:
        """Raises NoteRefused for anything that is not written as __str__ writes it."""
        try:
            _, head, *lines = body.removesuffix("\n").split("\n")
            (key, what, by, at, under), files = lines[:5], lines[5:]
            size, _, root = under.removeprefix("under ").partition(" ")
            made = cls(
                key=notes.Signer.parse(key.removeprefix("key ")),
                what=what.removeprefix("what "),
                by=by.removeprefix("by "),
                at=instant(at.removeprefix("at ")),
                size=int(size),
                root=notes.unbase64(root),
                files=tuple(_packed(line) for line in files),
            )
        except ValueError as fault:
            raise NoteRefused(f"This is no manifest of an export ({fault}).") from None
        if head != HEAD or str(made) != body:
            raise NoteRefused("This is no manifest of an export that is known here.")
        return made


def _packed(line: str) -> Packed:
    found = LINE.fullmatch(line)
    if found is None:
        raise ValueError(f"{line!r} names no file")
    return Packed(found[3], found[1], int(found[2]))


# --- packing ---


@dataclass(slots=True)
class Packing:
    """A parcel while it is made. Files are hashed as they are written: it may be larger than memory."""

    out: BinaryIO
    files: list[Packed] = field(default_factory=list)
    _zip: zipfile.ZipFile = field(init=False)

    def __post_init__(self) -> None:
        self._zip = zipfile.ZipFile(self.out, "w", zipfile.ZIP_DEFLATED, compresslevel=1)

    @contextmanager
    def file(self, name: str) -> Iterator[TextIO]:
        with self._zip.open(name, "w", force_zip64=True) as inside:
            counted = _Counted(inside)
            text = io.TextIOWrapper(io.BufferedWriter(counted, PIECE), encoding="utf-8", newline="\n")
            yield text
            text.flush()
        self.files.append(Packed(name, counted.sha256.hexdigest(), counted.size))

    def seal(
        self, *, seed: bytes, name: str, what: str, by: str, at: datetime, size: int, root: bytes
    ) -> str:
        """Sign the list of what was packed, and close the parcel. Returns the manifest."""
        listed = Manifest(
            key=notes.Signer.of(name, seed),
            what=what,
            by=by,
            at=at,
            size=size,
            root=root,
            files=tuple(self.files),
        )
        text = notes.sign_text(str(listed), name, seed)
        self._zip.writestr(MANIFEST, text)
        self._zip.close()
        return text


class _Counted(io.RawIOBase):
    """Writes through, and keeps the hash and the number of the bytes."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out, self.sha256, self.size = out, hashlib.sha256(), 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.sha256.update(data)
        self.size += len(data)
        return self._out.write(data)


# --- opening ---


@dataclass(frozen=True, slots=True)
class Opened:
    """A parcel whose manifest is signed, and what does not hold of its files."""

    path: Path
    manifest: Manifest
    problems: tuple[str, ...]

    def names(self) -> list[str]:
        return [one.name for one in self.manifest.files]

    @contextmanager
    def text(self, name: str) -> Iterator[TextIO]:
        with untrusted.unpacked(self.path) as inside, inside.open(name) as raw:
            yield io.TextIOWrapper(raw, encoding="utf-8")

    def __str__(self) -> str:
        made = self.manifest
        return f"Export of {written(made.at)} by {made.by}: {made.what} ({', '.join(self.names())})"


def opened(path: Path, *, signer: notes.Signer | None) -> Opened:
    """Raises NoteRefused when the manifest is not signed by this key, Unreadable when there is none. Without
    a `signer` the key is the manifest's own, which shows only that the export agrees with itself."""
    with untrusted.unpacked(path) as inside:
        text = _manifest(inside)
        own = Manifest.parse(notes.parts(text)[0])
        key = signer or own.key
        listed = Manifest.parse(notes.open_text(text, key.name, key.public_key))
        return Opened(path, listed, tuple(_problems(inside, listed)))


def not_under(said: Manifest, size: int, root: bytes) -> Iterator[str]:
    """Where the checkpoint that a manifest names is not the newest one of what was packed."""
    if (said.size, said.root) != (size, root):
        yield (
            f"Its manifest says that it was packed under a checkpoint of {said.size} events; what is in it "
            f"ends at {size}{', or at another root' if said.size == size else ''}."
        )


def key_of(path: Path) -> notes.Signer:
    """The key that an export says it is signed with. Raises as `opened` does."""
    with untrusted.unpacked(path) as inside:
        return Manifest.parse(notes.parts(_manifest(inside))[0]).key


def _manifest(inside: zipfile.ZipFile) -> str:
    if inside.namelist().count(MANIFEST) != 1:
        raise Unreadable(f"It has no {MANIFEST}, or two, so nobody has vouched for what is in it.")
    with inside.open(MANIFEST) as raw:
        try:
            return raw.read(LARGEST_MANIFEST).decode()
        except UnicodeDecodeError:
            raise Unreadable(f"Its {MANIFEST} is no text.") from None


def _problems(inside: zipfile.ZipFile, listed: Manifest) -> Iterator[str]:
    there = inside.namelist()
    names = [one.name for one in listed.files]
    for name in sorted({*there} - {*names, MANIFEST}):
        yield f"{untrusted.short(name)} is in the export, and the manifest does not list it."
    if len(there) != len({*there}) or len(names) != len({*names}):
        yield "A name stands twice in the export."
    for one in listed.files:
        if one.name not in there:
            yield f"The manifest lists {one.name}, and it is not in the export."
        elif _measured(inside, one) != (one.sha256, one.size):
            yield f"{one.name} is not the file that was packed: it was changed."


def _measured(inside: zipfile.ZipFile, one: Packed) -> tuple[str, int]:
    """Never reads far beyond what was listed, however much is packed in."""
    sha256, size = hashlib.sha256(), 0
    with inside.open(one.name) as raw:
        while size <= one.size and (piece := raw.read(PIECE)):
            sha256.update(piece)
            size += len(piece)
    return sha256.hexdigest(), size
