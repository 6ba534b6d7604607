"""Kinds of events say what they bring, and refuse to be careless about it."""

import pytest

from consent.ledger.kinds import EventKind

GIVEN = EventKind(
    "consent:statement:given", "{subject} said yes to {family}; {by} wrote it down.", ("family",)
)


def test_an_event_is_told_in_a_sentence():
    said = {"kind": GIVEN.tag, "at": "2026-05-01T08:00:00Z", "by": "user:7", "subject": "P-17"}
    said["fields"] = {"family": "health"}
    assert GIVEN.tell(said) == "P-17 said yes to health; user:7 wrote it down."
    assert GIVEN.tell(said, "{subject}: ya, {family}.") == "P-17: ya, health."


@pytest.mark.parametrize(
    ("tag", "sentence", "fields", "why"),
    [
        ("given", "", (), "noun:subject:action"),
        ("consent:statement", "", (), "noun:subject:action"),
        ("Consent:statement:given", "", (), "noun:subject:action"),
        ("a:b:c", "", ("by",), "says by already"),
        ("a:b:c", "", ("subject", "at"), "says at, subject already"),
        ("a:b:c", "", ("x", "x"), "different names"),
        ("a:b:c", "", ("two words",), "different names"),
        ("a:b:c", "{y} happened", ("x",), "asks for y"),
        ("a:b:c", "{x.__class__}", ("x",), "asks for x.__class__"),
        ("a:b:c", "{}", ("x",), "asks for"),
    ],
)
def test_a_careless_kind_is_refused(tag, sentence, fields, why):
    with pytest.raises(ValueError, match=why):
        EventKind(tag, sentence, fields)
