"""What these tests start from."""

import pytest

from consent.ledger import report_form as form
from tests.broker.reporting.history import PANEL
from tests.world import World, with_panel


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """With a threshold of two, so that a small ledger says something."""
    monkeypatch.setattr(form, "THRESHOLD", 2)
    with_panel(PANEL)
    world = World()
    world.crowd(2, says="Noor")
    return world
