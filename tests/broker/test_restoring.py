"""Yesterday's database beside today's files: no door opens until what was said since is said again."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import erasing, health, jobs, oversight, queries, tasks, usage
from broker.errors import Refused
from consent import afterwards, holdings, participants, records
from consent.errors import DatabaseBehind, LedgerBroken
from consent.ledger import audit, log
from consent.models import Erasure, Holding, LedgerOpening, Participant
from genomics._vault import files as vault
from genomics.errors import VaultSealed
from genomics.models import GenomicFile, ParticipantKey
from tests.restores import backup, on_sqlite
from tests.world import NOW, World

pytestmark = [pytest.mark.django_db(transaction=True), on_sqlite]


@pytest.fixture
def world(settings, tmp_path: Path) -> World:
    settings.KEYS_DIR = tmp_path / "epochs"
    settings.STORAGE_URL = (tmp_path / "shelf").as_uri()
    return World()


def reads(world: World) -> set[int]:
    """Whom a job reads that is asked now."""
    now = timezone.now()
    query = queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=now)
    assert query.job is not None
    jobs.run(query.job.pk, clock=lambda: now, batch=4)
    return set(usage.manifest_of(query.jobs.get())["permitted"])


def test_no_door_opens_to_the_erased_after_a_restore(world: World, tmp_path: Path):
    world.crowd(10, says="Ada")
    eve, cleo = world.join("Eve", says="Ada"), world.join("Cleo later", says="Ada")
    dov = world.join("Dov later", says="Ada")
    log.sequence(at=NOW)
    put_back = backup(tmp_path / "yesterday.sqlite3")
    erasing.erase(eve, by="self", at=NOW)
    records.withdraw(cleo, "RESEARCH", by="self", at=NOW)
    participants.freeze(dov, until=None, by="steward", at=NOW)
    log.sequence(at=NOW)

    put_back()
    eve, cleo = Participant.objects.get(pk=eve.pk), Participant.objects.get(pk=cleo.pk)
    assert eve.erased_at is None  # this is the database of yesterday
    assert ParticipantKey.objects.filter(participant=eve).exists()
    client = Client()
    for door in ("/", "/sign-in/", "/participant/", "/api/v1/service-info/", "/api/v1/queries/"):
        assert client.get(door).status_code == 503
    assert client.get("/healthz").status_code == 503
    assert not next(one for one in health.look(at=NOW) if one.part == "restore").well
    for task in (tasks.keep_up, tasks.look, tasks.hand_over, tasks.end_due, lambda: tasks.run_job("0" * 32)):
        with pytest.raises(DatabaseBehind):
            task()
    query = queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW)
    assert query.job is not None
    with pytest.raises(DatabaseBehind):
        jobs.run(query.job.pk, clock=lambda: NOW, batch=4)

    call_command("replay_after_restore")
    assert client.get("/healthz").status_code == 200
    assert client.get("/").status_code == 200
    eve.refresh_from_db()
    assert eve.erased_at is not None
    with pytest.raises(VaultSealed):
        vault.own_column(GenomicFile(id=eve.holdings.get().file, participant=eve))
    with pytest.raises(Refused, match="no steward has looked"):
        reads(world)
    call_command("look_over", by=world.staff.steward.username)
    permitted = reads(world)
    assert not permitted & {eve.ordinal, cleo.ordinal, dov.ordinal}
    assert len(permitted) == 10
    log.sequence(at=NOW)
    assert audit.verify(also=oversight.ALSO).problems == ()
    assert LedgerOpening.objects.filter(event__kind="broker:house:restored").count() == 1
    assert len(list(tmp_path.glob("*.until-*"))) == 3  # checkpoints, heads, and what came afterwards


def test_the_certificate_she_was_told_to_keep_is_at_its_address_after_a_restore(world: World, tmp_path: Path):
    eve = world.join("Eve", says="Ada")
    put_back = backup(tmp_path / "yesterday.sqlite3")
    told = erasing.erase(eve, by="self", at=NOW)
    address = reverse("certificate_json", args=[told.event])
    before = Client().get(address).json()
    assert before["done_again"] is None
    put_back()
    call_command("replay_after_restore")
    after = Client().get(address).json()
    again = Erasure.objects.get()
    assert again.event != told.event
    assert after.pop("done_again") == {
        "at": again.at.isoformat(),
        "gone_from_backups_at": again.gone_from_backups_at.isoformat(),
        "ledger_event": str(again.event),
    }
    assert after == {name: said for name, said in before.items() if name != "done_again"}
    page = Client().get(reverse("certificate", args=[told.event])).content.decode()
    for words in (str(told.event), str(again.event), eve.pseudonym, "was put back later"):
        assert words in page


def test_what_was_said_about_one_file_is_said_again_of_that_file(world: World, tmp_path: Path):
    ada = world.join("Ada")
    (file,) = ada.holdings.all()
    put_back = backup(tmp_path / "yesterday.sqlite3")
    records.deny(ada, "RESEARCH", by="self", at=NOW, wording=records.Wording(file=file.file))
    holdings.set_state(file, Holding.State.QUARANTINED, by="steward", at=NOW)
    participants.record_death(ada, died_at=NOW, papers="a paper", by="s", second="t", at=NOW)
    put_back()
    call_command("replay_after_restore")
    assert [one.file for one in records.of(ada)][-1] == str(file.file)
    assert Holding.objects.get(file=file.file).state == Holding.State.QUARANTINED
    assert Participant.objects.get(pk=ada.pk).died_at == NOW


def test_a_checkpoint_that_is_newer_than_the_database_is_enough(world: World, tmp_path: Path):
    world.join("Ada")
    put_back = backup(tmp_path / "yesterday.sqlite3")
    world.join("Ben")
    log.sequence(at=NOW)
    put_back()
    assert "checkpoint" in afterwards.behind()
    call_command("replay_after_restore")
    assert afterwards.behind() == ""
    assert log.sequence(at=NOW) is not None


def test_a_replay_that_was_cut_off_is_done_again(world: World, tmp_path: Path, monkeypatch):
    ada, eve = world.join("Ada"), world.join("Eve", says="Ada")
    put_back = backup(tmp_path / "yesterday.sqlite3")
    records.withdraw(ada, by="self", at=NOW)
    erasing.erase(eve, by="self", at=NOW)
    put_back()
    with monkeypatch.context() as cut:
        cut.setattr(erasing, "erase", lambda *_args, **_more: [][0])
        with pytest.raises(IndexError):
            call_command("replay_after_restore")
    assert afterwards.behind()
    call_command("replay_after_restore")
    assert Participant.objects.get(pk=eve.pk).erased_at is not None
    assert afterwards.behind() == ""


def test_the_file_says_nothing_about_anybody_and_forgets_the_erased(world: World, checkpoint_file: Path):
    ada, eve = world.join("Ada"), world.join("Eve", says="Ada")
    for one in (ada, eve):
        records.withdraw(one, "RESEARCH", by="self", at=NOW)
    path = checkpoint_file.with_name("afterwards.txt")
    afterwards.trim(at=NOW, life=timedelta(days=32))  # the names of what the founding brought
    path.write_bytes(path.read_bytes().partition(b"\n")[2])
    before = path.read_bytes()
    assert len(before.splitlines()) == 2
    assert ada.pseudonym.encode() not in before
    assert path.stat().st_mode & 0o077 == 0
    erasing.erase(eve, by="self", at=NOW)
    lines = path.read_bytes().splitlines()
    assert lines[0].split()[0] == before.split()[0]
    assert lines[1].split()[1] == b"-"  # what Eve said before is in it no more, only that there was a line
    assert len(lines) == 3  # Ada's no, hers, and that she was erased
    erasing.erase(ada, by="self", at=NOW)
    lines = path.read_bytes().splitlines()
    assert [line.split()[1] == b"-" for line in lines] == [True, True, False, False]
    life = timedelta(days=32)
    afterwards.trim(at=NOW + life / 2, life=life)
    assert path.read_bytes().splitlines()[1:] == lines[2:], "what is gone keeps no line"


def test_a_file_that_was_changed_is_never_replayed(world: World, checkpoint_file: Path, tmp_path: Path):
    ada = world.join("Ada")
    put_back = backup(tmp_path / "yesterday.sqlite3")
    records.withdraw(ada, by="self", at=NOW)
    put_back()
    path = checkpoint_file.with_name("afterwards.txt")
    raw = bytearray(path.read_bytes())
    raw[60] = ord("0") if raw[60] != ord("0") else ord("1")
    path.write_bytes(bytes(raw))
    with pytest.raises(LedgerBroken, match="not as it was written"):
        afterwards.missing()


def test_a_line_that_a_crash_cut_off_is_written_again(world: World, checkpoint_file: Path):
    ada = world.join("Ada")
    path = checkpoint_file.with_name("afterwards.txt")
    founded = len(path.read_bytes().splitlines())
    records.withdraw(ada, "RESEARCH", by="self", at=NOW)
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    afterwards.catch_up()
    assert len(path.read_bytes().splitlines()) == founded + 1
    assert afterwards.missing() == []


def test_lines_that_every_backup_remembers_are_left_out(world: World, checkpoint_file: Path):
    ada = world.join("Ada")
    records.withdraw(ada, "RESEARCH", by="self", at=NOW)
    records.withdraw(ada, "QC", by="self", at=NOW)
    life = timedelta(days=32)
    afterwards.trim(at=NOW, life=life)
    path = checkpoint_file.with_name("afterwards.txt")
    digest, *lines = path.read_bytes().splitlines()
    assert digest.startswith(b"since ")  # of the names that the founding brought, a hundred days ago
    assert len(lines) == 2
    kept = path.read_bytes()
    afterwards.trim(at=NOW, life=life)
    assert path.read_bytes() == kept, "what is young is left as it is"
    afterwards.trim(at=NOW + 2 * life, life=life)
    digest, newest = path.read_bytes().splitlines()  # the newest stays: by it an older database is known
    assert digest.startswith(b"since ")  # and a digest of those before it, for the checkpoints name one
    assert newest == lines[-1]
    assert (afterwards.missing(), afterwards.behind()) == ([], "")
