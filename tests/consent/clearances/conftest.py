"""Four people and a request for research, for every test of a clearance."""

import pytest

from broker import queries, uses
from tests.world import NOW, World


@pytest.fixture
def world() -> World:
    world = World()
    for name in ("Ada", "Ben", "Cleo", "Dov"):
        world.join(name)
    return world


@pytest.fixture
def use(world: World):
    query = queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW)
    return lambda: uses.of(query)
