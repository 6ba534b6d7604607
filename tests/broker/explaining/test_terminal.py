"""An auditor explains at the terminal, and an audit finds what was edited."""

import io
import json
from datetime import date

import pytest
from django.core.management import CommandError, call_command

from broker import oversight
from consent.models import LedgerEvent, Participant
from tests.broker.explaining.replaying import ask, run, tamper
from tests.world import NOW, World

pytestmark = [pytest.mark.server, pytest.mark.django_db]


def said(*arguments: str) -> str:
    out = io.StringIO()
    call_command("explain", *arguments, stdout=out)
    return out.getvalue()


def test_an_auditor_explains_at_the_terminal_and_it_is_an_event(world: World):
    person, out = world.join("Ben"), world.join("Ada")
    world.request()
    job = run(ask(world))
    by = f"--by={world.staff.auditor.username}"
    told = said(str(job.pk), person.pseudonym, by)
    assert "Recorded: DENY PURPOSE_NOT_COVERED" in told
    assert "Byte for byte the same." in told
    assert LedgerEvent.objects.filter(kind="broker:job:explained").count() == 1
    machine = json.loads(said(str(job.pk), out.pseudonym, by, "--json"))
    assert machine["equal"] is True
    assert machine["then"]["decision"] == machine["recorded"]["decision"] == "PERMIT"
    assert "Decided again: PERMIT" in said(str(job.pk), out.pseudonym, by, "--as-of=2026-06-02T00:00:00Z")
    with pytest.raises(CommandError, match="does not remember"):
        said(str(job.pk), out.pseudonym, by, "--as-of=2020-01-01T00:00:00Z")
    with pytest.raises(CommandError, match="names no time zone"):
        said(str(job.pk), out.pseudonym, by, "--as-of=2020-01-01")
    with pytest.raises(CommandError, match="There is no P-XXXX"):
        said(str(job.pk), "P-XXXX", by)
    with pytest.raises(CommandError, match="read and verify the ledger"):
        said(str(job.pk), person.pseudonym, f"--by={world.staff.researcher.username}")
    tamper("DELETE FROM consent_statement WHERE participant_id = %s", out.ordinal)
    with pytest.raises(CommandError, match="does not hold"):
        said(str(job.pk), out.pseudonym, by)


def test_an_audit_finds_a_row_that_was_edited_and_a_gate_that_was(world: World):
    person = world.join("Ada")
    job = run(ask(world))
    auditor = world.staff.auditor
    assert oversight.verify(by=auditor, at=NOW).ok
    assert oversight.look(job, by=auditor, at=NOW).gates_hold is True
    Participant.objects.filter(pk=person.pk).update(born_on=date(2020, 1, 1))
    assert "born_on" in oversight.verify(by=auditor, at=NOW).problems[0]
    tamper("UPDATE broker_jobgate SET position = 1")
    assert oversight.look(job, by=auditor, at=NOW).gates_hold is False
    assert oversight.look(ask(world), by=auditor, at=NOW).gates_hold is None
