"""A query is taken over REST, or refused by the field that is wrong."""

import uuid
from typing import Any

import pytest

from broker import cases
from broker.models import Query
from consent import policies
from tests.broker.api.queries.programs import DOOR, Program, asking, problem
from tests.builders import vcf
from tests.world import EARLIER, NOW, SITE, WITHOUT_COOLING_OFF, World

pytestmark = pytest.mark.django_db


def test_a_query_is_taken_and_says_where_its_job_is(world: World, rosa: Program):
    answer = rosa.post(DOOR, asking(world.request()))
    assert answer.status_code == 202
    query = Query.objects.get()
    told = answer.json()
    assert answer["Location"] == told["job"] == f"/api/v1/jobs/{query.job.pk}"
    assert told["id"] == str(query.pk)
    assert told["state"] == "approved"
    assert told["purposes"] == ["R.HMB"]
    assert told["question"] == {"kind": "carriers", "build": "GRCh37", "variant": SITE}
    assert rosa.get(answer["Location"]).json()["state"] == "queued"


def test_a_query_under_a_case_is_taken_as_well(world: World, ivan: Program):
    case = world.case()
    evidence = cases.bring_evidence(
        case, vcf([("20", 1000226, "A", "T", "0/1")]), by=world.staff.investigator, at=NOW
    )
    question = {"kind": "relatives", "evidence": str(evidence.pk), "min_cm": 8}
    answer = ivan.post(DOOR, {"case": str(case.pk), "question": question})
    assert answer.status_code == 202
    assert answer.json()["question"]["min_cm"] == 8


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ('"min_total_cm": 0', 422),
        ('"min_total_cm": -1', 422),
        ('"min_total_cm": 6.99', 422),
        ('"min_cm": 6.99', 422),
        ('"min_cm": 4001', 422),
        ('"min_cm": 1e400', 400),
        ('"min_total_cm": ' + "9" * 400, 400),
        ('"min_total_cm": "nan"', 400),
        ('"min_total_cm": "-inf"', 400),
        ('"min_total_cm": NaN', 400),
        ('"min_cm": null', 400),
        ('"min_cm": true', 422),
    ],
)
def test_no_search_asks_for_what_everybody_has(world: World, ivan: Program, said: str, status: int):
    case = world.case()
    profile = cases.bring_evidence(
        case, vcf([("20", 1000226, "A", "T", "0/1")]), by=world.staff.investigator, at=NOW
    )
    question = f'{{"kind": "relatives", "evidence": "{profile.pk}", {said}}}'
    answer = ivan.post(DOOR, f'{{"case": "{case.pk}", "question": {question}}}')
    assert answer.status_code == status, answer.content
    assert answer.json()["type"].startswith("/problems/")
    assert not Query.objects.exists()


def test_a_policy_says_for_each_family_how_short_a_segment_is_told(world: World, ivan: Program):
    policies.adopt(
        WITHOUT_COOLING_OFF.overlay(
            {"policy_version": "strict", "shortest_segment_cm_by_family": {"LE.HOM": 30}}
        ),
        by="founding",
        at=EARLIER,
    )
    case = world.case()
    profile = cases.bring_evidence(
        case, vcf([("20", 1000226, "A", "T", "0/1")]), by=world.staff.investigator, at=NOW
    )
    question = {"kind": "relatives", "evidence": str(profile.pk), "min_cm": 29, "min_total_cm": 60}
    answer = ivan.post(DOOR, {"case": str(case.pk), "question": question})
    assert answer.status_code == 422
    assert "from 30 cM on" in answer.json()["detail"]
    assert ivan.post(DOOR, {"case": str(case.pk), "question": question | {"min_cm": 30}}).status_code == 202


def test_a_query_refused_at_once_says_why_and_where_it_is(world: World, rosa: Program):
    answer = rosa.post(DOOR, asking(world.request(approve=False)))
    assert answer.status_code == 202
    told = answer.json()
    assert told["state"] == "refused"
    assert told["job"] is None
    assert told["reasons"] == ["REQ_PROJECT_NOT_APPROVED"]
    assert answer["Location"] == f"/api/v1/queries/{told['id']}"
    assert rosa.get(answer["Location"]).json() == told


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"request": None}, "request"),
        ({"request": "rosa"}, "request"),
        ({"question": {}}, "question"),
        ({"question": {"kind": "everything"}}, "question"),
        ({"question": {"kind": "carriers", "build": "hg18"}}, "question"),
        ({"question": {"kind": "carriers", "varient": SITE}}, "question"),
        ({"question": "20:1000226 A>T"}, "question"),
        ({"purpose": "R.GRU"}, "purpose"),
        ({"case": str(uuid.uuid4())}, "non_field_errors"),
    ],
)
def test_what_is_malformed_is_named_by_field(world: World, rosa: Program, change: dict[str, Any], field: str):
    told = problem(rosa.post(DOOR, asking(world.request()) | change), 400, "malformed")
    assert field in told["errors"]
    assert not Query.objects.exists()


@pytest.mark.parametrize("body", ["{", "[]", '"carriers"', "null", ""])
def test_what_is_not_an_object_is_malformed(rosa: Program, body: str):
    problem(rosa.post(DOOR, body or "{}x"), 400, "malformed")


def test_only_json_is_taken_and_given(rosa: Program, world: World):
    answer = rosa.client.post(DOOR, {"request": "x"})
    problem(answer, 415, "unsupported-media-type")
    problem(rosa.client.get(DOOR, headers={"Accept": "text/html"}), 406, "not-acceptable")
    problem(rosa.client.delete(DOOR), 405, "wrong-method")


@pytest.mark.parametrize(
    "question",
    [
        {"variant": None, "kind": "carriers"},
        {"variant": "20:0 A>T"},
        {"variant": "somewhere"},
        {"variant": SITE, "region": "20:1-2"},
        {"kind": "relatives", "evidence": str(uuid.uuid4())},
    ],
)
def test_a_question_that_nobody_could_answer_is_refused_in_a_sentence(
    world: World, rosa: Program, question: dict[str, Any]
):
    body = asking(world.request(), **question)
    body["question"] = {name: value for name, value in body["question"].items() if value is not None}
    told = problem(rosa.post(DOOR, body), 422, "refused")
    assert "Nothing was submitted." in told["detail"]
    assert not Query.objects.exists()


def test_a_question_of_the_police_is_not_asked_for_research(world: World, rosa: Program):
    case = world.case()
    evidence = cases.bring_evidence(
        case, vcf([("20", 1000226, "A", "T", "0/1")]), by=world.staff.investigator, at=NOW
    )
    body = {
        "request": str(world.request().pk),
        "question": {"kind": "relatives", "evidence": str(evidence.pk)},
    }
    told = problem(rosa.post(DOOR, body), 422, "refused")
    assert "cannot be asked for R.HMB" in told["detail"]
