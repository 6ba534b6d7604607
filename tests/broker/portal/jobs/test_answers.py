"""An answer on the page and as files; a query and its run."""

import html
import json
import re

import pytest
from django.test import Client
from django.urls import reverse

from broker import queries, results, staging
from broker.models import Job
from broker.portal import answers
from tests.broker.portal.jobs.running import ask, course, run, shown, taken, without_token
from tests.world import NOW, WITHOUT_COOLING_OFF, World, job_of

pytestmark = pytest.mark.django_db


def test_a_number_is_shown_calmly(world: World, rosa: Client):
    world.crowd(12, says="Ada")
    page = shown(rosa, run(ask(world)))
    assert "<dt>people carry it</dt><dd>12</dd>" in page
    assert course(page)[-1] == ("done", "Ready")
    assert {state for state, _ in course(page)} == {"done"}
    assert "Stop this" not in page


def test_how_common_it_is_comes_with_its_number(world: World, rosa: Client):
    world.crowd(12, says="Ada")
    page = shown(rosa, run(ask(world, kind="frequencies")))
    assert "<dd>12</dd>" in page
    assert "<dd>0.5</dd>" in page


@pytest.mark.parametrize("size", [0, 1, 9])
def test_a_small_number_is_not_shown(world: World, rosa: Client, size: int):
    world.crowd(size, says="Ada")
    page = shown(rosa, run(ask(world)))
    assert "Fewer than 10. We do not show small groups." in page
    assert 'class="numbers"' not in page


def test_the_page_is_the_same_whether_somebody_said_no_or_was_never_here(world: World, rosa: Client):
    """Two houses: in one, people said no. Their pages differ in ids and instants alone."""
    world.crowd(12, says="Ada")
    request = world.request()

    def asks() -> str:
        query = queries.submit(world.carriers(), under=request, by=world.staff.researcher, at=NOW)
        page = shown(rosa, run(job_of(query)))
        page = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID", page)
        return re.sub(r"(Consent snapshot</dt><dd>)\w+", r"\1N", without_token(page))

    before = asks()
    for name in ("Cleo", "Noor", "Dov"):
        world.join(name)
    assert asks() == before


def test_a_file_says_what_it_answers(world: World, rosa: Client):
    world.crowd(12, says="Ada")
    job = run(ask(world))
    head, _, table = taken(rosa, job, "csv").partition("\ncount,")
    assert f"# query_id: {job.query_id}" in head
    assert f"# policy_version: {WITHOUT_COOLING_OFF.version}\n" in head
    assert f"# consent_snapshot: {results.snapshot_of(job)}" in head
    assert table == "fewer_than,frequency\n12,,\n"
    whole = json.loads(taken(rosa, job, "json"))
    assert whole["count"] == 12
    assert whole["query_id"] == str(job.query_id)
    assert whole["policy_version"] == WITHOUT_COOLING_OFF.version
    assert whole["consent_snapshot"] == results.snapshot_of(job)
    assert whole["question"] == world.carriers()


def test_a_small_number_is_in_no_file(world: World, rosa: Client):
    world.crowd(9, says="Ada")
    job = run(ask(world))
    assert taken(rosa, job, "csv").endswith("count,fewer_than,frequency\n,10,\n")
    assert json.loads(taken(rosa, job, "json"))["count"] is None


def test_the_same_file_twice_is_the_same(world: World, rosa: Client):
    job = run(ask(world))
    for kind in answers.FILES:
        assert taken(rosa, job, kind) == taken(rosa, job, kind)


def test_there_are_no_other_kinds_of_file(world: World, rosa: Client):
    job = run(ask(world))
    assert rosa.get(reverse("jobs:download", args=[job.pk, "vcf"])).status_code == 404


def test_a_job_without_an_answer_gives_no_file(world: World, rosa: Client):
    answer = rosa.get(reverse("jobs:download", args=[ask(world).pk, "csv"]), follow=True)
    assert answer.redirect_chain
    assert "there is no result to read" in html.unescape(answer.content.decode())


def test_an_answer_that_was_tampered_with_is_not_shown(world: World, rosa: Client):
    job = run(ask(world))
    Job.objects.filter(pk=job.pk).update(answer=staging.seal(b'{"count": 900}', "another/answer"))
    page = shown(rosa, job)
    assert "This result cannot be shown" in page
    assert "<dd>900</dd>" not in page
    answer = rosa.get(reverse("jobs:download", args=[job.pk, "json"]), follow=True)
    assert "Tell an auditor" in answer.content.decode()


def test_a_query_that_ran_leads_to_its_run(world: World, rosa: Client):
    job = ask(world)
    answer = rosa.get(reverse("jobs:query", args=[job.query_id]))
    assert answer["Location"] == reverse("jobs:job", args=[job.pk])


def test_a_query_can_be_asked_again_from_its_page_and_by_programs(world: World, rosa: Client):
    page = shown(rosa, run(ask(world)))
    assert "curl http://testserver/api/v1/queries" in page
    assert '"variant": "20:1000226 A>T"' in page
