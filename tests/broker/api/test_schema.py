"""The OpenAPI document: written from the doors, without a warning, and equal to the one that is kept here.

When a door changes on purpose:
    DEBUG=1 python manage.py spectacular --validate --fail-on-warn --file tests/broker/api/schema.yml
"""

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from broker.api import urls
from broker.api.problems import PROBLEMS

KEPT = Path(__file__).with_name("schema.yml")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("schema") / "schema.yml"
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(file))
    return file.read_text()


def test_the_document_is_the_one_that_is_kept(written: str):
    assert written == KEPT.read_text(), (
        "A door changed. If that was meant, write the document anew: see above."
    )


def test_every_door_is_in_it(written: str):
    for one in urls.urlpatterns:
        if one.name != "schema":
            path = "/api/v1/" + re.sub(r"<\w+:(\w+)>", r"{\1}", str(one.pattern))
            assert f"\n  {path}:\n" in written


def test_it_says_how_to_sign_in_and_what_a_problem_looks_like(written: str):
    assert "knoxApiToken" in written
    assert "application/problem+json" in written
    assert "Idempotency-Key" in written
    assert "releasing" not in written, "what a release does inside is nobody's business: see Job.state_told"


@pytest.mark.django_db
def test_everybody_may_read_it(client: Client):
    answer = client.get(reverse("api:schema"))
    assert answer.status_code == 200
    assert b"openapi: 3" in answer.content


@pytest.mark.django_db
def test_everybody_may_know_what_this_service_is(client: Client):
    told: dict[str, Any] = client.get(reverse("api:service_info")).json()
    assert {"id", "name", "type", "organization", "version"} <= set(told)


def test_types_of_problems_are_stable_and_each_has_one_status():
    known: dict[str, int] = {}
    for _, status, slug, title in PROBLEMS:
        assert known.setdefault(slug, status) == status
        assert title
    assert set(known) == {
        *("not-signed-in", "not-allowed", "not-found", "wrong-method", "not-acceptable"),
        *("unsupported-media-type", "too-many-requests", "malformed", "too-large", "file-refused"),
        *("refused", "conflict", "proof-needed", "offset-moved", "gone", "other-version", "not-as-sent"),
        *("ledger-unavailable", "not-sealed", "busy", "being-written", "no-room", "budget-spent"),
    }, "programs lean on these: a new one is an addition, a missing one a break"
