"""Whom these tests begin with."""

from datetime import timedelta

import pytest

from consent import policies
from consent.models import Participant
from consent.terms import Policy
from tests.world import EARLIER, World

WAITING = Policy.default().overlay({"policy_version": "2026.1 with cooling-off"})


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def ada(world: World) -> Participant:
    return world.join("Ada")


@pytest.fixture
def slow(world: World) -> None:
    """The cooling-off times as shipped."""
    policies.adopt(WAITING, by="founding", at=EARLIER + timedelta(hours=1))
