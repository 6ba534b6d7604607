"""The verbs of a participant's own facts: each is one act with its line, or nothing."""

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest

from consent import (
    eligibility,
    events,
    fence,
    forms,
    history,
    holdings,
    kin,
    participants,
    records,
    remembered,
)
from consent.errors import RegistrationRefused
from consent.ledger import log
from consent.models import LedgerEvent, Participant
from consent.policy import Policy
from consent.rules import authority, instants
from consent.terms import Authority, Capacity, Permission, SignIn
from tests.cast import research
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


@pytest.mark.parametrize(
    ("born_on", "zone", "may_be"),
    [
        (date(9990, 1, 1), "UTC", False),
        (NOW.date() + timedelta(days=1), "UTC", False),
        (NOW.date() + timedelta(days=1), "Pacific/Kiritimati", True),  # where it is tomorrow already
        (NOW.date(), "UTC", True),
        (date(1880, 1, 1), "UTC", True),
        (date(1879, 12, 31), "UTC", False),
    ],
)
def test_nobody_is_registered_who_was_not_born_or_long_ago(born_on: date, zone: str, may_be: bool):
    if may_be:
        participants.register(born_on=born_on, home_zone=zone, by="ada", at=NOW)
    else:
        with pytest.raises(RegistrationRefused, match="correct the day"):
            participants.register(born_on=born_on, home_zone=zone, by="ada", at=NOW)
    assert Participant.objects.exists() is may_be


def test_what_was_registered_is_what_the_law_reads(ada):
    participants.verify_identity(ada, by="steward", at=NOW)
    participants.freeze(ada, until=NOW + timedelta(days=1), by="steward", at=NOW)
    participants.freeze(ada, until=None, by="steward", at=NOW)
    participants.record_dissent(ada, dissents=True, by="ada", at=NOW)
    subject = participants.subject_of(ada)
    assert (subject.identity_verified, subject.minor_dissent, len(subject.freezes)) == (True, True, 2)
    assert participants.of_age_at(ada, Policy.default()) == datetime(1968, 1, 1, 15, tzinfo=UTC)


class TestAYoungPersonsDissent:
    @pytest.fixture
    def child(self):
        return participants.register(born_on=date(2012, 1, 1), by="x", at=EARLIER)

    def dissents(self, child, at) -> bool:
        return authority.dissents(participants.subject_of(child), at)

    def say(self, child, dissents: bool, at=NOW) -> None:
        participants.record_dissent(child, dissents=dissents, by="her", at=at)

    def test_taken_back_it_goes_on_until_the_cooling_off_is_over(self, child):
        self.say(child, True)
        end = NOW + Policy.default().cooling_off("RESEARCH")
        self.say(child, False)
        assert end > NOW
        assert (child.minor_dissent, child.dissent_until) == (False, end)
        assert self.dissents(child, end - timedelta(microseconds=1))
        assert not self.dissents(child, end)
        assert end in instants.of_subject(participants.subject_of(child), Policy.default())

    def test_said_again_it_holds_and_the_end_is_gone(self, child):
        self.say(child, True)
        self.say(child, False)
        self.say(child, True, NOW + timedelta(minutes=1))
        assert self.dissents(child, NOW + timedelta(days=400))

    def test_taken_back_twice_it_ends_when_it_was_first_said(self, child):
        self.say(child, True)
        self.say(child, False)
        first = child.dissent_until
        self.say(child, False, NOW + timedelta(hours=1))
        assert child.dissent_until == first

    def test_where_there_is_none_nothing_goes_on(self, child):
        self.say(child, False)
        assert not self.dissents(child, NOW)

    def test_the_row_at_hand_may_be_old(self, child):
        old = Participant.objects.get(pk=child.pk)
        self.say(child, True)
        self.say(old, False)
        assert self.dissents(old, NOW)

    def test_nobody_is_matched_before_it_is_over(self, child):
        """For everybody at once, one by one, and as the ledger remembers it."""
        participants.verify_identity(child, by="x", at=EARLIER)
        holdings.add(child, uuid.uuid4(), by="x", at=EARLIER)
        forms.publish_shipped(by="x", at=EARLIER)
        mother = Authority(capacity=Capacity.GUARDIAN, verified=True)
        link = kin.claim("mother", child, at=EARLIER)
        kin.verify(link, by="steward", at=EARLIER)
        wording = records.Wording(permissions=[Permission("GRU")], authority=mother)
        form, proof = forms.current("F-GUARDIAN"), SignIn("totp", EARLIER)
        records.give(child, "RESEARCH", form=form, by="mother", at=EARLIER, wording=wording, sign_in=proof)
        use, policy = research("R.GRU"), Policy.default()

        def matched(at) -> bool:
            found = eligibility.eligible(use, policy=policy, at=at).people.tolist() == [child.ordinal]
            (one,) = eligibility.survey(use, policy=policy, at=at)
            assert one.permitted is found
            return found

        assert matched(NOW)
        self.say(child, True)
        assert not matched(NOW)
        self.say(child, False)
        end = child.dissent_until
        assert not matched(end - timedelta(microseconds=1))
        assert matched(end)
        assert not matched(NOW)
        told = history.subject(remembered.trail(child), child.pseudonym)
        assert told == participants.subject_of(child)
        assert not list(remembered.altered_rows())


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
