"""A guardian says that a child moved house, and a clerk looks: on a phone and at a desk, without script."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from broker import handovers, people
from broker.models import HandoverCode, User
from consent.models import HomeChange, Participant
from tests.world import EARLIER, World

pytestmark = pytest.mark.django_db(transaction=True)

BORN = timezone.now().date().replace(month=1, day=1) - timedelta(days=365 * 16)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def gita(world: World) -> User:
    return people.sign_up("gita", "correct horse battery", born_on=date(1980, 1, 1), at=EARLIER)


@pytest.fixture
def child(gita: User) -> Participant:
    return people.add_child(gita, born_on=BORN, home_region="US-NE", at=EARLIER)


def test_from_the_guardians_word_to_the_clerks_yes(
    page: Any, sign_in: Any, sound: Any, world: World, gita: User, child: Participant
):
    sign_in(page, gita, confirmed_at=timezone.now())
    page.goto("/guardian/")
    page.get_by_role("link", name="Moved house").click()
    sound("moved-house-not-verified")
    people.verify_guardian(child.kin_links.get(), by=world.staff.steward, at=EARLIER)
    code = handovers.invite(child, by=gita, at=timezone.now())
    kid = handovers.accept(code, "kid", "correct horse battery", born_on=BORN, at=timezone.now())
    handovers.confirm(HandoverCode.objects.get(), by=world.staff.steward, at=timezone.now())
    page.reload()
    sound("moved-house-empty")
    page.get_by_label("In which country, state or province?").fill("US-MS")
    page.get_by_role("button", name="At home there now").click()
    sound("moved-house-waits")
    assert HomeChange.objects.get().region == "US-MS"
    sign_in(page, kid)
    page.goto("/participant/home/")
    sound("moved-house-as-she-reads-it")
    sign_in(page, world.staff.clerk)
    page.goto("/clerk/")
    page.get_by_role("link", name=child.pseudonym).click()
    sound("moved-house-clerk")
    page.get_by_label("A paper that shows that she lives there").check()
    page.get_by_label("Which paper, or why not?").fill("a lease")
    page.get_by_role("button", name="Record it").click()
    sound("moved-house-done")
    assert not HomeChange.objects.exists()
