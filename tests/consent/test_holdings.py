"""What consent knows of a file: each change with its line, and erased is the end."""

from datetime import date
from uuid import uuid4

import pytest

from consent import events, holdings, participants
from consent.models import Holding, LedgerEvent
from tests.world import EARLIER, NOW

pytestmark = pytest.mark.django_db
State = Holding.State


def told() -> list[str]:
    rows = LedgerEvent.objects.filter(kind=events.HOLDING_CHANGED.tag).order_by("id")
    return [row.opening.said["fields"]["state"] for row in rows]


def test_a_file_comes_goes_comes_back_and_once_erased_stays_so():
    person = participants.register(born_on=date(1980, 1, 1), by="x", at=EARLIER)
    held = holdings.add(person, uuid4(), by="x", at=EARLIER)
    for state in (State.QUARANTINED, State.ACTIVE, State.ERASED, State.ACTIVE, State.QUARANTINED):
        holdings.set_state(held, state, by="steward", at=NOW)
    assert held.state == State.ERASED
    held.refresh_from_db()
    assert held.state == State.ERASED
    assert told() == ["ACTIVE", "QUARANTINED", "ACTIVE", "ERASED"]
