"""A search, and the end of a case."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from broker.models import Case, Query, QueryState, Reviewed
from tests.broker.portal.agency.pages import brought, paper, sent, shown, upload
from tests.world import NOW, World, signed

pytestmark = pytest.mark.django_db


def test_a_search_becomes_a_job_when_two_have_signed_it(world: World, ivan: Client):
    case = world.case()
    profile = brought(case, world.staff.investigator)
    page = shown(ivan, "search", case.pk, profile.pk)
    assert re.search(r'name="min_cm"[^>]*value="7"', page) or re.search(r'value="7"[^>]*name="min_cm"', page)
    answer = ivan.post(
        reverse("agency:search", args=[case.pk, profile.pk]), {"min_cm": "7.5", "min_total_cm": "30"}
    )
    query = Query.objects.get()
    assert query.question == {
        "kind": "relatives",
        "evidence": str(profile.pk),
        "min_cm": 7.5,
        "min_total_cm": 30.0,
    }
    assert answer["Location"] == reverse("jobs:query", args=[query.pk])
    page = ivan.get(answer["Location"]).content.decode()
    assert "Nothing is searched until both stand." in page
    assert (query.state, query.job) == (QueryState.SUBMITTED, None)
    page = shown(ivan, "case", case.pk)
    assert "Who is related to the person of the evidence?" in page
    assert "Waits for two signatures" in page
    signed(query)
    assert ivan.get(answer["Location"])["Location"] == reverse("jobs:job", args=[query.job.pk])
    assert "sten-steward" in shown(ivan, "case", case.pk), "who signed"


@pytest.mark.parametrize(
    "said",
    [
        {"min_cm": "6.9", "min_total_cm": "20"},
        {"min_cm": "7", "min_total_cm": "6.9"},
        {"min_cm": "7", "min_total_cm": "1e400"},
        {"min_cm": "4001", "min_total_cm": "20"},
        {"min_cm": "nan", "min_total_cm": "20"},
        {"min_cm": "7", "min_total_cm": "-1"},
        {"min_cm": "", "min_total_cm": ""},
    ],
)
def test_shorter_segments_are_not_searched_for(world: World, ivan: Client, said: dict[str, str]):
    case = world.case()
    profile = brought(case, world.staff.investigator)
    sent(ivan, "search", case.pk, profile.pk, status=400, **said)
    assert not Query.objects.exists()


def _unsigned(world: World) -> Case:
    return world.case(sign=False)


def _without_order(world: World) -> Case:
    return world.case(order=False)


@pytest.mark.parametrize(
    ("make", "code", "sentence"),
    [
        (_unsigned, "REQ_PROJECT_NOT_APPROVED", "a case takes two signatures"),
        (_without_order, "REQ_JUDICIAL_AUTH_MISSING", "A judicial paper is missing."),
    ],
)
def test_a_refused_search_says_why_and_what_now(
    world: World, ivan: Client, make: Callable[[World], Case], code: str, sentence: str
):
    case = make(world)
    profile = brought(case, world.staff.investigator)
    page = sent(ivan, "search", case.pk, profile.pk, min_cm="7", min_total_cm="20")
    assert Query.objects.get().state == QueryState.REFUSED
    assert sentence in page
    assert code in page
    assert "Refused" in shown(ivan, "case", case.pk)


def test_a_search_that_will_be_refused_is_announced(world: World, ivan: Client):
    case = world.case(sign=False)
    profile = brought(case, world.staff.investigator)
    assert "This case may not search now" in shown(ivan, "search", case.pk, profile.pk)


def test_a_search_sent_twice_is_asked_once(world: World, ivan: Client):
    case = world.case()
    profile = brought(case, world.staff.investigator)
    key = re.search(r'name="key" value="([0-9a-f]{32})"', shown(ivan, "search", case.pk, profile.pk))[1]
    for cm in ("7", "7", "8"):
        sent(ivan, "search", case.pk, profile.pk, min_cm=cm, min_total_cm="20", key=key)
    assert Query.objects.count() == 2


def test_closing_is_explained_first_and_then_done(world: World, ivan: Client):
    case = world.case()
    page = shown(ivan, "close", case.pk)
    assert "It cannot be opened again." in page
    assert Case.objects.get().state == Reviewed.APPROVED, "reading about it closes nothing"
    page = sent(ivan, "close", case.pk)
    assert "The searching is over" in page
    assert Case.objects.get().closed_at == NOW
    assert reverse("agency:close", args=[case.pk]) not in page
    assert "This case is closed" in sent(ivan, "close", case.pk)


def test_a_closed_case_takes_nothing_more(world: World, ivan: Client):
    case = world.case()
    profile = brought(case, world.staff.investigator)
    sent(ivan, "close", case.pk)
    assert "This case is closed" in sent(ivan, "paper", case.pk, status=400, **paper())
    assert "This case is closed" in sent(ivan, "evidence", case.pk, status=400, file=upload())
    sent(ivan, "search", case.pk, profile.pk, status=404, min_cm="7", min_total_cm="20")
    assert not Query.objects.exists(), "the evidence went with the case"
    page = shown(ivan, "certificate", case.pk)
    assert str(profile.pk) in page
