"""INFO and FORMAT values against what the header declares: how many, of which type.

Read once per field with one compiled pattern; a field that is not declared may hold anything, except for the
few whose shape the specification itself fixes. What the values mean is of no concern here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

# A value never gives back what it took (atomic groups), so that no file finds a slow way through. `@` is a
# comma, and a semicolon too where values are looked for within a whole INFO.
_TYPES: dict[bytes, bytes] = {
    b"Integer": rb"[+-]?[0-9]+",
    b"Float": rb"[+-]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|(?i:inf(?:inity)?|nan))",
    b"Character": rb"[^\x00-\x7f@]{2,4}|[^@]",
    b"String": rb"[^@]+",
    b"Flag": rb"",
}
_LETTERS = {(4, 1): b"AG.", (4, 2): b"ARG.", (4, 3): b"ARG.", (4, 4): b"ARGP.", (4, 5): b"ARGP."}
_LOCAL = frozenset((b"LA", b"LR", b"LG", b"M"))
_MOST_VALUES = 5_000
_MOST_SHAPES, _MOST_FORMATS, _MOST_KEYS = 8, 256, 64
_DIPLOID = 2


@dataclass(frozen=True, slots=True)
class Declared:
    """A field as the header declares it; `number` is a count, a letter, or "." for any."""

    number: bytes
    type: bytes


# Fixed by the specification even where the header is silent.
RESERVED_FORMAT: Mapping[bytes, Declared] = {
    b"GL": Declared(b"G", b"Float"),
    b"PL": Declared(b"G", b"Integer"),
}


def declaration(number: bytes, kind: bytes, version: tuple[int, int], *, is_format: bool) -> Declared | None:
    """A declaration read from the header; None when its Number or Type is none."""
    known = number.isdigit() or (len(number) == 1 and number in _LETTERS[version])
    if version == (4, 1):
        known = known or number == b"R"  # 4.2's letter is met in many a 4.1
    if version == (4, 5):
        known = known or number in _LOCAL
    if not known or len(number) > 9 or kind not in _TYPES or (kind == b"Flag" and is_format):
        return None
    return Declared(number, kind)


def _source(kind: bytes, count: int | None, stop: bytes) -> bytes:
    """So many values of one type, or the one dot that stands for none, as a pattern."""
    value = rb"(?>" + _TYPES[kind].replace(b"@", stop) + rb"|\.)"
    more = rb"*+" if count is None else b"{%d}+" % (count - 1)
    return rb"(?:" + value + rb"(?:," + value + rb")" + more + rb"|\.)"


def fits(value: bytes, field: Declared, *, alternates: int, ploidy: int) -> bool:
    """Whether a value is what its declaration promises at a record with so many alternate alleles.

    How many texts a String holds is nobody's promise in practice: their commas are not counted.
    """
    if field.type == b"Flag":
        return field.number != b"0"  # declared at odds with itself, as some callers do: anything goes
    return _pattern(field.number, field.type, alternates, ploidy).fullmatch(value) is not None


@lru_cache(maxsize=4096)
def _pattern(number: bytes, kind: bytes, alternates: int, ploidy: int) -> re.Pattern[bytes]:
    return re.compile(_source(kind, _asked(number, kind, alternates, ploidy), b","))


def _asked(number: bytes, kind: bytes, alternates: int, ploidy: int) -> int | None:
    """How many values a field has here; None when any number will do, or we do not count."""
    count = None if kind == b"String" else _count(number, alternates, ploidy)
    return count if count is not None and 1 <= count <= _MOST_VALUES else None


def _count(number: bytes, alternates: int, ploidy: int) -> int | None:
    """How many values a Number means here; None when any will do."""
    if number.isdigit():
        return int(number)
    if number == b"P":
        return ploidy or None
    if alternates == 0:
        return 1 if number == b"R" else None
    match number:
        case b"A":
            return alternates
        case b"R":
            return alternates + 1
        case b"G" if ploidy == 1:
            return alternates + 1
        case b"G" if ploidy == 2:
            return (alternates + 1) * (alternates + 2) // 2
    return None


def info_fits(info: bytes, declared: Mapping[bytes, Declared], alternates: int) -> bool:
    """Whether an INFO column is well formed and keeps to the header."""
    if info == b".":
        return True
    seen: set[bytes] = set()
    for entry in info.split(b";"):
        key, equals, value = entry.partition(b"=")
        if not key or key in seen:
            return False
        seen.add(key)
        field = declared.get(key)
        if field is None:
            continue
        if not equals:
            if field.type != b"Flag":
                return False
        elif not fits(value, field, alternates=alternates, ploidy=_DIPLOID):
            return False
    return True


class InfoCheck:
    """`info_fits` for many records with so many alternates: keys met before in this order cost one look."""

    def __init__(self, declared: Mapping[bytes, Declared], *, alternates: int) -> None:
        self._declared, self._alternates = declared, alternates
        self._shapes: list[bytes] = []
        self._known: re.Pattern[bytes] | None = None

    def __call__(self, info: bytes) -> bool:
        if self._known is not None and self._known.fullmatch(info):
            return True
        if not info_fits(info, self._declared, self._alternates):
            return False
        if info != b"." and len(self._shapes) < _MOST_SHAPES and info.count(b";") < _MOST_KEYS:
            self._shapes.append(b";".join(self._entry(entry) for entry in info.split(b";")))
            self._known = re.compile(b"|".join(self._shapes))
        return True

    def _entry(self, entry: bytes) -> bytes:
        key, equals, _ = entry.partition(b"=")
        field = self._declared.get(key)
        if field is None or (equals and field.type == b"Flag"):
            return re.escape(key) + rb"(?:=[^;]*+)?"
        if not equals:
            return re.escape(key)
        count = _asked(field.number, field.type, self._alternates, _DIPLOID)
        return re.escape(key) + b"=" + _source(field.type, count, b",;")


def are_format_keys(keys: tuple[bytes, ...]) -> bool:
    """No key empty, none twice, none with a space."""
    return len(set(keys)) == len(keys) and not any(not key or b" " in key for key in keys)


def sample_fits(
    keys: tuple[bytes, ...],
    values: list[bytes],
    declared: Mapping[bytes, Declared],
    *,
    alternates: int,
    ploidy: int,
) -> bool:
    """Whether the values after GT keep to the header; trailing ones may be left out."""
    if len(values) > len(keys):
        return False
    for key, value in zip(keys, values, strict=False):
        field = declared.get(key) or RESERVED_FORMAT.get(key)
        if not value:
            return False
        if field is not None and not fits(value, field, alternates=alternates, ploidy=ploidy):
            return False
    return True


class SampleCheck:
    """FORMAT and sample with so many alternates and copies: a FORMAT met before costs one look."""

    def __init__(self, declared: Mapping[bytes, Declared], *, alternates: int, ploidy: int) -> None:
        self._declared, self._alternates, self._ploidy = declared, alternates, ploidy
        self._known: dict[bytes, re.Pattern[bytes]] = {}

    def __call__(self, written: bytes, sample: bytes) -> bool:
        known = self._known.get(written)
        if known is not None:
            return known.fullmatch(sample) is not None
        keys = tuple(written.split(b":"))
        if keys[0] != b"GT" or not are_format_keys(keys):
            return False
        if len(self._known) < _MOST_FORMATS and len(keys) <= _MOST_KEYS:
            tail = b""
            for key in reversed(keys[1:]):
                tail = rb"(?::" + self._value(key) + tail + rb")?+"
            self._known[written] = re.compile(rb"[^:]*+" + tail)
        values = sample.split(b":")[1:]
        return sample_fits(keys[1:], values, self._declared, alternates=self._alternates, ploidy=self._ploidy)

    def _value(self, key: bytes) -> bytes:
        field = self._declared.get(key) or RESERVED_FORMAT.get(key)
        if field is None:
            return rb"[^:]++"
        count = _asked(field.number, field.type, self._alternates, self._ploidy)
        return _source(field.type, count, b",:")
