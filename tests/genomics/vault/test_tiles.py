"""Rows side by side: read as they were alone, opened for nobody else, and closed behind who leaves."""

from typing import Any
from uuid import UUID

import pytest

from broker import restoring
from consent.errors import NotCleared
from genomics._vault import keys, lending, memory, parts, readings, rows, shelf, tiles
from genomics._vault.readings import Purpose
from genomics.errors import VaultSealed
from genomics.intake import erasure, upkeep
from genomics.models import GenomicFile, ParticipantKey, RowTile, Sealed
from tests.genomics.vault.rowed import files_of, in_use, joined, proof, read
from tests.world import NOW, World

pytestmark = pytest.mark.django_db
TEN = [f"Ada {n}" for n in range(10)]


@pytest.fixture
def world() -> World:
    return World()


def recorded(file: GenomicFile) -> Sealed:
    return Sealed.objects.get(name=rows.name_of(file.id, in_use()))


def laid(world: World, monkeypatch: pytest.MonkeyPatch, *, rows_a_tile: int = 4) -> list[GenomicFile]:
    """Ten people in tiles."""
    files = joined(world, TEN)
    part, _ = rows.parts_of(in_use())
    monkeypatch.setattr(tiles, "BYTES", rows_a_tile * part.size)
    assert upkeep.pack_rows() == 10
    return files


def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files whose row is decrypted from now on."""
    found: list[str] = []
    open_into = parts.open_into

    def noted(blob: Any, cipher: Any, name: str, *rest: Any) -> None:
        found.append(name.split("/")[1])
        open_into(blob, cipher, name, *rest)

    monkeypatch.setattr(parts, "open_into", noted)
    return found


def test_rows_say_the_same_side_by_side(world: World, monkeypatch, django_capture_on_commit_callbacks):
    files = joined(world, TEN)
    with readings.under(Purpose.JOB):
        alone = read(files, proof(world))
    memory.forget()
    before = {one.place for one in Sealed.objects.filter(version=parts.VERSION)}
    with django_capture_on_commit_callbacks(execute=True):
        laid_again = upkeep.pack_rows()
    assert (laid_again, RowTile.objects.count()) == (10, 1)
    assert before.isdisjoint(shelf.names()), "what lay alone is gone"
    assert len({recorded(file).place for file in files}) == 1
    order = [recorded(file).begins for file in files]
    assert order == sorted(order), "in the order of their people"
    with readings.under(Purpose.JOB):
        assert read(files, proof(world)) == alone
    assert upkeep.pack_rows() == 0


def test_a_tile_is_read_at_once_and_opened_for_those_who_are_asked(world: World, monkeypatch):
    files, clearance = laid(world, monkeypatch, rows_a_tile=10), proof(world)
    got: list[tuple[int, int]] = []
    spans = shelf.spans

    def noted(name: str, wanted: Any) -> Any:
        asked = list(wanted)
        got.extend(asked)
        return spans(name, asked)

    monkeypatch.setattr(shelf, "spans", noted)
    seen, size = opened(monkeypatch), rows.parts_of(in_use())[0].size
    with readings.under(Purpose.JOB) as tally:
        read([files[n] for n in (2, 3, 4, 7)], clearance)
    assert got == [(2 * size, 3 * size), (7 * size, size)], "and nothing of the others is even fetched"
    assert seen == [str(files[n].id) for n in (2, 3, 4, 7)]
    assert tally.rows == tally.files == {files[n].id for n in (2, 3, 4, 7)}


def test_who_did_not_permit_is_never_decrypted(world: World, monkeypatch):
    """In the middle of a tile, her row in memory from a search that she did permit."""
    files = joined(world, TEN[:5])
    (ben,) = joined(world, ["Ben"], says="Ben")
    files += joined(world, TEN[5:])
    assert upkeep.pack_rows() == 11
    clearance, seen = proof(world), opened(monkeypatch)
    assert not clearance.covers(ben.id)
    for asked in ([ben], [*files[:5], ben, *files[5:]]):
        with pytest.raises(NotCleared), readings.under(Purpose.JOB):
            read(asked, clearance)
    with pytest.raises(NotCleared):
        read(files, None)
    assert seen == []
    with readings.under(Purpose.JOB):
        read(files, clearance)
    assert str(ben.id) not in seen
    assert len(seen) == 10


def test_a_slot_that_was_changed_swapped_moved_or_put_back_is_refused(world: World, monkeypatch):
    files, clearance = laid(world, monkeypatch, rows_a_tile=10), proof(world)
    ada, eve = files[3], files[4]
    size, place = rows.parts_of(in_use())[0].size, recorded(ada).place
    good = shelf.get(place)

    def slot(n: int, of: bytes = good) -> bytes:
        return of[n * size : (n + 1) * size]

    (row,) = rows.sealed(ada, in_use(), own(ada, clearance), keys.of(ada.participant))
    older = shelf.get(row.place)  # hers, under her key, and not what is recorded
    flips = [0, 20, size // 3, size // 2, size - 1]
    bad = {f"flipped at {at}": slot(3)[:at] + bytes([slot(3)[at] ^ 1]) + slot(3)[at + 1 :] for at in flips}
    bad |= {"somebody else's": slot(4), "put back": older, "noise": bytes(size)}
    for what, blob in bad.items():
        shelf.put(place, [good[: 3 * size] + blob + good[4 * size :]])
        with pytest.raises(VaultSealed), readings.under(Purpose.JOB):
            read([ada], clearance)
        with readings.under(Purpose.JOB):
            read([eve], clearance)
        assert ada.id not in held(), what
    for cut in (good[: 3 * size], good[: 4 * size - 1]):
        shelf.put(place, [cut])
        with pytest.raises(VaultSealed), readings.under(Purpose.JOB):
            read([ada], clearance)
    shelf.put(place, [good])
    Sealed.objects.filter(name=recorded(ada).name).update(begins=4 * size)  # moved in the database
    with pytest.raises(VaultSealed), readings.under(Purpose.JOB):
        read([ada], clearance)
    Sealed.objects.filter(name=recorded(ada).name).update(begins=3 * size)
    with readings.under(Purpose.JOB):
        assert read([ada], clearance)


def own(file: GenomicFile, clearance: Any) -> Any:
    with lending.lent([file], in_use(), clearance) as lent, readings.under(Purpose.JOB):
        return lent.row(0)


def held() -> set[Any]:
    return {UUID(int=file) for one in memory._memory.values() for file in one._kept}


def test_who_was_erased_opens_no_more_from_a_tile_of_before(
    world: World, monkeypatch, django_capture_on_commit_callbacks
):
    files, clearance = laid(world, monkeypatch, rows_a_tile=10), proof(world)
    ada, others = files[3], [*files[:3], *files[4:]]
    with readings.under(Purpose.JOB):
        before = read(others, clearance)
        read([ada], clearance)
    one, tile = recorded(ada), shelf.get(recorded(ada).place)
    size = rows.parts_of(in_use())[0].size
    hers = tile[one.begins : one.begins + size]
    with django_capture_on_commit_callbacks(execute=True):
        erasure.erase(ada.participant, by="self", at=NOW)
    assert not ParticipantKey.objects.filter(participant=ada.participant).exists()
    memory.forget()
    one.save()  # the mapping put back by hand, and her file
    GenomicFile.objects.bulk_create([ada])
    row = own(ada, clearance)
    assert row.called == 0, "it is left shut, and says nothing"
    one.delete()
    GenomicFile.objects.filter(id=ada.id).delete()
    assert tiles.holes(rows.parts_of(in_use())[0]) == 1
    assert hers in shelf.get(one.place), "a hole, until it is packed"
    with django_capture_on_commit_callbacks(execute=True):
        assert upkeep.pack_rows() == 9
    assert not any(hers[:64] in shelf.get(name) for name in shelf.names())
    assert tiles.holes(rows.parts_of(in_use())[0]) == 0
    with readings.under(Purpose.JOB):
        assert read(others, clearance) == before


def test_a_read_that_comes_too_late_reads_where_rows_were_laid_since(
    world: World, monkeypatch, django_capture_on_commit_callbacks
):
    files, clearance = joined(world, TEN), proof(world)
    with readings.under(Purpose.JOB):
        before = read(files, clearance)
    memory.forget()
    spans, packed = shelf.spans, []

    def late(name: str, wanted: Any) -> Any:
        monkeypatch.setattr(shelf, "spans", spans)
        with django_capture_on_commit_callbacks(execute=True):
            packed.append(upkeep.pack_rows())
        return spans(name, wanted)

    monkeypatch.setattr(shelf, "spans", late)
    with readings.under(Purpose.JOB):
        assert read(files, clearance) == before
    assert packed == [10]


def test_who_leaves_while_rows_are_packed_is_not_brought_back(world: World, monkeypatch):
    files, clearance = joined(world, TEN), proof(world)
    put = shelf.put

    def meanwhile(name: str, pieces: Any) -> None:
        put(name, pieces)
        if name.startswith("tiles/"):
            erasure.erase(files[4].participant, by="self", at=NOW)

    monkeypatch.setattr(shelf, "put", meanwhile)
    upkeep.pack_rows()
    monkeypatch.undo()
    assert not Sealed.objects.filter(name=rows.name_of(files[4].id, in_use())).exists()
    assert tiles.holes(rows.parts_of(in_use())[0]) == 1
    with readings.under(Purpose.JOB):
        assert len(read([*files[:4], *files[5:]], clearance)) == 9


def test_a_row_that_is_made_anew_while_rows_are_packed_is_the_new_one(world: World, monkeypatch):
    files, clearance = joined(world, TEN), proof(world)
    put, made = shelf.put, list[str]()

    def meanwhile(name: str, pieces: Any) -> None:
        put(name, pieces)
        if name.startswith("tiles/"):
            with readings.under(Purpose.UPKEEP):
                rows.derive(files[4], in_use())
            made.append(recorded(files[4]).place)

    monkeypatch.setattr(shelf, "put", meanwhile)
    upkeep.pack_rows()
    monkeypatch.undo()
    assert [recorded(files[4]).place] == made
    with readings.under(Purpose.JOB):
        assert len(read(files, clearance)) == 10


def test_few_rows_wait_small_tiles_grow_and_a_damaged_row_holds_up_nobody(world: World, monkeypatch):
    joined(world, TEN[:3])
    part, _ = rows.parts_of(in_use())
    assert upkeep.pack_rows() == 0, "three are not worth a tile"
    monkeypatch.setattr(tiles, "LEAST", 2)
    shelf.put(recorded(files_of(world, "Ada 1")[0]).place, [b"cut"])
    assert upkeep.pack_rows() == 2
    joined(world, TEN[3:])
    assert sum(tiles.pack(part)) == 9, "with the small tile of before"
    assert RowTile.objects.count() == 1
    assert not recorded(files_of(world, "Ada 1")[0]).place.startswith("tiles/")


def test_after_a_restore_rows_that_were_packed_since_are_made_again(
    world: World, monkeypatch, django_capture_on_commit_callbacks
):
    files, clearance = joined(world, TEN), proof(world)
    with readings.under(Purpose.JOB):
        before = read(files, clearance)
    memory.forget()
    remembered = list(Sealed.objects.all())
    with django_capture_on_commit_callbacks(execute=True):
        upkeep.pack_rows()
    RowTile.objects.all().delete()
    for one in remembered:
        one.save()
    restoring.replay(by="operator", at=NOW)
    assert Sealed.objects.filter(version=parts.VERSION).count() == 0
    with readings.under(Purpose.JOB) as tally:
        assert read(files, clearance) == before, "from the columns"
    assert tally.rows == set()
    assert len(list(upkeep.rebuild_rows(missing_only=True))) == 10
