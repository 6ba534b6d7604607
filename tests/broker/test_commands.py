"""Commands on a house that is not ready: one sentence, what to do, and exit code 1."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from broker.management.operator import OperatorCommand
from tests.house.plan import ROOT
from tests.house.test_doors import OURS

MAKE_THE_TABLES, NEED_NO_HOUSE = {"up", "demo"}, {"check_corpus", "decide_cases", "states"}


@pytest.fixture(scope="module")
def bare(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("bare")


def run(name: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    given = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    return subprocess.run(
        [sys.executable, "manage.py", name],
        cwd=ROOT,
        env=given | {"DEBUG": "1", "BROKER_HOME": str(home)} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("name", sorted(set(OURS) - MAKE_THE_TABLES - NEED_NO_HOUSE))
def test_every_command_of_an_operator_looks_first(name: str):
    assert isinstance(load_command_class(get_commands()[name], name), OperatorCommand), (
        f"The command {name} would end in a stack trace on a database without tables: make it an "
        "OperatorCommand."
    )


@pytest.mark.parametrize("name", ["project_consent", "verify_ledger", "doctor"])
def test_without_tables_a_sentence_says_what_to_do(name: str, bare: Path):
    ended = run(name, bare)
    assert ended.returncode == 1
    assert "run `manage.py migrate`" in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert ended.stdout == ""


def test_without_a_database_a_sentence_says_so(bare: Path):
    ended = run("verify_ledger", bare, DATABASE_URL="postgres://nobody@127.0.0.1:9/none")
    assert ended.returncode == 1
    assert ended.stderr.startswith("CommandError: The database does not answer")
    assert "Traceback" not in ended.stderr
