"""A program with a token at the door, and the problems it is told."""

import json
import uuid
from datetime import timedelta
from typing import Any

from django.test import Client

from broker import tokens
from broker.models import AccessRequest, User
from tests.world import SITE

DOOR = "/api/v1/queries"


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
