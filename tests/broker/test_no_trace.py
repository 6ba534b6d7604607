"""Who leaves a search's answer leaves no trace in it: page, table, pairs and JSON are, byte for byte, those
of a house in which she never was, but for what the job says of itself and that somebody has left."""

import html
import json
import re
from typing import Any

import numpy as np
import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone

from broker import cases, jobs, queries, rechecking, staging
from broker.models import Case, Job, JobState
from consent import records
from consent.ledger import log
from genomics._vault.covering import File
from genomics.matching.relatives import Relatives
from genomics.panel import PanelRow
from tests.broker.portal.jobs.running import shown, signed_in, taken, without_token
from tests.world import NOW, World, genotypes, job_of, small_panel, with_panel

pytestmark = [pytest.mark.server, pytest.mark.django_db]

PANEL = small_panel()
EVIDENCE = np.random.default_rng(7).binomial(2, 0.5, len(PANEL))
# Who has the genotypes of the evidence up to which site: each two of them share there, and so all three do.
SHARES = {"Noor": 900, "Nina": 1300}
HERS = 1500


def copies(upto: int) -> Any:
    others = np.random.default_rng(upto).binomial(2, 0.5, len(PANEL))
    return np.where(np.arange(len(PANEL)) < upto, EVIDENCE, others)


class House:
    """A case with its evidence, and two people who share DNA with it, and with each other."""

    def __init__(self) -> None:
        self.world = World()
        with_panel(PANEL)
        for name, upto in SHARES.items():
            self.world.join(name, says="Noor", data=genotypes(PANEL, copies(upto)))
        self.case: Case = self.world.case()
        by = self.world.staff.investigator
        profile = cases.bring_evidence(self.case, genotypes(PANEL, EVIDENCE), by=by, at=NOW)
        self.question = {"kind": "relatives", "evidence": str(profile.pk), "min_cm": 7, "min_total_cm": 20}
        self.ivan: Client = signed_in(by)

    def she_joins(self) -> None:
        self.world.join("Nora", says="Noor", data=genotypes(PANEL, copies(HERS)))

    def she_leaves(self) -> None:
        records.withdraw(self.world.people["Nora"], by="self", at=NOW)

    def searched(self, *, disclosed: bool = True) -> Job:
        by = self.world.staff.investigator
        job: Job = job_of(queries.submit(self.question, under=self.case, by=by, at=NOW))
        jobs.run(job.pk, clock=lambda: NOW, batch=2)
        log.sequence(at=NOW)
        job.refresh_from_db()
        assert job.state == JobState.RELEASED
        if disclosed:
            self.world.disclose(job)
        return job

    def report(self, job: Job) -> dict[str, str]:
        files = {kind: taken(self.ivan, job, kind) for kind in ("csv", "pairs.csv", "json")}
        return {name: plain(text) for name, text in ({"page": shown(self.ivan, job)} | files).items()}


def kept(job: Job) -> str:
    """The answer as it lies sealed, before anything is left out of it for a reader."""
    return plain(staging.unseal(bytes(job.answer or b""), f"{job.pk}/answer").decode())


def plain(text: str) -> str:
    """Without what a job says of itself: its ids and its snapshot."""
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID", without_token(text))
    return re.sub(r'(Consent snapshot</dt><dd>|consent_snapshot"?: "?)\w+', r"\1N", text)


def without_the_word(report: dict[str, str]) -> dict[str, str]:
    """Without the sentence that somebody has left."""
    assert all(rechecking.CUT in text for text in report.values())
    said = html.unescape(render_to_string("jobs/since.html", {"since": rechecking.CUT}))
    page = report["page"].replace(said, render_to_string("jobs/since.html"))
    rest = {name: text.replace(rechecking.CUT, "") for name, text in report.items() if name != "page"}
    rest = {name: text.replace("# since_release: \n", "") for name, text in rest.items()}
    return {"page": page, **rest}


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    return House()


def test_while_she_is_there_she_is_all_over_it(house: House):
    never = json.loads(house.report(house.searched())["json"])
    assert len(never["records"]) == 2
    assert len(never["pairs"]) == 1
    house.she_joins()
    with_her = json.loads(house.report(house.searched())["json"])
    assert len(with_her["records"]) == 3
    assert len(with_her["pairs"]) == 3
    assert all(one["triangulated"] for one in with_her["pairs"])


def test_who_leaves_after_the_release_leaves_no_trace(house: House):
    never = house.report(house.searched())
    house.she_joins()
    job = house.searched()
    before = house.report(job)
    assert before["page"] != never["page"]
    house.she_leaves()
    assert without_the_word(house.report(job)) == never


def test_the_comparison_bites(house: House, monkeypatch: pytest.MonkeyPatch):
    """With pairs left as they were, she is still in every one of the four."""
    never = house.report(house.searched())
    house.she_joins()
    job = house.searched()
    house.she_leaves()
    whole = rechecking.only
    monkeypatch.setattr(
        rechecking, "only", lambda answer, stays: whole(answer, stays) | {"pairs": answer["pairs"]}
    )
    left = without_the_word(house.report(job))
    assert {name for name in left if left[name] != never[name]} == {"page", "pairs.csv", "json"}


def test_who_was_no_lead_when_it_was_disclosed_comes_back_into_no_pair(house: House):
    """She leaves before the second pair signs, and says yes again after it: the leads are what two signed."""
    never = house.report(house.searched())
    house.she_joins()
    job = house.searched(disclosed=False)
    house.she_leaves()
    house.world.disclose(job)
    house.world.give(house.world.people["Nora"], "LE.HOM", at=NOW)
    assert house.report(job) == never


@pytest.mark.parametrize("when", ["before they are compared", "while they are compared"])
def test_who_leaves_while_it_runs_leaves_no_trace_at_all(
    house: House, monkeypatch: pytest.MonkeyPatch, when: str
):
    alone = house.searched()
    never = house.report(alone)
    house.she_joins()
    left: list[str] = []
    place = "nearest" if when.startswith("before") else "beside"
    verb = getattr(Relatives, place)

    def leaves(self: Relatives, *given: Any, **named: Any) -> Any:
        found = verb(self, *given, **named)
        if not left:
            left.append(place)
            house.she_leaves()
        return found

    monkeypatch.setattr(Relatives, place, leaves)
    job = house.searched()
    assert kept(job) == kept(alone)
    assert house.report(job) == never
    assert left == [place]


def test_of_whom_the_law_has_lost_meanwhile_no_row_is_opened_again(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    """She leaves when it is settled who will be compared with each other."""
    house.she_joins()
    nora, opened = house.world.people["Nora"].ordinal, list[int]()
    row, nearest = File.row, Relatives.nearest

    def noted(one: File) -> PanelRow:
        opened.append(one.ordinal)
        return row(one)

    def leaves(self: Relatives, *given: Any, **named: Any) -> Any:
        people = nearest(self, *given, **named)
        if nora in people:
            house.she_leaves()
        return people

    monkeypatch.setattr(File, "row", noted)
    monkeypatch.setattr(Relatives, "nearest", leaves)
    house.searched()
    assert opened.count(nora) == 0
    noor = house.world.people["Noor"].ordinal
    assert opened.count(noor) == 2, "once in the round that she fell, and once in the next"
