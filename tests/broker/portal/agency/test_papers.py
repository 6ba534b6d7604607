"""Papers, signatures, and the clock of a case."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import cases
from broker.models import Authorisation
from broker.roles import Role
from tests.broker.portal.agency.pages import paper, sent, shown, signed_in
from tests.world import NOW, World

pytestmark = pytest.mark.django_db


def test_a_paper_is_recorded_and_shown(world: World, ivan: Client):
    case = world.case(order=False)
    assert "No paper yet" in shown(ivan, "case", case.pk)
    page = sent(ivan, "paper", case.pk, **paper())
    assert "District Court" in page
    assert "W-4711" in page
    kept = case.authorisations.get()
    assert kept.purposes == ["L.HOM"]
    assert kept.scope == ["relatives"]
    assert kept.valid_to == datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert not kept.compels_non_consenting


def test_an_order_for_people_who_did_not_consent_is_recorded_and_changes_nothing(world: World, ivan: Client):
    case = world.case(order=False)
    assert "This changes nothing here: this system has no such function." in shown(ivan, "paper", case.pk)
    page = sent(ivan, "paper", case.pk, **paper(compels="on"))
    assert Authorisation.objects.get().compels_non_consenting
    assert "That is recorded, and changes nothing." in page


def test_a_paper_names_its_court_its_number_and_its_last_day(world: World, ivan: Client):
    case = world.case(order=False)
    page = sent(ivan, "paper", case.pk, status=400, court="", number="", until="soon")
    assert page.count("This field is required.") == 8, "four fields, on top and beside"
    assert "Enter a valid date." in page
    assert not Authorisation.objects.exists()


def test_each_signature_is_shown_with_its_reason(world: World, ivan: Client):
    case = world.case(sign=False)
    assert "A search needs both signatures." in shown(ivan, "case", case.pk)
    cases.decide(case, role=Role.STEWARD, approves=True, reason="Seen it.", by=world.staff.steward, at=NOW)
    page = shown(ivan, "case", case.pk)
    assert "Seen it." in page
    assert page.count("Open</span>") == 1
    cases.decide(case, role=Role.LEGAL_REVIEWER, approves=False, reason="No.", by=world.staff.legal, at=NOW)
    page = shown(ivan, "case", case.pk)
    assert "The searching is over" in page
    assert reverse("agency:evidence", args=[case.pk]) not in page


def test_the_clock_warns_before_the_end_and_stops_at_it(world: World, monkeypatch: Any):
    case = world.case()
    for left, words in ((timedelta(days=1, hours=1), "1 day left"), (timedelta(0), "Has run out")):
        monkeypatch.setattr(timezone, "now", lambda left=left: case.valid_to - left)
        assert words in shown(signed_in(world.staff.investigator), "case", case.pk)
