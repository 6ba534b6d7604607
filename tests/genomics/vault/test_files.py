"""What lies on the shelf, seen through the gate: only what was recorded is opened."""

import io
import secrets
from datetime import timedelta

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.management import call_command

from broker import queries, uses
from consent import clearance as proofs
from consent.clearance import Clearance
from consent.ledger import log
from consent.models import LedgerOpening
from consent.policy import Policy
from genomics._vault import files as vault
from genomics._vault import keys, lending, rows, segments, shelf
from genomics.columns import Column
from genomics.errors import VaultSealed
from genomics.intake import sandbox, upkeep
from genomics.intake.receive import receive, sweep
from genomics.models import GenomicFile, PanelVersion, Sealed
from tests.builders import vcf
from tests.world import EARLIER, NOW, World, genotypes, small_panel, with_panel

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


def proof(world: World) -> Clearance:
    query = queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW)
    return proofs.clear(uses.of(query), policy=Policy.default(), at=NOW)


def place(file: GenomicFile, what: str = "column") -> str:
    return Sealed.objects.get(name=f"files/{file.id}/{what}").place


def test_on_the_shelf_nothing_may_be_exchanged_or_put_back(world: World):
    ada, eve = (world.join(name, says="Ada").genomic_files.get() for name in ("Ada", "Eve"))
    clearance = proof(world)
    good = {what: shelf.get(place(ada, what)) for what in ("column", "upload")}
    vault.keep(vault.put(vault.column_name(ada), vault.own_column(ada).to_bytes(), keys.of(ada.participant)))
    newer = shelf.get(place(ada))
    column = good["column"]
    flipped = bytearray(newer)
    flipped[len(newer) // 2] ^= 1
    bad = {
        "flipped": bytes(flipped),
        "cut": newer[:-1],
        "longer": newer + b"x",
        "nothing": b"",
        "an older one": column,
        "her upload": good["upload"],
        "somebody else's": shelf.get(place(eve)),
    }
    for what, blob in bad.items():
        shelf.put(place(ada), [blob])
        with pytest.raises(VaultSealed, match="does not open"):
            vault.column(ada, clearance)
        assert what
    shelf.put(place(ada), [newer])
    assert vault.column(ada, clearance).sha256 == bytes(ada.column_sha256)
    shelf.remove(place(ada))
    with pytest.raises(VaultSealed, match="not on the shelf"):
        vault.column(ada, clearance)


def test_the_ledger_vouches_for_what_is_recorded(world: World):
    ada = world.join("Ada").genomic_files.get()
    assert list(upkeep.altered_files()) == []
    Sealed.objects.filter(name=vault.upload_name(ada)).update(manifest_sha256=bytes(32))
    assert [said.split()[0] for said in upkeep.altered_files()] == [vault.upload_name(ada)]
    Sealed.objects.filter(name=vault.upload_name(ada)).delete()
    assert "not recorded any more" in "".join(upkeep.altered_files())


def test_a_range_of_an_upload_equals_that_part_of_it(world: World, monkeypatch):
    data = vcf([("20", 1000226 + n, "A", "T", "0/1") for n in range(4000)])
    ada = world.join("Ada", data=data).genomic_files.get()
    name, key, kept = vault.upload_name(ada), keys.of(ada.participant), sandbox.cleaned(data).read()
    assert vault.read_range(name, key, 1000, 500) == kept[1000:1500]
    assert vault.own_upload(ada).read() == kept


def test_a_stream_is_taken_as_bytes_are(world: World):
    person = world.join("Ada")
    data = vcf([("20", 1000226, "A", "T", "1/1")])
    file = receive(person, io.BytesIO(data), by="self", at=NOW)
    assert (file.size, vault.own_upload(file).read()) == (len(data), sandbox.cleaned(data).read())


def first_format(data: bytes, key: bytes, name: str) -> bytes:
    nonce = secrets.token_bytes(12)
    sealed = AESGCM(key).encrypt(nonce, data, f"{name}\n0\n1".encode())
    return b"GBV1" + (1).to_bytes(4, "little") + nonce + len(sealed).to_bytes(4, "little") + sealed


def in_first_format(file: GenomicFile) -> None:
    """As it would lie there if it had been received before manifests were."""
    key = keys.of(file.participant)
    kept = {
        vault.upload_name(file): vault.own_upload(file).read(),
        vault.column_name(file): vault.own_column(file).to_bytes(),
    }
    vault.remove(file)
    shelf.remove(f"files/{file.id}")
    for name, data in kept.items():
        shelf.put(name, [first_format(data, key, name)])


def test_the_first_format_is_read_and_upgraded_in_place(world: World):
    ada = world.join("Ada").genomic_files.get()
    before = vault.own_upload(ada).read(), vault.own_column(ada).sha256
    in_first_format(ada)
    old = shelf.get(vault.column_name(ada))
    assert (vault.own_upload(ada).read(), vault.own_column(ada).sha256) == before
    assert sweep(before=NOW + timedelta(days=3650)) == []
    call_command("upgrade_files")
    assert (vault.own_upload(ada).read(), vault.own_column(ada).sha256) == before
    assert {one.version for one in Sealed.objects.all()} == {segments.VERSION}
    assert list(upkeep.upgrade(by="operator", at=NOW)) == []
    assert list(upkeep.altered_files()) == []
    shelf.put(place(ada), [old])  # the older one put back where the new one lies
    with pytest.raises(VaultSealed):
        vault.own_column(ada)


def test_an_older_column_format_is_written_anew(world: World, monkeypatch):
    ada = world.join("Ada").genomic_files.get()
    key, today = keys.of(ada.participant), vault.own_column(ada).to_bytes()
    older = b"older\x00\x00\x00" + today[8:]
    vault.keep(vault.put(vault.column_name(ada), older, key))
    read = Column.from_bytes
    monkeypatch.setattr(Column, "from_bytes", lambda kept: read(today[:8] + kept[8:]))
    assert [file.id for file in upkeep.upgrade(by="operator", at=NOW)] == [ada.id]
    monkeypatch.undo()
    assert vault.own_column(ada).to_bytes() == today
    assert list(upkeep.altered_files()) == []
    told = LedgerOpening.objects.exclude(event__kind="genomics:vault:unaccounted")  # this test's own looks
    assert "genomics:file:resealed" in told.latest("event_id").body


def test_rows_can_be_made_again_and_are_right_when_there_are_none(world: World):
    panel = with_panel(small_panel())
    copies = np.arange(len(panel)) % 3
    ada = world.join("Ada", data=genotypes(panel, copies)).genomic_files.get()
    clearance, used = proof(world), rows.InUse.of(PanelVersion.objects.get())
    name = rows.name_of(ada.id, used)

    def row() -> bytes:
        with lending.lent([ada], used, clearance) as lent:
            return lent.row(0).to_bytes()

    before = row()
    assert before == panel.row_of(copies).to_bytes()
    shelf.remove(Sealed.objects.get(name=name).place)
    with pytest.raises(VaultSealed):
        row()
    call_command("rebuild_rows")
    assert row() == before
    Sealed.objects.filter(name=name).delete()
    assert row() == before
    assert [file.id for file in upkeep.rebuild_rows(missing_only=True)] == [ada.id]
    assert list(upkeep.rebuild_rows(missing_only=True)) == []


def test_a_sweep_clears_what_nothing_is_recorded_of(world: World):
    ada = world.join("Ada").genomic_files.get()
    key, name = keys.of(ada.participant), vault.column_name(ada)
    lost = vault.put(name, b"sealed before a crash", key).place
    shelf.put("files/nobody/upload", [b"x"])
    assert set(sweep(before=NOW + timedelta(days=3650))) >= {lost, "files/nobody/upload"}
    assert vault.own_column(ada).sha256 == bytes(ada.column_sha256)


def test_the_event_of_receiving_carries_the_manifests(world: World):
    ada = world.join("Ada").genomic_files.get()
    said = next(one["fields"] for one in log.openings(["genomics:file:received"]).values() if one["at"])
    for what in ("upload", "column"):
        recorded = Sealed.objects.get(name=f"files/{ada.id}/{what}").manifest_sha256
        assert said[f"{what}_manifest"] == bytes(recorded).hex()
    assert EARLIER < NOW
