"""What goes wrong is told as a problem, and ours without what is inside."""

import json
from typing import Any

import pytest
from rest_framework.throttling import UserRateThrottle

from broker import queries
from broker.api import problems
from broker.models import QueryState
from consent.errors import ConsentError
from tests.broker.api.queries.programs import DOOR, Program, asking, problem
from tests.world import World

pytestmark = pytest.mark.django_db


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
