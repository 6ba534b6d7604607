"""One way to write a value down."""

from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import pytest

from consent.canonical import canonical, frozen, instant, pairs, words
from consent.terms import Permission, Verb

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({"b": 1, "a": [True, None]}, b'{"a":[true,null],"b":1}'),
        ("Zoë", '"Zoë"'.encode()),
        (NOON, b'"2026-06-01T12:00:00Z"'),
        (NOON.replace(microsecond=50), b'"2026-06-01T12:00:00.000050Z"'),
        (NOON.astimezone(timezone(timedelta(hours=7))), b'"2026-06-01T12:00:00Z"'),
        (date(2008, 2, 29), b'"2008-02-29"'),
        (UUID(int=5), b'"00000000-0000-0000-0000-000000000005"'),
        ((1, "two"), b'[1,"two"]'),
        (frozenset(("b", "a")), b'["a","b"]'),
        (Verb.GRANT, b'"grant"'),
        ({Verb.DENY: Verb.DENY}, b'{"deny":"deny"}'),
        (b"\x00\xff", b'"00ff"'),
        (Permission("DS", ("b", "a")), b'{"code":"DS","diseases":["b","a"]}'),
    ],
)
def test_a_value_has_one_byte_string(value: object, written: bytes):
    assert canonical(value) == written


@pytest.mark.parametrize(
    ("value", "error"),
    [(NOON.replace(tzinfo=None), ValueError), (float("nan"), ValueError), (object(), TypeError)],
)
def test_what_has_no_canonical_form_is_refused(value: object, error: type[Exception]):
    with pytest.raises(error):
        canonical([value])


def test_an_instant_needs_its_time_zone():
    assert instant("2026-06-01T14:00:00+02:00") == NOON
    assert instant("2026-06-01T12:00:00Z").tzinfo is UTC
    with pytest.raises(ValueError, match="time zone"):
        instant("2026-06-01T12:00:00")


def test_frozen_json_can_be_hashed_and_the_order_of_names_does_not_matter():
    one, other = frozen({"b": [1, {"c": "d"}], "a": None}), frozen({"a": None, "b": [1, {"c": "d"}]})
    assert one == other
    assert hash(one) == hash(other)
    assert pairs([("months", 12), ("and", "more")]) == (("and", "more"), ("months", 12))
    with pytest.raises(TypeError):
        frozen(object())


@pytest.mark.parametrize(
    ("said", "words_"), [(["a", "b", "a"], {"a", "b"}), ([], set()), (None, set()), ("GB", set()), (7, set())]
)
def test_what_is_no_list_of_words_says_nothing(said: object, words_: set[str]):
    assert words(said) == words_


def test_an_instant_beyond_time_is_none():
    with pytest.raises(ValueError, match="beyond what time can tell"):
        instant("9999-12-31T23:59:59-14:00")
