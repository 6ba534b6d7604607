"""The public report: what it counts and when, and that the ledger alone gives the same, or finds the lie."""

import copy
import io
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from broker import (
    case_ends,
    cases,
    court_papers,
    events,
    jobs,
    processes,
    queries,
    reporting,
    searches,
    signatures,
    submissions,
    tellings,
    transparency,
)
from broker.errors import NotAllowed, Refused
from broker.models import (
    Case,
    CaseReport,
    Job,
    LegalProcess,
    Notice,
    PublishedReport,
    Query,
    QueryState,
    Telling,
)
from broker.portal import report_words
from broker.roles import Role
from consent.ledger import cells, checkpoints, kinds, log, recount, recount_report, verifier
from consent.ledger import report_form as form
from consent.ledger.leaves import Entry, commit
from consent.ledger.report_form import Period
from consent.models import LedgerOpening
from genomics import answers
from tests.builders import PDF
from tests.consent.ledger.build import unsafe_delete, unsafe_rows
from tests.unsafe import unsafe_without_triggers
from tests.world import FAR, NOW, World, court_paper, genotypes, job_of, small_panel, with_panel

pytestmark = [pytest.mark.server, pytest.mark.django_db]

DAY = timedelta(days=1)
PANEL = small_panel(200)
THIS_YEAR, NEXT_YEAR = transparency.year(2026), transparency.year(2027)
ALWAYS = Period(start=datetime(2000, 1, 1, tzinfo=UTC), end=datetime(2100, 1, 1, tzinfo=UTC))


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """With a threshold of two, so that a small ledger says something."""
    monkeypatch.setattr(form, "THRESHOLD", 2)
    with_panel(PANEL)
    world = World()
    world.crowd(2, says="Noor")
    return world


def open_(world: World, number: str, *, at: datetime, purpose: str = "L.HOM", region: str = "US-UT") -> Case:
    by = world.staff.counsel if purpose == "E.EXON" else world.staff.investigator
    said = cases.Particulars(
        number=number,
        purpose=purpose,
        jurisdiction=region,
        sample_origin=Case.Origin.PERPETRATOR,
        summary="x",
        codis_searched=True,
        leads_exhausted=True,
        valid_to=FAR,
    )
    case = cases.open_case(said, by=by, at=at)
    court_papers.record(case, court_paper(number), by=by, at=at)
    return case


def decide(world: World, case: Case, *, approves: bool, at: datetime) -> None:
    for role, by in ((Role.STEWARD, world.staff.steward), (Role.LEGAL_REVIEWER, world.staff.legal)):
        cases.decide(case, role=role, approves=approves, reason="x", by=by, at=at)
        if not approves:
            return


def asked(world: World, case: Case, *, at: datetime) -> Query:
    """A search that nobody has signed."""
    by = world.investigator_of(case)
    held = cases.bring_evidence(case, genotypes(PANEL, [1] * len(PANEL)), by=by, at=at)
    return queries.submit({"kind": "relatives", "evidence": str(held.id)}, under=case, by=by, at=at)


def search(world: World, case: Case, *, at: datetime) -> Job | None:
    """None where a request gate refused the question."""
    query = asked(world, case, at=at)
    if query.state == QueryState.REFUSED:
        return None
    jobs.run(job_of(query).pk, clock=lambda: at, batch=50)
    return Job.objects.get(query=query)


def demand(world: World, *, at: datetime, **said: Any) -> LegalProcess:
    plain: dict[str, Any] = {
        "kind": LegalProcess.Kind.WARRANT,
        "issuer": "A court",
        "number": f"W-{LegalProcess.objects.count()}",
        "issued_on": at.date(),
        "asks": "x",
        "concerned": None,
        "compels_non_consenting": True,
        "received_at": at,
    }
    return processes.receive(processes.Particulars(**plain | said), PDF, by=world.staff.legal, at=at)


def exported() -> list[str]:
    log.sequence(at=NOW + 2000 * DAY)
    stream = io.StringIO()
    log.export(stream)
    return stream.getvalue().splitlines(keepends=True)


def recounted(period: Period, lines: list[str]) -> recount_report.Recount:
    again = recount_report.Recount(period)
    assert recount.read(lines, signer=checkpoints.signer(), seen=again.see).ok
    return again


def history(world: World, seed: int) -> None:
    """A few years of cases, refused, searched, closed or not, with orders, bans and reports."""
    chance = random.Random(seed)  # noqa: S311 - a story, no secret
    at = NOW
    for number in range(7):
        purpose = chance.choice(["L.HOM", "L.HOM", "L.SEX", "E.EXON"])
        case = open_(world, f"C-{number}", at=at, purpose=purpose, region=chance.choice(["US-UT", "US-MD"]))
        if chance.random() < 0.3:
            search(world, case, at=at)  # too early: refused by a gate
        if chance.random() < 0.9:
            decide(world, case, approves=chance.random() < 0.7, at=at + chance.choice([1, 20, 70, 200]) * DAY)
        at += chance.randrange(0, 90) * DAY
        if case.state == "approved":
            at = max(at, max(case.approvals.values_list("at", flat=True)))
            for _ in range(chance.randrange(3)):
                run = search(world, case, at=at)
                log.sequence(at=at)
                at += chance.randrange(1, 40) * DAY
                if run is not None and chance.random() < 0.5:
                    world.disclose(run, at=at)
            if asked(world, case, at=at).state != QueryState.REFUSED and chance.random() < 0.5:
                waits = case.queries.get(state=QueryState.SUBMITTED)
                at += chance.randrange(1, 40) * DAY
                no = {"approves": False, "reason": "x", "by": world.staff.legal}
                searches.decide(waits, role=Role.LEGAL_REVIEWER, **no, at=at)
            if chance.random() < 0.5:
                stage = chance.choice(reporting.stages(case))
                known = {name: chance.choice([True, False, None]) for name in ("arrest", "cold_case")}
                said = reporting.Said(stage=stage, cost=chance.choice([None, 0, 500, 20_000]), **known)
                reporting.report(case, said, by=world.investigator_of(case), at=at)
            if chance.random() < 0.7:
                case_ends.close(case, by=world.investigator_of(case), at=at)
        gag = chance.choice([None, at + 200 * DAY, at + 1000 * DAY])
        order = demand(
            world,
            at=at,
            case=chance.choice([None, case]),
            gag_until=gag,
            compels_non_consenting=chance.random() < 0.5,
            kind=chance.choice(list(LegalProcess.Kind)),
        )
        if chance.random() < 0.7:
            for state in (LegalProcess.State.REVIEWED, LegalProcess.State.REJECTED):
                processes.move(order, state, "x", by=world.staff.legal, at=at + chance.randrange(60) * DAY)
        for later in range(0, 300, 60):
            tellings.tell_due(at=at + later * DAY)
            processes.tell_due(at=at + later * DAY)
    tellings.tell_due(at=at + 700 * DAY)
    processes.tell_due(at=at + 700 * DAY)


@pytest.mark.parametrize("seed", range(5))
def test_the_report_equals_the_recount_of_an_export(world: World, seed: int):
    history(world, seed)
    lines = exported()
    periods = [ALWAYS, *map(transparency.year, range(2026, 2031))]
    for period in periods:
        report = json.loads(json.dumps(transparency.of(period, at=NOW)))
        assert recount_report.differences(report, recounted(period, lines)) == []
    told = transparency.of(ALWAYS, at=NOW)["groups"]
    assert [
        one for group in told.values() for table in group.values() for one in table.values() if one != "x"
    ]
    assert any(isinstance(one, int) for table in told["cases"].values() for one in table.values())


def test_a_report_that_was_doctored_is_found_whatever_was_changed(world: World):
    history(world, 1)
    again = recounted(ALWAYS, exported())
    report = json.loads(json.dumps(transparency.of(ALWAYS, at=NOW)))
    places = [
        (group, table, cell)
        for group, tables in report["groups"].items()
        for table, named in tables.items()
        for cell in named
    ]
    assert len(places) > 60
    for group, table, cell in places:
        for lie in (cells.fewer(2), cells.NOT_SHOWN, 0, 7):
            bent = copy.deepcopy(report)
            if bent["groups"][group][table][cell] == lie:
                continue
            bent["groups"][group][table][cell] = lie
            (found,) = recount_report.differences(bent, again)
            assert f"for {group}, {table}, {cell}" in found
    for group in report["groups"]:
        bent = copy.deepcopy(report)
        del bent["groups"][group]
        assert recount_report.differences(bent, again)
    assert recount_report.differences(report | {"format": 2}, again)
    assert recount_report.differences({"groups": "x"}, again)


def event(kind: str, about: str, **fields: Any) -> Entry:
    body = json.dumps({"subject": about, "fields": fields})
    return Entry(uid="u", kind=kind, at=NOW, commitment=commit(bytes(32), body), salt=bytes(32), body=body)


def test_research_and_what_is_said_of_things_of_another_kind_count_for_nothing(world: World):
    case = open_(world, "C-1", at=NOW)
    decide(world, case, approves=True, at=NOW)
    searched = search(world, case, at=NOW)
    assert searched is not None
    demand(world, at=NOW)
    before = recounted(ALWAYS, exported()).filled(2)
    by = world.staff.researcher
    query = queries.submit(world.carriers(), under=world.request(), by=by, at=NOW)
    jobs.run(job_of(query).pk, clock=lambda: NOW, batch=50)
    again = recounted(ALWAYS, exported())
    assert again.filled(2) == before
    [order] = again.orders
    again.see(event(recount_report.JOB_RELEASED, order))
    again.see(event(kinds.CASE_REPORTED, f"job:{searched.pk}", arrest=True))
    assert again.filled(2) == before


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


# --- what is reported back -----------------------------------------------------------------------------


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


# --- the command and the verifier ----------------------------------------------------------------------


def test_one_command_prints_it_and_the_verifier_checks_it(world: World, tmp_path: Path, capsys: Any):
    history(world, 3)
    file, ledger = tmp_path / "report.json", tmp_path / "ledger.jsonl"
    call_command("transparency", year=2026, json=file)
    printed = capsys.readouterr().out
    assert "orders" in printed
    assert "fewer than" in printed
    ledger.write_text("".join(exported()))
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


# --- what cannot be read -----------------------------------------------------------------------------


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
