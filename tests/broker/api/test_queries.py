"""REST: submitting a query and reading it again, as a program does it."""

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.throttling import UserRateThrottle

from broker import cases, people, queries, tokens
from broker.api import problems
from broker.models import AccessRequest, Job, Query, QueryState, User
from broker.roles import Role
from consent import policies
from consent.errors import ConsentError
from tests.builders import vcf
from tests.world import EARLIER, NOW, SITE, WITHOUT_COOLING_OFF, World

pytestmark = pytest.mark.django_db
DOOR = "/api/v1/queries"


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture(autouse=True)
def fresh_throttle() -> None:
    cache.clear()


@pytest.fixture
def world() -> World:
    return World()


class Program:
    """A program with somebody's token: no cookie, no page."""

    def __init__(self, user: User) -> None:
        self.token = tokens.issue(user, "tests", lasts=timedelta(days=1))[1]
        self.client = Client(headers={"Authorization": f"Token {self.token}"})

    def get(self, path: str) -> Any:
        return self.client.get(path)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        data = body if isinstance(body, str) else json.dumps(body or {})
        return self.client.post(path, data, content_type="application/json", headers=headers)


@pytest.fixture
def rosa(world: World) -> Program:
    return Program(world.staff.researcher)


@pytest.fixture
def ivan(world: World) -> Program:
    return Program(world.staff.investigator)


def asking(request: AccessRequest, **question: Any) -> dict[str, Any]:
    return {"request": str(request.pk), "question": {"kind": "carriers", "variant": SITE} | question}


def problem(answer: Any, status: int, slug: str) -> dict[str, Any]:
    """The body of a problem, which is one in every way."""
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert told["type"] == f"/problems/{slug}"
    assert told["status"] == status
    assert told["title"]
    assert told["detail"].endswith((".", "?")), "a sentence for people"
    uuid.UUID(told["instance"].removeprefix("urn:uuid:"))
    return told


# --- submitting ----------------------------------------------------------------------------------------


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


# --- once ----------------------------------------------------------------------------------------------


def test_the_same_key_asks_once(world: World, rosa: Program):
    request = world.request()
    first, second = (rosa.post(DOOR, asking(request), **{"Idempotency-Key": "k-1"}) for _ in range(2))
    assert first.json() == second.json()
    assert first["Location"] == second["Location"]
    assert (Query.objects.count(), Job.objects.count()) == (1, 1)
    rosa.post(DOOR, asking(request), **{"Idempotency-Key": "k-2"})
    assert Query.objects.count() == 2


def test_a_key_belongs_to_one_question_under_one_request(world: World, rosa: Program):
    request, other = world.request(), world.request()
    rosa.post(DOOR, asking(request), **{"Idempotency-Key": "k-1"})
    for body in (asking(request, variant="20:5 A>T"), asking(other)):
        told = problem(rosa.post(DOOR, body, **{"Idempotency-Key": "k-1"}), 422, "refused")
        assert "another question" in told["detail"]
    assert Query.objects.count() == 1


def test_a_key_is_ones_own(world: World, rosa: Program, ivan: Program):
    rosa.post(DOOR, asking(world.request()), **{"Idempotency-Key": "k-1"})
    case = world.case()
    evidence = cases.bring_evidence(
        case, vcf([("20", 1000226, "A", "T", "0/1")]), by=world.staff.investigator, at=NOW
    )
    body = {"case": str(case.pk), "question": {"kind": "relatives", "evidence": str(evidence.pk)}}
    assert ivan.post(DOOR, body, **{"Idempotency-Key": "k-1"}).status_code == 202
    assert Query.objects.count() == 2


def test_two_at_the_same_instant_are_one(world: World, rosa: Program, monkeypatch: Any):
    """The second looks before the first is saved, and finds it when the table refuses a twin."""
    request = world.request()
    first = rosa.post(DOOR, asking(request), **{"Idempotency-Key": "k-1"}).json()
    look, looks = queries._asked_before, []

    def too_early(*args: Any, **kwargs: Any) -> Query | None:
        looks.append(1)
        return None if len(looks) == 1 else look(*args, **kwargs)

    monkeypatch.setattr(queries, "_asked_before", too_early)
    assert rosa.post(DOOR, asking(request), **{"Idempotency-Key": "k-1"}).json() == first
    assert (Query.objects.count(), Job.objects.count()) == (1, 1)


def test_a_key_too_long_to_keep_is_not_cut(world: World, rosa: Program):
    told = problem(
        rosa.post(DOOR, asking(world.request()), **{"Idempotency-Key": "k" * 65}), 400, "malformed"
    )
    assert "Idempotency-Key" in told["errors"]
    assert not Query.objects.exists()


# --- who -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["", "Token", "Token 0123", "Token a b", "Bearer x", f"Token {'0' * 64}"])
def test_without_a_good_token_nobody_is_known(world: World, client: Client, header: str):
    headers = {"Authorization": header} if header else {}
    answer = client.get(DOOR, headers=headers)
    problem(answer, 401, "not-signed-in")
    assert answer["WWW-Authenticate"] == "Token"
    problem(client.post(DOOR, {}, content_type="application/json", headers=headers), 401, "not-signed-in")


def test_a_token_ends(world: World, rosa: Program, monkeypatch: Any):
    assert rosa.get(DOOR).status_code == 200
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(days=1, seconds=1))
    problem(rosa.get(DOOR), 401, "not-signed-in")


def test_the_token_of_somebody_who_left_opens_nothing(world: World, rosa: Program):
    world.staff.researcher.is_active = False
    world.staff.researcher.save()
    problem(rosa.get(DOOR), 401, "not-signed-in")


@pytest.mark.parametrize("who", ["steward", "legal", "auditor", "admin"])
def test_a_role_that_asks_nothing_is_told_so(world: World, who: str):
    program = Program(getattr(world.staff, who))
    problem(program.get(DOOR), 403, "not-allowed")
    problem(program.post(DOOR, asking(world.request())), 403, "not-allowed")


def test_a_participant_asks_nothing_here(world: World):
    user = people.sign_up("ada", "a-long-enough-one", born_on=NOW.date().replace(year=1980), at=EARLIER)
    problem(Program(user).get(DOOR), 403, "not-allowed")


def test_a_role_that_ended_takes_the_door_with_it(world: World, rosa: Program):
    appointment = world.staff.researcher.appointments.get(role=Role.RESEARCHER)
    people.dismiss(appointment, by=world.staff.admin, at=NOW)
    problem(rosa.get(DOOR), 403, "not-allowed")


def test_what_is_not_hers_is_not_there(world: World, rosa: Program, ivan: Program):
    request, case = world.request(), world.case()
    mine = rosa.post(DOOR, asking(request)).json()
    problem(ivan.post(DOOR, asking(request)), 404, "not-found")
    problem(ivan.get(f"{DOOR}/{mine['id']}"), 404, "not-found")
    problem(rosa.post(DOOR, {"case": str(case.pk), "question": {"kind": "carriers"}}), 404, "not-found")
    problem(rosa.post(DOOR, asking(request) | {"request": str(uuid.uuid4())}), 404, "not-found")
    assert ivan.get(DOOR).json() == []


def test_a_page_that_is_signed_in_needs_its_guard_to_submit(world: World):
    """A session may use the doors too, and another site may not use the session."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.staff.researcher)
    assert client.get(DOOR).status_code == 200
    answer = client.post(DOOR, asking(world.request()), content_type="application/json")
    problem(answer, 403, "not-allowed")


# --- reading -------------------------------------------------------------------------------------------


def test_ones_queries_are_listed_newest_first(world: World, rosa: Program, monkeypatch: Any):
    request = world.request()
    for minute in range(3):
        monkeypatch.setattr(timezone, "now", lambda minute=minute: NOW + timedelta(minutes=minute))
        rosa.post(DOOR, asking(request, variant=f"20:{minute + 1} A>T"))
    told = rosa.get(DOOR).json()
    assert [one["question"]["variant"] for one in told] == ["20:3 A>T", "20:2 A>T", "20:1 A>T"]
    assert all(one["job"] for one in told)
    assert rosa.get(reverse("api:query", args=[told[0]["id"]])).json() == told[0]


def test_a_long_list_costs_no_more_than_a_short_one(
    world: World, rosa: Program, django_assert_max_num_queries: Any
):
    request = world.request()
    for place in range(1, 9):
        rosa.post(DOOR, asking(request, variant=f"20:{place} A>T"))
    with django_assert_max_num_queries(12):
        assert len(rosa.get(DOOR).json()) == 8


def test_nothing_of_the_snapshot_is_told(world: World, rosa: Program):
    told = rosa.post(DOOR, asking(world.request())).json()
    assert set(told) == {"id", "state", "purposes", "question", "submitted_at", "reasons", "job"}


# --- trouble -------------------------------------------------------------------------------------------


def test_too_many_requests_are_told_when_to_come_back(rosa: Program, monkeypatch: Any):
    monkeypatch.setattr(UserRateThrottle, "THROTTLE_RATES", {"user": "2/min"})
    answers = [rosa.get(DOOR) for _ in range(4)]
    problem(answers[-1], 429, "too-many-requests")
    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
    assert 0 < int(answers[-1]["Retry-After"]) <= 60


def test_our_own_fault_is_told_without_what_is_inside(
    world: World, rosa: Program, monkeypatch: Any, caplog: Any
):
    def breaks(*_: Any, **__: Any) -> None:
        raise RuntimeError("P-1234 has no key")

    monkeypatch.setattr(queries, "submit", breaks)
    told = problem(rosa.post(DOOR, asking(world.request())), 500, "our-fault")
    assert "P-1234" not in json.dumps(told)
    assert told["instance"].removeprefix("urn:uuid:") in caplog.text, "the log names the same request"


def test_a_conflict_below_is_told_as_one(world: World, rosa: Program, monkeypatch: Any):
    def conflicts(*_: Any, **__: Any) -> None:
        raise ConsentError("The ledger is being looked at. Try again later.")

    monkeypatch.setattr(queries, "submit", conflicts)
    told = problem(rosa.post(DOOR, asking(world.request())), 409, "conflict")
    assert told["detail"] == "The ledger is being looked at. Try again later."


def test_every_error_of_the_table_has_a_place_before_what_it_is_a_kind_of():
    for number, (kind, *_) in enumerate(problems.PROBLEMS):
        wider = [other for other, *_ in problems.PROBLEMS[:number] if issubclass(kind, other)]
        assert not wider, f"{kind.__name__} is never reached: {wider[0].__name__} comes first"


def test_query_states_are_those_of_the_house(world: World, rosa: Program):
    told = rosa.post(DOOR, asking(world.request())).json()["state"]
    assert told in QueryState.values
