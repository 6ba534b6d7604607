"""Who may ask and read here, and whose queries are whose."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import people
from broker.roles import Role
from tests.broker.api.queries.programs import DOOR, Program, asking, problem
from tests.world import EARLIER, NOW, World

pytestmark = pytest.mark.django_db


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
