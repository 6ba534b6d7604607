"""Whom these tests begin with."""

import pytest

from tests.broker.portal.clerk.sheets import signed_in
from tests.world import World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def clara(world):
    return signed_in(world.staff.clerk)


@pytest.fixture
def carl(world):
    return signed_in(world.staff.second_clerk)


@pytest.fixture
def kim(world):
    return signed_in(world.staff.third_clerk)
