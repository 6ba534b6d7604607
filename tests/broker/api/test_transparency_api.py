"""Police and courts in numbers, for everybody's programs: the numbers of the page, and no others."""

import html
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from broker import statements, transparency
from broker.models import LegalProcess, MonthlyStatement, PublishedReport
from broker.portal import report_words
from consent.ledger import checkpoints
from tests.broker.reporting.history import demand
from tests.consent.ledger.build import unsafe_rows
from tests.unsafe import unsafe_without_triggers
from tests.world import NOW, World

pytestmark = pytest.mark.django_db
NEXT_YEAR = datetime(2027, 1, 1, tzinfo=UTC)


def told(name: str, *args: Any) -> dict[str, Any]:
    """As somebody reads it who is nobody here."""
    answer = Client().get(reverse(name, args=args))
    assert answer.status_code == 200
    said: dict[str, Any] = answer.json()
    return said


def test_the_report_is_the_page_number_for_number(world: World):
    for number in range(60):
        kind = LegalProcess.Kind.WARRANT if number % 2 else LegalProcess.Kind.SUBPOENA
        demand(world, at=NOW, kind=kind, compels_non_consenting=number % 2 == 0)
    transparency.publish_due(at=NEXT_YEAR)
    assert told("api:transparency")["years"] == [{"year": 2026, "report": reverse("api:report", args=[2026])}]
    report = told("api:report", 2026)
    assert report == PublishedReport.objects.get().report == told("report_json", 2026)
    assert report["groups"]["orders"]["kind"]["warrant"] == 30
    page = html.unescape(Client().get(reverse("transparency")).content.decode())
    assert re.search(r'<td class="num">30\s*</td>', page)
    assert report_words.groups(report) == report_words.groups(PublishedReport.objects.get().report)
    assert Client().get(reverse("api:report", args=[2025])).status_code == 404


def test_each_month_has_its_number_and_where_its_note_is(world: World):
    demand(world, at=NOW)
    statements.keep(at=datetime(2026, 7, 1, 1, tzinfo=UTC))
    said = told("api:transparency")
    assert said["ledger"] == str(checkpoints.signer())
    made = MonthlyStatement.objects.order_by("-month").first()
    assert made is not None
    month = said["months"][0]
    assert month == {
        "month": f"{made.month:%Y-%m}",
        "sought": statements.read(made).sought,
        "earlier": statements.read(made).earlier,
        "note": reverse("statement_note", args=[f"{made.month:%Y-%m}"]),
    }
    assert Client().get(month["note"]).content.decode() == made.note
    assert said["missing"] == [f"{one:%Y-%m}" for one in statements.missing(at=datetime.now(UTC))]
    with unsafe_without_triggers(connection):
        unsafe_rows(MonthlyStatement).filter(pk=made.pk).update(note=made.note.replace("sought", "Sought"))
    assert told("api:transparency")["months"][0]["sought"] is None, "a number that nobody signed is not told"


def test_an_empty_house_says_so(world: World):
    said = told("api:transparency")
    assert (said["years"], said["months"]) == ([], [])


def test_nothing_is_changed_by_it(world: World):
    for method in ("post", "put", "patch", "delete"):
        for where in (reverse("api:transparency"), reverse("api:report", args=[2026])):
            assert getattr(Client(), method)(where).status_code in (401, 403, 405)
