"""Eve's pages, for these tests."""

from datetime import timedelta
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker.models import User
from consent import records, scope
from consent.models import FormVersion, Participant, Statement
from consent.participants import subject_of
from consent.policy import Policy
from consent.terms import Permission, SignIn
from tests.builders import vcf

FILE = vcf([("20", 1000226, "A", "T", "0/1")])


LINE = b"\n"


HEALTH = (Permission(code="HMB"),)


def shown(client: Client, name: str, *args: Any, status: int = 200, **query: Any) -> str:
    answer = client.get(reverse(f"participant:{name}", args=args), query)
    assert answer.status_code == status
    return answer.content.decode()


def press(client: Client, name: str, *args: Any, status: int = 302, **said: Any) -> str:
    """What the page says when it is not done, or what the next page says when it is."""
    answer = client.post(reverse(f"participant:{name}", args=args), said)
    assert answer.status_code == status
    return (client.get(answer["Location"]) if status == 302 else answer).content.decode()


def said_yes(user: User, family: str, **wording: Any) -> Statement:
    form = FormVersion.objects.get(form="F-ADULT")
    at = timezone.now() - timedelta(days=200)
    return records.give(
        user.own_record.participant,
        family,
        form=form,
        by=user.reference,
        at=at,
        wording=records.Wording(**wording),
        sign_in=SignIn("passkey", at),
    )


def allowed(participant: Participant) -> set[str]:
    statements = records.of(participant)
    found = scope.of(subject_of(participant), statements, policy=Policy.default(), at=timezone.now())
    return {family for family, choice in found.items() if choice.allowed}


def terms(client: Client, family: str, **changes: Any) -> dict[str, Any]:
    """What the form of a yes sends, when it is filled in well."""
    form = client.get(reverse("participant:choice", args=[family])).context["form"]
    plain = {"kind": "HMB"} if family == "RESEARCH" else {}
    return {"version": form["version"].value(), "until": "", **plain, **changes}
