"""A clerk's sheets and answers, for these tests."""

from datetime import date, timedelta
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import papers
from broker.models import User
from consent import forms, participants, records
from consent.models import PaperImport, Participant
from tests.builders import PNG
from tests.world import EARLIER


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def somebody(name="x") -> Participant:
    return participants.register(born_on=date(1980, 1, 1), by=name, at=EARLIER)


def received(world, person=None, *, data=PNG) -> PaperImport:
    form = forms.current("F-ADULT")
    assert form is not None
    by, now = world.staff.clerk, timezone.now()
    return papers.receive(person or somebody(), form, data, language="id", by=by, at=now)


def shown(client: Client, name: str, *args: Any, status: int = 200, **query: Any) -> str:
    answer = client.get(reverse(f"clerk:{name}", args=args), query)
    assert answer.status_code == status, answer.content.decode()[:2000]
    return answer.content.decode()


def sent(client: Client, name: str, *args: Any, status: int = 302, **said: Any) -> str:
    answer = client.post(reverse(f"clerk:{name}", args=args), said)
    assert answer.status_code == status, answer.content.decode()
    return (client.get(answer["Location"]) if status == 302 else answer).content.decode()


def keyed(sheet: PaperImport, **answers: str) -> dict[str, Any]:
    """What a clerk sends: what is not named is blank. Clause ids are written with _ for -."""
    blank = {clause.id: "blank" for clause in forms.clauses(sheet.form)}
    return {
        **blank,
        **{"hers": "on", "present": "yes", "capacity": "SELF", "signer": ""},
        "on": (timezone.now() - timedelta(days=1)).date().isoformat(),
        **{id.replace("_", "-"): answer for id, answer in answers.items()},
    }


def says(person: Participant) -> dict[str, str]:
    return {one.family: str(one.decision) for one in records.of(person)}
