"""The ledger's two doors at the terminal: verify_ledger and sequencer."""

import io
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection

from broker.management.commands import sequencer, verify_ledger
from consent.ledger import checkpoints, log, recount
from consent.models import LedgerCheckpoint, LedgerEvent, LedgerLeaf
from tests.consent.ledger.build import grow, happen, unsafe_rows
from tests.unsafe import unsafe_drop_triggers


def said(command: str, *arguments: str) -> str:
    out = io.StringIO()
    call_command(command, *arguments, stdout=out)
    return out.getvalue()


def test_both_commands_say_who_may_run_them():
    assert verify_ledger.Command.allowed == sequencer.Command.allowed == "operator"


@pytest.mark.django_db
def test_verify_ledger_says_what_it_counted_and_whom_to_trust():
    grow(3)
    happen(1, start=3)
    told = said("verify_ledger")
    assert "4 events, 3 under the newest checkpoint, 1 under no checkpoint yet, on which" in told
    assert "Everything holds." in told
    assert f"verifier key {checkpoints.signer()}" in told


@pytest.mark.django_db
def test_verify_ledger_lists_what_does_not_hold_and_fails(capsys):
    grow(3)
    unsafe_drop_triggers(connection)
    unsafe_rows(LedgerEvent).update(kind="test:thing:ended")
    with pytest.raises(CommandError, match="6 things in the ledger do not hold") as failed:
        call_command("verify_ledger")
    assert failed.value.returncode == 1
    assert capsys.readouterr().out.count("PROBLEM") == 6  # its leaf and its opening each


@pytest.mark.django_db
def test_verify_ledger_exports_for_the_auditor_and_writes_over_nothing(tmp_path):
    grow(3)
    file, bare = tmp_path / "ledger.jsonl", tmp_path / "tree.jsonl"
    said("verify_ledger", "--export", str(file))
    said("verify_ledger", "--export", str(bare), "--without-openings")
    for export in (file, bare):
        with export.open() as lines:
            assert recount.read(lines, signer=checkpoints.signer()).ok
    assert "user:7" in file.read_text()
    assert "user:7" not in bare.read_text()
    with pytest.raises(CommandError, match="already"):
        call_command("verify_ledger", "--export", str(file))


@pytest.mark.django_db
def test_the_sequencer_runs_once_when_asked():
    happen(2)
    assert said("sequencer", "--once") == "checkpoint 2\n"
    assert said("sequencer", "--once") == ""
    assert log.verify().ok


@pytest.mark.django_db
def test_the_sequencer_stops_at_a_ledger_it_did_not_sign():
    grow(2)
    unsafe_drop_triggers(connection)
    unsafe_rows(LedgerCheckpoint).update(root=bytes(32))
    for arguments in (["--once"], []):
        with pytest.raises(CommandError, match="two histories"):
            call_command("sequencer", *arguments)


@pytest.mark.django_db
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_sequencer_ends_cleanly_when_told_to(number, monkeypatch):
    before = signal.getsignal(number)
    runs = []

    def run(*, at, thorough):
        runs.append(thorough)
        if len(runs) == 1:
            raise DatabaseError("the server is away")
        if len(runs) == 4:
            os.kill(os.getpid(), number)

    monkeypatch.setattr(sequencer.log, "sequence", run)
    monkeypatch.setattr(sequencer, "close_old_connections", lambda: None)
    told = io.StringIO()
    call_command("sequencer", "--every", "0", stderr=told)
    assert runs == [True, True, False, False], "the first run that succeeds is thorough"
    assert "Nothing is lost; trying again" in told.getvalue()
    assert signal.getsignal(number) == before


@pytest.mark.server
@pytest.mark.django_db(transaction=True)
def test_a_sequencer_process_killed_again_and_again_leaves_no_bad_state(checkpoint_file):
    """kill -9 while it works; the next one goes on where it was."""
    for killed in range(3):
        happen(30, start=30 * killed)
        process = sequencer_process(checkpoint_file)
        wait_for(lambda size=30 * killed: LedgerLeaf.objects.count() > size)
        process.kill()
        process.communicate(timeout=30)
    process = sequencer_process(checkpoint_file)
    wait_for(lambda: log.verify().size == 90)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")
    found = log.verify()
    assert (found.problems, found.size, found.unplaced) == ((), 90, 0)


PROGRAM = """
import sys
import django
from django.conf import settings
from django.core.management import call_command
django.setup()
settings.DATABASES["default"]["NAME"] = sys.argv[1]
settings.CHECKPOINT_FILE = sys.argv[2]
from consent.ledger import log
log.BATCH = 2
call_command("sequencer", "--every", "0.01")
"""


def sequencer_process(file) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(connection.settings_dict["NAME"]), str(file)],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "broker.settings"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(condition) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it did not come to pass within a minute"
        threading.Event().wait(0.02)
