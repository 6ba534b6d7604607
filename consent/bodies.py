"""The body of a statement read back quickly: what many bodies share is read once, what differs each time.

A body is canonical JSON (terms.canonical of pseudonym and statement). Whether it is as it was recorded is
asked in records, before anybody relies on it.
"""

import json
from typing import Any

from consent.canonical import instant, instant_or_none
from consent.terms import Statement

SHAPES = 20_000  # so many shapes of bodies are remembered; then all are forgotten

_WHOSE, _EFFECTIVE, _RECORDED = '{"participant":"', '"effective_at":"', '"recorded_at":"'
_SEQ, _VALID = '","seq":', ',"valid_to":'
_DIFFER = ("effective_at", "recorded_at", "seq", "valid_to")
_write = {name: getattr(Statement, name).__set__ for name in Statement.__slots__}  # past the freezing
_at_effective, _at_recorded, _at_seq, _at_valid_to = (_write[name] for name in _DIFFER)
# What a shape says, as what to write where; None for a shape that is read slowly.
_known: dict[tuple[str, ...], list[tuple[Any, Any]] | None] = {}


def read(body: str) -> tuple[str, Statement]:
    """Whose statement it is, by pseudonym, and what it says. Raises KeyError or ValueError for a body that
    says less than a statement must."""
    places = _places(body)
    if places is None:
        return _read_slowly(body)
    pseudonym, effective, recorded, seq, valid_to, shape = places
    pattern = _known.get(shape)
    if pattern is None:
        return _first_of(shape, body) if shape not in _known else _read_slowly(body)
    said = object.__new__(Statement)
    for write, value in pattern:
        write(said, value)
    at = instant(recorded)
    _at_recorded(said, at)
    _at_effective(said, at if effective == recorded else instant(effective))
    _at_seq(said, int(seq))
    _at_valid_to(said, instant_or_none(valid_to))
    return pseudonym, said


def _places(body: str) -> tuple[str, str, str, str, str | None, tuple[str, ...]] | None:
    """What differs from body to body, and last the shape that stands between and that many share: whose,
    effective, recorded, seq, valid to. None where they are not to be found in this order."""
    before, _, rest = body.partition(_EFFECTIVE)  # plain cuts take a quarter of the time of one pattern
    effective, _, rest = rest.partition('"')
    between, _, rest = rest.partition(_RECORDED)
    recorded, _, rest = rest.partition(_SEQ)
    number, _, rest = rest.partition(",")
    after, found, until = rest.rpartition(_VALID)  # of what is not found, nothing is left from there on
    if not (found and number.isascii() and number.isdigit() and before.startswith(_WHOSE)) or "\\" in body:
        return None
    whose, _, before = before[len(_WHOSE) :].partition('"')
    if until == "null}}":
        return whose, effective, recorded, number, None, (before, between, after)
    ends = until[1:-3]
    if until != f'"{ends}"}}}}' or '"' in ends:
        return None
    return whose, effective, recorded, number, ends, (before, between, after)


def _first_of(shape: tuple[str, ...], body: str) -> tuple[str, Statement]:
    """Remember the shape, if the places mean in it what they seem to mean; else it is always read slowly."""
    pseudonym, said = _read_slowly(body)
    if len(_known) >= SHAPES:
        _known.clear()
    _known[shape] = [(write, getattr(said, name)) for name, write in _write.items() if name not in _DIFFER]
    try:
        alike = read(body) == (pseudonym, said)
    except ValueError:  # a place that is no instant: what seemed one is a word of somebody's
        alike = False
    if not alike:
        _known[shape] = None
    return pseudonym, said


def _read_slowly(body: str) -> tuple[str, Statement]:
    said: dict[str, Any] = json.loads(body)
    return said["participant"], Statement.from_json(said["statement"])
