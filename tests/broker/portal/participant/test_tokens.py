"""A participant's keys for her programs: made with a proof, shown once, and ended with one press."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from knox.models import AuthToken

from broker.models import TokenName
from tests.broker.portal.participant.pages import said_yes, shown

pytestmark = pytest.mark.django_db
NEW = {"name": "diary", "days": "7"}


def made(client: Client) -> str:
    """The token that the page shows once."""
    page = client.post(reverse("participant:tokens"), NEW).content.decode()
    found = re.search(r"TOKEN=(\w+)", page)
    assert found
    return found[1]


def test_her_token_reads_her_choices_and_stops_a_use(eve, her):
    said_yes(eve, "QC")
    program = Client(headers={"Authorization": f"Token {made(her)}"})
    assert program.get("/api/v1/consent").json()["participant"] == eve.own_record.participant.pseudonym
    assert program.post("/api/v1/consent/QC/no", {}, content_type="application/json").status_code == 201


def test_a_token_is_made_only_with_a_fresh_proof(eve):
    client = Client()
    client.force_login(eve)
    answer = client.post(reverse("participant:tokens"), NEW)
    assert answer.status_code == 302
    assert reverse("confirm") in answer["Location"]
    assert not AuthToken.objects.exists()


def test_it_is_shown_once_and_ended_with_one_press(eve, her):
    token = made(her)
    page = shown(her, "tokens")
    assert token not in page
    assert "diary" in page
    quiet = Client()
    quiet.force_login(eve)
    quiet.post(reverse("participant:token_revoke", args=[TokenName.objects.get().pk]))
    assert not AuthToken.objects.exists()
    assert Client(headers={"Authorization": f"Token {token}"}).get("/api/v1/consent").status_code == 401


def test_the_choices_lead_to_it(her):
    assert reverse("participant:tokens") in shown(her, "choices")
