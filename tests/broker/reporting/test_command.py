"""The report by one command, checked by the verifier; and where something cannot be read."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from broker import case_ends, events, signatures, tellings, transparency
from broker.models import Case, Job, LegalProcess, Notice, PublishedReport, Telling
from consent.ledger import checkpoints, log, recount_report, verifier
from consent.ledger import report_form as form
from consent.models import LedgerOpening
from genomics import answers
from tests.broker.exporting import LATE, exported
from tests.broker.reporting.history import ALWAYS, DAY, decide, history, open_, search
from tests.consent.ledger.build import unsafe_delete, unsafe_rows
from tests.unsafe import unsafe_without_triggers
from tests.world import NOW, World

pytestmark = [pytest.mark.server, pytest.mark.django_db]


def test_one_command_prints_it_and_the_verifier_checks_it(world: World, tmp_path: Path, capsys: Any):
    history(world, 3)
    file, ledger = tmp_path / "report.json", tmp_path / "ledger.jsonl"
    call_command("transparency", year=2026, json=file)
    printed = capsys.readouterr().out
    assert "orders" in printed
    assert "fewer than" in printed
    ledger.write_text("".join(exported(at=LATE)))
    key = str(checkpoints.signer())
    assert verifier.main([str(ledger), "--key", key, "--report", str(file)]) == 0
    assert "is what the ledger says" in capsys.readouterr().out
    report = json.loads(file.read_text())
    report["groups"]["orders"]["all"]["all"] = 99
    file.write_text(json.dumps(report))
    assert verifier.main([str(ledger), "--key", key, "--report", str(file)]) == 1
    assert "The report says 99 for orders, all, all" in capsys.readouterr().out
    file.write_text("[]")
    assert verifier.main([str(ledger), "--key", key, "--report", str(file)]) != 0
    assert len(log.openings([events.REPORT_MADE.tag])) == 1


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"year": 2026, "start": "2026-01-01"},
        {"start": "2026-01-01"},
        {"start": "2026-02-01", "end": "2026-01-01"},
        {"start": "yesterday", "end": "2026-01-01"},
    ],
)
def test_the_command_wants_one_period(world: World, said: dict[str, Any]):
    with pytest.raises(CommandError, match="Nothing was made"):
        call_command("transparency", **said)


def test_the_recount_reads_the_kinds_that_are_written():
    assert form.THRESHOLD == answers.THRESHOLD
    assert set(recount_report.READ) <= set(events.BY_TAG)
    assert set(form.PURPOSES) == {
        name for name, one in transparency.PURPOSES.items() if one.domain in "LE"
    } - {"L.NVC"}
    assert {str(role) for role in signatures.SIGNATURES} == recount_report.SIGNATURES
    assert set(form.KINDS) == set(LegalProcess.Kind)
    assert set(form.ORIGINS) == set(Case.Origin)


def of_a_told_case(world: World, number: str = "C-1") -> Job:
    case = open_(world, number, at=NOW)
    decide(world, case, approves=True, at=NOW)
    job = search(world, case, at=NOW)
    assert job is not None
    case_ends.close(case, by=world.staff.investigator, at=NOW + DAY)
    return job


def unsound() -> list[str]:
    rows = LedgerOpening.objects.filter(event__kind="consent:alarm:unsound")
    return [row.subject for row in rows]


@pytest.mark.parametrize("garbled", [b"", b"x", bytes(60)], ids=["empty", "short", "garbled"])
def test_a_manifest_that_does_not_open_stops_neither_the_telling_nor_the_report(
    world: World, garbled: bytes, capsys: Any
):
    job = of_a_told_case(world)
    other = of_a_told_case(world, "C-2")
    tellings.tell_due(at=NOW + 30 * DAY)
    whole = transparency.of(ALWAYS, at=NOW)
    with unsafe_without_triggers(connection):
        unsafe_delete(unsafe_rows(Telling))
    Job.objects.filter(pk=job.pk).update(manifest=garbled)
    assert len(tellings.tell_due(at=NOW + 30 * DAY)) == 2
    assert unsound() == [f"job:{job.pk}"]
    assert Notice.objects.filter(user=world.staff.auditor, kind="unsound").count() == 1
    assert transparency.of(ALWAYS, at=NOW) == whole, "the line of its release says the same"
    call_command("transparency", start="2000-01-01", end="2100-01-01")
    told = capsys.readouterr().err
    assert str(job.pk) in told
    assert str(other.pk) not in told
    assert unsound() == [f"job:{job.pk}"], "told once"


def test_where_the_ledger_does_not_say_it_either_there_is_no_report(world: World, tmp_path: Path):
    job = of_a_told_case(world)
    tellings.tell_due(at=NOW + 30 * DAY)
    Job.objects.filter(pk=job.pk).update(manifest=b"")
    with unsafe_without_triggers(connection):
        lines = unsafe_rows(LedgerOpening).filter(subject=f"job:{job.pk}")
        unsafe_delete(lines.filter(event__kind="query:job:released"))
    with pytest.raises(CommandError, match=f"{job.pk}.*Nothing was made"):
        call_command("transparency", start="2000-01-01", end="2100-01-01", json=tmp_path / "report.json")
    assert not list(tmp_path.iterdir())
    with pytest.raises(transparency.ReportUnsound):
        transparency.publish_due(at=NOW + 365 * DAY)
    assert not PublishedReport.objects.exists()
