"""An application: what it says, what is wrong with it, what came of it."""

import re
from datetime import date, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import access
from broker.models import AccessRequest, Project
from broker.portal.dates import end_of, months_later
from broker.submissions import ASKABLE
from consent.purposes import PURPOSES
from tests import many_diseases
from tests.broker.portal.researcher.pages import GOOD, sent, shown, signed_in
from tests.many_diseases import DIABETES, SKIN
from tests.world import CANCER, EARLIER, NOW, World

pytestmark = pytest.mark.django_db


def project_of(world: World, title: str = "Hearts of Java") -> Project:
    return access.start_project(title, by=world.staff.researcher, at=EARLIER)


def test_a_disease_of_a_large_table_is_found_while_the_application_stays(world: World, rosa: Client):
    many_diseases.load(at=NOW)
    project, filled = project_of(world), GOOD | {"disease": ""}
    page = sent(rosa, "apply", project.pk, status=200, find="disease", disease_text="skin", **filled)
    assert f'value="{SKIN}"' in page
    assert "skin disorder" in page
    assert "How common are these variants?" in page
    assert not AccessRequest.objects.exists()
    wrong = sent(rosa, "apply", project.pk, status=400, **GOOD | {"disease": DIABETES})
    assert "is not known here" in wrong
    sent(rosa, "apply", project.pk, **GOOD | {"disease": SKIN})
    assert AccessRequest.objects.get().disease == SKIN
    steward = signed_in(world.staff.steward)
    url = reverse("steward:request", args=[AccessRequest.objects.get().pk])
    assert "skin disorder" in steward.get(url).content.decode()


def test_an_application_says_everything_a_steward_has_to_know(world: World, rosa: Client):
    project = project_of(world)
    page = sent(rosa, "apply", project.pk, **GOOD)
    assert "A steward reads it" in page
    request = project.requests.get()
    assert request.purposes == ["R.DS", "R.HMB"]
    assert request.disease == CANCER
    assert request.commercial_use is False
    assert request.regions == ["EU", "GB"]
    assert request.duration_months == 24
    assert request.valid_to == datetime(2028, 6, 1, 12, tzinfo=NOW.tzinfo)
    assert request.ethics_valid_to == end_of(date(2027, 5, 31))
    assert (request.publication, request.collaboration, request.return_data) == (True, False, False)
    assert "Health research" in page
    assert "DUO:0000006" in page


def test_nothing_is_chosen_beforehand(world: World, rosa: Client):
    page = shown(rosa, "apply", project_of(world).pk)
    assert re.findall(r'name="(\w+)" value="(\w*)"[^>]* checked', page) == [("disease", "")], "none is named"
    assert re.search(r'name="months"[^>]*>', page)
    assert not re.search(r'name="months"[^>]*value=', page)


def test_every_purpose_with_a_kind_of_question_is_offered_in_plain_words(world: World, rosa: Client):
    page = shown(rosa, "apply", project_of(world).pk)
    offered = set(re.findall(r'name="purposes" value="([^"]+)"', page))
    assert offered == {str(p) for p, k in PURPOSES.items() if k.domain == "R"}
    assert not ASKABLE["A"], "training has its questions now: it is offered by itself, say so here"
    for purpose in offered:
        assert PURPOSES[purpose].words.meaning in page


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"purposes": []}, "What is the data for?"),
        ({"disease": ""}, "Research on one disease names the disease."),
        ({"commercial_use": ""}, "Is it meant to earn money?"),
        ({"months": "0"}, "greater than or equal to 1"),
        ({"months": "61"}, "less than or equal to 60"),
        ({"ethics_valid_to": ""}, "or neither"),
        ({"ethics_ref": ""}, "or neither"),
        ({"purposes": ["L.HOM"]}, "L.HOM is not one of the available choices"),
        ({"summary": "  "}, "What is the project about?"),
    ],
)
def test_what_is_wrong_is_said_on_top(world: World, rosa: Client, wrong: dict[str, Any], sentence: str):
    page = sent(rosa, "apply", project_of(world).pk, status=400, **GOOD | wrong)
    summary = page[page.index('class="notice notice-bad summary"') :]
    assert sentence in summary[: summary.index("</ul>")]
    assert not AccessRequest.objects.exists()


def test_the_reason_of_a_refusal_stands_on_the_page(world: World, rosa: Client):
    request = world.request(approve=False)
    page = shown(rosa, "project", request.project_id)
    assert "Waits for a decision" in page
    assert "Apply for something else" not in page
    access.decide(request, approves=False, reason="Too wide a question.", by=world.staff.steward, at=NOW)
    page = shown(rosa, "project", request.project_id)
    assert "Refused" in page
    assert "Too wide a question." in page
    assert "Apply for something else" in page
    assert "Ask a question" not in page


def test_an_approval_that_has_run_out_asks_nothing(world: World, rosa: Client, monkeypatch: Any):
    request = world.request()
    assert "Ask a question" in shown(rosa, "project", request.project_id)
    monkeypatch.setattr(timezone, "now", lambda: request.valid_to)
    page = shown(signed_in(world.staff.researcher), "project", request.project_id)
    assert "Has run out" in page
    assert "Ask a question" not in page


def test_an_approved_request_stands_before_a_newer_one_that_waits(world: World, rosa: Client):
    request = world.request("R.GRU")
    sent(rosa, "apply", request.project_id, **GOOD)
    page = shown(rosa, "project", request.project_id)
    assert reverse("researcher:query_new", args=[request.pk]) in page
    assert "Other requests" in page
    assert "Waits for a decision" in page


@pytest.mark.parametrize(
    ("start", "months", "then"),
    [("2026-01-31", 1, "2026-02-28"), ("2026-12-01", 1, "2027-01-01"), ("2024-02-29", 12, "2025-02-28")],
)
def test_a_month_later_is_a_day_that_exists(start: str, months: int, then: str):
    assert months_later(datetime.fromisoformat(start), months) == datetime.fromisoformat(then)
