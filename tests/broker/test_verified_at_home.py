"""What an auditor took home, given to the verifier all at once: each thing is known by what is in it, and
held against the others."""

import io
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from broker import exports, jobs, ledger_search, queries, usage, usage_proofs
from broker.models import Job
from broker.portal import auditor_ledger
from consent.canonical import canonical
from consent.ledger import checkpoints, cosignature, log, note, verifier
from tests.broker.exporting import exported
from tests.world import NOW, World, job_of

pytestmark = [pytest.mark.server, pytest.mark.django_db]
SEED = bytes(range(32))
WITNESS = note.Signer.of("auditor.example", SEED, note.COSIGNATURE)

Home = Callable[..., tuple[int, str, str]]


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def taken(world: World, tmp_path: Path, checkpoint_file: Path) -> dict[str, Path]:
    """A house in which one job ran, and everything of it that can be taken home; no name says what it is."""
    crowd = world.crowd(12, says="Ada")
    world.join("Dov")
    query = queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW)
    jobs.run(job_of(query).pk, clock=lambda: NOW, batch=5)
    job = Job.objects.get(pk=job_of(query).pk)
    log.sequence(at=NOW)
    found = {name: tmp_path / str(number) for number, name in enumerate(KINDS)}
    otto = world.staff.auditor
    with found["job"].open("wb") as out:
        exports.job(out, job, by=otto, at=NOW)
    found["events"].write_bytes(events(world, ""))
    use = usage.one(crowd[0], job.pk, at=NOW + timedelta(days=3))
    assert use is not None
    found["proof"].write_bytes(canonical(usage_proofs.of(use, crowd[0])))
    call_command("transparency", year=2026, json=found["report"], stdout=io.StringIO())
    log.sequence(at=NOW)
    with found["ledger"].open("wb") as out:
        exports.ledger(out, openings=True, by=otto, at=NOW)
    found["checkpoints"].write_bytes(checkpoint_file.read_bytes())
    text = note.split(checkpoint_file.read_text())[0][-1]
    found["cosigned"].write_text(text + cosignature.sign(text, WITNESS.name, SEED, at=NOW) + "\n")
    return found


KINDS = ("job", "events", "proof", "report", "ledger", "checkpoints", "cosigned")


def events(world: World, text: str) -> bytes:
    out = io.BytesIO()
    search = ledger_search.parse(text, at=NOW)
    exports.found(out, search, tell=auditor_ledger.tell, by=world.staff.auditor, at=NOW)
    return out.getvalue()


@pytest.fixture
def home(capsys: pytest.CaptureFixture[str]) -> Home:
    def verify(*given: object, key: note.Signer | None = None) -> tuple[int, str, str]:
        capsys.readouterr()
        code = verifier.main([*map(str, given), "--key", str(key or checkpoints.signer())])
        said = capsys.readouterr()
        return code, said.out, said.err

    return verify


def test_each_thing_is_known_by_what_is_in_it_and_is_a_line(taken: dict[str, Path], home: Home):
    code, out, err = home(*(taken[name] for name in KINDS if name != "cosigned"))
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[-1] == "Everything holds."
    for part in (
        f"{taken['ledger'].name}/ledger.jsonl: ",
        f"{taken['events'].name}/events.jsonl: ",
        "1 not read, 12 read.",
        " READ ",
        "The report of 2026-01-01 to 2027-01-01",
        f"{taken['checkpoints'].name}: 2 checkpoints signed by",
    ):
        assert sum(part in line for line in lines if line.startswith("HOLDS")) == 1, part


def test_a_job_is_decided_again_from_the_events_about_it(world: World, taken: dict[str, Path], home: Home):
    code, out, _ = home(taken["events"], taken["job"])
    assert code == 0
    assert "1 not read, 12 read. By the events given, which may not be all." in out
    taken["events"].write_bytes(events(world, "kind:query"))
    code, out, _ = home(taken["events"], taken["job"])
    assert code == 1
    assert "is not one that the ledger committed to" in out
    assert "The events given are a selection" in out
    code, _, err = home(taken["job"])
    assert code == 2
    assert "It can only be held against a ledger" in err


def test_events_in_another_order_tell_no_other_history(
    world: World, taken: dict[str, Path], home: Home, monkeypatch: pytest.MonkeyPatch
):
    proved = exports._proved
    monkeypatch.setattr(exports, "_proved", lambda some, size: list(proved(some, size))[::-1])
    taken["events"].write_bytes(events(world, ""))
    assert home(taken["events"], taken["job"])[0] == 0


def test_checkpoints_alone_are_held_against_the_key_and_the_witness(
    taken: dict[str, Path], home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    code, out, _ = home(taken["cosigned"], "--witness-key", WITNESS)
    assert code == 0
    assert "1 checkpoint signed by" in out
    assert "cosigned by the witness at 2026-06-01T12:00:00Z" in out
    code, out, _ = home(taken["checkpoints"], "--witness-key", WITNESS)
    assert code == 1
    assert out.count("was not cosigned by the witness") == 2
    another = note.Signer.of(WITNESS.name, bytes(32), note.COSIGNATURE)
    assert home(taken["cosigned"], "--witness-key", another)[0] == 1
    code, _, err = home(taken["ledger"], "--witness-key", WITNESS)
    assert code == 2
    assert "no checkpoint in which to look for its word" in err
    assert verifier.main([str(taken["checkpoints"])]) == 2
    assert "nobody's signature was checked" in capsys.readouterr().err


def test_a_checkpoint_tells_on_a_ledger_that_was_put_back(taken: dict[str, Path], home: Home):
    short = taken["events"]
    lines = exported()
    ends = [number for number, line in enumerate(lines) if "note" in json.loads(line)]
    kept = lines[: ends[0] + 1]
    counts = {"leaves": len(kept) - 2, "checkpoints": 1, "unplaced": 0}
    short.write_text("".join([*kept, json.dumps({"end": counts})]))
    assert home(short)[0] == 0
    for name in ("checkpoints", "cosigned"):
        code, out, _ = home(short, taken[name])
        assert code == 1
        assert "the ledger is older, was put back" in out


def test_a_house_with_two_histories_is_found_by_any_note_that_left_it(
    taken: dict[str, Path], home: Home, settings: Any
):
    text = note.split(taken["checkpoints"].read_text())[0][-1]
    said = checkpoints.opened(text)
    other = note.Checkpoint(origin=said.origin, size=said.size, root=bytes(32), extensions=said.extensions)
    taken["cosigned"].write_text(note.sign(other, settings.LEDGER_ORIGIN, settings.LEDGER_KEY.bytes))
    assert home(taken["cosigned"])[0] == 0, "it is signed, and alone it cannot be told from the other"
    code, out, _ = home(taken["cosigned"], taken["ledger"])
    assert code == 1
    assert f"tell two histories of the first {said.size} events" in out
    proof = json.loads(taken["proof"].read_text())
    with taken["cosigned"].open("a") as both:
        both.write("\n" + text + "\n")
    code, out, _ = home(taken["cosigned"])
    assert code == 1
    assert f"It tells two histories of the first {said.size} events." in out
    assert proof["note"] in exported_notes()


def exported_notes() -> list[str]:
    return [json.loads(line)["note"] for line in exported() if '"note"' in line]


def test_a_file_that_is_cut_off_does_not_hold(taken: dict[str, Path], home: Home):
    for name in ("checkpoints", "ledger", "job", "proof", "report"):
        raw = taken[name].read_bytes()
        taken[name].write_bytes(raw[: len(raw) - 30])
        code, out, err = home(taken[name], taken["events"])
        assert code in (1, 2), name
        assert "Everything holds." not in out
        assert "cut off" in out + err or "It is no whole JSON" in err
        taken[name].write_bytes(raw)


def test_from_the_tree_alone_nothing_is_counted(world: World, taken: dict[str, Path], home: Home):
    with taken["ledger"].open("wb") as out:
        exports.ledger(out, openings=False, by=world.staff.auditor, at=NOW)
    assert home(taken["ledger"])[0] == 0
    for name in ("job", "report"):
        code, out, err = home(taken["ledger"], taken[name])
        assert code == 2
        assert "exported without what its events say" in err
        assert "Everything holds." not in out


def test_one_ledger_at_a_time(taken: dict[str, Path], home: Home, tmp_path: Path):
    again = tmp_path / "again"
    again.write_bytes(taken["ledger"].read_bytes())
    code, out, _ = home(taken["ledger"], again)
    assert code == 1
    assert "give one at a time" in out
