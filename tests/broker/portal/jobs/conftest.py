"""Whom these tests begin with."""

import pytest
from django.test import Client
from django.utils import timezone

from tests.broker.portal.jobs.running import signed_in
from tests.world import NOW, World


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
def ivan(world: World) -> Client:
    return signed_in(world.staff.investigator)
