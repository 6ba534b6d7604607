"""What lies sealed beside a row: her probes and how far she is believed, as reckoned from the row."""

from typing import Any

import numpy as np
import pytest

from genomics._vault import keys, lending, many, memory, parts, readings, rows, shelf
from genomics._vault.readings import Purpose
from genomics.errors import VaultSealed
from genomics.intake import erasure, upkeep
from genomics.matching.kernels import Rows
from genomics.matching.probes import probes_of
from genomics.matching.setting import Setting
from genomics.models import GenomicFile, ParticipantKey, RowTile, Sealed
from tests.genomics.vault.rowed import in_use, joined, proof, read
from tests.world import NOW, World

pytestmark = pytest.mark.django_db
TEN = [f"Ada {n}" for n in range(10)]


@pytest.fixture
def world() -> World:
    return World()


def lies_as_it_is_reckoned(files: list[GenomicFile], clearance: Any) -> int:
    """How many were looked at: each with what is reckoned from the very planes that were lent."""
    used, looked = in_use(), 0
    with lending.lent(files, used, clearance) as lent, readings.under(Purpose.JOB):
        for group in lent.groups(range(len(files))):
            people = group.people
            planes = Rows(used.shape.autosomal, people.rows.lo[group.lines], people.rows.hi[group.lines])
            assert planes.hi.any()
            due = Setting.of(planes, used.frequency)
            assert np.array_equal(people.probes[group.lines], probes_of(planes, used.probes))
            assert np.array_equal(people.setting.dropout[group.lines], due.dropout)
            assert np.array_equal(people.setting.called[group.lines], due.called)
            assert due.called.all()
            looked += len(group.lines)
    return looked


def test_what_lies_beside_is_what_is_reckoned_from_the_row(world: World, settings):
    files, clearance = joined(world, TEN), proof(world)
    assert lies_as_it_is_reckoned(files, clearance) == 10, "opened into memory"
    assert lies_as_it_is_reckoned(files, clearance) == 10, "from memory"
    memory.forget()
    settings.ROWS_BYTES = 3 * memory.bytes_of(in_use().shape, in_use().probes)
    Sealed.objects.filter(name=rows.name_of(files[6].id, in_use())).delete()
    assert lies_as_it_is_reckoned(files, clearance) == 10, "some aside, and one from her column"


@pytest.mark.parametrize("piece", [3, 4])
def test_what_lies_beside_is_refused_when_it_was_changed(world: World, piece: int):
    files, clearance = joined(world, TEN[:1]), proof(world)
    place = Sealed.objects.get(name=rows.name_of(files[0].id, in_use())).place
    blob, lengths = bytearray(shelf.get(place)), in_use().lengths(rows.PLANES)
    blob[parts.length(lengths[:piece]) + 12] ^= 1
    shelf.put(place, bytes(blob))
    with pytest.raises(VaultSealed), readings.under(Purpose.JOB):
        read(files, clearance)
    assert sum(map(len, memory._memory.values())) == 0


def test_rows_beside_which_something_else_was_reckoned_are_made_anew_and_the_old_ones_go(
    world: World, monkeypatch, django_capture_on_commit_callbacks
):
    files, clearance = joined(world, TEN), proof(world)
    with django_capture_on_commit_callbacks(execute=True):
        assert upkeep.pack_rows() == 10
    before = set(RowTile.objects.values_list("place", flat=True))
    with readings.under(Purpose.JOB):
        planes = read(files, clearance)
    memory.forget()
    reckoned = rows.InUse._beside
    monkeypatch.setattr(
        rows.InUse, "_beside", lambda used, row: (reckoned(used, row)[0], np.array([0.125, 0.5]).tobytes())
    )
    rows._in_use.cache_clear()
    with readings.under(Purpose.JOB) as tally:
        assert read(files, clearance) == planes, "from the columns"
    assert (tally.rows, len(tally.files)) == (set(), 10)
    memory.forget()
    assert len(list(upkeep.rebuild_rows(missing_only=True))) == 10
    with django_capture_on_commit_callbacks(execute=True):
        assert upkeep.pack_rows() == 10
    assert before.isdisjoint(shelf.names())
    assert before.isdisjoint(RowTile.objects.values_list("place", flat=True))
    with readings.under(Purpose.JOB) as again:
        assert read(files, clearance) == planes
    assert len(again.rows) == 10
    rows._in_use.cache_clear()


def test_what_nobody_reads_any_more_goes_though_nothing_was_made_anew(
    world: World, django_capture_on_commit_callbacks
):
    joined(world, TEN)
    with django_capture_on_commit_callbacks(execute=True):
        upkeep.pack_rows()
    tile = RowTile.objects.get()
    Sealed.objects.filter(place=tile.place).update(place=tile.place)
    RowTile.objects.update(part="row-0123456789abcdef-planes")
    with django_capture_on_commit_callbacks(execute=True):
        assert upkeep.pack_rows() == 0
    assert tile.place not in shelf.names()
    assert not Sealed.objects.filter(version=parts.VERSION).exists()


def test_thousands_are_asked_at_once_and_told_apart_by_their_place(world: World):
    files = joined(world, TEN[:3])
    names = [f"files/nobody-{n}" for n in range(40_000)]
    due = {}
    for place, file in zip((0, 17, 39_999), files, strict=True):
        names[place] = rows.name_of(file.id, in_use())
        one = Sealed.objects.get(name=names[place])
        due[place] = (one.place, one.begins, bytes(one.manifest_sha256))
    assert {n: (place, begins, bytes(sha)) for n, (place, begins, sha) in many.lying(names).items()} == due
    Sealed.objects.filter(name=names[17]).update(version=2)
    assert set(many.lying(names)) == {0, 39_999}
    assert many.lying([]) == {}
    everybody = [file.participant_id for file in files]
    assert keys.of_many([*everybody, *everybody]) == {
        file.participant_id: keys.of(file.participant) for file in files
    }
    erasure.erase(files[1].participant, by="self", at=NOW)
    assert {ordinal for ordinal, *_ in many.wraps(range(40_000))} == {everybody[0], everybody[2]}
    assert set(keys.of_many(everybody)) == {everybody[0], everybody[2]}, "who was erased is left out"
    ParticipantKey.objects.filter(participant=files[2].participant).delete()
    with pytest.raises(VaultSealed, match="have no key here"):
        keys.of_many(everybody)
