"""Whom these tests begin with: a case, evidence that finds Noor, and people who sign."""

from typing import Any

import numpy as np
import pytest
from django.utils import timezone

from tests.broker.cases.steps import Found
from tests.world import NOW, World, genotypes, small_panel, with_panel


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture(scope="session")
def panel() -> Any:
    return small_panel()


@pytest.fixture
def found(world: World, panel: Any) -> Found:
    """Noor is the very person of the evidence, and allows police searches for killings; a stranger, too."""
    with_panel(panel)
    rng = np.random.default_rng(7)
    trace = genotypes(panel, rng.binomial(2, 0.5, len(panel)))
    world.join("Noor", data=trace)
    world.join("stranger", says="Noor", data=genotypes(panel, rng.binomial(2, 0.5, len(panel))))
    return Found(world, trace)
