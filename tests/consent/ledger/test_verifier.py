"""The auditor's own verifier: an export, checked far from the database."""

import hashlib
import io
import json
import re
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection, transaction

from consent import events, fence
from consent.ledger import (
    archive,
    checkpoints,
    counting,
    kinds,
    leaves,
    log,
    note,
    recount,
    shipped,
    verifier,
)
from consent.models import LedgerOpening
from tests.consent.ledger.build import AT, HAPPENED, grow, happen, unsafe_delete, unsafe_rows
from tests.unsafe import unsafe_without_triggers


@pytest.fixture
def lines(db) -> list[str]:
    grow(3, 4)
    happen(2, start=7)
    return exported()


def exported(**given) -> list[str]:
    stream = io.StringIO()
    log.export(stream, **given)
    return stream.getvalue().splitlines(keepends=True)


def changed(lines: list[str], number: int, **change) -> list[str]:
    return [*lines[:number], json.dumps(json.loads(lines[number]) | change) + "\n", *lines[number + 1 :]]


def test_an_honest_export_holds(lines):
    found = recount.read(lines, signer=checkpoints.signer(), published=checkpoints.published())
    assert (found.problems, found.events, found.size, found.unplaced) == ((), 9, 7, 2)
    assert found.root == log.checkpoint().root
    assert found == log.verify()


def test_an_export_without_openings_names_nobody_and_still_holds(lines):
    bare = exported(openings=False)
    assert "user:7" in "".join(lines)
    assert "user:7" not in "".join(bare)
    assert recount.read(bare, signer=checkpoints.signer()).ok
    pretending = changed(bare, 0, openings=True)
    assert "has lost what it said" in " ".join(recount.read(pretending).problems)


def test_what_an_erasure_tells_of_may_be_gone_and_no_more(db):
    first, second, _ = happen(3)
    with transaction.atomic():
        fence.advance([])
        told = {"openings": {HAPPENED.tag: 1}}
        log.append(
            events.ERASED, at=AT, by="user:7", subject="P-0", **dict.fromkeys(events.ERASED.fields, 0) | told
        )
    log.sequence(at=AT)
    with unsafe_without_triggers(connection):
        unsafe_delete(unsafe_rows(LedgerOpening).filter(event=first))
    assert recount.read(exported()).ok
    assert recount.read(exported(openings=False)).ok, "of such an export nothing was lost"
    with unsafe_without_triggers(connection):
        unsafe_delete(unsafe_rows(LedgerOpening).filter(event=second))
    assert_problem(
        recount.read(exported()), "2 events of kind .* have lost what they said; erasures tell of 1"
    )


def test_an_erasure_that_is_not_as_such_are_written_is_found_out(db):
    """Signed and placed by the house itself: it ends neither the count nor what is said of the others."""
    (lost,) = happen(1)
    with transaction.atomic():
        fence.advance([])
        fields = dict.fromkeys(events.ERASED.fields, 0)
        nonsense = log.append(events.ERASED, at=AT, by="user:7", subject="P-0", **fields)
    log.sequence(at=AT)
    with unsafe_without_triggers(connection):
        unsafe_delete(unsafe_rows(LedgerOpening).filter(event=lost))
    found = recount.read(exported())
    assert_problem(found, f"Event {nonsense.uid} is not as such are written")
    assert_problem(found, "has lost what it said|have lost what they said")


def test_events_without_end_before_a_checkpoint_are_not_kept(lines, monkeypatch):
    handed_on = []
    assert recount.read(lines, seen=handed_on.append).ok
    assert len(handed_on) == 7
    monkeypatch.setattr(counting, "MOST_BEHIND", 3)
    handed_on.clear()
    found = recount.read(lines, seen=handed_on.append)
    assert found.problems == ("More than 3 events follow each other without a checkpoint.",)
    assert len(handed_on) == 3, "what the second checkpoint vouches for was let go"


def test_of_very_many_lost_openings_the_first_are_named(lines, monkeypatch):
    monkeypatch.setattr(counting, "TOLD", 4)
    found = recount.read(changed(exported(openings=False), 0, openings=True))
    assert len(found.problems) == 4 < found.events
    assert [f"Position {n}:" in told for n, told in enumerate(found.problems)] == [True] * 4


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        (lambda a: a[:-1], "no last line"),
        (lambda a: a[:3] + a[4:], "stands where"),
        (lambda a: [*a[:3], a[4], a[3], *a[5:]], "vouches for more than is there|stands where"),
        (lambda a: a[:6] + a[-1:], "as many lines"),
        (lambda a: [*a, a[2]], "after the end"),
        (lambda a: [*a[:2], "not json\n", *a[2:]], "Line 3 is not a line of an export"),
        (lambda a: [*a[:2], '{"size": []}\n', *a[2:]], "Line 3 is not a line of an export"),
        (lambda a: [*a[:2], "[]\n", *a[2:]], "Line 3 is not a line of an export"),
        (lambda a: changed(a, 0, format=2), "format 2"),
        (lambda a: changed(a, 2, body="{}"), "does not say what was committed to"),
        (lambda a: changed(a, 2, kind="test:thing:ended"), "not the one that was placed"),
        (lambda a: changed(a, 2, at="2026-06-01T00:00:00Z"), "another kind or time"),
        (lambda a: changed(a, 2, commitment="00" * 32), "not the one that was placed"),
        (lambda a: changed(a, 2, leaf="00" * 32), "do not hash to the root"),
        (lambda a: changed(a, 4, root="00" * 32), "do not hash to the root"),
        (lambda a: changed(a, 4, note="…"), "The note of the checkpoint of size 3 does not hold"),
        (lambda a: changed(a, 4, at="2026-06-01T00:00:00Z"), "something else than its signed note"),
        (lambda a: [*a[:5], a[4], *a[5:]], "follows one of size 3: they were rearranged"),
        (lambda a: changed(a, 4, size=2), "vouches for more than is there|something else"),
        (lambda a: changed(a, 10, body="{}"), "not yet placed"),
        (lambda a: a[:9] + a[10:], "7 events are placed, the newest checkpoint vouches for 3"),
        (lambda a: [], "no last line"),
    ],
)
def test_a_changed_export_is_found_out(lines, harm, why):
    assert recount.read(lines).ok
    assert_problem(recount.read(harm(lines), signer=checkpoints.signer()), why)


def assert_problem(found: counting.Verification, why: str) -> None:
    assert re.search(why, "\n".join(found.problems)), f"{why!r} is not among {found.problems}"
    assert not found.ok


def test_an_export_that_is_older_than_a_kept_checkpoint_is_found_out(lines):
    grow(1)
    found = recount.read(lines, published=checkpoints.published())
    assert_problem(found, "vouches for 10 events, the ledger for 7")


def test_an_export_signed_by_somebody_else_holds_only_for_their_key(lines, settings):
    theirs = bytes(range(32))
    forged = [
        lines[0].replace(str(checkpoints.signer()), str(note.Signer.of(settings.LEDGER_ORIGIN, theirs)))
    ]
    for line in map(json.loads, lines[1:]):
        if "note" in line:
            body = checkpoints.opened(line["note"])
            line["note"] = note.sign(body, settings.LEDGER_ORIGIN, theirs)
        forged.append(json.dumps(line))
    assert recount.read(forged).ok, "the forgery is meant to be perfect but for the key"
    assert_problem(recount.read(forged, signer=checkpoints.signer()), "carries no signature by")


@pytest.mark.parametrize("body", ["not json", "[]", "{}", '{"kind":"test:thing:happened","at":"noon"}'])
def test_a_body_that_was_committed_to_but_is_no_event_is_found_out(lines, body):
    salt = bytes(32)
    commitment = leaves.commit(salt, body).hex()
    nonsense = changed(lines, 10, body=body, salt=salt.hex(), commitment=commitment)
    assert_problem(recount.read(nonsense), "not yet placed.* is shown with another kind or time")


def test_a_note_about_another_ledger_is_found_out(lines):
    other = note.Checkpoint(origin="another/ledger", size=3, root=bytes(32))
    text = note.sign(other, settings.LEDGER_ORIGIN, settings.LEDGER_KEY.bytes)
    found = recount.read(lines, published=[text, *checkpoints.published()])
    assert_problem(found, "about another ledger: another/ledger")


def test_many_problems_are_counted_rather_than_told(lines, monkeypatch):
    monkeypatch.setattr(counting, "TOLD", 2)
    broken = [line.replace('"leaf":"', '"leaf":"00') for line in lines]
    found = recount.read(broken)
    assert len(found.problems) == 3
    assert "more problems" in found.problems[-1]


# --- the program ------------------------------------------------------------------------------------

WITHOUT_DJANGO = (
    "import sys, runpy; sys.modules['django'] = None; sys.argv = ['verifier', *sys.argv[1:]]; "
    "runpy.run_module('consent.ledger.verifier', run_name='__main__')"
)


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", WITHOUT_DJANGO, *map(str, arguments)],
        cwd=settings.BASE_DIR,
        env={},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_program_runs_without_django(lines, tmp_path, checkpoint_file):
    export = tmp_path / "export.jsonl"
    export.write_text("".join(lines))
    honest = run(export, "--key", checkpoints.signer(), "--checkpoints", checkpoint_file)
    assert (honest.returncode, honest.stderr) == (0, "")
    assert "HOLDS    export.jsonl: 9 events, 7 under the newest checkpoint, 2 under no" in honest.stdout
    assert "Everything holds." in honest.stdout
    export.write_text("".join(changed(lines, 2, body="{}")))
    bent = run(export)
    assert bent.returncode == 1
    assert (
        f"The key is the file's own; compare it with one you were given: {checkpoints.signer()}"
        in bent.stdout
    )
    assert "PROBLEM  export.jsonl: Position 1: event" in bent.stdout


def test_python_m_finds_the_program(lines, tmp_path):
    export = tmp_path / "export.jsonl"
    export.write_text("".join(lines))
    command = [sys.executable, "-W", "error", "-m", "consent.ledger.verifier", str(export)]
    done = subprocess.run(command, cwd=settings.BASE_DIR, env={}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_whoever_holds_the_key_is_not_told_another(lines, tmp_path, capsys, settings):
    export = tmp_path / "export.jsonl"
    export.write_text("".join(lines))
    assert verifier.main([str(export), "--key", str(checkpoints.signer())]) == 0
    assert capsys.readouterr().out.startswith("HOLDS    export.jsonl: 9 events")
    anothers = note.Signer.of(settings.LEDGER_ORIGIN, bytes(range(32)))
    assert verifier.main([str(export), "--key", str(anothers)]) == 1
    assert capsys.readouterr().out.startswith("PROBLEM")


def test_a_program_of_one_file_says_whether_the_ledger_names_it(db, tmp_path, capsys, monkeypatch):
    program = tmp_path / "verifier.pyz"
    program.write_bytes(archive.ship(by="user:7", at=AT))
    grow(1)
    export, honest = tmp_path / "export.jsonl", exported()
    monkeypatch.setattr(sys, "argv", [str(program)])

    def told(lines: list[str]) -> tuple[int, str]:
        export.write_text("".join(lines))
        return verifier.main([str(export)]), capsys.readouterr().out

    code, said = told(honest)
    assert (code, "This verifier is one that the ledger names" in said) == (0, True)
    named = hashlib.sha256(program.read_bytes()).hexdigest()
    program.write_bytes(program.read_bytes() + b"\n")
    code, said = told(honest)
    assert (code, "The ledger names no verifier like this one" in said) == (0, True)
    own = hashlib.sha256(program.read_bytes()).hexdigest()
    code, said = told([line.replace(named, own) for line in honest])  # a body that nothing committed to
    assert (code, "The ledger names no verifier like this one" in said) == (1, True)


def test_a_verifier_is_named_only_by_words_that_were_committed_to():
    """Whoever hands events to it without an audit is not led astray by them either."""
    body, salt = json.dumps({"fields": {"sha256": "ours"}}), bytes(32)
    said = {"uid": "1", "kind": kinds.VERIFIER_SHIPPED, "at": AT, "commitment": leaves.commit(salt, body)}
    found = shipped.Shipped("ours")
    for other in ({}, {"salt": bytes([1]) * 32, "body": body}, {"salt": salt, "body": body + " "}):
        found.see(leaves.Entry(**said, **other))
        assert "The ledger names no verifier like this one" in str(found)
    found.see(leaves.Entry(**said, salt=salt, body=body))
    assert "This verifier is one that the ledger names" in str(found)


@pytest.mark.parametrize(
    "wrong", ["", "\n", "{}\n", "[]\n", "\x00\x01", '{"ledger": 7}\n', '{"ledger": "x"}\n']
)
def test_what_is_no_export_is_said_not_to_be(tmp_path, capsys, wrong):
    file = tmp_path / "export"
    file.write_text(wrong)
    assert verifier.main([str(file)]) in (1, 2)
    said = capsys.readouterr()
    assert "Nothing was verified" in said.err or "PROBLEM" in said.out


def test_a_file_that_is_not_there_and_a_key_that_is_none_are_said(tmp_path, capsys):
    assert verifier.main([str(tmp_path / "none")]) == 2
    assert "Nothing was verified" in capsys.readouterr().err
    assert verifier.main([__file__, "--key", "nonsense"]) == 2
    assert "not a verifier key" in capsys.readouterr().err
