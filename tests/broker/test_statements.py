"""The monthly signed statement: made also when there was none, missed when it is missing, never a lie."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from broker import health, processes, statements, tasks
from broker.errors import Refused
from broker.models import LegalProcess, MonthlyStatement, Notice
from consent.errors import NoteRefused
from consent.ledger import checkpoints, log, monthly, verifier
from consent.ledger import note as notes
from consent.ledger.leaves import Entry
from tests.broker.exporting import LATE, exported
from tests.broker.reporting.history import demand
from tests.world import NOW, World

pytestmark = [pytest.mark.server, pytest.mark.django_db]

DAY = timedelta(days=1)
FOUNDED, MAY, JUNE, JULY, AUGUST = (date(2026, month, 1) for month in (2, 5, 6, 7, 8))
AFTER_JUNE, AFTER_JULY = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 8, 1, tzinfo=UTC)


@pytest.fixture
def world() -> World:
    return World()


def said(month: date) -> monthly.Monthly:
    return statements.read(MonthlyStatement.objects.get(month=month))


def kept(*, until: date) -> None:
    """Every month from the founding of this world until this one has its statement."""
    for month in range(FOUNDED.month, until.month + 1):
        statements.make(date(2026, month, 1), by="operator", at=AFTER_JUNE)


def test_a_month_without_such_an_order_says_so_signed_and_in_both_languages(world: World):
    demand(world, at=NOW, compels_non_consenting=False)
    statements.keep(at=AFTER_JUNE)
    one = said(JUNE)
    assert (one.month, one.sought, one.earlier) == ("2026-06", 0, 0)
    note = MonthlyStatement.objects.get().note
    assert "there was no order to tell of" in note
    assert "tidak ada perintah" in note
    (event,) = log.openings(["broker:statement:made"]).values()
    assert (event["subject"], event["fields"]["sought"]) == ("2026-06", 0)


def test_orders_are_counted_in_the_month_in_which_they_can_be_told(world: World):
    demand(world, at=NOW)
    demand(world, at=NOW, gag_until=NOW + 40 * DAY)
    demand(world, at=NOW, case=world.case())  # told with the case, and never here
    statements.keep(at=AFTER_JUNE)
    processes.tell_due(at=NOW + 41 * DAY)
    statements.keep(at=AFTER_JULY)
    assert [(said(month).sought, said(month).earlier) for month in (JUNE, JULY)] == [(1, 0), (1, 1)]


def test_it_is_made_once_and_of_no_month_that_goes_on(world: World):
    with pytest.raises(Refused, match="is not over"):
        statements.make(JUNE, by="x", at=AFTER_JUNE - timedelta(seconds=1))
    for _ in range(2):
        statements.keep(at=AFTER_JUNE)
    assert MonthlyStatement.objects.count() == 1
    with pytest.raises(Refused, match="made already"):
        statements.make(JUNE, by="x", at=AFTER_JUNE)


def test_a_missing_month_is_an_alarm_until_it_is_made(world: World):
    kept(until=MAY)
    statements.keep(at=AFTER_JUNE)
    later = datetime(2026, 9, 2, tzinfo=UTC)  # nobody was there for all of August
    statements.keep(at=later)
    statements.keep(at=later + DAY)
    assert statements.missing(at=later) == [JULY]
    (told,) = Notice.objects.filter(kind="statement_missing", user=world.staff.auditor)
    assert told.fields == {"month": "2026-07"}
    found = next(one for one in health.look(at=later) if one.part == "statements")
    assert (found.well, "2026-07" in found.words) == (False, True)
    statements.make(JULY, by="operator", at=later)
    assert next(one for one in health.look(at=later) if one.part == "statements").well


def test_months_since_the_founding_are_missed_and_told_in_one_notice(world: World):
    statements.keep(at=AFTER_JUNE + DAY)
    lost = statements.missing(at=AFTER_JUNE + DAY)
    assert lost == [date(2026, month, 1) for month in (2, 3, 4, 5)]
    statements.keep(at=AFTER_JUNE + 2 * DAY)
    (told,) = Notice.objects.filter(kind="statement_missing", user=world.staff.auditor)
    assert told.fields == {"month": "2026-02, 2026-03, 2026-04, 2026-05"}
    later = datetime(2026, 9, 2, tzinfo=UTC)
    statements.keep(at=later)  # nobody was there for all of August: July is new, and the others are told
    newest = Notice.objects.filter(kind="statement_missing", user=world.staff.auditor).latest("at")
    assert newest.fields == {"month": "2026-07"}


@pytest.mark.parametrize("month", ["0001-01", "2026-01", "2026-06", "9999-12"])
def test_no_month_in_which_this_house_was_not_there_is_signed(world: World, monkeypatch, month: str):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    with pytest.raises(CommandError, match="Nothing was signed"):
        call_command("statement", month)
    assert not MonthlyStatement.objects.exists()


def test_a_statement_of_another_age_makes_no_month_missed(world: World):
    """One that was signed by mistake, before there was a check, cannot be taken back."""
    MonthlyStatement.objects.create(month=date(1, 1, 1), note="x", at=NOW)
    assert len(statements.missing(at=AFTER_JUNE + DAY)) == 5


def test_a_house_that_was_founded_this_month_misses_nothing():
    statements.keep(at=AFTER_JUNE + DAY)
    assert not MonthlyStatement.objects.exists()
    assert statements.missing(at=AFTER_JUNE + DAY) == []


def test_a_house_whose_worker_stands_still_is_not_well(world: World):
    kept(until=MAY)
    assert statements.missing(at=AFTER_JUNE + timedelta(hours=23)) == []
    assert statements.missing(at=AFTER_JUNE + DAY) == [JUNE]


def test_the_worker_makes_it(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: AFTER_JUNE)
    tasks.look()
    assert said(JUNE).sought == 0


LIES = {
    "another number": ("sought 1", "sought 0"),
    "another month": ("2026-06\n", "2026-05\n"),
    "another sentence": ("1 order to tell", "no order to tell"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_statement_that_was_changed_is_none(world: World, lie: str):
    demand(world, at=NOW)
    statements.keep(at=AFTER_JUNE)
    note = MonthlyStatement.objects.get().note
    assert monthly.opened(note, checkpoints.signer()).sought == 1
    with pytest.raises(NoteRefused):
        monthly.opened(note.replace(*LIES[lie]), checkpoints.signer())


@pytest.mark.parametrize("lie", LIES)
def test_a_sentence_that_does_not_fit_its_numbers_is_none_whoever_signed_it(
    world: World, lie: str, settings: Any
):
    demand(world, at=NOW)
    statements.keep(at=AFTER_JUNE)
    origin = settings.LEDGER_ORIGIN
    body = notes.open_text(MonthlyStatement.objects.get().note, origin, checkpoints.signer().public_key)
    lied = notes.sign_text(body.replace(*LIES[lie]), origin, settings.LEDGER_KEY.bytes)
    with pytest.raises(NoteRefused, match="its sentence says something else"):
        monthly.opened(lied, checkpoints.signer())


def test_an_order_whose_event_lost_its_words_or_says_others_counts_for_nothing(world: World):
    demand(world, at=NOW)
    statements.keep(at=AFTER_JUNE)
    note, lines = MonthlyStatement.objects.get().note, exported(at=LATE)
    entries = [Entry.from_json(line) for line in map(json.loads, lines) if "uid" in line]
    for bare in ({"salt": None, "body": None}, {"body": "{}"}):
        counted = monthly.Recount(note)
        for entry in entries:
            counted.see(replace(entry, **bare))
        assert len(counted.problems(checkpoints.signer())) == 2, (
            "neither the order nor the statement is known"
        )


def test_a_statement_is_no_checkpoint_and_a_checkpoint_no_statement(world: World):
    """Both are signed with one key, so neither may read like the other."""
    statements.keep(at=AFTER_JUNE)
    log.sequence(at=AFTER_JUNE)
    signer, newest = checkpoints.signer(), checkpoints.published()[-1]
    with pytest.raises(NoteRefused):
        notes.open(MonthlyStatement.objects.get().note, signer.name, signer.public_key)
    with pytest.raises(NoteRefused):
        monthly.opened(newest, signer)


def test_the_shipped_verifier_holds_it_against_the_ledger(
    world: World, tmp_path: Path, capsys: Any, settings: Any
):
    demand(world, at=NOW)
    demand(world, at=NOW, compels_non_consenting=False)
    statements.keep(at=AFTER_JUNE)
    note, ledger = tmp_path / "2026-06.txt", tmp_path / "ledger.jsonl"
    ledger.write_text("".join(exported(at=LATE)))
    given = [str(ledger), "--key", str(checkpoints.signer()), "--statement", str(note)]
    honest = MonthlyStatement.objects.get().note
    note.write_text(honest)
    assert verifier.main(given) == 0
    assert "The statement of 2026-06 is signed, and is what the ledger says." in capsys.readouterr().out
    assert verifier.main([str(ledger), "--statement", str(note)]) == 0  # by the key of the export itself
    capsys.readouterr()
    lie = monthly.Monthly(month="2026-06", sought=0, earlier=0, at="2026-07-01T00:00:00Z")
    origin, seed = settings.LEDGER_ORIGIN, settings.LEDGER_KEY.bytes
    note.write_text(notes.sign_text(lie.text(origin), origin, seed))
    assert verifier.main(given) == 1  # by the house's own key, and still found
    out = capsys.readouterr().out
    assert "says 0 orders, 0 from earlier; the ledger says 1, and 0." in out
    assert "The ledger does not know this statement" in out
    note.write_text(honest.replace("sought 1", "sought 2"))
    assert verifier.main(given) == 1
    assert "does not hold" in capsys.readouterr().out


def test_the_command_signs_one_month_and_reads_all(
    world: World, capsys: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("django.utils.timezone.now", lambda: AFTER_JULY + 2 * DAY)
    for month, why in (("June", "YYYY-MM"), ("2026-08", "is not over")):
        with pytest.raises(CommandError, match=why):
            call_command("statement", month)
    call_command("statement", "2026-06")
    with pytest.raises(CommandError, match="2026-07: there is no statement"):
        call_command("statement")
    call_command("statement", "2026-07")
    kept(until=MAY)
    capsys.readouterr()
    call_command("statement")
    assert capsys.readouterr().out.count("sought people who had not agreed") == 6
    assert LegalProcess.objects.count() == 0
