"""The verbs of a participant's own facts: each is one act with its line, or nothing."""

from datetime import UTC, date, datetime, timedelta

import pytest

from consent import events, fence, participants
from consent.errors import RegistrationRefused
from consent.ledger import log
from consent.models import LedgerEvent, Participant
from consent.policy import Policy
from tests.world import EARLIER, NOW

pytestmark = pytest.mark.django_db

BORN = datetime(1950, 1, 1, 14, 30, tzinfo=UTC)  # Jayapura was half an hour further then


@pytest.fixture
def ada() -> Participant:
    return participants.register(
        born_on=date(1950, 1, 2), home_zone="Asia/Jayapura", home_region="EU", by="ada", at=EARLIER
    )


def test_a_zone_that_nobody_knows_registers_nobody():
    with pytest.raises(RegistrationRefused, match="no time zone"):
        participants.register(born_on=date(1950, 1, 2), home_zone="Mars/Crater", by="ada", at=EARLIER)
    assert not Participant.objects.exists()


def test_what_was_registered_is_what_the_law_reads(ada):
    participants.verify_identity(ada, by="steward", at=NOW)
    participants.freeze(ada, until=NOW + timedelta(days=1), by="steward", at=NOW)
    participants.freeze(ada, until=None, by="steward", at=NOW)
    participants.record_dissent(ada, dissents=True, by="ada", at=NOW)
    subject = participants.subject_of(ada)
    assert (subject.identity_verified, subject.minor_dissent, len(subject.freezes)) == (True, True, 2)
    assert participants.of_age_at(ada, Policy.default()) == datetime(1968, 1, 1, 15, tzinfo=UTC)


def died(person: Participant, **said: object) -> None:
    facts = {"died_at": NOW, "papers": "D-1", "by": "one", "second": "two", "at": NOW} | said
    participants.record_death(person, **facts)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"second": "one"}, "two different people"),
        ({"papers": " "}, "where the paper"),
        ({"died_at": NOW + timedelta(seconds=1)}, "not come yet"),
        ({"died_at": BORN - timedelta(seconds=1)}, "born later"),
    ],
)
def test_a_death_that_cannot_be_is_refused_whole(ada, said, sentence):
    before = LedgerEvent.objects.count()
    with pytest.raises(RegistrationRefused, match=sentence):
        died(ada, **said)
    ada.refresh_from_db()
    assert (ada.died_at, LedgerEvent.objects.count()) == (None, before)


def test_a_death_is_recorded_once_and_marks_the_person(ada):
    epoch = ada.epoch
    died(ada, died_at=BORN)
    assert ada.died_at is not None
    assert ada.epoch > epoch
    before = LedgerEvent.objects.count()
    with pytest.raises(RegistrationRefused, match="on record"):
        died(ada)
    assert LedgerEvent.objects.count() == before


def test_a_death_is_remembered_at_its_consent_position(ada):
    facts = {"died_at": NOW - timedelta(days=1), "papers": "D-1", "by": "one", "second": "two", "at": NOW}
    participants.record_death(ada, **facts)
    (event,) = log.openings([events.DIED.tag]).values()
    assert event["fields"]["position"] == ada.epoch == fence.position()
