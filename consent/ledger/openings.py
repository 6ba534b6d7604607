"""What an event says, checked against its kind and written down with the salt that hides it. Pure."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from consent.canonical import written
from consent.errors import EventRefused
from consent.ledger.kinds import EventKind
from consent.ledger.leaves import SALT_BYTES, as_text, commit

SUBJECT = 200  # characters that name what an event is about


@dataclass(frozen=True, slots=True)
class Opening:
    """The body (canonical JSON of kind, at, by, subject and fields), its salt, and what is shown of both."""

    salt: bytes
    body: str
    commitment: bytes
    subject: str


class Writer:
    """Writes openings of one kind, one instant and one actor; what they share is written once."""

    def __init__(self, kind: EventKind, *, at: datetime, by: str) -> None:
        self._kind = kind
        self._faults = []
        if at.tzinfo is None:
            self._faults.append("its time has no zone")
        if not (isinstance(by, str) and by and _is_plain(by)):
            self._faults.append("nobody is named who did it")
        self._fits, self._names = not self._faults, frozenset(kind.fields)
        if self._fits:  # the keys of canonical JSON are in order: at, by, fields, kind, subject
            self._before = f'{{"at":"{written(at)}","by":{as_text(by)},"fields":'
            self._between = f',"kind":{as_text(kind.tag)},"subject":'

    def opening(self, subject: str, fields: Mapping[str, Any], *, salt: bytes | None = None) -> Opening:
        """Raises EventRefused for an event that does not say exactly what its kind says."""
        body = self.body(subject, fields)
        salt = salt or secrets.token_bytes(SALT_BYTES)
        return Opening(salt, body, commit(salt, body), subject)

    def body(self, subject: str, fields: Mapping[str, Any]) -> str:
        """What the opening says. Raises as opening() does."""
        if not (self._fits and self._is_soon_seen_to_fit(subject, fields)):
            faults = [*self._faults, *_faults(self._kind, subject, fields)]
            if faults:
                told = "; ".join(faults)
                raise EventRefused(f"{self._kind.tag} was not written: {told}. Nothing was changed.")
        return f"{self._before}{as_text(fields)}{self._between}{as_text(subject)}}}"

    def _is_soon_seen_to_fit(self, subject: str, fields: Mapping[str, Any]) -> bool:
        """Nearly every event does, and they come by the thousand: the long look is for those that may not."""
        for value in fields.values():
            kind = type(value)
            if not ((kind is str and value.isascii()) or kind is int or kind is bool or value is None):
                return False
        named = type(subject) is str and subject.isascii() and len(subject) <= SUBJECT
        return named and fields.keys() == self._names


def _faults(kind: EventKind, subject: str, fields: Mapping[str, Any]) -> list[str]:
    faults = []
    if fields.keys() != {*kind.fields}:
        if missing := {*kind.fields} - fields.keys():
            faults.append(f"it lacks {', '.join(sorted(missing))}")
        if unknown := fields.keys() - {*kind.fields}:
            faults.append(f"it has no place for {', '.join(sorted(unknown))}")
    unfit = [name for name, value in fields.items() if not _is_plain(value)]
    faults += [f"{name} is not text, a whole number, yes/no, nothing, or a list of these" for name in unfit]
    if not (isinstance(subject, str) and _is_plain(subject)):
        faults.append("its subject is not text")
    elif len(subject) > SUBJECT:
        faults.append(f"its subject is longer than {SUBJECT} characters")
    return faults


def _is_plain(value: object) -> bool:
    if isinstance(value, str):
        return value.isascii() or not any("\ud800" <= c <= "\udfff" for c in value)  # half a character
    if isinstance(value, list):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(key) and _is_plain(value[key]) for key in value)
    return value is None or isinstance(value, bool | int)
