"""Whom these tests begin with."""

import pytest
from django.test import Client
from django.utils import timezone

from broker import people
from broker.models import User
from broker.roles import Role
from tests.broker.portal.researcher.pages import signed_in
from tests.world import EARLIER, NOW, World


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def rosa(world: World) -> Client:
    return signed_in(world.staff.researcher)


@pytest.fixture
def rival(world: World) -> Client:
    """A researcher of the same house, who works on nothing."""
    user = User.objects.create_user("rival", organisation=world.staff.university)
    admin, second = world.staff.admin, world.staff.second_admin
    people.confirm(people.propose(user, Role.RESEARCHER, by=admin, at=EARLIER), by=second, at=EARLIER)
    return signed_in(user)
