"""A canary ends only when two auditors say so; until then she watches, and then nothing is left of her."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from broker import anomaly_watch, canaries, events, notices, people, retiring
from broker.errors import NotAllowed, Refused
from broker.models import User
from broker.roles import Role
from consent.ledger import log
from consent.models import Participant
from genomics.models import ParticipantKey
from tests.broker.test_canaries import FILE
from tests.proofs import prove
from tests.world import EARLIER, NOW, World

pytestmark = [pytest.mark.server, pytest.mark.django_db]


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def second(world: World) -> User:
    user = world.staff.second_legal
    proposed = people.propose(user, Role.AUDITOR, by=world.staff.admin, at=EARLIER)
    people.confirm(proposed, by=world.staff.second_admin, at=EARLIER)
    return User.objects.get(pk=user.pk)


@pytest.fixture
def person(world: World) -> Participant:
    auditor = world.staff.auditor
    return canaries.plant(FILE, login="maria-k", born_on=date(1975, 3, 2), by=auditor, at=EARLIER)


def only() -> retiring.Standing:
    [one] = retiring.standing()
    return one


def said(kind: str) -> list[dict[str, Any]]:
    return [*log.openings([kind]).values()]


def test_two_auditors_retire_her_and_nothing_of_her_is_left(world: World, second: User, person: Participant):
    retiring.ask(only().id, reason="a guest  knew her", by=world.staff.auditor, at=NOW)
    asked = only().asked
    assert asked is not None
    assert (asked.by, asked.reason) == (world.staff.auditor.reference, "a guest knew her")
    assert {one.notice.kind for one in notices.inbox(second)} >= {"canary_end"}
    retiring.retire(only().id, by=second, at=NOW)
    assert [*retiring.standing()] == [*canaries.planted()] == []
    assert not ParticipantKey.objects.filter(participant=person.ordinal).exists()
    assert not User.objects.filter(username="maria-k").exists()
    person.refresh_from_db()
    assert person.erased_at == NOW
    [retired] = retiring.retired()
    assert retired["by"] == second.reference
    assert retired["fields"] == {"asked_by": world.staff.auditor.reference, "reason": "a guest knew her"}
    assert person.pseudonym not in str(retired)
    assert canaries.missing() == 0
    assert not {"canary", "marks"} & {one.rule for one in anomaly_watch.seen(since=EARLIER, at=NOW)}


def test_whoever_asked_does_not_do_it_too_and_nobody_does_it_unasked(
    world: World, second: User, person: Participant
):
    with pytest.raises(Refused, match="Nobody wants"):
        retiring.retire(only().id, by=second, at=NOW)
    retiring.ask(only().id, reason="known", by=world.staff.auditor, at=NOW)
    with pytest.raises(Refused, match="You asked for it yourself"):
        retiring.retire(only().id, by=world.staff.auditor, at=NOW)
    with pytest.raises(Refused, match="asked for this already"):
        retiring.ask(only().id, reason="mine, too", by=second, at=NOW)
    with pytest.raises(Refused, match="no such canary"):
        retiring.retire(uuid4(), by=second, at=NOW)
    person.refresh_from_db()
    assert person.erased_at is None
    assert not said(events.CANARY_RETIRED.tag)


def test_she_is_kept_by_either_and_a_wish_that_was_refused_is_none(
    world: World, second: User, person: Participant
):
    for keeper in (second, world.staff.auditor):
        retiring.ask(only().id, reason="known", by=world.staff.auditor, at=NOW)
        retiring.keep(only().id, by=keeper, at=NOW)
        assert only().asked is None
        with pytest.raises(Refused, match="somebody has kept her"):
            retiring.retire(only().id, by=second, at=NOW)
    assert [one["by"] for one in said(events.CANARY_KEPT.tag)] == [
        second.reference,
        world.staff.auditor.reference,
    ]


def test_nobody_but_an_auditor_and_nobody_without_a_reason(world: World, person: Participant):
    one = only().id
    for verb in (retiring.keep, retiring.retire):
        with pytest.raises(NotAllowed):
            verb(one, by=world.staff.admin, at=NOW)
    with pytest.raises(NotAllowed):
        retiring.ask(one, reason="x", by=world.staff.admin, at=NOW)
    for reason in ("", "  \n", "x" * 501):
        with pytest.raises(Refused, match="Say why"):
            retiring.ask(one, reason=reason, by=world.staff.auditor, at=NOW)
    assert not said(events.CANARY_END_ASKED.tag)


def test_without_its_event_nothing_happens_to_her(
    world: World, second: User, person: Participant, monkeypatch: pytest.MonkeyPatch
):
    retiring.ask(only().id, reason="known", by=world.staff.auditor, at=NOW)

    def broken(*_arguments: Any, **_said: Any) -> Any:
        raise RuntimeError("no ledger")

    monkeypatch.setattr(retiring.log, "append", broken)
    with pytest.raises(RuntimeError, match="no ledger"):
        retiring.retire(only().id, by=second, at=NOW)
    person.refresh_from_db()
    assert person.erased_at is None


def test_the_page_names_no_canary_and_leads_two_auditors_through_it(
    world: World, second: User, person: Participant
):
    address = reverse("auditor:canaries")
    settle = reverse("auditor:settle_canary", args=[only().id])
    otto, other = Client(), Client()
    otto.force_login(world.staff.auditor)
    other.force_login(second)
    assert address in otto.get(reverse("auditor:anomalies")).content.decode()
    page = otto.get(address).content.decode()
    assert str(only().id)[:8] in page
    assert person.pseudonym not in page
    assert "maria-k" not in page
    assert said(events.PAGE_LOOKED.tag)[-1]["fields"]["page"] == "canaries"
    otto.post(settle, {"action": "ask", "reason": "a guest knew her"})
    mine = otto.get(address).content.decode()
    assert "You asked for it" in mine
    assert 'value="retire"' not in mine
    theirs = other.get(address).content.decode()
    assert "a guest knew her" in theirs
    assert 'value="retire"' in theirs
    asks = other.post(settle, {"action": "retire"})
    assert reverse("confirm") in asks.headers["Location"], "it takes a fresh proof"
    assert [*canaries.planted()]
    assert prove(other).post(settle, {"action": "retire"}).headers["Location"] == address
    assert not [*canaries.planted()]
    ended = otto.get(address).content.decode()
    assert "a guest knew her" in ended
    assert "No canary watches" in ended
    assert otto.post(settle, {"action": "dance"}).status_code == 404
