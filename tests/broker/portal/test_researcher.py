"""The researcher's pages: projects, an application, a question, all questions, tokens."""

import html
import json
import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import access, people
from broker.models import AccessRequest, Project, Query, QueryState, TokenName, User
from broker.portal.dates import end_of, months_later
from broker.queries import ASKABLE
from broker.roles import Role
from consent.purposes import PURPOSES
from tests import many_diseases
from tests.many_diseases import DIABETES, SKIN
from tests.world import CANCER, EARLIER, NOW, SITE, World

pytestmark = pytest.mark.django_db

GOOD = {
    "summary": "How common are these variants?",
    "purposes": ["R.HMB", "R.DS"],
    "disease": CANCER,
    "commercial_use": "no",
    "regions": ["EU", "GB"],
    "months": "24",
    "ethics_ref": "REC 2026/114",
    "ethics_valid_to": "2027-05-31",
    "undertakes": ["publication"],
}


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def world() -> World:
    return World()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def rosa(world: World) -> Client:
    return signed_in(world.staff.researcher)


@pytest.fixture
def rival(world: World) -> Client:
    """A researcher of the same house, who works on nothing."""
    user = User.objects.create_user("rival", organisation=world.staff.university)
    admin, second = world.staff.admin, world.staff.second_admin
    people.confirm(people.propose(user, Role.RESEARCHER, by=admin, at=EARLIER), by=second, at=EARLIER)
    return signed_in(user)


def shown(client: Client, name: str, /, *args: Any, status: int = 200, **query: Any) -> str:
    answer = client.get(reverse(f"researcher:{name}", args=args), query)
    assert answer.status_code == status
    return words(answer.content.decode())


def sent(client: Client, name: str, /, *args: Any, status: int = 302, **said: Any) -> str:
    """What the page says when it is refused, or what the next page says when it is done."""
    answer = client.post(reverse(f"researcher:{name}", args=args), said)
    assert answer.status_code == status
    return words((client.get(answer["Location"]) if status == 302 else answer).content.decode())


def words(page: str) -> str:
    return html.unescape(page)


def project_of(world: World, title: str = "Hearts of Java") -> Project:
    return access.start_project(title, by=world.staff.researcher, at=EARLIER)


# --- projects ------------------------------------------------------------------------------------------


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


# --- applying ------------------------------------------------------------------------------------------


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


# --- a question ----------------------------------------------------------------------------------------


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


# --- tokens --------------------------------------------------------------------------------------------


def test_a_token_is_shown_once_and_opens_the_rest_door(world: World, rosa: Client, client: Client):
    assert "No token yet" in shown(rosa, "tokens")
    page = sent(rosa, "tokens", status=200, name="notebook", days="7")
    token = re.search(r"TOKEN=([0-9a-f]{64})", page)[1]
    door = reverse("api:queries")
    assert client.get(door, headers={"Authorization": f"Token {token}"}).status_code == 200
    later = shown(rosa, "tokens")
    assert token not in later
    assert "notebook" in later
    assert "8 Jun 2026" in later, "when it ends"


def test_a_page_with_a_token_is_kept_by_no_browser(rosa: Client):
    answer = rosa.post(reverse("researcher:tokens"), {"name": "notebook", "days": "7"})
    assert "no-store" in answer["Cache-Control"]


def test_a_revoked_token_opens_nothing(rosa: Client, client: Client):
    page = sent(rosa, "tokens", status=200, name="notebook", days="30")
    token = re.search(r"TOKEN=([0-9a-f]{64})", page)[1]
    page = sent(rosa, "token_revoke", TokenName.objects.get().pk)
    assert "“notebook” is revoked" in page
    assert not TokenName.objects.exists()
    door = reverse("api:queries")
    assert client.get(door, headers={"Authorization": f"Token {token}"}).status_code == 401


def test_a_token_that_ran_out_says_so(rosa: Client, monkeypatch: Any):
    sent(rosa, "tokens", status=200, name="notebook", days="7")
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(days=8))
    assert "Has run out" in shown(rosa, "tokens")


def test_a_token_has_a_name_and_an_end(rosa: Client):
    page = sent(rosa, "tokens", status=400, name="", days="10000")
    assert "This field is required" in page
    assert "not one of the available choices" in page
    assert not TokenName.objects.exists()


def test_nobody_revokes_the_token_of_somebody_else(rosa: Client, rival: Client):
    sent(rosa, "tokens", status=200, name="notebook", days="7")
    called = TokenName.objects.get()
    assert "No token yet" in shown(rival, "tokens")
    sent(rival, "token_revoke", called.pk, status=404)
    assert TokenName.objects.exists()


# --- days ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "months", "then"),
    [("2026-01-31", 1, "2026-02-28"), ("2026-12-01", 1, "2027-01-01"), ("2024-02-29", 12, "2025-02-28")],
)
def test_a_month_later_is_a_day_that_exists(start: str, months: int, then: str):
    assert months_later(datetime.fromisoformat(start), months) == datetime.fromisoformat(then)
