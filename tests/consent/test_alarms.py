"""The alarm of many yeses: quiet on an ordinary day, loud in a July like that of 2020, once in a window."""

from datetime import date, timedelta

import pytest

from consent import alarms, events, forms, participants, policies, records
from consent.decision import decide
from consent.errors import SealBroken
from consent.ledger import log
from consent.models import LedgerEvent, Participant
from consent.participants import subject_of
from consent.policy import Policy
from consent.terms import File, SignIn
from tests.cast import police
from tests.world import EARLIER, NOW

pytestmark = [pytest.mark.server, pytest.mark.django_db]

HOUR = timedelta(hours=1)
QUIET = Policy.default().overlay({"policy_version": "small", "alarm_least": 5, "alarm_factor": 3})


@pytest.fixture
def crowd() -> list[Participant]:
    forms.publish_shipped(by="founding", at=EARLIER)
    policies.adopt(QUIET, by="founding", at=EARLIER)
    people = [participants.register(born_on=date(1980, 1, 1), by="x", at=EARLIER) for _ in range(12)]
    for person in people:
        participants.verify_identity(person, by="steward", at=EARLIER)
    return people


def flip(people: list[Participant], *, at, every=timedelta(seconds=10), family="LE.HOM") -> None:
    form = forms.current("F-ADULT")
    for number, person in enumerate(people):
        when = at + number * every
        records.give(person, family, form=form, by="intruder", at=when, sign_in=SignIn("totp", when))


def test_everybody_flipped_within_minutes_rings_and_permits_nothing_yet(crowd):
    flip(crowd, at=NOW)
    soon = NOW + timedelta(minutes=5)
    risen = alarms.look(soon)
    assert risen is not None
    assert (risen.grants, risen.usual, risen.hours) == (12, 0, 1)
    event = LedgerEvent.objects.get(kind=events.RISE.tag)
    assert event.opening.said["fields"]["grants"] == 12
    assert alarms.newest(since=NOW) == event
    for person in crowd:
        answer = decide(subject_of(person), File("f"), records.of(person), police("L.HOM"), QUIET, soon)
        assert not answer


def test_it_rings_once_in_a_window_and_again_in_the_next(crowd):
    flip(crowd, at=NOW)
    assert alarms.look(NOW + timedelta(minutes=5)) is not None
    assert alarms.look(NOW + timedelta(minutes=6)) is None
    flip(crowd, at=NOW + 2 * HOUR, family="LE.SEX")
    assert alarms.look(NOW + 2 * HOUR + timedelta(minutes=5)) is not None
    assert LedgerEvent.objects.filter(kind=events.RISE.tag).count() == 2


def test_two_who_look_at_once_ring_once(crowd, monkeypatch):
    flip(crowd, at=NOW)
    answers = iter([False, True])
    monkeypatch.setattr(alarms, "_rang", lambda _found: next(answers))
    assert alarms.look(NOW + timedelta(minutes=5)) is None
    assert not LedgerEvent.objects.filter(kind=events.RISE.tag).exists()


def test_few_yeses_are_nothing(crowd):
    flip(crowd[:4], at=NOW)
    assert alarms.look(NOW + timedelta(minutes=5)) is None


def test_as_many_as_usual_are_nothing(crowd):
    """A house in which every hour brings three yeses is not alarmed by eight."""
    with_atomic_history(3)
    flip(crowd[:8], at=NOW)
    assert alarms.rise(NOW + timedelta(minutes=5), QUIET) is None
    flip(crowd[8:], at=NOW + timedelta(minutes=2))
    assert alarms.rise(NOW + timedelta(minutes=5), QUIET) is not None


def with_atomic_history(an_hour: int) -> None:
    """So many yeses in every hour of the four weeks before, as the alarm counts them."""
    rows = [
        LedgerEvent(kind=events.GIVEN.tag, at=NOW - HOUR * n - timedelta(minutes=m), commitment=b"x" * 32)
        for n in range(1, 24 * 28 + 2)
        for m in range(an_hour)
    ]
    LedgerEvent.objects.bulk_create(rows)


def test_noes_in_numbers_alarm_nobody(crowd):
    for person in crowd:
        records.withdraw(person, by="self", at=NOW)
    assert alarms.look(NOW + timedelta(minutes=5)) is None
    assert log.checkpoint() is None


def test_what_is_harmless_mutes_nothing_that_is_grave():
    soon = NOW + timedelta(minutes=1)
    assert alarms.unsound("A name is misspelt.", at=NOW, subject="job:1") is not None
    assert alarms.unsound("A name is misspelt.", at=soon, subject="job:1") is None
    assert alarms.unsound("A name is misspelt.", at=soon, subject="job:2") is not None
    assert alarms.unsound("A no is gone.", at=soon, subject="job:1") is not None
    assert alarms.unsound("A name is misspelt.", at=NOW + alarms.QUIET + HOUR, subject="job:1") is not None


def test_a_walk_goes_on_to_the_next_record_that_is_not_whole(monkeypatch):
    found = [SealBroken(f"Record {n} is not whole.") for n in (1, 2)]
    monkeypatch.setattr(alarms.roll, "unsound", lambda **_share: iter(found))
    rung = [alarms.walk(NOW + timedelta(minutes=n)) for n in range(3)]
    assert [one is not None for one in rung] == [True, True, False]
