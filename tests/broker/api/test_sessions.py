"""A browser's session at a REST door, as a browser has it: with the look for the token that forms carry."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from broker.models import User
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(world: World) -> Client:
    user: User = world.staff.researcher
    client = Client(enforce_csrf_checks=True)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    client.get(reverse("researcher:projects"))  # sets the cookie
    return client


def asked(browser: Client, **headers: str):
    return browser.post(
        reverse("api:queries"), json.dumps({"question": {}}), content_type="application/json", headers=headers
    )


def test_a_body_is_read_with_the_token(browser: Client):
    """It is refused for what it says, and not for how deep it is."""
    answer = asked(browser, **{"X-CSRFToken": browser.cookies["csrftoken"].value})
    assert answer.status_code == 400
    assert "question" in answer.json()["errors"]


def test_without_the_token_nothing_is_read(browser: Client):
    answer = asked(browser)
    assert answer.status_code == 403
    assert "CSRF" in answer.json()["detail"]
