"""One way to write a value down: canonical JSON, and how it is read back.

Sorted keys, no white space, UTF-8; instants as RFC 3339 with Z. What the values mean is in terms.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, TypeAlias
from uuid import UUID

# JSON with its lists as tuples and its objects as sorted pairs: hashable, so that values can carry it.
Frozen: TypeAlias = "str | int | float | bool | tuple[Frozen, ...] | None"


def canonical(value: object) -> bytes:
    """The one byte string of a value. Raises for what has none: a naive datetime, NaN, an unknown type."""
    return json.dumps(
        plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def plain(value: object) -> Any:
    """A value in the types that JSON has."""
    match value:
        case Enum():
            return plain(value.value)
        case None | bool() | int() | float() | str():
            return value
        case datetime():
            return written(value)
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
        case bytes():
            return value.hex()
        case Mapping():
            return {str(plain(key)): plain(item) for key, item in value.items()}
        case frozenset() | set():
            return sorted((plain(item) for item in value), key=_sortable)
        case tuple() | list():
            return [plain(item) for item in value]
    as_json = getattr(value, "as_json", None)
    if callable(as_json):
        return plain(as_json())
    if is_dataclass(value) and not isinstance(value, type):
        return {part.name: plain(getattr(value, part.name)) for part in fields(value)}
    raise TypeError(f"A {type(value).__name__} has no canonical form. Nothing was written.")


def _sortable(item: object) -> str:
    return item if isinstance(item, str) else json.dumps(item, sort_keys=True)


def written(at: datetime) -> str:
    """An instant as RFC 3339 in UTC: whole seconds, with microseconds only where there are any."""
    if at.tzinfo is None:
        raise ValueError(f"{at} names no time zone, so it is no instant. Nothing was written.")
    at = at.astimezone(UTC).replace(tzinfo=None)
    return at.isoformat() + "Z"


def instant(text: str) -> datetime:
    """The instant that a text names. Raises ValueError for a text without a time zone."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is UTC:
        return at
    if at.tzinfo is None:
        raise ValueError(f"{text!r} names no time zone, so it is no instant. Nothing was read.")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{text!r} is beyond what time can tell here. Nothing was read.") from None


def instant_or_none(text: str | None) -> datetime | None:
    """The same, where no instant may be stated."""
    return None if text is None else instant(text)


def words(items: object) -> frozenset[str]:
    """A JSON list of words as a set. Anything but a list says nothing, and is the empty set."""
    return (
        frozenset(str(item) for item in items) if isinstance(items, list | tuple | frozenset) else frozenset()
    )


def frozen(value: object) -> Frozen:
    """JSON made hashable: lists become tuples, objects sorted tuples of pairs."""
    if isinstance(value, Mapping):
        return pairs(value.items())
    if isinstance(value, list | tuple):
        return tuple(frozen(item) for item in value)
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"A {type(value).__name__} is no JSON. Nothing was read.")


def pairs(items: Iterable[tuple[str, object]]) -> tuple[tuple[str, Frozen], ...]:
    """Named values in the order of their names."""
    return tuple(sorted(((name, frozen(item)) for name, item in items), key=lambda pair: pair[0]))
