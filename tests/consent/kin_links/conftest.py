"""Whom these tests begin with."""

from datetime import date

import pytest

from consent import forms, participants, policies
from consent.models import Participant
from tests.consent.kin_links.acting import DAY
from tests.world import EARLIER, NOW, WITHOUT_COOLING_OFF


@pytest.fixture
def child() -> Participant:
    return participants.register(born_on=date(2015, 2, 28), by="mother", at=EARLIER)


@pytest.fixture
def adult() -> Participant:
    person = participants.register(born_on=date(1950, 1, 1), by="ada", at=EARLIER)
    participants.verify_identity(person, by="steward", at=EARLIER)
    return person


@pytest.fixture
def dead(adult: Participant) -> Participant:
    participants.record_death(adult, died_at=NOW - DAY, papers="D-1", by="steward", second="other", at=NOW)
    return adult


@pytest.fixture(autouse=True)
def _house() -> None:
    forms.publish_shipped(by="founding", at=EARLIER)
    policies.adopt(WITHOUT_COOLING_OFF, by="founding", at=EARLIER)


@pytest.fixture
def pair() -> tuple[Participant, Participant]:
    first, second = (participants.register(born_on=date(1990, 5, 5), by="x", at=EARLIER) for _ in range(2))
    return first, second
