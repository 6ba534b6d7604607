"""manage.py decide_cases: the last line counts, and the exit says whether any failed."""

import json
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


def test_what_is_no_file_of_cases_is_refused_with_a_sentence(tmp_path: Path):
    (tmp_path / "other.json").write_text("[1]", "utf-8")
    for file in (tmp_path / "none.json", tmp_path / "other.json"):
        with pytest.raises(CommandError, match="Nothing was decided"):
            run(file)


@pytest.mark.shared
def test_the_worked_cases_all_pass(shared: Path):
    assert run(shared / "consent" / "decision_cases.json") == (0, ["118 passed, 0 failed"])


def test_it_is_the_operators_command():
    assert Command.allowed == "operator"
