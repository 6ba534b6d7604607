"""The public report is what an independent recount of the ledger says."""

import copy
import json
from typing import Any

import pytest

from broker import jobs, queries, transparency
from consent.ledger import cells, checkpoints, kinds, recount, recount_report
from consent.ledger.leaves import Entry, commit
from consent.ledger.report_form import Period
from tests.broker.exporting import LATE, exported
from tests.broker.reporting.history import ALWAYS, decide, demand, history, open_, search
from tests.world import NOW, World, job_of

pytestmark = [pytest.mark.server, pytest.mark.django_db]


def recounted(period: Period, lines: list[str]) -> recount_report.Recount:
    again = recount_report.Recount(period)
    assert recount.read(lines, signer=checkpoints.signer(), seen=again.see).ok
    return again


@pytest.mark.parametrize("seed", range(5))
def test_the_report_equals_the_recount_of_an_export(world: World, seed: int):
    history(world, seed)
    lines = exported(at=LATE)
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
    again = recounted(ALWAYS, exported(at=LATE))
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
    before = recounted(ALWAYS, exported(at=LATE)).filled(2)
    by = world.staff.researcher
    query = queries.submit(world.carriers(), under=world.request(), by=by, at=NOW)
    jobs.run(job_of(query).pk, clock=lambda: NOW, batch=50)
    again = recounted(ALWAYS, exported(at=LATE))
    assert again.filled(2) == before
    [order] = again.orders
    again.see(event(recount_report.JOB_RELEASED, order))
    again.see(event(kinds.CASE_REPORTED, f"job:{searched.pk}", arrest=True))
    assert again.filled(2) == before
