"""The way to adulthood, step by step: each is taken once, and those whom it concerns are told."""

from datetime import UTC, date, datetime, timedelta

import pytest

from broker import handovers, notices, people
from broker.demo.staff import PASSWORD
from broker.models import HandoverStep, Notice, User
from consent import kin
from consent.handover import Moment
from consent.models import Participant
from consent.models.kin import State, Why
from tests.world import World

pytestmark = pytest.mark.django_db

BORN = date(2010, 6, 2)
BROUGHT = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def gita() -> User:
    return people.sign_up("gita", PASSWORD, born_on=date(1985, 1, 1), at=BROUGHT)


@pytest.fixture
def child(world: World, gita: User) -> Participant:
    child = people.add_child(gita, born_on=BORN, at=BROUGHT)
    people.verify_guardian(child.kin_links.get(), by=world.staff.steward, at=BROUGHT)
    return child


def told(user: User) -> list[str]:
    return [one.notice.kind for one in reversed(notices.inbox(user))]


def test_each_step_is_told_once_to_her_and_to_her_guardian(child, gita):
    sixteen = datetime(2026, 6, 2, tzinfo=UTC)
    handovers.sweep(at=sixteen - DAY)
    assert told(gita) == []
    handovers.sweep(at=sixteen)
    handovers.sweep(at=sixteen + DAY)
    assert told(gita) == ["growing_up"]  # she has no login yet: her guardian gives her the code
    code = handovers.invite(child, by=gita, at=sixteen + DAY)
    mia = handovers.accept(code, "mia", PASSWORD, born_on=BORN, at=sixteen + 2 * DAY)
    handovers.sweep(at=datetime(2027, 6, 2, tzinfo=UTC))
    handovers.sweep(at=datetime(2028, 6, 2, tzinfo=UTC))
    assert told(mia) == ["invitation_17", "majority"]
    assert told(gita) == ["growing_up"] * 3
    link = child.kin_links.get()
    assert (link.state, link.ended_why) == (State.ENDED, Why.MAJORITY)
    assert {one.fields["whose"] for one in Notice.objects.filter(user__in=[mia, gita])} == {child.pseudonym}


def test_who_was_never_confirmed_or_was_taken_off_is_not_told(world, child, gita):
    stranger = people.sign_up("sam", PASSWORD, born_on=date(1985, 1, 1), at=BROUGHT)
    kin.claim(stranger.reference, child, at=BROUGHT)
    kin.end(child.kin_links.get(claimant=gita.reference), why=Why.COURT, by="steward", at=BROUGHT)
    handovers.sweep(at=datetime(2026, 6, 2, tzinfo=UTC))
    assert HandoverStep.objects.filter(participant=child, moment=Moment.FIRST_INVITATION).exists()
    assert not Notice.objects.exists()


def test_a_step_that_nobody_can_be_told_of_is_not_taken(child, gita, monkeypatch):
    def broken(*_said, **_fields):
        raise RuntimeError("No notice can be written.")

    monkeypatch.setattr(notices, "tell", broken)
    with pytest.raises(RuntimeError):
        handovers.sweep(at=datetime(2026, 6, 2, tzinfo=UTC))
    assert not HandoverStep.objects.filter(participant=child).exists()
