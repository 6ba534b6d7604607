"""manage.py decide_cases: the last line counts, and the exit says whether any failed."""

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from broker.management.commands.decide_cases import Command
from tests.cast import ANY_RESEARCH as GRU
from tests.cast import NOW, born, research, yes


def book(path: Path, *expected: str) -> Path:
    said = yes("RESEARCH", GRU).as_json()
    cases = [
        {
            "id": f"A-00{number}",
            "kind": "decision",
            "now": NOW.isoformat(),
            "subject": born().as_json(),
            "file": {"id": "GF1", "state": "ACTIVE"},
            "statements": [said],
            "request": research("R.GRU").as_json(),
            "expect": {"decision": decision},
        }
        for number, decision in enumerate(expected, start=1)
    ]
    path.write_text(json.dumps({"cases": cases, "policy_defaults": {"policy_version": "1"}}), "utf-8")
    return path


def run(file: Path) -> tuple[int, list[str]]:
    out = StringIO()
    try:
        call_command("decide_cases", file, stdout=out)
    except SystemExit as ended:
        return int(ended.code), out.getvalue().splitlines()
    return 0, out.getvalue().splitlines()


def test_a_file_in_which_all_is_well_is_counted(tmp_path: Path):
    assert run(book(tmp_path / "cases.json", "PERMIT", "PERMIT")) == (0, ["2 passed, 0 failed"])


def test_every_difference_is_printed_and_the_exit_is_one(tmp_path: Path):
    code, lines = run(book(tmp_path / "cases.json", "PERMIT", "DENY", "DENY"))
    assert code == 1
    assert lines == [
        "A-002: decision should be 'DENY', and is 'PERMIT'",
        "A-003: decision should be 'DENY', and is 'PERMIT'",
        "1 passed, 2 failed",
    ]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("[1]", 'it is not an object with a list under "cases"'),
        ("{}", 'it is not an object with a list under "cases"'),
        ('{"cases": {"id": "A"}}', 'it is not an object with a list under "cases"'),
        ('{"cases": []}', "it holds no case, so nothing was checked"),
        ('{"cases": [3]}', 'case 1 is not an object with an "id"'),
        ('{"cases": [{"expect": {}}]}', 'case 1 is not an object with an "id"'),
        (
            '{"cases": [{"id": "A-1", "expect": {}}]}',
            'case A-1 says nothing under "expect", so nothing about it was checked',
        ),
        ('{"cases": [', "line 1, column 12 is no JSON"),
        ("[" * 100_000, "it is no JSON in UTF-8"),
        ("\udcff", "it is no JSON in UTF-8"),
        (
            '{"cases": [{"id": "A-1", "expect": {"decision": "DENY"}}], "policy_defaults": {"speed": 3}}',
            "its policy cannot be read (A policy has no speed. Nothing was decided.)",
        ),
    ],
)
def test_what_is_no_file_of_cases_is_refused_with_a_sentence(tmp_path: Path, written: str, told: str):
    file = tmp_path / "cases.json"
    file.write_bytes(written.encode("utf-8", "surrogateescape"))
    with pytest.raises(CommandError) as refused:
        run(file)
    assert str(refused.value) == f"{file} cannot be read as decision cases: {told}. Nothing was decided."
    assert refused.value.returncode == 1


def test_a_file_that_is_not_there_is_refused_with_a_sentence(tmp_path: Path):
    with pytest.raises(CommandError, match=r"No such file or directory\. Nothing was decided"):
        run(tmp_path / "none.json")


def test_a_case_that_cannot_be_read_fails_and_the_others_are_decided(tmp_path: Path):
    file = book(tmp_path / "cases.json", "PERMIT", "PERMIT")
    said = json.loads(file.read_text("utf-8"))
    said["cases"][0]["subject"]["dob"] = "once"
    file.write_text(json.dumps(said), "utf-8")
    code, lines = run(file)
    assert code == 1
    assert lines[0].startswith("A-001: the case should be 'readable'")
    assert lines[1:] == ["1 passed, 1 failed"]


@pytest.mark.shared
def test_the_worked_cases_all_pass(shared: Path):
    assert run(shared / "consent" / "decision_cases.json") == (0, ["118 passed, 0 failed"])


def test_it_is_the_operators_command():
    assert Command.allowed == "operator"


def test_it_needs_no_house_and_leaves_none(tmp_path: Path):
    file = book(tmp_path / "cases.json", "PERMIT")
    bare = {"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "manage.py", "decide_cases", str(file)], env=bare, capture_output=True, text=True
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "1 passed, 0 failed\n", "")
    assert list(tmp_path.iterdir()) == [file]
