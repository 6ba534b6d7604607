"""Whom these tests begin with."""

import pytest

from consent import (
    forms,
)
from tests.world import World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def adult(world):
    return forms.current("F-ADULT")
