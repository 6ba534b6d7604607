"""Relatives and identity on the page: leads under case names, a painting with its table."""

import csv
import json
import re
from typing import Any

import numpy as np
import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from broker import cases, queries, staging
from broker.models import Case, Job
from broker.portal import answers, matches, painting
from tests.broker.portal.jobs.running import run, shown, taken
from tests.world import NOW, World, genotypes, job_of, small_panel, with_panel

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def panel() -> Any:
    return small_panel()


def searched(world: World, panel: Any, *, says: str | None, **facts: Any) -> Job:
    """Somebody here is the very person of the evidence; `says` is what she allowed."""
    with_panel(panel)
    copies = np.random.default_rng(7).binomial(2, 0.5, len(panel))
    if says:
        world.join(says, data=genotypes(panel, copies))
    case = world.case()
    by = world.staff.investigator
    evidence = cases.bring_evidence(case, genotypes(panel, copies), by=by, at=NOW)
    question = {"kind": "relatives", "evidence": str(evidence.pk), "min_cm": 7, "min_total_cm": 20} | facts
    return disclosed(world, run(job_of(queries.submit(question, under=case, by=by, at=NOW))))


def disclosed(world: World, job: Job) -> Job:
    world.disclose(job)
    return job


def test_a_match_is_shown_under_its_case_name_as_a_lead_only(world: World, ivan: Client, panel: Any):
    job = searched(world, panel, says="Noor")
    page = shown(ivan, job)
    name = staging.alias(cases.reference(Case.objects.get()), world.people["Noor"].ordinal)
    assert name in page
    assert "A lead only" in page
    assert "same person or identical twin" in page
    assert "Only people who allowed this kind of case were compared." in page
    assert world.people["Noor"].pseudonym not in page
    assert 'class="agency"' in page
    assert "curl" not in page, "tokens are the researchers'"


def test_the_painting_says_the_same_as_its_table(world: World, ivan: Client, panel: Any):
    job = searched(world, panel, says="Noor")
    page = shown(ivan, job)
    segments = json.loads(taken(ivan, job, "json"))["records"][0]["segments"]
    assert {one["chromosome"] for one in segments} == {1, 2}
    drawn = page[page.index('viewBox="0 0 270 232"') :]
    drawn = drawn[: drawn.index("</svg>")]
    assert drawn.count('class="shared"') == len(segments)
    assert page.count('rx="3"/>') == 23, "the bars are drawn once"
    for one in segments:
        assert f"{one['start']:,}" in page
        assert f"{one['end']:,}" in page
    elsewhere = ivan.get(
        reverse("jobs:job", args=[job.pk]), headers={"Accept-Language": "id"}
    ).content.decode()
    assert f"{segments[0]['start']:,}".replace(",", ".") in elsewhere, "people read their own commas"
    assert drawn[drawn.index("<use") :] in elsewhere, "machines do not"


def test_a_table_of_relatives_has_a_row_for_each_segment(world: World, ivan: Client, panel: Any):
    job = searched(world, panel, says="Noor")
    lines = taken(ivan, job, "csv").splitlines()
    assert any(line.startswith("# A lead only") for line in lines)
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    record = json.loads(taken(ivan, job, "json"))["records"][0]
    assert len(rows) == len(record["segments"])
    assert {row["person"] for row in rows} == {record["person"]}
    assert [int(row["start"]) for row in rows] == [one["start"] for one in record["segments"]]


@pytest.mark.parametrize("says", ["Ada", "Cleo", "Dov", None])
def test_who_did_not_allow_it_leaves_the_page_as_if_she_were_not_here(
    world: World, ivan: Client, panel: Any, says: str | None
):
    page = shown(ivan, searched(world, panel, says=says))
    assert "Nobody who was compared shares segments" in page
    assert "Only people who allowed this kind of case were compared." in page
    assert "R-" not in page.replace("TR-", "")
    assert "painting" not in page


def test_identity_is_answered_with_case_names(world: World, ivan: Client, panel: Any):
    job = searched(world, panel, says="Noor")
    evidence = job.query.question["evidence"]
    case = Case.objects.get()
    query = queries.submit(
        {"kind": "identity", "evidence": evidence}, under=case, by=world.staff.investigator, at=NOW
    )
    page = shown(ivan, disclosed(world, run(job_of(query))))
    assert "The same person, or an identical twin" in page
    assert staging.alias(cases.reference(case), world.people["Noor"].ordinal) in page
    assert "person,sites,agreement" in taken(ivan, query.job, "csv")


@pytest.mark.parametrize("kind", ["relatives", "identity"])
def test_who_permits_it_and_shares_nothing_is_counted_nowhere(
    world: World, ivan: Client, panel: Any, kind: str
):
    with_panel(panel)
    strangers = np.random.default_rng(9)
    for n in range(12):
        copies = strangers.binomial(2, 0.5, len(panel))
        world.join(f"Noor {n}", says="Noor", data=genotypes(panel, copies))
    case, by = world.case(), world.staff.investigator
    profile = cases.bring_evidence(
        case, genotypes(panel, strangers.binomial(2, 0.5, len(panel))), by=by, at=NOW
    )
    question = {"kind": kind, "evidence": str(profile.pk)}
    shortest = {"min_cm": 7, "min_total_cm": 7} if kind == "relatives" else {}
    job = run(job_of(queries.submit(question | shortest, under=case, by=by, at=NOW)))
    before = json.loads(taken(ivan, job, "json"))
    assert (before["count"], before["fewer_than"], before["records"]) == (None, 10, [])
    world.disclose(job)
    assert json.loads(taken(ivan, job, "json"))["records"] == []
    assert "12" not in re.sub(r"[0-9a-f-]{16,}", "", taken(ivan, job, "csv").split("question", 1)[1])


RECORD = {
    "person": "R-1",
    "total_cm": 50.0,
    "longest_cm": 50.0,
    "relationship": "x",
    "kinship": 0.1,
    "ibd2_cm": 0.0,
    "overlap_sites": 900,
    "segments": [{"chromosome": 3, "start": 1, "end": 5, "cm": 50.0, "sites": 9}],
}


def told(records: list[dict[str, Any]]) -> dict[str, Any]:
    question = {"kind": "relatives", "min_cm": 7.0, "min_total_cm": 20.0}
    return {"question": question, "granularity": "record", "records": records}


def page_of(records: list[dict[str, Any]]) -> str:
    return render_to_string("jobs/relatives.html", {"answer": answers.shown(told(records))})


def test_many_matches_are_listed_the_nearest_drawn_and_most_of_it_folded():
    records = [RECORD | {"person": f"R-{n}"} for n in range(45)]
    shown_ = answers.shown(told(records))
    assert len(shown_["matches"]["rows"]) == matches.LISTED
    assert len(shown_["others"]["rows"]) == 45 - matches.LISTED
    assert len(shown_["drawn"]) == matches.PAINTED
    assert shown_["more"] == 45 - matches.PAINTED
    page = page_of(records)
    assert all(re.search(rf"\bR-{n}\b", page) for n in range(45)), "nobody is left out of the tables"
    folded = page[page.index("<summary>25 more</summary>") :]
    assert "R-44" in folded[: folded.index("</details>")]
    assert len(re.findall(r'<details class="card" id="match-R-\d+" open>', page)) == matches.OPEN
    assert len(re.findall(r'<details class="card" id="match-R-\d+">', page)) == matches.PAINTED - matches.OPEN


def test_a_short_list_is_not_folded():
    page = page_of([RECORD])
    assert " more</summary>" not in page
    assert page.count('<details class="card" id="match-R-1" open>') == 1


def test_who_shares_no_segment_is_not_drawn_and_has_a_row_in_the_file():
    """As in an answer of before such people were left out."""
    records = [RECORD, RECORD | {"person": "R-2", "segments": [], "total_cm": 0.0}]
    assert page_of(records).count('<figure class="painting"') == 1
    header = dict.fromkeys(answers.HEADER, "x") | {answers.SINCE: ""}
    rows = answers.as_csv(told(records) | header).splitlines()
    assert [row.split(",")[0] for row in rows if row.startswith("R-")] == ["R-1", "R-2"]


def test_a_painting_speaks_to_machines_in_every_language():
    """Numbers in a drawing keep their point, and the shortest stretch can be seen."""
    segment = {"chromosome": 22, "start": 16_050_000, "end": 16_060_000, "cm": 5.0, "sites": 9}
    one = painting.of({"person": "R-1", "segments": [segment]})
    assert one.stretches == (painting.Stretch("34.0", 212, "1.5"),)
    assert [bar.name for bar in painting.chromosomes()] == [*map(str, range(1, 23)), "X"]
    assert all(re.fullmatch(r"\d+\.\d", bar.bar.width) for bar in painting.chromosomes())


def test_before_they_are_disclosed_a_file_of_pairs_says_how_many_leads_and_no_more(
    world: World, ivan: Client, panel: Any
):
    with_panel(panel)
    copies = np.random.default_rng(7).binomial(2, 0.5, len(panel))
    for name in ("Noor", "Nora"):
        world.join(name, says="Noor", data=genotypes(panel, copies))
    case, by = world.case(), world.staff.investigator
    profile = cases.bring_evidence(case, genotypes(panel, copies), by=by, at=NOW)
    question = {"kind": "relatives", "evidence": str(profile.pk)}
    job = run(job_of(queries.submit(question, under=case, by=by, at=NOW)))
    assert taken(ivan, job, "pairs.csv") == taken(ivan, job, "csv")
    assert "R-" not in taken(ivan, job, "pairs.csv")
    assert json.loads(taken(ivan, job, "json"))["pairs"] == []
    world.disclose(job)
    (pair,) = json.loads(taken(ivan, job, "json"))["pairs"]
    assert pair["triangulated"]
    assert all(name in shown(ivan, job) for name in pair["people"])
