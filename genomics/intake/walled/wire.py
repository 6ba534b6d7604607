"""What a child says over its pipe, and how it is read by those who do not believe it.

A head with two lengths, then JSON, then the bytes of the column. A child that read a hostile file may be in
its maker's hands: every length is bounded before anything is kept, every field must have its type, every
sentence be short and printable, and the column be one that a reader of ours could have written.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, get_type_hints

import msgspec

from genomics.columns import Column
from genomics.coordinates import Build
from genomics.errors import ColumnDamaged, FileReason, FileRefused
from genomics.formats import Limits, Profile
from genomics.intake.details import Detail
from genomics.intake.laid_out import NOTHING, LaidOut
from genomics.intake.walled.alike import Tally
from genomics.intake.walled.walls import Allowance

_HEAD = struct.Struct("<4sIQ")  # what it is, bytes of JSON, bytes of the column
_PROFILE, _REFUSED = b"PROF", b"REFU"
_FOOT = struct.Struct("<4sQ??")  # behind a copy: what it is, and what is known of it
_COPY = b"COPY"
_MOST_TOLD = 1 << 20  # bytes of JSON
_MOST_SENTENCES, _LONGEST_SENTENCE, _LONGEST_MASK = 200, 600, 8
_ROW = 13  # bytes of a row in a column at most

_NAMES = tuple(field.name for field in fields(Profile) if field.name != "column")
# A Profile as JSON: all of it but the column.
_Told: Any = msgspec.defstruct(
    "_Told",
    [(name, get_type_hints(Profile)[name]) for name in _NAMES],
    forbid_unknown_fields=True,
    kw_only=True,
)


class _Refusal(msgspec.Struct, forbid_unknown_fields=True):
    reason: FileReason
    what: str
    line: int | None


class Unbelievable(ValueError):
    """The child said what no honest child says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What a child is sent to do with the file it is handed, and within which bounds."""

    task: str
    assume: Build | None = None
    limits: Limits
    laid_out: LaidOut = NOTHING
    allowance: Allowance
    walled: bool = True
    found: tuple[Detail, ...] = ()  # of which kinds, when it was read


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How a child ended: its exit code, or a signal below zero; processor seconds; peak memory in bytes."""

    code: int
    cpu_seconds: float
    memory: int


def packed(value: Errand | End) -> bytes:
    """Between ourselves: an errand or an end as a message."""
    return msgspec.json.encode(value)


def errand(message: bytes) -> Errand:
    """The errand in a message."""
    return msgspec.json.decode(message, type=Errand)


def end(message: bytes) -> End:
    """The end in a message."""
    return msgspec.json.decode(message, type=End)


def tell(said: Profile | FileRefused) -> Iterator[bytes]:
    """The child's side: what came of reading."""
    if isinstance(said, FileRefused):
        told = msgspec.json.encode(_Refusal(said.reason, said.what, said.line))
        yield _HEAD.pack(_REFUSED, len(told), 0) + told
        return
    told = msgspec.json.encode({name: getattr(said, name) for name in _NAMES})
    column = said.column.to_bytes()
    yield _HEAD.pack(_PROFILE, len(told), len(column)) + told
    yield column


def tell_copy(pieces: Iterator[bytes], tally: Tally) -> Iterator[bytes]:
    """The child's side: a copy, and behind it what is known of it when it is made."""
    yield from pieces
    yield _FOOT.pack(_COPY, tally.content, tally.rewritten, tally.alike)


def hear_copy(said: bytes) -> tuple[bytes, Tally]:
    """The listener's side. Raises Unbelievable for what has no such end."""
    begin = len(said) - _FOOT.size
    kind, content, rewritten, alike = _FOOT.unpack_from(said, begin) if begin >= 0 else (b"", 0, False, False)
    if kind != _COPY:
        raise Unbelievable("a copy that was not made to its end")
    return said[:begin], Tally(content=content, rewritten=rewritten, alike=alike)


def most(limits: Limits) -> int:
    """The longest that an honest child says under these limits, in bytes."""
    return _HEAD.size + 2 * _MOST_TOLD + 2 * _ROW * limits.records + 2 * limits.allele_text


def hear(said: bytes) -> Profile | FileRefused:
    """The listener's side. Raises Unbelievable for all that is not whole and well formed."""
    if len(said) < _HEAD.size:
        raise Unbelievable("less than a head")
    kind, told, column = _HEAD.unpack_from(said)
    if told > _MOST_TOLD or _HEAD.size + told + column != len(said):
        raise Unbelievable("lengths that do not add up")
    text = said[_HEAD.size : _HEAD.size + told]
    try:
        if kind == _REFUSED and not column:
            return _refusal(msgspec.json.decode(text, type=_Refusal))
        if kind == _PROFILE:
            return _profile(msgspec.json.decode(text, type=_Told), said[_HEAD.size + told :])
    except (msgspec.MsgspecError, ColumnDamaged, UnicodeDecodeError, RecursionError) as wrong:
        raise Unbelievable(type(wrong).__name__) from None
    raise Unbelievable("neither a profile nor a refusal")


def _refusal(told: _Refusal) -> FileRefused:
    _check_sentences((told.what,))
    if told.line is not None and not 1 <= told.line < 1 << 40:
        raise Unbelievable("a line that no file has")
    return FileRefused(told.reason, told.what, told.line)


def _profile(told: Any, column: bytes) -> Profile:
    profile = Profile(
        column=Column.from_bytes(column),
        **{name: getattr(told, name) for name in _NAMES},
    )
    _check_sentences((profile.build_evidence, *profile.notes))
    for finding in profile.findings:
        if not 0 <= finding.line < 1 << 40 or len(finding.masked) > _LONGEST_MASK:
            raise Unbelievable("a finding that shows too much")
    _check_sentences(tuple(finding.masked for finding in profile.findings))
    return profile


def _check_sentences(sentences: tuple[str, ...]) -> None:
    if len(sentences) > _MOST_SENTENCES:
        raise Unbelievable("too many sentences")
    if not all(len(one) <= _LONGEST_SENTENCE and one.isprintable() for one in sentences):
        raise Unbelievable("a sentence that is too long, or not printable")
