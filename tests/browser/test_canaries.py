"""Retiring a canary takes two auditors and their pages, on a phone and at a desk."""

from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from broker import canaries, people
from broker.models import User
from broker.roles import Role
from tests.broker.test_canaries import FILE
from tests.world import EARLIER, World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    return World()


def test_two_auditors_retire_one(page: Any, sign_in: Any, sound: Any, world: World):
    otto, other = world.staff.auditor, world.staff.second_legal
    proposed = people.propose(other, Role.AUDITOR, by=world.staff.admin, at=EARLIER)
    people.confirm(proposed, by=world.staff.second_admin, at=EARLIER)
    sign_in(page, otto)
    page.goto("/auditor/canaries/")
    sound("canaries-none")
    for login in ("maria-k", "joko-s"):
        canaries.plant(FILE, login=login, born_on=date(1975, 3, 2), by=otto, at=EARLIER)
    page.goto("/auditor/anomalies/")
    page.get_by_role("link", name="The canaries").click()
    page.get_by_text("Ask that she be retired").first.click()
    page.get_by_label("Why").first.fill("A guest of the laboratory knew her by name.")
    page.get_by_role("button", name="Ask for it").first.click()
    sound("canaries-asked")
    sign_in(page, User.objects.get(pk=other.pk), confirmed_at=timezone.now())
    page.goto("/auditor/canaries/")
    sound("canaries-confirm")
    page.get_by_role("button", name="Retire her").click()
    sound("canaries-retired")
    assert len([*canaries.planted()]) == 1
