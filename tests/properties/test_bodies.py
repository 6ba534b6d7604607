"""A body read quickly says what it says when it is read slowly."""

import json
from dataclasses import replace

import pytest
from hypothesis import given

from consent import bodies
from consent.terms import Modifier, Statement, canonical
from tests.cast import yes
from tests.properties.worlds import World, worlds


def body_of(said: Statement, pseudonym: str = "P-2345-6789") -> str:
    return canonical({"participant": pseudonym, "statement": said.as_json()}).decode()


@given(worlds())
def test_it_says_what_was_said(world: World):
    for said in world.statements:
        for again in range(3):  # the first of its shape, then one like it
            later = replace(said, seq=said.seq + again)
            assert bodies.read(body_of(later)) == ("P-2345-6789", later)


def test_a_condition_that_looks_like_a_place_is_read_slowly():
    disguised = Modifier.of("GS", recorded_at="2020-01-01T00:00:00Z", seq=5)
    said = yes("RESEARCH", modifiers=(disguised,))
    text = body_of(said)
    assert '"recorded_at":"2020-01-01T00:00:00Z","seq":5' in text
    for _ in range(3):
        assert bodies.read(text) == ("P-2345-6789", said)


def test_no_more_shapes_are_remembered_than_fit(monkeypatch):
    monkeypatch.setattr(bodies, "SHAPES", 2)
    bodies._known.clear()
    for family in ("QC", "AI", "CLINICAL", "EXON"):
        assert bodies.read(body_of(yes(family)))[1] == yes(family)
        assert len(bodies._known) <= 2


def test_half_a_body_is_none():
    with pytest.raises(ValueError, match=r"."):
        bodies.read(body_of(yes("QC"))[:-3])
    said = json.loads(body_of(yes("QC")))
    del said["statement"]["family"]
    for text in (json.dumps(said), '{"participant":"P-2345-6789","statement":{}}'):
        with pytest.raises(KeyError):
            bodies.read(text)


@pytest.mark.parametrize(
    "said",
    [
        pytest.param({"recorded_at": "2020-01-01T00:00:00Z", "note": "x"}, id="a word after the instant"),
        pytest.param({"effective_at": "2020", "recorded_at": "soon"}, id="places that are no instants"),
        pytest.param({"seq": 5.0}, id="a number that is not whole"),
        pytest.param({"valid_to": ["never"]}, id="an end that is a list"),
    ],
)
def test_what_is_not_where_it_should_be_is_read_slowly(said: dict[str, object]):
    disguised = Modifier.of("GS", **said)
    whole = yes("RESEARCH", modifiers=(disguised,))
    for text in (body_of(whole), json.dumps(json.loads(body_of(whole)))):
        for _ in range(3):
            assert bodies.read(text) == ("P-2345-6789", whole)


@pytest.mark.parametrize("odd", ['"seq":7x', '"valid_to":7', '"valid_to":"a"b"'])
def test_a_body_that_is_no_json_is_refused(odd: str):
    name, _ = odd.split(":")
    text = body_of(replace(yes("QC"), seq=7))
    old = '"seq":7' if name == '"seq"' else '"valid_to":null'
    assert old in text
    with pytest.raises((ValueError, TypeError, AttributeError)):
        bodies.read(text.replace(old, odd))
