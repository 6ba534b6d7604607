"""Tokens for programs: shown once, revoked, run out."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker.models import TokenName
from tests.broker.portal.researcher.pages import sent, shown
from tests.world import NOW, World

pytestmark = pytest.mark.django_db


def test_a_token_is_shown_once_and_opens_the_rest_door(world: World, rosa: Client, client: Client):
    assert "No token yet" in shown(rosa, "tokens")
    page = sent(rosa, "tokens", status=200, name="notebook", days="7")
    token = re.search(r"TOKEN=([0-9a-f]{64})", page)[1]
    door = reverse("api:queries")
    assert client.get(door, headers={"Authorization": f"Token {token}"}).status_code == 200
    later = shown(rosa, "tokens")
    assert token not in later
    assert "notebook" in later
    assert "8 Jun 2026" in later, "when it ends"


def test_a_page_with_a_token_is_kept_by_no_browser(rosa: Client):
    answer = rosa.post(reverse("researcher:tokens"), {"name": "notebook", "days": "7"})
    assert "no-store" in answer["Cache-Control"]


def test_a_revoked_token_opens_nothing(rosa: Client, client: Client):
    page = sent(rosa, "tokens", status=200, name="notebook", days="30")
    token = re.search(r"TOKEN=([0-9a-f]{64})", page)[1]
    page = sent(rosa, "token_revoke", TokenName.objects.get().pk)
    assert "“notebook” is revoked" in page
    assert not TokenName.objects.exists()
    door = reverse("api:queries")
    assert client.get(door, headers={"Authorization": f"Token {token}"}).status_code == 401


def test_a_token_that_ran_out_says_so(rosa: Client, monkeypatch: Any):
    sent(rosa, "tokens", status=200, name="notebook", days="7")
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(days=8))
    assert "Has run out" in shown(rosa, "tokens")


def test_a_token_has_a_name_and_an_end(rosa: Client):
    page = sent(rosa, "tokens", status=400, name="", days="10000")
    assert "This field is required" in page
    assert "not one of the available choices" in page
    assert not TokenName.objects.exists()


def test_nobody_revokes_the_token_of_somebody_else(rosa: Client, rival: Client):
    sent(rosa, "tokens", status=200, name="notebook", days="7")
    called = TokenName.objects.get()
    assert "No token yet" in shown(rival, "tokens")
    sent(rival, "token_revoke", called.pk, status=404)
    assert TokenName.objects.exists()
