"""What the verifier may believe: events under a checkpoint that it has verified, and no others."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from broker import job_files, jobs, queries, transparency
from broker.models import Job
from consent import records
from consent.ledger import checkpoints, log, note, recount, verifier
from consent.ledger import report_form as form
from consent.ledger.leaves import Entry
from genomics.intake import erasure
from tests.broker import bent
from tests.broker.exporting import exported
from tests.world import NOW, World, job_of

pytestmark = [pytest.mark.server, pytest.mark.django_db]

ERASED, WITHDRAWN = "consent:participant:erased", "consent:statement:withdrawn"
Home = Callable[..., tuple[int, str]]


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def home(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Home:
    """The verifier, given lines of a ledger, a file as JSON, a text, or words."""

    def verify(*given: Any) -> tuple[int, str]:
        words = []
        for number, one in enumerate(given):
            if isinstance(one, str):
                words.append(one)
                continue
            path = tmp_path / str(number)
            path.write_text("".join(one) if isinstance(one, list) else json.dumps(one))
            words.append(str(path))
        capsys.readouterr()
        code = verifier.main([*words, "--key", str(checkpoints.signer())])
        said = capsys.readouterr()
        return code, said.out + said.err

    return verify


def ran(world: World, crowd: int = 12) -> tuple[Job, dict[str, Any]]:
    world.crowd(crowd, says="Ada")
    world.join("Cleo")
    query = queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW)
    jobs.run(job_of(query).pk, clock=lambda: NOW, batch=5)
    job = Job.objects.get(pk=job_of(query).pk)
    return job, json.loads(json.dumps(job_files.of(job)))


def erased(subject: str, **openings: int) -> str:
    said = {"destroyed": {}, "gone_from_backups": "x", "position": 10_000, "openings": openings}
    return bent.waiting(ERASED, subject, **said)


# --- under no checkpoint --------------------------------------------------------------------------------


def test_an_erasure_under_no_checkpoint_excuses_nothing(world: World, home: Home):
    world.join("Cleo")
    lines = exported()
    assert home(lines)[0] == 0
    stripped, gone = bent.without_openings(lines, lambda said: said["kind"] == WITHDRAWN)
    assert gone[WITHDRAWN]
    forged = bent.with_waiting(stripped, erased("P-2222-2222", **gone))
    for bad in (stripped, forged):
        code, told = home(bad)
        assert code == 1
        assert "lost what" in told
    assert "an erasure under no checkpoint tells of them, and nothing rests on that" in home(forged)[1]


def test_an_erasure_under_no_checkpoint_hides_nobody_of_a_job(world: World, home: Home):
    _, file = ran(world)
    lines = exported()
    assert home(lines, file)[0] == 0
    for one in file["people"]:
        one["statements"] = []
    forged = bent.with_waiting(lines, *(erased(one["pseudonym"]) for one in file["people"]))
    code, told = home(forged, file)
    assert code == 1
    assert "ERASED" not in told
    assert told.count("is in the ledger, and is not shown") == 14, "all that they had said is missed"
    assert "was erased" not in told
    assert "The erasure" not in told
    assert "13 under no checkpoint yet, on which nothing rests" in told


def test_a_case_under_no_checkpoint_is_not_counted(world: World, home: Home):
    lines = exported()
    report = transparency.make(transparency.year(2026), by="operator", at=NOW)
    lines = exported()
    assert home(lines, report)[0] == 0
    forged = []
    for number in range(28):
        about = f"case:{number:08d}-0000-0000-0000-000000000000"
        case = {"purpose": "L.HOM", "jurisdiction": "US-UT", "origin": "unidentified_remains"}
        forged.append(bent.waiting("broker:case:opened", about, **case))
        forged.append(bent.waiting("broker:case:told", about, upto="2026-06-01T12:00:00Z", searches=0))
    report["groups"]["cases"]["all"]["all"] = 28
    assert home(bent.with_waiting(lines, *forged), report)[0] == 1


def test_an_honest_export_with_an_erasure_that_waits_says_what_to_do(world: World, home: Home):
    ada = world.join("Ada")
    lines = exported()
    before = len(lines)
    erasure.erase(ada, by="self", at=NOW)
    code, told = home(_unsequenced())
    assert code == 1
    assert "take the export again in a moment" in told
    assert log.verify().ok, "the house itself knows its own rows"
    after = exported()
    assert len(after) > before
    assert home(after)[0] == 0


def _unsequenced() -> list[str]:
    stream = io.StringIO()
    log.export(stream)
    return stream.getvalue().splitlines(keepends=True)


def seen_in(lines: list[str], signer: note.Signer | None = None) -> list[Entry]:
    found: list[Entry] = []
    recount.read(lines, signer=signer, seen=found.append)
    return found


def test_only_what_lies_under_a_checkpoint_that_holds_is_handed_on(world: World):
    exported()
    ada = world.join("Ada")
    records.withdraw(ada, by="self", at=NOW)
    lines = exported()
    ends = [number for number, line in enumerate(lines) if "note" in json.loads(line)]
    assert len(ends) == 2
    assert len(seen_in(lines)) == len(lines) - 4
    unsigned = json.loads(lines[ends[1]])
    unsigned["note"] = unsigned["note"][:-20] + "A" * 18 + "=\n"
    half = [*lines[: ends[1]], json.dumps(unsigned) + "\n", *lines[ends[1] + 1 :]]
    assert len(seen_in(half)) == ends[0] - 1, "the second checkpoint does not hold"
    without = [*lines[: ends[1]], *lines[ends[1] + 1 :]]
    assert len(seen_in(without)) == ends[0] - 1
    other = note.Signer.of(checkpoints.signer().name, bytes(32))
    assert seen_in(lines, other) == []
    changed = json.loads(lines[ends[0] - 1])
    changed["uid"] = changed["uid"][::-1]
    another = [*lines[: ends[0] - 1], json.dumps(changed) + "\n", *lines[ends[0] :]]
    assert len(seen_in(another)) == len(lines) - 5


def test_nothing_rests_on_a_ledger_that_does_not_hold(world: World, home: Home):
    _, file = ran(world)
    report = transparency.make(transparency.year(2026), by="operator", at=NOW)
    lines = exported()
    assert home(lines, file, report)[0] == 0
    stripped, gone = bent.without_openings(lines, lambda said: said["kind"] == "consent:form:loaded")
    assert gone
    code, told = home(stripped, file, report)
    assert code == 1
    assert told.count("The ledger beside it does not hold") == 2


# --- without openings -----------------------------------------------------------------------------------


def test_an_export_without_openings_has_none(world: World, home: Home):
    world.join("Cleo")
    lines = exported()
    bare, _ = bent.without_openings(lines, lambda _: True)
    assert home(bent.first_line(bare, openings=False))[0] == 0
    stripped, _ = bent.without_openings(lines, lambda said: said["kind"] == WITHDRAWN)
    code, told = home(bent.first_line(stripped, openings=False))
    assert code == 1
    assert "says in its first line that it was made without what events say, and" in told
    for other in (0, None, "false", []):
        code, told = home(bent.first_line(stripped, openings=other))
        assert code == 1
        assert "neither that it was made with what events say nor without" in told


def test_from_a_tree_alone_nothing_is_proved_of_a_report_or_a_job(world: World, home: Home):
    _, file = ran(world, crowd=2)
    zero = transparency.make(transparency.year(2026), by="operator", at=NOW)
    zero["groups"] = form.filled({name: [] for name in form.FIXED}, form.THRESHOLD)
    bare, _ = bent.without_openings(exported(), lambda _: True)
    bare = bent.first_line(bare, openings=False)
    for one in (file, zero):
        code, told = home(bare, one)
        assert code == 2
        assert "was exported without what its events say" in told
        assert "Everything holds" not in told
