"""Who leaves takes her bits along, and nothing of hers is left in any slab."""

import threading
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings as house
from django.db import connection, connections

from consent.models import Participant
from genomics._vault import keys, shelf, slabs
from genomics.intake import erasure
from genomics.models import GenomicFile, Sealed, SlabMember, VariantSlab
from genomics.slabs import Slab
from tests.genomics.vault.slabs.shelf import (
    AT_SITE,
    RARE,
    as_columns,
    ask,
    everybody,
    files_of,
    fill,
    found,
    pieces,
    proof,
)
from tests.world import NOW, World

pytestmark = pytest.mark.django_db


def rare_rows() -> int:
    return sum(int((slab.rows["position"] == RARE.position).sum()) for _, slab in pieces())


def everywhere(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    paths += [Path(house.QUEUE_FILE), Path(house.CHECKPOINT_FILE)]
    found: dict[str, bytes] = {}
    if connection.vendor == "sqlite":
        database = str(connection.settings_dict["NAME"])
        paths += [Path(database + end) for end in ("", "-wal", "-shm")]
    else:
        with connection.cursor() as cursor:
            for table in connection.introspection.table_names(cursor):
                cursor.execute(f'SELECT CAST(t.* AS text) FROM "{table}" t')  # noqa: S608
                found[table] = "\n".join(str(row[0]) for row in cursor.fetchall()).encode()
    return found | {str(path): path.read_bytes() for path in paths if path.exists()}


def hits(folder: Path, what: list[bytes]) -> list[tuple[str, bytes]]:
    return [(name, one) for name, data in everywhere(folder).items() for one in what if one in data]


@pytest.mark.server
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["a person", "a file"])
def test_after_an_erasure_nothing_of_hers_is_in_any_slab(tmp_path: Path, how: str):
    world = World()
    everybody(world)
    fill()
    before, slab = rare_rows(), VariantSlab.objects.get()
    key, wrapped = keys.of_slab(slab), bytes(slab.wrapped)
    (ada, _), (eve,) = files_of(world, "Ada"), files_of(world, "Eve")
    names = Sealed.objects.filter(name__startswith="slabs/")
    old = [shelf.get(place)[16:64] for place in names.values_list("place", flat=True)]
    secret = [*old, key, key.hex().encode(), wrapped, wrapped.hex().encode()]
    assert {*old, wrapped if connection.vendor == "sqlite" else wrapped.hex().encode()} <= {
        one for _, one in hits(tmp_path, secret)
    }
    assert before == 1
    in_slab = found([eve], AT_SITE, proof(world))
    if how == "a person":
        erasure.erase(world.people["Ada"], by="self", at=NOW)
    else:
        erasure.erase_file(ada, by="self", at=NOW)
    assert hits(tmp_path, secret) == []
    assert rare_rows() == 0  # the dictionary's row that only she had is gone
    for name, piece in pieces():
        assert ada.id not in piece.roster, name
    assert VariantSlab.objects.get().pk == slab.pk
    assert found([eve], AT_SITE, proof(world)) == in_slab != {}
    as_columns(list(GenomicFile.objects.all()))


def test_who_leaves_takes_her_bits_and_the_next_one_takes_her_slot(world: World):
    everybody(world)
    fill()
    ada = SlabMember.objects.get(file=files_of(world, "Ada")[0])
    hers = SlabMember.objects.filter(file__participant=world.people["Ada"])
    free = set(hers.values_list("slot", flat=True))
    erasure.erase(world.people["Ada"], by="self", at=NOW)
    (_, piece) = next(one for one in pieces() if one[0].endswith("/20"))
    bit = np.uint64(1 << ada.slot)
    assert not any((piece.rows[plane] & bit).any() for plane in ("there", "lo", "hi"))
    world.join("Ida", says="Ada", genotype="0/0")
    assert fill() == 1
    assert SlabMember.objects.get(file=files_of(world, "Ida")[0]).slot == min(free)
    as_columns(list(GenomicFile.objects.all()))


def test_a_slab_that_changed_while_it_was_made_anew_is_given_up(world: World):
    everybody(world)
    fill()
    ada = files_of(world, "Ada")[0]
    ready = slabs.sealed_without([ada], at=NOW)
    world.join("Ida", says="Ada")
    fill()
    slabs.leave([ada], ready)
    assert not VariantSlab.objects.exists()
    assert not Sealed.objects.filter(name__startswith="slabs/").exists()
    assert ask(world, world.carriers()).answer.count == 12
    assert fill() == GenomicFile.objects.count()
    as_columns(list(GenomicFile.objects.all()))


@pytest.mark.parametrize("why", ["it is large", "it does not open"])
def test_a_slab_that_is_not_made_anew_goes_with_its_key(world: World, monkeypatch, why: str):
    everybody(world)
    fill()
    if why == "it is large":
        monkeypatch.setattr(slabs, "READY", 1)
    else:
        for sealed in Sealed.objects.filter(name__startswith="slabs/"):
            shelf.put(sealed.place, [b"noise"])
    erasure.erase(world.people["Ada"], by="self", at=NOW)
    assert not VariantSlab.objects.exists()
    assert ask(world, world.carriers()).answer.count == 10
    fill()
    assert rare_rows() == 0
    as_columns(list(GenomicFile.objects.all()))


def test_of_two_who_change_a_slab_at_once_one_wins(world: World):
    everybody(world)
    slab, _ = slabs.with_room("GRCh37", at=NOW)
    files = list(GenomicFile.objects.all())
    assert len(slabs.join(slab, files[:3])) == 3
    assert slabs.join(slab, files[3:]) == []  # seen as it was before
    assert fill() == len(files) - 3
    as_columns(files)


def test_who_was_erased_meanwhile_does_not_join(world: World, monkeypatch):
    everybody(world)
    ada = files_of(world, "Ada")[0]
    slab, _ = slabs.with_room("GRCh37", at=NOW)
    pack = slabs.pack

    def erased_meanwhile(piece: Slab) -> bytes:
        Participant.objects.filter(pk=ada.participant_id).update(erased_at=NOW)
        return pack(piece)

    monkeypatch.setattr(slabs, "pack", erased_meanwhile)
    assert slabs.join(slab, [ada]) == []
    assert not SlabMember.objects.exists()


@pytest.mark.server
@pytest.mark.django_db(transaction=True)
def test_many_leave_while_slabs_are_filled(monkeypatch):
    """Whoever is erased while somebody else lays files into slabs is in none of them."""
    monkeypatch.setattr(slabs, "WIDTH", 5)
    world = World()
    people = world.crowd(16, says="Ada")
    done, troubles = threading.Event(), list[Exception]()

    def fill_again_and_again() -> None:
        try:
            while not done.is_set():
                fill()
        except Exception as trouble:
            troubles.append(trouble)
        finally:
            connections.close_all()

    filling = threading.Thread(target=fill_again_and_again)
    filling.start()
    try:
        for person in people[::2]:
            erasure.erase(person, by="self", at=NOW)
    finally:
        done.set()
        filling.join()
    assert troubles == []
    fill()
    here = set(GenomicFile.objects.values_list("id", flat=True))
    assert len(here) == SlabMember.objects.count() == 8
    assert {file for _, piece in pieces() for file in piece.roster if file} == here
    as_columns(list(GenomicFile.objects.all()))
