"""A researcher's projects, and who may see them."""

import pytest
from django.test import Client
from django.urls import reverse

from broker.models import AccessRequest, Project, Query
from tests.broker.portal.researcher.pages import GOOD, sent, shown, signed_in
from tests.world import SITE, World

pytestmark = pytest.mark.django_db


def test_without_projects_the_page_says_what_to_do(rosa: Client):
    assert "No project yet" in shown(rosa, "projects")


def test_a_new_project_may_ask_nothing_yet(rosa: Client):
    page = sent(rosa, "projects", title="Hearts of Java")
    assert "Apply for access next" in page
    assert "Not applied yet" in page
    assert "Ask a question" not in page
    listed = shown(rosa, "projects")
    assert "Hearts of Java" in listed
    assert "No project yet" not in listed


def test_a_project_has_a_name(rosa: Client):
    assert "This field is required" in sent(rosa, "projects", status=400, title="")
    assert not Project.objects.exists()


def test_an_organisation_that_is_not_verified_starts_no_project(world: World, rosa: Client):
    world.staff.university.confirmed_by = None
    world.staff.university.save()
    assert "Your organisation is not verified yet" in shown(rosa, "projects")
    assert "cannot start a project" in sent(rosa, "projects", status=400, title="Hearts of Java")


def test_the_project_of_somebody_else_is_not_there(world: World, rival: Client):
    request = world.request()
    for name in ("project", "apply"):
        shown(rival, name, request.project_id, status=404)
    shown(rival, "query_new", request.pk, status=404)
    sent(rival, "apply", request.project_id, status=404, **GOOD)
    sent(rival, "query_new", request.pk, status=404, kind="carriers", place=SITE, build="GRCh37")
    assert AccessRequest.objects.count() == 1
    assert not Query.objects.exists()


@pytest.mark.parametrize("who", ["investigator", "steward", "auditor", "admin"])
def test_the_pages_are_for_researchers(world: World, who: str):
    client = signed_in(getattr(world.staff, who))
    for name in ("projects", "queries", "tokens"):
        shown(client, name, status=403)


def test_who_is_not_signed_in_is_asked_to(client: Client, world: World):
    answer = client.get(reverse("researcher:projects"))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("sign_in"))
