"""The doctor says when a house has more rows to compare than a worker's memory could ever hold."""

from typing import Any

import pytest

from broker import health
from genomics._vault import memory
from genomics.intake import erasure
from tests.genomics.vault.rowed import in_use, joined
from tests.world import NOW, World

pytestmark = pytest.mark.django_db


def rows() -> health.Finding:
    return next(one for one in health.look(at=NOW) if one.part == "rows")


def test_without_a_panel_there_are_none():
    assert rows().well
    assert rows().words == "No panel of sites is loaded."


def test_more_than_memory_holds_need_attention(settings: Any):
    world = World()
    people = joined(world, ["Ada", "Bo", "Cy"])
    row = memory.bytes_of(in_use().shape, in_use().probes)
    settings.ROWS_BYTES = 3 * row
    assert rows().well
    settings.ROWS_BYTES = 3 * row - 1
    assert not rows().well
    assert rows().words == (
        "3 rows may be compared; a worker's memory holds 2. "
        "The others are decrypted in every search. Raise ROWS_MB to 1, or set SKETCHES=1."
    )
    erasure.erase(people[0].participant, by="self", at=NOW)
    assert rows().well


@pytest.mark.parametrize("chosen", [{"SKETCHES": True}, {"ROWS_BYTES": 0}])
def test_who_compares_sketches_first_or_keeps_none_is_well(settings: Any, chosen: dict[str, Any]):
    joined(World(), ["Ada", "Bo"])
    settings.ROWS_BYTES = 1
    assert not rows().well
    for name, value in chosen.items():
        setattr(settings, name, value)
    assert rows().well


def test_who_never_said_anything_is_not_counted(settings: Any):
    world = World()
    joined(world, ["Ada"])
    world.join("Dov")
    settings.ROWS_BYTES = memory.bytes_of(in_use().shape, in_use().probes)
    assert rows().well
