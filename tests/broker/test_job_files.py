"""A job taken home: the verifier decides everything again, and finds whatever was changed."""

import copy
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections import Counter
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from broker import access, job_files, jobs, oversight, queries
from broker.errors import Refused
from broker.models import Job, JobState
from consent import naming, policies, records, twins
from consent.clearance import Permitted
from consent.ledger import (
    archive,
    checkpoints,
    cosignature,
    gathered,
    job_file,
    log,
    manifest,
    note,
    recount,
    verifier,
)
from consent.policy import Policy
from consent.reasons import Reason
from genomics.intake import erasure
from tests.world import NOW, WITHOUT_COOLING_OFF, World, job_of

pytestmark = [pytest.mark.server, pytest.mark.django_db]


@pytest.fixture
def world() -> World:
    return World()


def asked(world: World) -> Job:
    return job_of(queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW))


def run(job: Job) -> Job:
    jobs.run(job.pk, clock=lambda: NOW, batch=3)
    return Job.objects.get(pk=job.pk)


def exported() -> list[str]:
    log.sequence(at=NOW)
    stream = io.StringIO()
    log.export(stream)
    return stream.getvalue().splitlines(keepends=True)


def taken(job: Job) -> dict[str, Any]:
    return json.loads(json.dumps(job_files.of(job)))


def checked(file: Any, lines: list[str] | None = None) -> job_file.Outcome:
    known = gathered.Gathered([file])
    found = recount.read(exported() if lines is None else lines, seen=known.see)
    assert found.ok, found.problems
    return job_file.check(file, known)


def test_every_decision_is_made_again(world: World):
    world.crowd(12, says="Ada")
    for name in ("Ben", "Noor", "Cleo", "Dov"):
        world.join(name)
    outcome = checked(taken(run(asked(world))))
    assert outcome.problems == []
    assert outcome.counts == {"read": 12, "not read": 4}
    assert str(outcome).endswith(": 4 not read, 12 read.")
    assert str(job_file.Outcome("J")) == "Job J: nobody was considered."


def test_it_is_decided_as_it_was_then_whatever_came_later(world: World):
    crowd = world.crowd(12, says="Ada")
    job = run(asked(world))
    later = NOW + timedelta(days=1)
    records.withdraw(crowd[0], by="self", at=later)
    changed = WITHOUT_COOLING_OFF.overlay({"policy_version": "later", "majority_age": 21})
    policies.adopt(changed, by="x", at=later)
    outcome = checked(taken(job))
    assert (outcome.problems, outcome.counts) == ([], {"read": 12})


def test_whoever_was_lost_on_the_way_is_decided_again_too(world: World, monkeypatch: pytest.MonkeyPatch):
    crowd = world.crowd(12, says="Ada")
    stage, staged = jobs._stage, []

    def stage_then_leave(claim: Any, given: Any) -> Any:
        manifest = stage(claim, given)
        if not staged:
            records.withdraw(crowd[1], by="self", at=NOW)
        staged.append(1)
        return manifest

    monkeypatch.setattr(jobs, "_stage", stage_then_leave)
    outcome = checked(taken(run(asked(world))))
    assert (outcome.problems, outcome.counts) == ([], {"read": 11, "not read": 1})


def test_an_erased_person_is_told_as_erased_and_the_rest_holds(world: World):
    crowd = world.crowd(12, says="Ada")
    job = run(asked(world))
    erasure.erase(crowd[0], by="self", at=NOW)
    outcome = checked(taken(job))
    assert (outcome.problems, outcome.counts) == ([], {"read": 11, "ERASED since": 1})


def test_twins_are_asked_together_again(world: World):
    crowd = world.crowd(3, says="Ada")
    link = twins.propose(crowd[0], crowd[1], by="one", at=NOW - timedelta(days=2))
    twins.confirm(link, by="another", at=NOW - timedelta(days=1))
    outcome = checked(taken(run(asked(world))))
    assert (outcome.problems, sum(outcome.counts.values())) == ([], 3)


def test_a_refusal_is_made_again(world: World):
    request = world.request()
    job = job_of(queries.submit(world.carriers(), under=request, by=world.staff.researcher, at=NOW))
    access.close(request, reason="audit", by=world.staff.steward, at=NOW)
    job = run(job)
    assert job.state == JobState.REFUSED
    file = taken(job)
    outcome = checked(file)
    assert (outcome.problems, outcome.counts) == ([], {"request refused as recorded": 1})


def test_a_job_that_decided_nothing_yet_is_not_taken(world: World):
    with pytest.raises(Refused):
        job_files.of(asked(world))


def manifest_changed(file: dict[str, Any], change: Any) -> None:
    said = json.loads(file["manifest"])
    change(said)
    file["manifest"] = json.dumps(said)


def at_first(file: dict[str, Any]) -> dict[str, Any]:
    return file["people"][0]


def exchange(people: list[dict[str, Any]]) -> None:
    people[0]["ordinal"], people[-1]["ordinal"] = people[-1]["ordinal"], people[0]["ordinal"]


HARMS: dict[str, tuple[Any, str]] = {
    "another manifest": (
        lambda f: manifest_changed(f, lambda m: m["permitted"].pop()),
        "manifest is not the one",
    ),
    "a statement left out": (lambda f: at_first(f)["statements"].pop(), "is in the ledger, and is not shown"),
    "a statement changed": (
        lambda f: at_first(f)["statements"][0].update(
            body=at_first(f)["statements"][0]["body"].replace("GRU", "HMB")
        ),
        "is not one that the ledger committed to",
    ),
    "somebody else's statement": (
        lambda f: at_first(f)["statements"].append(f["people"][1]["statements"][0]),
        "is not one that the ledger committed to",
    ),
    "a person left out": (lambda f: f["people"].pop(0), "Nothing is shown of person"),
    "two people exchanged": (lambda f: exchange(f["people"]), "of the manifest is somebody else than"),
    "another request": (
        lambda f: f["gates"][-1].update(use=f["gates"][-1]["use"].replace("R.HMB", "R.DS")),
        "not those that the ledger recorded",
    ),
    "another instant": (
        lambda f: f["gates"][0].update(at="2026-06-02T12:00:00Z"),
        "not the one that the ledger",
    ),
    "another policy": (
        lambda f: f["policies"].update(
            {
                name: body.replace('"majority_age":18', '"majority_age":20')
                for name, body in f["policies"].items()
            }
        ),
        "is not as it was adopted",
    ),
    "somebody who was never registered": (
        lambda f: at_first(f).update(pseudonym="P-nobody"),
        "is somebody else than P-nobody",
    ),
    "gates without end": (
        lambda f: f["gates"].extend([f["gates"][0] | {"kind": "again"}] * 100),
        "more than 64 times in one attempt",
    ),
    "a person who is none": (lambda f: f["people"].append(7), "not as it was given"),
    "no manifest": (lambda f: f.update(manifest="{"), "not as it was given"),
    "nonsense": (lambda f: f.update(gates=7), "not as it was given"),
    "another job": (lambda f: f.update(job="other"), "does not say that this job was released"),
    "another format": (lambda f: f.update(format=2), "no file of a job"),
}


@pytest.mark.parametrize("harm", HARMS)
def test_whatever_was_changed_is_told(world: World, harm: str):
    world.crowd(3, says="Ada")
    world.join("Dov")
    file = copy.deepcopy(taken(run(asked(world))))
    assert checked(file).problems == []
    change, why = HARMS[harm]
    change(file)
    assert why in " ".join(checked(file).problems)


def test_a_house_that_read_somebody_who_never_said_yes_is_found_out(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    """It writes her down as permitted, consistent in every hash that it signs: her own record tells on it."""
    world.crowd(11, says="Ada")
    dov = world.join("Dov")
    written = jobs.kept.written

    def lying(passage: Any, clearance: Any, *, at: Any) -> Any:
        file = dov.holdings.get().file
        told = SimpleNamespace(
            permitted=(*clearance.permitted, Permitted(dov.ordinal, (file,), (1,))),
            left_out=(),
            policy_version=clearance.policy_version,
        )
        return written(passage, told, at=at)

    monkeypatch.setattr(jobs.kept, "written", lying)
    problems = checked(taken(run(asked(world)))).problems
    assert f"{dov.pseudonym} was read; decided again from the statements: not read (" in " ".join(problems)
    assert "The manifest names other numbers of people than the ledger." in problems


LYING: dict[str, tuple[Any, str, Any, str]] = {
    "one name for all": (
        *(naming, "names", lambda _job, people: [bytes(manifest.NAME_BYTES) for _ in people]),
        "The names of whom it read are not in order, so no proof by neighbours can be relied on.",
    ),
    "a name too few": (
        *(naming, "names", lambda _job, people: [n.to_bytes(manifest.NAME_BYTES) for n in people[1:]]),
        "The tree does not hold one name for each person who was read.",
    ),
    "another tree": (
        *(manifest, "root", lambda _names: bytes(32)),
        "The names of whom it read are not those that the ledger committed to.",
    ),
}


@pytest.mark.parametrize("lie", LYING)
def test_a_house_that_binds_other_names_than_of_those_it_read_is_found_out(
    world: World, monkeypatch: pytest.MonkeyPatch, lie: str
):
    world.crowd(3, says="Ada")
    room, what, lying, told = LYING[lie]
    with monkeypatch.context() as patch:
        patch.setattr(room, what, lying)
        file = taken(run(asked(world)))
    assert checked(file).problems == [told]


def test_a_house_that_writes_down_another_reason_for_a_refusal_is_found_out(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    request, refuse = world.request(), jobs._refuse
    job = job_of(queries.submit(world.carriers(), under=request, by=world.staff.researcher, at=NOW))
    access.close(request, reason="audit", by=world.staff.steward, at=NOW)
    other = [str(Reason.REQ_PROJECT_EXPIRED)]
    monkeypatch.setattr(jobs, "_refuse", lambda claim, _reasons: refuse(claim, other))
    [problem] = checked(taken(run(job))).problems
    assert f"refused for {other[0]}; decided again: {Reason.REQ_PROJECT_NOT_APPROVED}" in problem


def test_a_policy_that_was_not_in_force_is_told(world: World):
    world.crowd(2, says="Ada")
    file = taken(run(asked(world)))
    lines = exported()
    known = gathered.Gathered([file])
    recount.read(lines, seen=known.see)
    known.policies.append({**known.policies[-1], "subject": "another"})
    assert "Policy another was in force" in " ".join(job_file.check(file, known).problems)
    assert Policy.default().version != WITHOUT_COOLING_OFF.version


# --- the programs -----------------------------------------------------------------------------------


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
