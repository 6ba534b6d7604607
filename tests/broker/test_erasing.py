"""Erasing a person: what was hers is nowhere any more, every proof holds, and nobody else lost anything."""

import base64
import io
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings as house
from django.db import IntegrityError, connection, transaction

from broker import erasing, jobs, oversight, people, queries, usage
from broker.models import Channel, User
from consent import kin, records
from consent.errors import KeptForever, RegistrationRefused
from consent.ledger import audit, checkpoints, log, recount
from consent.models import Holding, LedgerEvent, LedgerOpening, Participant, Statement
from consent.models.kin import Kind
from consent.terms import Permission
from genomics._vault import epochs, keys, shelf
from genomics._vault import files as vault
from genomics.errors import VaultSealed
from genomics.intake import erasure, upkeep
from genomics.models import GenomicFile, ParticipantKey, Sealed
from tests.builders import vcf
from tests.consent.ledger.build import unsafe_rows
from tests.remembering import receive
from tests.unsafe import unsafe_without_triggers
from tests.world import EARLIER, NOW, World

PLANTED = ("Quillfeather", "planted@example.org", "1971-03-09", "XQ-77")


@pytest.fixture(autouse=True)
def own_shelf(settings, tmp_path: Path) -> Path:
    settings.KEYS_DIR = tmp_path / "epochs"
    settings.STORAGE_URL = (tmp_path / "shelf").as_uri()
    return tmp_path


def join(world: World) -> tuple[User, Participant]:
    """Somebody with everything a person may have here, and something of her own in all of it."""
    user = people.sign_up(
        "Quillfeather", "correct horse battery", born_on=date(1971, 3, 9), home_region="XQ-77", at=EARLIER
    )
    User.objects.filter(pk=user.pk).update(email="planted@example.org", last_name="Quillfeather")
    person = user.own_record.participant
    people.verify_identity(person, by=world.staff.steward, at=EARLIER)
    Channel.objects.create(user=user, kind="email", address="planted@example.org", added_at=EARLIER)
    receive(person, vcf([("20", 1000226, "A", "T", "0/1")]), by=user.reference, at=EARLIER)
    world.give(person, "RESEARCH", Permission(code="GRU"), at=EARLIER)
    records.withdraw(person, "QC", by="self", at=EARLIER)
    kin.claim_proxy(
        "user:1",
        person,
        kind=Kind.NAMED,
        papers="a letter by Quillfeather",
        valid_to=NOW + upkeep.DAY,
        at=NOW,
    )
    return User.objects.get(pk=user.pk), person


def everywhere(folder: Path) -> dict[str, bytes]:
    """Every byte that the house keeps: database and its log, shelf, queue, notes, the ledger's export."""
    exported = io.StringIO()
    audit.export(exported)
    found = {"the ledger's export": exported.getvalue().encode()}
    paths = [path for path in folder.rglob("*") if path.is_file()]
    paths += [Path(house.QUEUE_FILE), Path(house.CHECKPOINT_FILE)]
    if connection.vendor == "sqlite":
        database = str(connection.settings_dict["NAME"])
        paths += [Path(database + end) for end in ("", "-wal", "-shm")]
    else:
        found["the database"] = every_row()
    return found | {str(path): path.read_bytes() for path in paths if path.exists()}


def every_row() -> bytes:
    rows = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT CAST(t.* AS text) FROM "{table}" t')  # noqa: S608
            rows += [row[0] for row in cursor.fetchall()]
    return "\n".join(map(str, rows)).encode()


def hits(folder: Path, what: list[bytes]) -> list[tuple[str, bytes]]:
    return [(name, one) for name, data in everywhere(folder).items() for one in what if one in data]


@pytest.mark.server
@pytest.mark.django_db(transaction=True)
def test_nothing_of_hers_is_found_anywhere_afterwards(own_shelf: Path):
    world = World()
    ben = world.join("Ben")
    user, person = join(world)
    key, row = keys.of(person), ParticipantKey.objects.get(participant=person)
    (file,) = GenomicFile.objects.filter(participant=person)
    salt = bytes(LedgerOpening.objects.filter(subject=person.pseudonym).first().salt)  # type: ignore[union-attr]
    places = list(Sealed.objects.filter(name__contains=str(file.id)).values_list("place", flat=True))
    sealed = [shelf.get(place)[40:72] for place in places]
    log.sequence(at=NOW)
    planted = [text.encode() for text in PLANTED]
    wrapped = bytes(row.wrapped)
    secret = [
        key,
        key.hex().encode(),
        base64.b64encode(key),
        wrapped,
        wrapped.hex().encode(),
        salt.hex().encode(),
    ]
    found = {one for _, one in hits(own_shelf, [*planted, *secret, *sealed])}
    assert {*planted, *sealed} <= found  # it is all there, and the search finds it
    certificate = erasing.erase(person, by=user.reference, at=NOW)
    log.sequence(at=NOW)
    assert hits(own_shelf, [*planted, *secret, *sealed]) == []
    assert certificate.destroyed["files"] == certificate.destroyed["keys"] == 1
    assert vault.own_column(ben.genomic_files.get())


@pytest.mark.server
@pytest.mark.django_db(transaction=True)
def test_every_proof_holds_and_the_audit_finds_nothing(own_shelf: Path):
    world = World()
    world.join("Ben")
    user, person = join(world)
    log.sequence(at=NOW)
    first = LedgerEvent.objects.filter(opening__subject=person.pseudonym).first()
    assert first is not None
    before = log.proof(first)
    certificate = erasing.erase(person, by=user.reference, at=NOW)
    log.sequence(at=NOW)
    assert before.holds(checkpoints.signer())
    assert log.proof(first).holds(checkpoints.signer())
    assert log.proof(LedgerEvent.objects.get(uid=certificate.event)).holds(checkpoints.signer())
    assert audit.verify(also=oversight.ALSO).problems == ()
    exported = io.StringIO()
    audit.export(exported)
    assert recount.read(exported.getvalue().splitlines()).ok
    one = LedgerOpening.objects.filter(event__kind="consent:participant:verified").first()
    with unsafe_without_triggers(connection):
        unsafe_rows(LedgerOpening).filter(pk=one.pk if one else None).delete()
    assert "erasures tell of 1" in " ".join(audit.verify().problems)  # nobody hides behind an erasure


@pytest.mark.django_db
def test_it_holds_from_the_commit_on_whoever_had_the_key(own_shelf: Path):
    world = World()
    user, person = join(world)
    (file,) = GenomicFile.objects.filter(participant=person)
    erasing.erase(person, by=user.reference, at=NOW)
    for attempt in (lambda: keys.of(person), lambda: vault.own_column(file), lambda: vault.own_upload(file)):
        with pytest.raises(VaultSealed, match="no key"):
            attempt()
    with pytest.raises(VaultSealed, match="was erased"):
        receive(person, vcf([("20", 1000226, "A", "T", "1/1")]), by="x", at=NOW)
    with pytest.raises(RegistrationRefused, match="before"):
        erasing.erase(person, by="x", at=NOW)
    assert {one.state for one in person.holdings.all()} == {Holding.State.ERASED}


@pytest.mark.django_db
def test_a_key_row_put_back_by_hand_opens_nothing(own_shelf: Path):
    world = World()
    _, person = join(world)
    row = ParticipantKey.objects.get(participant=person)
    erasing.erase(person, by="x", at=NOW)
    ParticipantKey.objects.create(participant=person, wrapped=bytes(row.wrapped), epoch=row.epoch)
    with pytest.raises(VaultSealed):
        keys.of(person)


@pytest.mark.django_db
def test_a_job_asked_afterwards_reads_the_others_alone(own_shelf: Path):
    world = World()
    world.crowd(10, says="Ada")
    _, person = join(world)
    query = queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW)
    erasing.erase(person, by="x", at=NOW)
    assert query.job is not None
    jobs.run(query.job.pk, clock=lambda: NOW, batch=4)
    query.job.refresh_from_db()
    manifest = usage.manifest_of(query.jobs.get())
    assert person.ordinal not in manifest["permitted"]
    assert len(manifest["permitted"]) == 10


@pytest.mark.server
@pytest.mark.django_db
def test_the_database_lets_the_rows_of_the_erased_go_and_no_others(own_shelf: Path):
    world = World()
    ben, (_, person) = world.join("Ben"), join(world)
    for rows in (
        Statement.objects.filter(participant=ben),
        LedgerOpening.objects.filter(subject=ben.pseudonym),
    ):
        assert rows.exists()
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.erase()
    with pytest.raises(KeptForever):
        LedgerEvent.objects.all().erase()
    erasing.erase(person, by="x", at=NOW)
    assert not Statement.objects.filter(participant=person).exists()
    assert Statement.objects.filter(participant=ben).exists()


@pytest.mark.django_db
def test_whoever_has_another_role_keeps_her_login_for_it(own_shelf: Path):
    world = World()
    user, person = join(world)
    admin, other = world.staff.admin, world.staff.second_admin
    people.confirm(people.propose(user, people.Role.CLERK, by=admin, at=NOW), by=other, at=NOW)
    erasing.erase(person, by=user.reference, at=NOW)
    user.refresh_from_db()
    assert (user.username, user.is_active, user.roles) == ("Quillfeather", True, {people.Role.CLERK})
    assert not hasattr(User.objects.get(pk=user.pk), "own_record")


@pytest.mark.server
@pytest.mark.django_db(transaction=True)
def test_one_file_goes_and_the_others_stay_under_a_new_key(own_shelf: Path):
    world = World()
    _, person = join(world)
    other = receive(person, vcf([("20", 1000226, "A", "T", "1/1")]), by="x", at=NOW)
    one = GenomicFile.objects.filter(participant=person).exclude(pk=other.pk).get()
    key, places = keys.of(person), {place for place in shelf.names() if str(one.id) in place}
    backup = {name: shelf.get(name) for name in places}
    kept = vault.own_upload(other).read()
    erasure.erase_file(one, by="x", at=NOW)
    assert places
    assert not places & set(shelf.names())
    assert keys.of(person) != key
    assert vault.own_upload(other).read() == kept
    assert GenomicFile.objects.get(participant=person).pk == other.pk
    assert hits(own_shelf, [key, *[blob[40:72] for blob in backup.values()]]) == []
    assert list(upkeep.altered_files()) == []
    with pytest.raises(Exception, match="already"):
        receive(person, kept, by="x", at=NOW)  # still recognised, under the new key
    erasing.erase(person, by="x", at=NOW)
    assert [name for name in shelf.names() if name.startswith("files/")] == []


@pytest.mark.django_db
def test_an_erasure_of_a_file_that_was_cut_off_is_finished(own_shelf: Path, monkeypatch):
    world = World()
    _, person = join(world)
    receive(person, vcf([("20", 1000226, "A", "T", "1/1")]), by="x", at=NOW)
    key = keys.of(person)
    with monkeypatch.context() as cut:
        cut.setattr(erasure, "rekey", lambda *_args, **_more: False)
        erasure.erase_file(person.genomic_files.first(), by="x", at=NOW)
    assert keys.of(person) == key
    erasure.rekey_all(by="worker", at=NOW)
    assert keys.of(person) != key
    assert vault.own_column(person.genomic_files.get())


@pytest.mark.django_db
def test_backups_lose_her_when_the_certificate_says(own_shelf: Path, settings):
    world = World()
    user, person = join(world)
    backup = ParticipantKey.objects.get(participant=person)
    certificate = erasing.erase(person, by=user.reference, at=NOW)
    at = NOW
    while at < certificate.gone_from_backups_at:
        at += upkeep.DAY
        upkeep.roll(by="worker", at=at)
    with pytest.raises(VaultSealed, match="destroyed"):
        keys.unwrap(backup, keys.holder_of(person))
    assert backup.epoch not in {one.number for one in epochs.every()}
