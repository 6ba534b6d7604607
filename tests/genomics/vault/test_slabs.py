"""Slabs in the vault: asked under a Clearance alone, equal to the columns, with nothing of the erased."""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings as house
from django.core.management import call_command
from django.db import connection, connections

from broker import queries, restoring, uses
from consent import clearance as proofs
from consent.clearance import Clearance
from consent.errors import NotCleared
from consent.models import Participant
from consent.policy import Policy
from genomics import gate
from genomics._vault import files as vault
from genomics._vault import keys, segments, shelf, slabs
from genomics.columns import UNKNOWN, Carriage
from genomics.coordinates import Region, parse_region
from genomics.errors import VaultSealed
from genomics.intake import erasure, upkeep
from genomics.intake.receive import sweep
from genomics.matching import masked, parse
from genomics.models import GenomicFile, Sealed, SlabMember, VariantSlab
from genomics.slabs import Slab
from genomics.variants import Variant, parse_variant
from tests.builders import array, vcf
from tests.remembering import receive
from tests.world import EARLIER, NOW, SITE, World

pytestmark = pytest.mark.django_db

AT_SITE, RARE = parse_variant(SITE), parse_variant("20:1000300 C>G")
AROUND = parse_region("20:1000000-1001000")
PLACES = (AT_SITE, RARE, AROUND, parse_variant("1:500 A>T"), parse_region("2"), parse_variant("X:77 G>C"))


@pytest.fixture
def world() -> World:
    return World()


def proof(world: World) -> Clearance:
    query = queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW)
    return proofs.clear(uses.of(query), policy=Policy.default(), at=NOW)


def ask(world: World, question: dict, batch: int = 32) -> gate.Asked:
    query = queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW)
    clearance = proofs.clear(uses.of(query), policy=Policy.default(), at=NOW)
    return gate.ask(
        parse(question),
        clearance,
        use=lambda: uses.of(query),
        policy=Policy.default(),
        clock=lambda: NOW,
        alias=str,
        batch=batch,
        on_batch=lambda done, total: None,
    )


def fill() -> int:
    return len(list(upkeep.fill_slabs(at=NOW)))


def found(files: list[GenomicFile], at: Variant | Region, clearance: Clearance) -> dict:
    region = at.region if isinstance(at, Variant) else at
    said: dict = {}
    for view in slabs.views(files, region, clearance):
        said |= masked.carriages(view, at)
    return said


def files_of(world: World, *names: str) -> list[GenomicFile]:
    return [file for name in names for file in world.people[name].genomic_files.order_by("received_at")]


def pieces() -> Iterator[tuple[str, Slab]]:
    """Every piece of every slab, opened with the key of today."""
    for slab in VariantSlab.objects.all():
        for chromosome in slabs._chromosomes(slab):
            yield f"{slab.id}/{chromosome}", slabs._kept(slab, chromosome).whole()


def rare_rows() -> int:
    return sum(int((slab.rows["position"] == RARE.position).sum()) for _, slab in pieces())


def as_columns(files: list[GenomicFile]) -> None:
    """Every slab that stands says what the columns say."""
    members = set(SlabMember.objects.values_list("file", flat=True))
    for slab in VariantSlab.objects.all():
        for one in SlabMember.objects.filter(slab=slab):
            assert one.file_id in {file.id for file in files}
    for file in files:
        column = vault.own_column(file)
        if file.id in members:
            member = SlabMember.objects.get(file=file)
            for at in PLACES:
                region = at.region if isinstance(at, Variant) else at
                view = slabs._view(member.slab, [member], region)
                assert masked.carriages(view, at) == {file.id: column.carriage(at)}, (file.id, str(at))


def everybody(world: World) -> None:
    """A crowd that permits, some who do not, several kinds of files, and one with two."""
    world.crowd(9, says="Ada")
    world.join("Ada", data=vcf([("20", 1000226, "A", "T", "1/1"), ("20", 1000300, "C", "G", "0/1")]))
    receive(world.people["Ada"], vcf([("1", 500, "A", "T", "0/1")]), by="self", at=NOW)
    world.join("Eve", says="Ada", data=array([("rs1", "20", 1000226, "AT"), ("rs2", "X", 77, "G")]))
    world.join("Ben", genotype="1/1")
    world.join("Cleo")
    world.join("Dov")


def test_the_gate_says_the_same_by_slabs_and_opens_no_column(world: World, monkeypatch):
    everybody(world)
    questions = [
        world.carriers(),
        {"kind": "carriers", "region": str(AROUND), "build": "GRCh37"},
        {"kind": "frequencies", "variant": SITE, "build": "GRCh37"},
        {"kind": "frequencies", "variant": str(RARE), "build": "GRCh37"},
        {"kind": "carriers", "variant": SITE, "build": "GRCh38"},
    ]
    by_columns = [ask(world, question).answer for question in questions]
    assert by_columns[0].count == 11
    assert fill() == GenomicFile.objects.count() == 15
    monkeypatch.setattr(vault, "_column", lambda file: pytest.fail("a column was opened"))
    for batch in (32, 2):
        assert [ask(world, question, batch).answer for question in questions] == by_columns


def test_every_file_of_a_slab_says_what_its_column_says(world: World):
    everybody(world)
    fill()
    as_columns(list(GenomicFile.objects.all()))


def test_a_slab_is_not_opened_without_a_clearance_that_covers_all(world: World):
    everybody(world)
    fill()
    clearance = proof(world)
    ada, ben = files_of(world, "Ada"), files_of(world, "Ben")
    assert len(found(ada, AT_SITE, clearance)) == 2
    for files, given in ((ben, clearance), ([*ada, *ben], clearance), (ada, None), (ada, object())):
        with pytest.raises(NotCleared):
            found(files, AT_SITE, given)  # type: ignore[arg-type]


def test_of_those_who_do_not_permit_no_bit_is_in_the_mask(world: World):
    everybody(world)
    fill()
    clearance = proof(world)
    covered = [file for file in GenomicFile.objects.all() if clearance.covers(file.id)]
    (view,) = slabs.views(covered, AROUND, clearance)
    members = SlabMember.objects.exclude(file__in=[file.id for file in covered])
    assert members.count() == 3
    assert not any(view.mask >> one.slot & 1 or one.slot in view.files for one in members)
    looked = masked.carries(view, AT_SITE)
    assert not any((looked.one | looked.two | looked.reference) >> one.slot & 1 for one in members)


def test_a_slab_of_nobody_who_permits_stays_shut(world: World, monkeypatch):
    monkeypatch.setattr(slabs, "WIDTH", 2)
    world.crowd(2, says="Ben")
    world.crowd(2, says="Ada")
    world.crowd(2, says="Cleo")
    assert (fill(), VariantSlab.objects.count()) == (6, 3)
    opened: list[str] = []

    class Noted(segments.Opened):
        def __init__(self, get: segments.Get, key: bytes, name: str, sha256: bytes) -> None:
            opened.append(name)
            super().__init__(get, key, name, sha256)

    monkeypatch.setattr(segments, "Opened", Noted)
    ask(world, world.carriers())
    theirs = SlabMember.objects.filter(file__participant=world.people["Ada 2"]).get().slab_id
    assert {name.split("/")[1] for name in opened} == {str(theirs)}


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
