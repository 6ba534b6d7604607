"""With how many profiles an organisation may search: told to who asks, by what it asked before alone."""

import html
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from broker import anomaly_watch, budgets, cases, queries
from broker.errors import BudgetSpent
from broker.models import Case, Query, QueryState
from broker.roles import Role
from consent import policies
from consent.models import LedgerEvent
from tests.broker.cases.steps import Found, search
from tests.broker.portal.agency.pages import signed_in
from tests.world import NOW, WITHOUT_COOLING_OFF, again

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
QUESTION = {"kind": "relatives", "min_cm": 7, "min_total_cm": 20}


@pytest.fixture(autouse=True)
def few(found: Found) -> None:
    """Two profiles in ten days."""
    dials = {"policy_version": "few", "profiles_most": 2, "profiles_days": 10}
    policies.adopt(WITHOUT_COOLING_OFF.overlay(dials), by="founding", at=NOW - DAY)


def test_the_third_profile_is_refused_in_a_sentence_and_written_down(found: Found):
    first, second = found.asked(), found.asked()
    with pytest.raises(
        BudgetSpent, match=r"2 different profiles in 10 days.*from 11 June 2026 on"
    ) as refused:
        found.asked()
    assert "Nothing was submitted" in str(refused.value)
    assert set(Query.objects.all()) == {first, second}
    told = LedgerEvent.objects.get(kind="query:budget:spent").opening.said
    assert told["subject"] == f"organisation:{found.case.organisation.public_id}"
    assert told["fields"] == {"profiles": 2, "days": 10}
    assert [one.rule for one in anomaly_watch.seen(since=NOW - DAY, at=NOW)] == ["crafted"]


def test_a_profile_that_was_searched_with_costs_nothing_more(found: Found):
    first, _ = found.asked(), found.asked()
    question = first.question | {"min_cm": 9}
    assert queries.submit(question, under=found.case, by=found.by, at=NOW).question["min_cm"] == 9


def test_another_case_of_the_organisation_draws_on_the_same_and_another_organisation_does_not(found: Found):
    found.asked(), found.asked(found.world.case(number="C-2"))
    with pytest.raises(BudgetSpent):
        found.asked(found.world.case(number="C-3"))
    counsel, by = found.world.case(purpose="E.EXON", number="C-9"), found.world.staff.counsel
    profile = cases.bring_evidence(counsel, again(found.trace), by=by, at=NOW)
    assert queries.submit(QUESTION | {"evidence": str(profile.pk)}, under=counsel, by=by, at=NOW).pk


def test_there_is_room_again_when_a_search_is_old_or_was_refused(found: Found):
    first, second = found.asked(), found.asked()
    search(second, found.world.staff.steward, Role.STEWARD, approves=False)
    third = found.asked()
    assert third.state == QueryState.SUBMITTED
    with pytest.raises(BudgetSpent):
        found.asked()
    Query.objects.filter(pk=first.pk).update(submitted_at=NOW - 10 * DAY)
    assert found.asked().pk


def test_a_search_that_is_sent_again_is_the_one_before_and_not_one_too_many(found: Found):
    found.asked()
    profile = cases.bring_evidence(found.case, again(found.trace), by=found.by, at=NOW)
    said = QUESTION | {"evidence": str(profile.pk)}
    first = queries.submit(said, under=found.case, by=found.by, at=NOW, idempotency_key="k")
    assert queries.submit(said, under=found.case, by=found.by, at=NOW, idempotency_key="k") == first


def test_it_looks_at_what_was_asked_and_at_nobody_who_is_here(found: Found):
    found.asked(), found.asked()
    with CaptureQueriesContext(connection) as looked:
        budget = budgets.of(found.case, uuid4(), policy=WITHOUT_COOLING_OFF, at=NOW)
    assert (budget.used, budget.again) == (2, False)
    tables = re.findall(r'"((?:broker|consent|genomics)_\w+)"', " ".join(one["sql"] for one in looked))
    assert set(tables) == {"broker_query", "broker_case"}


def test_the_page_of_a_search_says_how_much_is_used_and_refuses_in_the_same_words(found: Found):
    asked = found.asked()
    found.asked()
    ivan, case = signed_in(found.by), Case.objects.get(pk=found.case.pk)
    where = reverse("agency:search", args=[case.pk, asked.question["evidence"]])
    page = html.unescape(ivan.get(where).content.decode())
    assert "Your organisation has searched with 2 of 2 profiles in 10 days." in page
    profile = cases.bring_evidence(case, again(found.trace), by=found.by, at=NOW)
    answer = ivan.post(
        reverse("agency:search", args=[case.pk, profile.pk]), {"min_cm": "7", "min_total_cm": "20"}
    )
    assert answer.status_code == 400
    assert "as many as the policy of this house allows" in html.unescape(answer.content.decode())
