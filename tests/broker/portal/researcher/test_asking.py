"""A question, and the list of all questions."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker.models import Query, QueryState
from tests.broker.portal.researcher.pages import sent, shown
from tests.world import NOW, SITE, World

pytestmark = pytest.mark.django_db


def test_a_question_becomes_a_job(world: World, rosa: Client):
    request = world.request()
    page = shown(rosa, "query_new", request.pk)
    assert "Health research" in page
    answer = rosa.post(
        reverse("researcher:query_new", args=[request.pk]),
        {"kind": "carriers", "place": "chr20-1000226-a-t", "build": "GRCh37"},
    )
    query = Query.objects.get()
    assert query.question == {"kind": "carriers", "build": "GRCh37", "variant": SITE}
    assert query.state == QueryState.APPROVED
    assert answer["Location"] == reverse("jobs:job", args=[query.job.pk])


def test_a_region_is_asked_as_well(world: World, rosa: Client):
    request = world.request()
    said = {"kind": "carriers", "place": "20:1,000,000-1,001,000", "build": "GRCh38"}
    sent(rosa, "query_new", request.pk, **said)
    assert Query.objects.get().question == {
        "kind": "carriers",
        "build": "GRCh38",
        "region": "20:1000000-1001000",
    }


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"place": "chromosome twenty"}, "Write a variant as chromosome:position ref>alt"),
        ({"place": "20:99000000 A>T"}, "The variant lies beyond chromosome 20"),
        ({"place": "20:2000-1000"}, "ends after it begins"),
        ({"place": "26:1-2"}, "This is not a chromosome we know"),
        ({"place": "20:1-"}, "Write a region as chromosome:start-end"),
        ({"place": " "}, "This field is required."),
        ({"kind": "frequencies", "place": "20:1-2"}, "How common it is can be asked of one variant"),
        ({"kind": "relatives"}, "not one of the available choices"),
        ({"build": "hg18"}, "not one of the available choices"),
    ],
)
def test_a_question_that_is_not_well_formed_is_not_asked(
    world: World, rosa: Client, said: dict[str, str], sentence: str
):
    request = world.request()
    page = sent(
        rosa,
        "query_new",
        request.pk,
        status=400,
        **{"kind": "carriers", "place": SITE, "build": "GRCh37"} | said,
    )
    assert page.count(sentence) == 2, "once on top and once at the field"
    assert not Query.objects.exists()


def test_a_refused_question_says_why_and_what_now(world: World, rosa: Client):
    request = world.request(approve=False)
    assert "This request is not in force" in shown(rosa, "query_new", request.pk)
    page = sent(rosa, "query_new", request.pk, kind="carriers", place=SITE, build="GRCh37")
    assert Query.objects.get().state == QueryState.REFUSED
    assert "Why it was refused" in page
    assert "A steward decides about a project" in page
    assert "REQ_PROJECT_NOT_APPROVED" in page
    assert "Nobody's data was read." in page
    assert "Refused" in shown(rosa, "queries")


def test_a_form_sent_twice_asks_once(world: World, rosa: Client):
    request = world.request()
    page = shown(rosa, "query_new", request.pk)
    key = re.search(r'name="key" value="([0-9a-f]{32})"', page)[1]
    said = {"kind": "carriers", "place": SITE, "build": "GRCh37", "key": key}
    sent(rosa, "query_new", request.pk, **said)
    sent(rosa, "query_new", request.pk, **said)
    assert Query.objects.count() == 1
    sent(rosa, "query_new", request.pk, **said | {"place": "20:1000227 A>T"})
    assert Query.objects.count() == 2, "going back and asking something else is another question"


def test_the_same_question_is_shown_for_programs(world: World, rosa: Client):
    request = world.request()
    page = shown(rosa, "query_new", request.pk)
    curl = page[page.index("curl http") :]
    assert curl.startswith("curl http://testserver/api/v1/queries")
    body = json.loads(re.search(r"-d '(\{.*?\})'", curl, re.S)[1])
    assert body["request"] == str(request.pk)
    answer = rosa.post(reverse("api:queries"), body, content_type="application/json")
    assert answer.status_code == 202, "what the page shows is what the REST door takes"


def test_all_questions_are_listed_newest_first_page_by_page(world: World, rosa: Client, monkeypatch: Any):
    request = world.request()
    monkeypatch.setattr("broker.portal.researcher.PAGE", 2)
    assert "Nothing asked yet" in shown(rosa, "queries")
    for place in (1, 2, 3):
        monkeypatch.setattr(timezone, "now", lambda place=place: NOW + timedelta(minutes=place))
        sent(rosa, "query_new", request.pk, kind="carriers", place=f"20:{place} A>T", build="GRCh37")
    first = shown(rosa, "queries")
    assert first.index("20:3 A>T") < first.index("20:2 A>T")
    assert "20:1 A>T" not in first
    assert "Waiting" in first
    assert "20:1 A>T" in shown(rosa, "queries", page=2)


def test_the_list_costs_the_same_for_one_question_and_for_many(
    world: World, rosa: Client, django_assert_max_num_queries: Any
):
    request = world.request()
    for place in range(1, 9):
        sent(rosa, "query_new", request.pk, kind="carriers", place=f"20:{place} A>T", build="GRCh37")
    with django_assert_max_num_queries(12):
        shown(rosa, "queries")
    with django_assert_max_num_queries(12):
        shown(rosa, "projects")
