"""A small house whose database has its walls. One for a whole module: to empty all tables takes seconds."""

from collections import deque
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.test import TransactionTestCase

from broker import cases
from broker.models import Job, Upload
from genomics.intake import upkeep
from genomics.intake.receive import receive_evidence
from tests.broker.walls.seeing import asked
from tests.builders import vcf
from tests.logins import Walls, walls, walls_if_any
from tests.world import NOW, World

__all__ = ["walls", "walls_if_any"]


@pytest.fixture(scope="module")
def house(walls: Walls, django_db_blocker: Any) -> Iterator[World]:
    """Three people with files in a slab, and evidence; all of it committed, for other connections to see."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: None)  # not after each test
        world = World()
        world.crowd(3, says="Ada")
        deque(upkeep.fill_slabs(at=NOW), maxlen=0)
        reference = cases.reference(world.case())
        receive_evidence(reference, vcf([("20", 1000226, "A", "T", "0/1")]), by="agency", at=NOW)
        Upload.objects.create(
            owner=world.staff.researcher,
            participant=world.people["Ada 0"],
            length=1,
            created_at=NOW,
            expires_at=NOW,
        )
        yield world
        call_command("flush", verbosity=0, interactive=False)


@pytest.fixture
def world(walls: Walls) -> World:
    """One for a single test, that changes much; all tables are emptied afterwards."""
    return World()


@pytest.fixture
def job(house: World) -> Job:
    """One that waits."""
    return asked(house)
