"""The same key asks once, and is one's own."""

from typing import Any

import pytest

from broker import cases, queries
from broker.models import Job, Query
from tests.broker.api.queries.programs import DOOR, Program, asking, problem
from tests.builders import vcf
from tests.world import NOW, World

pytestmark = pytest.mark.django_db


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
