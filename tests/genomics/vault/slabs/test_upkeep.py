"""Slabs are swept, upgraded, made again and rolled to newer keys."""

import pytest
from django.core.management import call_command

from broker import restoring
from genomics._vault import files as vault
from genomics._vault import keys, shelf, slabs
from genomics.columns import UNKNOWN, Carriage
from genomics.coordinates import Region
from genomics.errors import VaultSealed
from genomics.intake import erasure, upkeep
from genomics.intake.receive import sweep
from genomics.models import GenomicFile, Sealed, VariantSlab
from genomics.slabs import Slab
from tests.genomics.vault.slabs.shelf import (
    AT_SITE,
    as_columns,
    ask,
    everybody,
    files_of,
    fill,
    found,
    pieces,
    proof,
)
from tests.world import EARLIER, NOW, World

pytestmark = pytest.mark.django_db


def test_what_was_sealed_for_nothing_is_swept(world: World):
    everybody(world)
    fill()
    lost = [one.place for one in slabs.sealed_without(files_of(world, "Ada"), at=NOW)[0].sealed]
    assert lost
    assert set(lost) <= set(sweep(before=NOW + 3650 * upkeep.DAY))
    as_columns(list(GenomicFile.objects.all()))


def test_a_slab_sealed_anew_while_it_is_read_is_read_from_columns(world: World, monkeypatch):
    everybody(world)
    fill()
    clearance, files = proof(world), files_of(world, "Eve")
    view = slabs._view

    def late(slab: VariantSlab, members: list, region: Region):
        erasure.erase(world.people["Ada"], by="self", at=NOW)
        return view(slab, members, region)

    monkeypatch.setattr(slabs, "_view", late)
    assert found(files, AT_SITE, clearance) == {}


def test_another_version_is_passed_over_and_upgraded(world: World):
    everybody(world)
    fill()
    VariantSlab.objects.update(version=slabs.VERSION + 1)
    clearance = proof(world)
    assert found(files_of(world, "Ada"), AT_SITE, clearance) == {}
    assert ask(world, world.carriers()).answer.count == 11
    call_command("upgrade_files")
    assert VariantSlab.objects.get().version == slabs.VERSION
    assert len(found(files_of(world, "Ada"), AT_SITE, clearance)) == 2
    as_columns(list(GenomicFile.objects.all()))


def test_a_version_that_was_written_over_in_the_database_is_not_misread(world: World):
    world.join("Ada")
    fill()
    (slab,) = VariantSlab.objects.all()
    kept = slabs._kept(slab, 20)
    good = slabs.pack(kept.whole())
    for bad in (b"GSLAB\x00\x00\x02" + good[8:], good[:-1], good + b"x", b""):
        vault.keep(vault.put(slabs.piece_name(slab, 20), bad, keys.of_slab(slab)))
        with pytest.raises(VaultSealed, match=r"version that this program reads|add up"):
            found(files_of(world, "Ada"), AT_SITE, proof(world))


def test_slabs_are_made_again_by_the_command(world: World, capsys, django_capture_on_commit_callbacks):
    everybody(world)
    fill()
    before = {name: lines(piece) for name, piece in pieces()}
    (slab,) = VariantSlab.objects.all()
    folder = f"slabs/{slab.pk}"
    assert any(name.startswith(folder) for name in shelf.names())
    call_command("rebuild_rows", "--missing")
    assert "0 files were laid into slabs" in capsys.readouterr().out
    with django_capture_on_commit_callbacks(execute=True):
        call_command("rebuild_rows")
    assert "15 files were laid into slabs" in capsys.readouterr().out
    (again,) = VariantSlab.objects.all()
    assert again.pk != slab.pk
    after = {name: lines(piece) for name, piece in pieces()}
    assert sorted(before.values()) == sorted(after.values())
    assert not any(name.startswith(folder) for name in shelf.names())


def lines(piece: Slab) -> list:
    return sorted(piece.rows.tolist())


def test_a_roll_wraps_the_keys_of_slabs_anew_too(world: World):
    everybody(world)
    fill()
    (slab,) = VariantSlab.objects.all()
    key = keys.of_slab(slab)
    upkeep.roll(by="worker", at=EARLIER + upkeep.DAY)
    (again,) = VariantSlab.objects.all()
    assert again.epoch != slab.epoch
    assert keys.of_slab(again) == key
    assert keys.in_use() == {again.epoch}


def test_what_is_not_of_bounded_size_is_laid_in_by_and_by(world: World, monkeypatch):
    everybody(world)
    monkeypatch.setattr(upkeep, "AT_ONCE", 1)
    assert fill() == 15
    assert VariantSlab.objects.count() == 1
    as_columns(list(GenomicFile.objects.all()))


def test_a_column_that_does_not_open_keeps_nobody_else_out(world: World):
    everybody(world)
    (ada, _) = files_of(world, "Ada")
    shelf.put(Sealed.objects.get(name=vault.column_name(ada)).place, [b"noise"])
    assert fill() == 14
    with pytest.raises(VaultSealed):
        ask(world, world.carriers())  # not in a slab, so her column is read: and refuses


def test_a_file_that_says_nothing_of_a_chromosome_is_unknown_there(world: World):
    everybody(world)
    fill()
    other = files_of(world, "Ada")[1]  # chromosome 1 alone
    said: dict[object, Carriage] = found([other], AT_SITE, proof(world))
    assert said == {other.id: UNKNOWN}


def test_after_a_restore_slabs_are_made_from_the_columns(world: World):
    everybody(world)
    fill()
    restoring.replay(by="operator", at=NOW)
    assert not VariantSlab.objects.exists()
    assert fill() == 15
