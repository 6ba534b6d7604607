"""The programs that an auditor takes home with it."""

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from broker import oversight
from consent.ledger import archive, checkpoints, cosignature, log, note, verifier
from tests.broker.exporting import exported
from tests.broker.job_files.taking import asked, checked, run
from tests.world import NOW, World

pytestmark = [pytest.mark.server, pytest.mark.django_db]


def test_the_one_file_verifies_all_of_it_alone(world: World, tmp_path: Path):
    """In an empty folder, with Django out of reach, from the file alone."""
    world.crowd(12, says="Ada")
    world.join("Dov")
    job = run(asked(world))
    pyz = tmp_path / "verifier.pyz"
    told = io.StringIO()
    call_command("ship_verifier", pyz, stdout=told)
    assert told.getvalue().split()[-1] == hashlib.sha256(pyz.read_bytes()).hexdigest()
    call_command("export_job", job.pk, tmp_path / "job.zip", by=world.staff.auditor.username)
    (tmp_path / "ledger.jsonl").write_text("".join(exported()))
    key = str(checkpoints.signer())

    def alone(*arguments: str) -> subprocess.CompletedProcess[str]:
        blocked = "import sys, runpy; sys.modules['django'] = None; sys.argv = sys.argv[1:]; "
        command = [sys.executable, "-c", blocked + "runpy.run_path(sys.argv[0], run_name='__main__')"]
        return subprocess.run(
            [*command, str(pyz), *arguments],
            cwd=tmp_path,
            env={},
            capture_output=True,
            text=True,
            check=False,
        )

    good = alone("ledger.jsonl", "--key", key, "--job", "job.zip")
    assert (good.returncode, good.stderr) == (0, "")
    assert f"Job {job.pk}: 1 not read, 12 read." in good.stdout
    assert "This verifier is one that the ledger names" in good.stdout
    assert "Everything holds." in good.stdout
    here = [str(tmp_path / name) for name in ("ledger.jsonl", "job.zip")]
    assert verifier.main([here[0], "--key", key, "--job", here[1]]) == 0
    with zipfile.ZipFile(tmp_path / "job.zip") as inside:
        file = json.loads(inside.read(f"job-{job.pk}.json"))
    file["people"][0]["statements"] = []
    (tmp_path / "bent.json").write_text(json.dumps(file))
    bent = alone("ledger.jsonl", "--key", key, "--job", "bent.json")
    assert (
        bent.returncode == verifier.main([here[0], "--key", key, "--job", str(tmp_path / "bent.json")]) == 1
    )
    assert "PROBLEM" in bent.stdout
    assert "Everything holds." not in bent.stdout
    assert "witness did not start" in alone("witness", "nonsense", "--keep", "w").stderr
    with pyz.open("ab") as file_:
        file_.write(b"\n")
    assert "names no verifier like this one" in alone("ledger.jsonl", "--key", key).stdout


def test_it_is_built_alike_each_time_and_holds_nothing_of_django():
    program = archive.build()
    assert program == archive.build()
    with zipfile.ZipFile(io.BytesIO(program)) as inside:
        names = inside.namelist()
        assert "consent/ledger/witness.py" in names
        assert not [name for name in names if "models" in name or "migrations" in name]
        assert "django" not in Counter(
            line.split()[1].split(".")[0]
            for name in names
            for line in inside.read(name).decode().splitlines()
            if line.startswith(("import ", "from "))
        )


def test_a_shipped_verifier_is_named_once(world: World):
    for _ in range(2):
        program = oversight.verifier(by=world.staff.auditor, at=NOW)
    named = [said["fields"]["sha256"] for said in log.openings(["consent:verifier:shipped"]).values()]
    assert named == [hashlib.sha256(program).hexdigest()] == [archive.newest()]


def test_an_auditor_takes_both_from_her_pages(world: World):
    world.crowd(12, says="Ada")
    job = run(asked(world))
    door = Client()
    door.force_login(world.staff.auditor)
    assert reverse("auditor:verifier") in door.get(reverse("auditor:export")).content.decode()
    assert door.get(reverse("auditor:verifier")).content == archive.build()
    assert (
        reverse("auditor:job_file", args=[job.pk])
        in door.get(reverse("auditor:job", args=[job.pk])).content.decode()
    )
    taken = io.BytesIO(b"".join(door.get(reverse("auditor:job_file", args=[job.pk])).streaming_content))
    with zipfile.ZipFile(taken) as inside:
        file = json.loads(inside.read(f"job-{job.pk}.json"))
    assert checked(file).counts == {"read": 12}
    looks = log.openings(["broker:job:audited"]).values()
    assert [said["subject"] for said in looks] == [f"job:{job.pk}"] * 2
    waiting = asked(world)
    back = door.get(reverse("auditor:job_file", args=[waiting.pk]))
    assert back.headers["Location"] == reverse("auditor:job", args=[waiting.pk])


def test_the_commands_write_over_nothing(world: World, tmp_path: Path):
    there = tmp_path / "there"
    there.write_text("mine")
    with pytest.raises(CommandError, match="is there already"):
        call_command("ship_verifier", there)
    job = asked(world)
    with pytest.raises(CommandError, match="is there already"):
        call_command("export_job", job.pk, there, by=world.staff.auditor.username)
    with pytest.raises(CommandError, match="decided nothing"):
        call_command("export_job", job.pk, tmp_path / "new", by=world.staff.auditor.username)
    assert not (tmp_path / "new").exists()
    with pytest.raises(CommandError, match="no such job or login"):
        call_command("export_job", job.pk, tmp_path / "new", by="nobody")
    assert there.read_text() == "mine"


def test_a_participants_proof_and_a_cosignature_are_checked_by_the_program(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str], checkpoint_file: Path
):
    (tmp_path / "proof.json").write_text("{}")
    assert verifier.main([str(tmp_path / "proof.json")]) == 2
    assert "neither a ledger, a job, a proof nor a report" in capsys.readouterr().err
    (tmp_path / "ledger.jsonl").write_text("".join(exported()))
    arguments = [str(tmp_path / "ledger.jsonl"), "--checkpoints", str(checkpoint_file)]
    assert verifier.main(arguments) == 0
    seed = bytes(range(32))
    witness = note.Signer.of("auditor.example", seed, note.COSIGNATURE)
    seen = tmp_path / "newest.txt"
    arguments += ["--witness-key", str(witness), str(seen)]
    text = note.split(checkpoint_file.read_text())[0][0]
    assert len(exported()) > 3
    for kept, code, told in (
        ("", 2, "no checkpoint in which to look for its word"),
        (text + "\n", 1, "was not cosigned by the witness"),
        (text + cosignature.sign(text, "auditor.example", seed, at=NOW) + "\n", 0, "Everything holds."),
    ):
        seen.write_text(kept)
        assert verifier.main(arguments) == code
        said = capsys.readouterr()
        assert told in said.out + said.err
    assert verifier.main(["x", "--witness-key", "y"]) == 2
    with pytest.raises(SystemExit):
        verifier.main([])
