"""What the events say of people, as of an instant; and a file that is none names nobody."""

from datetime import timedelta

import pytest

from consent import events
from consent.canonical import canonical, written
from consent.ledger.gathered import Gathered
from consent.ledger.kinds import EventKind
from consent.ledger.leaves import Entry, commit
from tests.consent.ledger.build import AT

DAY = timedelta(days=1)


def said(kind: EventKind, subject: str, *, day: int, **fields: str) -> Entry:
    told = {"kind": kind.tag, "at": written(AT + day * DAY), "by": "x", "subject": subject, "fields": fields}
    body, salt = canonical(told).decode(), bytes(32)
    return Entry(
        uid=str(day), kind=kind.tag, at=AT + day * DAY, commitment=commit(salt, body), salt=salt, body=body
    )


def test_somebody_has_a_twin_from_when_it_was_registered_to_when_it_was_dissolved():
    known = Gathered([])
    known.see(said(events.TWINS_REGISTERED, "P-1", day=1, twin="P-2"))
    known.see(said(events.TWINS_DISSOLVED, "P-1", day=3, twin="P-2"))
    for one, other in (("P-1", "P-2"), ("P-2", "P-1")):
        assert [known.twin_of(one, AT + day * DAY) for day in range(5)] == [None, other, other, None, None]
    assert known.twin_of("P-3", AT + 2 * DAY) is None


@pytest.mark.parametrize("people", [7, None, ["P-1", {"pseudonym": 7}, {}, None]])
def test_of_a_file_that_is_none_nobody_is_looked_for(people: object):
    known = Gathered([{"job": "x", "people": people}])
    known.see(said(events.REGISTERED, "P-1", day=0, ordinal="1"))
    assert known.one("P-1", events.REGISTERED.tag) is None
    wanted = Gathered(
        [{"job": "x", "people": [*(people if isinstance(people, list) else ()), {"pseudonym": "P-1"}]}]
    )
    wanted.see(said(events.REGISTERED, "P-1", day=0, ordinal="1"))
    assert wanted.one("P-1", events.REGISTERED.tag) == {"ordinal": "1"}
