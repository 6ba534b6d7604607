"""The look of choosing: what would change, a yes that waits, notices and the ways to reach somebody."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from broker import impact, people
from broker.demo.staff import PASSWORD
from broker.models import User
from consent import policies
from consent.policy import Policy
from consent.terms import SignIn
from genomics.intake.receive import receive
from tests.builders import vcf
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def eve() -> User:
    world, before = World(), timezone.now() - timedelta(days=300)
    policies.adopt(Policy.default().overlay({"policy_version": "slow"}), by="x", at=timezone.now())
    world.request("R.HMB")
    user = people.sign_up("eve", PASSWORD, born_on=before.date().replace(year=1980), at=before)
    person = user.own_record.participant
    people.verify_identity(person, by=world.staff.steward, at=before)
    for site in (1000226, 1000300):
        receive(person, vcf([("20", site, "A", "T", "0/1")]), by=user.reference, at=before)
    impact.take(at=timezone.now())
    return user


def test_a_yes_is_read_looked_at_again_said_and_waits(
    page: Any, sign_in: Any, sound: Any, eve: User, monkeypatch: Any
):
    sign_in(page, eve)
    from_passkey(monkeypatch)
    page.goto("/participant/choice/LE.HOM/")
    sound("choice-police")
    page.get_by_label("That is not right").check()
    page.get_by_role("button", name="Look at it once more").click()
    assert "Not quite" in page.content()
    sound("check-police")
    page.get_by_role("button", name="Yes, I allow this").click()
    assert "It takes hold on" in page.content()
    sound("receipt-waits")
    page.goto("/participant/choices/")
    assert "Your yes begins on" in page.content()
    sound("choices-waits")
    page.goto("/notices/")
    sound("notices")
    page.get_by_role("button", name="I have read it").click()
    page.goto("/notices/channels/")
    page.get_by_label("By e-mail").check()
    page.get_by_label("Where to?").fill("eve@example.org")
    page.get_by_role("button", name="Add it").click()
    assert "eve@example.org" in page.content()
    sound("notices-channels")


def from_passkey(monkeypatch: Any) -> None:
    """She has just shown a passkey."""
    monkeypatch.setattr("broker.fresh.of", lambda _request, *, at: SignIn("passkey", at))
