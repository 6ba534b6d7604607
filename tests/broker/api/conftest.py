"""What the tests of the REST interface start from: a house, and nobody who has asked too often."""

import pytest
from django.core.cache import cache

from tests.world import World


@pytest.fixture(autouse=True)
def fresh_throttle() -> None:
    cache.clear()


@pytest.fixture
def world() -> World:
    return World()
