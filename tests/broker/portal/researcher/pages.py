"""The researcher's pages, for these tests."""

import html
from typing import Any

from django.test import Client
from django.urls import reverse

from broker.models import User
from tests.world import CANCER

GOOD = {
    "summary": "How common are these variants?",
    "purposes": ["R.HMB", "R.DS"],
    "disease": CANCER,
    "commercial_use": "no",
    "regions": ["EU", "GB"],
    "months": "24",
    "ethics_ref": "REC 2026/114",
    "ethics_valid_to": "2027-05-31",
    "undertakes": ["publication"],
}


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def shown(client: Client, name: str, /, *args: Any, status: int = 200, **query: Any) -> str:
    answer = client.get(reverse(f"researcher:{name}", args=args), query)
    assert answer.status_code == status
    return words(answer.content.decode())


def sent(client: Client, name: str, /, *args: Any, status: int = 302, **said: Any) -> str:
    """What the page says when it is refused, or what the next page says when it is done."""
    answer = client.post(reverse(f"researcher:{name}", args=args), said)
    assert answer.status_code == status
    return words((client.get(answer["Location"]) if status == 302 else answer).content.decode())


def words(page: str) -> str:
    return html.unescape(page)
