"""A piece that was changed, exchanged, put back or lost is not believed."""

import pytest
from django.core.management import call_command

from genomics._vault import keys, shelf, slabs
from genomics.errors import VaultSealed
from genomics.intake import erasure
from genomics.models import Sealed, SlabMember, VariantSlab
from tests.builders import vcf
from tests.genomics.vault.slabs.shelf import AT_SITE, files_of, fill, found, proof
from tests.world import NOW, World

pytestmark = pytest.mark.django_db


def attacks(good: bytes, older: bytes, another: bytes, elsewhere: bytes) -> dict[str, bytes]:
    bad = {f"a bit flipped at {at}": at for at in range(0, len(good), 97)}
    flipped = {what: good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :] for what, at in bad.items()}
    return flipped | {
        "cut": good[:-1],
        "half": good[: len(good) // 2],
        "nothing": b"",
        "longer": good + b"x",
        "an older one": older,
        "another slab's": another,
        "another chromosome's": elsewhere,
    }


def test_on_the_shelf_no_piece_may_be_changed_exchanged_or_put_back(world: World, monkeypatch):
    monkeypatch.setattr(slabs, "WIDTH", 3)
    data = [vcf([("1", 500, "A", "T", gt), ("20", 1000226, "A", "T", gt)]) for gt in ("0/1", "1/1", "0/1")]
    for n, one in enumerate(data):
        world.join(f"Ada {n}", says="Ada", data=one)
    fill()
    (slab,) = VariantSlab.objects.all()

    def place(slab: VariantSlab, chromosome: int = 20) -> str:
        return Sealed.objects.get(name=slabs.piece_name(slab, chromosome)).place

    older = shelf.get(place(slab))
    erasure.erase_file(files_of(world, "Ada 2")[0], by="self", at=NOW)
    world.join("Ada 3", says="Ada", data=data[0])
    world.join("Ada 4", says="Ada", data=data[0])
    fill()
    slab, other = VariantSlab.objects.order_by("begun_at", "pk")
    if SlabMember.objects.filter(slab=slab).count() == 1:
        slab, other = other, slab
    good, clearance = shelf.get(place(slab)), proof(world)
    files = files_of(world, "Ada 0", "Ada 1", "Ada 3")
    for what, blob in attacks(good, older, shelf.get(place(other)), shelf.get(place(slab, 1))).items():
        shelf.put(place(slab), [blob])
        with pytest.raises(VaultSealed):
            found(files, AT_SITE, clearance)
        assert what
    shelf.put(place(slab), [good])
    assert len(found(files, AT_SITE, clearance)) == 3
    shelf.remove(place(slab))
    with pytest.raises(VaultSealed, match="not on the shelf"):
        found(files, AT_SITE, clearance)


def test_two_who_changed_places_in_the_database_are_not_mistaken(world: World):
    world.join("Ada")
    world.join("Ben")
    fill()
    ada, ben = (SlabMember.objects.get(file=files_of(world, name)[0]) for name in ("Ada", "Ben"))
    SlabMember.objects.filter(pk=ben.pk).update(slot=9)
    SlabMember.objects.filter(pk=ada.pk).update(slot=ben.slot)
    with pytest.raises(VaultSealed, match="another file in a slot"):
        found(files_of(world, "Ada"), AT_SITE, proof(world))


def test_a_record_of_a_piece_that_is_gone_is_no_silence(world: World):
    world.join("Ada")
    fill()
    Sealed.objects.filter(name__startswith="slabs/").delete()
    with pytest.raises(VaultSealed, match="rebuild_rows"):
        found(files_of(world, "Ada"), AT_SITE, proof(world))
    call_command("rebuild_rows")
    assert found(files_of(world, "Ada"), AT_SITE, proof(world))


def test_a_key_of_another_slab_does_not_open(world: World, monkeypatch):
    monkeypatch.setattr(slabs, "WIDTH", 1)
    world.crowd(2, says="Ada")
    fill()
    one, other = VariantSlab.objects.all()
    VariantSlab.objects.filter(pk=one.pk).update(wrapped=other.wrapped)
    with pytest.raises(VaultSealed, match="changed or moved"):
        keys.of_slab(VariantSlab.objects.get(pk=one.pk))
