"""The lines of the ledger as values, and as the lines of an export. Pure.

A leaf never says the event itself, only a salted commitment to it. The opening (salt and body) lies beside
the tree and can be destroyed for an erased person: the leaf hash, and every proof on it, stays what it was.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime
from json.encoder import c_make_encoder, encode_basestring  # type: ignore[attr-defined]
from json.scanner import make_scanner
from math import isfinite
from typing import Any, Self

from consent.ledger import tree

SALT_BYTES = 32
LARGEST, DIGITS = 2**63 - 1, 20  # of numbers: no place, size or position is larger
PLAIN = re.compile(r"[a-z0-9_:-]*")  # what JSON writes as it is

_encoder = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
# The compiled half of that encoder, made once: JSONEncoder.encode makes one for every value it writes.
_write = c_make_encoder and c_make_encoder(
    None, _encoder.default, encode_basestring, None, ":", ",", True, False, False
)


def as_text(value: Any) -> str:
    """canonical() of plain values, without its questions: an audit writes every leaf anew."""
    if type(value) is str:
        return encode_basestring(value)
    return _encoder.encode(value) if _write is None else "".join(_write(value, 0))


def commit(salt: bytes, body: str) -> bytes:
    return hashlib.sha256(salt + body.encode()).digest()


def leaf_data(*, uid: str, kind: str, commitment: bytes) -> bytes:
    if PLAIN.fullmatch(uid + kind):  # as nearly every leaf is: what as_text would write, written at once
        return f'{{"commitment":"{commitment.hex()}","kind":"{kind}","uid":"{uid}"}}'.encode()
    return as_text({"uid": uid, "kind": kind, "commitment": commitment.hex()}).encode()


def from_text(text: str) -> Any:
    """json.loads for lines that begin with their value, in half the time: an audit reads every leaf twice.
    Stricter: what two programs could read in two ways is no line of ours."""
    try:
        value, end = _scan(text, 0)
    except StopIteration as nothing:
        raise ValueError(f"no JSON at character {nothing.value}") from None
    except RecursionError:
        raise ValueError("it is nested deeper than anything that is written here") from None
    if end != len(text) and not text[end:].isspace():
        raise ValueError(f"more than JSON from character {end} on")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    said = dict(pairs)
    if len(said) != len(pairs):
        raise ValueError("a name stands twice in one object, so two readers could read two things")
    return said


def _whole(digits: str) -> int:
    if len(digits) > DIGITS or not -LARGEST <= (number := int(digits)) <= LARGEST:
        raise ValueError(f"a number of {len(digits)} digits is larger than any that is written here")
    return number


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _fraction(digits: str) -> float:
    if len(digits) > DIGITS or not isfinite(number := float(digits)):
        raise ValueError(f"{digits[:DIGITS]} is larger than any number that is written here")
    return number


_decoder = json.JSONDecoder(
    object_pairs_hook=_once, parse_int=_whole, parse_float=_fraction, parse_constant=_no_number
)
_scan = make_scanner(_decoder)  # type: ignore[arg-type]  # typeshed asks for a scanner here


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event as an auditor finds it: its public line, and its opening where there is one."""

    uid: str
    kind: str
    at: datetime
    commitment: bytes
    salt: bytes | None = None
    body: str | None = None  # canonical JSON of kind, at, by, subject and fields

    @property
    def leaf_hash(self) -> bytes:
        return tree.leaf_hash(leaf_data(uid=self.uid, kind=self.kind, commitment=self.commitment))

    def as_json(self) -> dict[str, Any]:
        opening = {} if self.salt is None else {"salt": self.salt.hex(), "body": self.body}
        return {
            "uid": self.uid,
            "kind": self.kind,
            "at": self.at,
            "commitment": self.commitment.hex(),
            **opening,
        }

    @classmethod
    def from_json(cls, line: dict[str, Any]) -> Self:
        return cls(
            uid=line["uid"],
            kind=line["kind"],
            at=datetime.fromisoformat(line["at"]),
            commitment=bytes.fromhex(line["commitment"]),
            salt=bytes.fromhex(line["salt"]) if "salt" in line else None,
            body=line.get("body"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """An entry in its place. `subtrees` are the hashes that the leaf completes, kept for proofs."""

    position: int
    entry: Entry
    leaf_hash: bytes
    subtrees: bytes | None = None

    def as_json(self) -> dict[str, Any]:
        return {"position": self.position, "leaf": self.leaf_hash.hex(), **self.entry.as_json()}

    @classmethod
    def from_json(cls, line: dict[str, Any]) -> Self:
        return cls(
            position=line["position"], entry=Entry.from_json(line), leaf_hash=bytes.fromhex(line["leaf"])
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A checkpoint in its place: the first `size` leaves hash to `root`, and the note vouches for it."""

    size: int
    root: bytes
    note: str
    at: datetime
    frontier: bytes | None = None

    def as_json(self) -> dict[str, Any]:
        return {"size": self.size, "root": self.root.hex(), "note": self.note, "at": self.at}

    @classmethod
    def from_json(cls, line: dict[str, Any]) -> Self:
        return cls(
            size=line["size"],
            root=bytes.fromhex(line["root"]),
            note=line["note"],
            at=datetime.fromisoformat(line["at"]),
        )
