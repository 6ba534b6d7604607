"""Some events, each with its way to the root: what does not hold of them is told line by line."""

from typing import Any

import pytest

from consent.canonical import canonical
from consent.ledger import excerpt, log
from consent.ledger.leaves import Entry
from consent.models import LedgerEvent
from tests.consent.ledger.build import ENDED, grow

pytestmark = pytest.mark.django_db


def shown() -> list[dict[str, Any]]:
    """Every event of the ledger as a line of an excerpt."""
    lines = []
    for event in LedgerEvent.objects.order_by("id"):
        entry = Entry(
            uid=str(event.uid),
            kind=event.kind,
            at=event.at,
            commitment=bytes(event.commitment),
            salt=bytes(event.opening.salt),
            body=event.opening.body,
        )
        way = log.proof(event)
        lines.append(excerpt.Proved(way.index, way.path, entry, event.opening.said).as_json())
    return lines


def told(lines: list[Any]) -> list[str]:
    signed = log.checkpoint()
    assert signed is not None
    texts = [line if isinstance(line, str) else canonical(line).decode() for line in lines]
    return list(excerpt.check(texts, signed))


def test_an_excerpt_of_what_lies_there_holds():
    grow(5)
    assert told(shown()) == []
    assert told([]) == [], "it never shows that it is all there is"


def test_an_event_without_its_opening_is_proved_by_its_place():
    grow(5)
    lines = shown()
    del lines[2]["salt"], lines[2]["body"]
    assert told(lines) == []


HARMS: dict[str, tuple[Any, list[str]]] = {
    "no json": (lambda _line: "{", ["is no event of an excerpt"]),
    "no object": (lambda _line: "[]", ["is no event of an excerpt"]),
    "no position": (lambda line: line.pop("position") and line, ["is no event of an excerpt"]),
    "other words": (
        lambda line: {**line, "body": line["body"].replace("thing 2", "thing 9")},
        ["does not say what was committed to"],
    ),
    "another kind": (
        lambda line: {**line, "kind": ENDED.tag},
        ["is shown with another kind", "does not lie under the checkpoint"],
    ),
    "another place": (lambda line: {**line, "position": 3}, ["does not lie under the checkpoint"]),
    "another way": (
        lambda line: {**line, "path": line["path"][:-1]},
        ["does not lie under the checkpoint"],
    ),
    "another commitment": (
        lambda line: {**line, "commitment": "00" * 32},
        ["does not say what was committed to", "does not lie under the checkpoint"],
    ),
}


@pytest.mark.parametrize("harm", HARMS)
def test_what_was_changed_is_told_by_its_line_and_the_others_are_still_read(harm: str):
    grow(5)
    lines: list[Any] = shown()
    change, why = HARMS[harm]
    lines[2] = change(lines[2])
    problems = told(lines)
    assert len(problems) == len(why)
    for problem, words in zip(problems, why, strict=True):
        assert problem.startswith("Line 3")
        assert words in problem
