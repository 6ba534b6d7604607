"""A command that is given nonsense, or a file it cannot write, says so in a sentence and leaves nothing."""

import getpass
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import override_settings

from broker import queries
from broker.management import new_files
from broker.models import Appointment, User
from consent.ledger import archive
from consent.models import LedgerEvent
from tests.world import NOW, World, job_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


WRITE = {
    "transparency": ["--year", "2025", "--json"],
    "ship_verifier": [],
    "verify_ledger": ["--export"],
    "export_job": [],
}


@pytest.mark.parametrize("name", WRITE)
def test_what_cannot_be_written_is_said_and_nothing_is_recorded(
    world: World, tmp_path: Path, monkeypatch, name: str
):
    monkeypatch.chdir(tmp_path)
    Path("there").write_text("mine")
    job = job_of(queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW))
    before = LedgerEvent.objects.count()
    for where in ("missing/x", "there", "", "/", "x" * 300, "a\0b", "there/x"):
        of = {"export_job": [str(job.pk), where, "--by", world.staff.auditor.username]}
        with pytest.raises(CommandError) as said:
            call_command(name, *of.get(name, [*WRITE[name], where]))
        assert str(said.value).endswith(".")
    assert LedgerEvent.objects.count() == before
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("there", "mine")]


def test_a_disk_that_is_full_leaves_no_file_and_no_event(world: World, tmp_path: Path, monkeypatch):
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(new_files.os, "fsync", full)
    before = LedgerEvent.objects.count()
    for name, said in (("ship_verifier", []), ("transparency", ["--year", "2025", "--json"])):
        with pytest.raises(CommandError, match=r"No space left on device\. Nothing was written"):
            call_command(name, *said, str(tmp_path / "x"))
    assert LedgerEvent.objects.count() == before
    assert list(tmp_path.iterdir()) == []


def test_what_can_be_written_is_whole_and_recorded(world: World, tmp_path: Path, monkeypatch):
    before = LedgerEvent.objects.count()
    call_command("ship_verifier", str(tmp_path / "v.pyz"))
    assert (tmp_path / "v.pyz").read_bytes() == archive.build()

    def no_links(*_: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(new_files.os, "link", no_links)  # as on a stick
    call_command("transparency", "--year", "2025", "--json", str(tmp_path / "r.json"))
    assert sorted(one.name for one in tmp_path.iterdir()) == ["r.json", "v.pyz"]
    assert LedgerEvent.objects.count() == before + 2


@pytest.mark.parametrize("year", ["0", "-5", "9999", "123456789012"])
def test_a_year_that_is_none_is_refused(world: World, year: str):
    with pytest.raises(CommandError, match="A year is written YYYY"):
        call_command("transparency", f"--year={year}")


@pytest.mark.parametrize("trouble", [EOFError, getpass.GetPassWarning])
def test_a_house_is_not_founded_without_a_terminal(monkeypatch, trouble: type[Exception]):
    def no_terminal(_prompt: str) -> str:
        raise trouble

    monkeypatch.setattr(getpass, "getpass", no_terminal)
    with pytest.raises(CommandError, match="Nobody typed a password for ann"):
        call_command("found", "ann", "ben")
    monkeypatch.setattr(getpass, "getpass", lambda _prompt: "x" * 14)
    User.objects.create_user("ben", password="x")
    for names in (("ann", "ben"), ("", "cleo")):
        with pytest.raises(CommandError, match="somebody's user name, or none"):
            call_command("found", *names)
    assert not Appointment.objects.exists()


@override_settings(DEMO=True)
@pytest.mark.parametrize(
    "said", [["--people", "59"], ["--people", "-1"], ["--vcf", "/nowhere.vcf"], ["--report", "/nowhere/r"]]
)
def test_a_demo_that_cannot_be_is_refused_before_anything_is_made(
    monkeypatch, tmp_path: Path, said: list[str]
):
    made: list[object] = []
    monkeypatch.setattr("broker.management.commands.demo.call_command", lambda *a, **_: made.append(a))
    with pytest.raises(CommandError, match="Nothing was done"):
        call_command("demo", *said, folder=tmp_path)
    assert made == []


def test_an_export_of_no_job_writes_nothing(world: World, tmp_path: Path):
    with pytest.raises(CommandError, match="no such job"):
        call_command("export_job", str(uuid4()), str(tmp_path / "x"), "--by", "nobody")
    assert list(tmp_path.iterdir()) == []
