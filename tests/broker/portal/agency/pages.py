"""The pages of investigators and counsel, for these tests."""

import html
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from broker import cases
from broker.models import Case, User
from genomics.models import EvidenceProfile
from tests.builders import vcf
from tests.world import NOW, pdf


def paper(**changes: Any) -> dict[str, Any]:
    """A judicial paper as the form takes it."""
    plain = {"court": "District Court", "number": "W-4711", "until": "2026-12-31", "scope": ["relatives"]}
    return plain | {"document": SimpleUploadedFile("order.pdf", pdf("W-4711"))} | changes


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def shown(client: Client, place: str, /, *args: Any, status: int = 200) -> str:
    answer = client.get(reverse(f"agency:{place}", args=args))
    assert answer.status_code == status
    return html.unescape(answer.content.decode())


def sent(client: Client, place: str, /, *args: Any, status: int = 302, **said: Any) -> str:
    """What the page says when it is refused, or what the next page says when it is done."""
    answer = client.post(reverse(f"agency:{place}", args=args), said)
    assert answer.status_code == status
    return html.unescape((client.get(answer["Location"]) if status == 302 else answer).content.decode())


def upload(content: bytes = b"", name: str = "evidence.vcf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content or vcf([("20", 1000226, "A", "T", "0/1")]))


def brought(case: Case, by: User) -> EvidenceProfile:
    return cases.bring_evidence(case, vcf([("20", 1000226, "A", "T", "0/1")]), by=by, at=NOW)
