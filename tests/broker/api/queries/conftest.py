"""What these tests start from."""

import pytest
from django.utils import timezone

from tests.broker.api.queries.programs import Program
from tests.world import NOW, World


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def rosa(world: World) -> Program:
    return Program(world.staff.researcher)


@pytest.fixture
def ivan(world: World) -> Program:
    return Program(world.staff.investigator)
