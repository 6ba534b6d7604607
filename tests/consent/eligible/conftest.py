"""Whom these tests begin with."""

import pytest

from consent import eligibility
from tests.world import World


@pytest.fixture
def world() -> World:
    eligibility.forget()
    world = World()
    for name in ("Ada", "Ben", "Noor", "Cleo", "Dov"):
        world.join(name)
    return world
