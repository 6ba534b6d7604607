"""Checkpoints as signed notes (C2SP signed-note and tlog-checkpoint), Ed25519. Pure.

    genomic-broker/ledger          origin
    4                              size
    qTz...=                        root
    at 2026-05-01T08:00:00Z        extension lines: signed with the rest

    — genomic-broker/ledger <key id and signature in base64>

Anyone may add signature lines of their own (a witness does); those by other keys are not looked at here.
Where notes are kept is in consent.ledger.checkpoints.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from consent.errors import NoteRefused

ED25519 = b"\x01"  # the algorithm's number in signed notes
COSIGNATURE = b"\x04"  # and that of a witness's cosignature: consent.ledger.cosignature
DASH = "\N{EM DASH} "
ROOT_BYTES = 32
SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What the signer vouches for: this ledger had this many leaves, and they hash to this root."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = (self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extensions)
        return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """A public key and the name it signs under. As text: the verifier key that people hand to each other."""

    name: str
    public_key: bytes
    algorithm: bytes = ED25519

    @property
    def id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + self.algorithm + self.public_key).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(self.algorithm + self.public_key).decode()}"

    @classmethod
    def of(cls, name: str, seed: bytes, algorithm: bytes = ED25519) -> Self:
        public_key = Ed25519PrivateKey.from_private_bytes(seed).public_key()
        return cls(name=name, public_key=public_key.public_bytes_raw(), algorithm=algorithm)

    @classmethod
    def parse(cls, text: str, algorithm: bytes = ED25519) -> Self:
        name, _, rest = text.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        key = unbase64(encoded)
        signer = cls(name=name, public_key=key[1:], algorithm=algorithm)
        if key[:1] != algorithm or len(key) != 33 or signer.id.hex() != key_id:
            raise NoteRefused(
                f"{text!r} is not a verifier key (name+id+key). Copy it whole, as verify_ledger prints it."
            )
        return signer


def sign(checkpoint: Checkpoint, key_name: str, seed: bytes) -> str:
    """The note that vouches for `checkpoint`, signed with the Ed25519 seed."""
    body = str(checkpoint)
    if parse(body) != checkpoint:
        raise NoteRefused("This checkpoint cannot be written as lines of text. Nothing was signed.")
    return sign_text(body, key_name, seed)


def sign_text(body: str, key_name: str, seed: bytes) -> str:
    """The note of any text. The caller sees to it that no text of one meaning passes for one of another."""
    refuse_name(key_name)
    if not body.endswith("\n") or "\n\n" in body:
        raise NoteRefused("This text is not whole lines, or has an empty one. Nothing was signed.")
    signature = Ed25519PrivateKey.from_private_bytes(seed).sign(body.encode())
    line = base64.b64encode(Signer.of(key_name, seed).id + signature).decode()
    return f"{body}\n{DASH}{key_name} {line}\n"


def open(text: str, key_name: str, public_key: bytes) -> Checkpoint:
    """The checkpoint in a note that this key signed. Raises NoteRefused for anything else."""
    return parse(open_text(text, key_name, public_key))


def open_text(text: str, key_name: str, public_key: bytes) -> str:
    """The text in a note that this key signed, whatever it says. Raises NoteRefused for anything else."""
    body, signatures = parts(text)
    signer = Signer(name=key_name, public_key=public_key)
    key = Ed25519PublicKey.from_public_bytes(public_key)
    ours = [raw[4:] for name, raw in signatures if name == key_name and raw[:4] == signer.id]
    if not ours:
        raise NoteRefused(f"The note carries no signature by {signer}.")
    for signature in ours:
        try:
            key.verify(signature, body.encode())
        except InvalidSignature:
            raise NoteRefused(f"The signature by {key_name} does not fit the note.") from None
    return body


def split(text: str) -> tuple[list[str], str]:
    """The whole notes in a file of notes, each followed by an empty line, and what is left over: the torn
    end of a note that somebody was writing when the machine stopped."""
    notes: list[str] = []
    start = 0
    while True:
        signatures = text.find("\n\n", start) + 2
        end = text.find("\n\n", signatures) if signatures > 1 else -1
        if end < 0:
            return notes, text[start:]
        notes.append(text[start : end + 1])
        start = end + 2


def join(notes: Iterable[str]) -> str:
    return "".join(f"{note}\n" for note in notes)


def parts(text: str) -> tuple[str, list[tuple[str, bytes]]]:
    """What is signed, and by each signature line its name and its bytes, the key id first."""
    body, mark, tail = text.rpartition("\n\n")
    if not mark or not tail.endswith("\n"):
        raise NoteRefused("The note has no signatures after an empty line: it is cut off, or not a note.")
    signatures = []
    for line in tail[:-1].split("\n"):
        name, _, encoded = line.removeprefix(DASH).partition(" ")
        raw = unbase64(encoded)
        if not line.startswith(DASH) or not name or len(raw) < 5:
            raise NoteRefused(f"{line!r} is not a signature line.")
        signatures.append((name, raw))
    return body + "\n", signatures


def parse(body: str) -> Checkpoint:
    """What a note says, whoever signed it."""
    lines = body.removesuffix("\n").split("\n")
    if len(lines) < 3 or not body.endswith("\n"):
        raise NoteRefused("The note has fewer than three lines: it is not a checkpoint.")
    origin, size, encoded, *extensions = lines
    root = unbase64(encoded)
    if not all(lines) or not SIZE.fullmatch(size) or len(root) != ROOT_BYTES:
        raise NoteRefused("The note is not a checkpoint: origin, size and root are not on its first lines.")
    return Checkpoint(origin=origin, size=int(size), root=root, extensions=tuple(extensions))


def refuse_name(name: str) -> None:
    """Raises NoteRefused for a name that no signature line can carry."""
    if not name or "+" in name or any(c.isspace() for c in name):
        raise NoteRefused(f"{name!r} cannot name a key: it is empty, or has a space or a plus in it.")


def unbase64(encoded: str) -> bytes:
    """Strict: the one spelling of these bytes, or nothing."""
    try:
        raw = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return raw if base64.b64encode(raw).decode() == encoded else b""
