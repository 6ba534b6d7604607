"""Nothing counts before it was told, and then in the year in which it was."""

import pytest

from broker import case_ends, processes, reporting, searches, submissions, tellings, transparency
from broker.errors import NotAllowed, Refused
from broker.models import CaseReport
from broker.portal import report_words
from broker.roles import Role
from consent.ledger import log
from tests.broker.reporting.history import ALWAYS, DAY, asked, decide, demand, history, open_, search
from tests.world import FAR, NOW, World

pytestmark = [pytest.mark.server, pytest.mark.django_db]


THIS_YEAR, NEXT_YEAR = transparency.year(2026), transparency.year(2027)


def test_nothing_counts_before_it_was_told(world: World):
    """A search, an order about a case and a banned one leave the report as it was, until their day."""
    before = transparency.of(ALWAYS, at=NOW)
    made = [open_(world, f"C-{number}", at=NOW) for number in range(3)]
    for case in made:
        decide(world, case, approves=True, at=NOW)
        search(world, case, at=NOW)
        demand(world, at=NOW, case=case)
        demand(world, at=NOW, gag_until=NOW + 90 * DAY)
        case_ends.close(case, by=world.staff.investigator, at=NOW + DAY)
    tellings.tell_due(at=NOW + 29 * DAY)
    processes.tell_due(at=NOW + 29 * DAY)
    assert transparency.of(ALWAYS, at=NOW) == before
    tellings.tell_due(at=NOW + 30 * DAY)
    after = transparency.of(ALWAYS, at=NOW)["groups"]
    for group in ("cases", "searches", "orders"):
        assert after[group] != before["groups"][group]


def test_disclosures_destroyed_evidence_and_reviewers_who_refuse_are_told_with_their_case(world: World):
    for number in range(2):
        case = open_(world, f"C-{number}", at=NOW)
        decide(world, case, approves=True, at=NOW)
        run = search(world, case, at=NOW)
        assert run is not None
        log.sequence(at=NOW)
        world.disclose(run, at=NOW + DAY)
        waits, by = asked(world, case, at=NOW), world.staff.steward
        searches.decide(waits, role=Role.STEWARD, approves=False, reason="x", by=by, at=NOW + 2 * DAY)
        case_ends.close(case, by=world.staff.investigator, at=NOW + 3 * DAY)
    none = transparency.of(ALWAYS, at=NOW)["groups"]
    assert tellings.tell_due(at=NOW + 30 * DAY) == []  # thirty days after the disclosure
    assert transparency.of(ALWAYS, at=NOW)["groups"] == none
    tellings.tell_due(at=NOW + 31 * DAY)
    report = transparency.of(ALWAYS, at=NOW)
    told = report["groups"]
    assert told["disclosures"]["leads"]["no leads"] == 2
    assert told["cases"]["evidence destroyed"]["yes"] == 2
    assert submissions.BY_A_REVIEWER in told["refused questions"]["reason"]  # named only when it is often
    said = {
        cell[0]["text"] for one in report_words.groups(report) for t in one["tables"] for cell in t["rows"]
    }
    assert "A reviewer refused it" in said


def test_it_is_counted_in_the_year_in_which_it_was_told(world: World):
    for number in range(2):
        case = open_(world, f"C-{number}", at=NOW)
        decide(world, case, approves=True, at=NOW)
        search(world, case, at=NOW + 200 * DAY)
        case_ends.close(case, by=world.staff.investigator, at=NOW + 200 * DAY)
    tellings.tell_due(at=NOW + 230 * DAY)
    none, before, after = (
        transparency.of(period, at=FAR)["groups"]["cases"]
        for period in (transparency.year(2020), THIS_YEAR, NEXT_YEAR)
    )
    assert before == none
    assert 2 in after["offence"].values()


def test_with_the_threshold_of_the_house_a_few_cases_look_like_none(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.undo()
    none = transparency.of(ALWAYS, at=NOW)
    history(world, 2)
    few = transparency.of(ALWAYS, at=NOW)
    assert none["k"] == few["k"] == 10
    assert few["groups"]["cases"] == none["groups"]["cases"]


def test_what_is_reported_back_is_said_by_who_works_the_case(world: World):
    case = open_(world, "C-1", at=NOW)
    said = reporting.Said(stage=CaseReport.Stage.INVESTIGATION, arrest=True)
    with pytest.raises(NotAllowed):
        reporting.report(case, said, by=world.staff.counsel, at=NOW)
    reporting.report(case, said, by=world.staff.investigator, at=NOW)
    pretrial = reporting.Said(stage=CaseReport.Stage.PRETRIAL)
    cheap = reporting.Said(stage=CaseReport.Stage.INVESTIGATION, cost=-1)
    with pytest.raises(Refused, match="is not the defence"):
        reporting.report(case, pretrial, by=world.staff.investigator, at=NOW)
    with pytest.raises(Refused, match="less than nothing"):
        reporting.report(case, cheap, by=world.staff.investigator, at=NOW)
    assert CaseReport.objects.count() == 1
