"""Whom these tests begin with."""

import pytest
from django.test import Client

from tests.broker.portal.auditor.looking import signed_in
from tests.world import World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def otto(world: World) -> Client:
    return signed_in(world.staff.auditor)
