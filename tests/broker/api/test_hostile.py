"""What a hostile or broken client sends over REST gets a problem, never our failure."""

import pytest
from django.test import Client
from django.urls import reverse

from broker.demo.staff import Staff, appoint
from tests.world import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Staff:
    return appoint(at=NOW)


@pytest.fixture
def door(staff: Staff) -> Client:
    door = Client(raise_request_exception=False)
    door.force_login(staff.researcher, backend="django.contrib.auth.backends.ModelBackend")
    return door


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("[" * 200_000, 400),
        ('{"a":' * 50_000, 400),
        ('{"question": {"kind": "\\ud800"}}', 400),
        ("x" * 2_000_000, 413),
        ("\x00", 400),
    ],
    ids=["deep list", "deep object", "half a character", "too large", "NUL"],
)
def test_an_odd_body_is_a_problem(door: Client, body: str, status: int):
    answer = door.post(reverse("api:queries"), body, content_type="application/json")
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert "recursion" not in answer.json()["detail"]


def test_an_odd_token_is_a_problem_for_a_visitor_too():
    door = Client(raise_request_exception=False)
    answer = door.get(reverse("api:queries"), headers={"Authorization": "Token \u00e9"})
    assert answer.status_code in {400, 401}
    assert answer["Content-Type"] == "application/problem+json"
