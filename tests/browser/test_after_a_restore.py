"""After a restore a steward reads what is lost and lets the house go on: on a phone and at a desk."""

from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from broker import events, reopening
from broker.portal.steward_restored import DONE
from broker.restored_kinds import LOST
from consent.ledger import log
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    return World()


def put_back() -> None:
    """The line that a restore leaves, with one of everything."""
    with transaction.atomic():
        log.append(
            events.RESTORED,
            at=timezone.now(),
            by="operator",
            done=dict.fromkeys(DONE, 12),
            lost={kind: ["2026.1+diseases.20260601120000", "F-ADULT 9.0"] for kind in LOST},
            vouched=12345,
            root="",
            remembered=12000,
        )


def test_a_steward_looks_and_lets_it_go_on(page: Any, sign_in: Any, sound: Any, world: World):
    sign_in(page, world.staff.steward, confirmed_at=timezone.now())
    page.goto("/steward/restored/")
    sound("restored-never")
    put_back()
    page.goto("/steward/")
    page.get_by_role("link", name="Look what was done again").click()
    sound("restored-waits")
    page.get_by_label("I have looked").check()
    page.get_by_role("button", name="Let the house go on").click()
    sound("restored-seen")
    assert not reopening.is_held()
