"""The pages of investigators and counsel: cases, papers, evidence, a search, the end."""

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import cases
from broker.models import Authorisation, Case, Query, QueryState, Reviewed, User
from broker.portal.agency_forms import ABOUT
from broker.roles import Role
from consent.purposes import PURPOSES
from consent.rules.requests import NEVER_OFFERED
from genomics.models import EvidenceProfile
from tests.builders import vcf
from tests.world import NOW, World

pytestmark = pytest.mark.django_db

GOOD = {
    "number": "RP-1987-12",
    "purpose": "L.HOM",
    "jurisdiction": "US-UT",
    "sample_origin": "crime_scene_putative_perpetrator",
    "summary": "A cold case, reopened.",
    "codis_searched": "on",
    "leads_exhausted": "on",
    "until": "2027-06-01",
}
PAPER = {"court": "District Court", "number": "W-4711", "until": "2026-12-31"}


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
def ivan(world: World) -> Client:
    return signed_in(world.staff.investigator)


@pytest.fixture
def cora(world: World) -> Client:
    return signed_in(world.staff.counsel)


def shown(client: Client, place: str, /, *args: Any, status: int = 200) -> str:
    answer = client.get(reverse(f"agency:{place}", args=args))
    assert answer.status_code == status
    return html.unescape(answer.content.decode())


def sent(client: Client, place: str, /, *args: Any, status: int = 302, **said: Any) -> str:
    """What the page says when it is refused, or what the next page says when it is done."""
    answer = client.post(reverse(f"agency:{place}", args=args), said)
    assert answer.status_code == status
    return html.unescape((client.get(answer["Location"]) if status == 302 else answer).content.decode())


def upload(content: bytes = b"", name: str = "evidence.vcf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content or vcf([("20", 1000226, "A", "T", "0/1")]))


def brought(case: Case, by: User) -> EvidenceProfile:
    return cases.bring_evidence(case, vcf([("20", 1000226, "A", "T", "0/1")]), by=by, at=NOW)


# --- opening -------------------------------------------------------------------------------------------


def test_without_cases_the_page_says_what_to_do(ivan: Client):
    page = shown(ivan, "cases")
    assert "No case yet" in page
    assert reverse("agency:case_new") in page


def test_a_case_is_opened_and_waits_for_two(ivan: Client):
    page = sent(ivan, "case_new", **GOOD)
    case = Case.objects.get()
    assert case.valid_to == datetime(2027, 6, 1, 23, 59, 59, tzinfo=UTC)
    assert (case.purpose, case.jurisdiction, case.codis_searched) == ("L.HOM", "US-UT", True)
    assert "Police: killings" in page
    assert "L.HOM" in page
    assert "Utah" in page
    assert page.count("Open</span>") == 2, "two signatures, neither given"
    assert "365 days left" in page
    assert "RP-1987-12" in shown(ivan, "cases")


def test_police_are_offered_the_offences_that_are_offered_and_nothing_else(ivan: Client):
    offered = set(re.findall(r'name="purpose" value="([^"]+)"', shown(ivan, "case_new")))
    assert offered == {"L.HOM", "L.SEX", "L.ABD", "L.OVC", "L.UHR", "L.MIS"}


def test_every_purpose_of_a_case_has_its_words():
    cases_of = {p for p, kind in PURPOSES.items() if kind.domain in "LE"}
    assert set(ABOUT) == cases_of - NEVER_OFFERED


def test_counsel_is_offered_freeing_the_innocent(cora: Client):
    page = shown(cora, "case_new")
    assert set(re.findall(r'name="purpose" value="([^"]+)"', page)) == {"E.EXON"}
    assert "Freeing the innocent" in page
    sent(cora, "case_new", **GOOD | {"purpose": "E.EXON"})
    assert Case.objects.get().purpose == "E.EXON"


def test_nothing_is_chosen_beforehand(ivan: Client):
    assert " checked" not in shown(ivan, "case_new")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"purpose": "E.EXON"}, "E.EXON is not one of the available choices"),
        ({"purpose": "L.NVC"}, "L.NVC is not one of the available choices"),
        ({"jurisdiction": ""}, "Jurisdiction"),
        ({"sample_origin": ""}, "Whose sample is it?"),
        ({"until": "2020-01-01"}, "over before it begins"),
        ({"summary": ""}, "What happened?"),
    ],
)
def test_what_is_wrong_with_a_case_is_said_on_top(ivan: Client, wrong: dict[str, str], sentence: str):
    page = sent(ivan, "case_new", status=400, **GOOD | wrong)
    summary = page[page.index('class="notice notice-bad summary"') :]
    assert sentence in summary[: summary.index("</ul>")]
    assert not Case.objects.exists()


def test_a_number_is_used_once(ivan: Client):
    sent(ivan, "case_new", **GOOD)
    assert "has a case RP-1987-12 already" in sent(ivan, "case_new", status=400, **GOOD)


def test_an_agency_that_is_not_verified_opens_no_case(world: World, ivan: Client):
    world.staff.police.confirmed_by = None
    world.staff.police.save()
    page = shown(ivan, "cases")
    assert "Your organisation is not verified yet" in page
    assert reverse("agency:case_new") not in page
    assert "cannot open a case" in sent(ivan, "case_new", status=400, **GOOD)


# --- who may see it ------------------------------------------------------------------------------------


def test_the_case_of_somebody_else_is_not_there(world: World, cora: Client):
    case = world.case()
    profile = brought(case, world.staff.investigator)
    for place in ("case", "paper", "evidence", "close"):
        shown(cora, place, case.pk, status=404)
    shown(cora, "search", case.pk, profile.pk, status=404)
    sent(cora, "paper", case.pk, status=404, **PAPER)
    sent(cora, "evidence", case.pk, status=404, file=upload())
    sent(cora, "search", case.pk, profile.pk, status=404, min_cm="7", min_total_cm="20")
    sent(cora, "close", case.pk, status=404)
    assert Case.objects.get().state == Reviewed.APPROVED
    assert EvidenceProfile.objects.count() == 1


def test_evidence_of_another_case_is_not_searched_with(world: World, ivan: Client):
    case, other = world.case(), world.case(number="C-2")
    profile = brought(other, world.staff.investigator)
    shown(ivan, "search", case.pk, profile.pk, status=404)
    shown(ivan, "search", other.pk, profile.pk)


@pytest.mark.parametrize("who", ["researcher", "steward", "legal", "auditor", "admin"])
def test_the_pages_are_for_those_who_open_cases(world: World, who: str):
    case = world.case()
    client = signed_in(getattr(world.staff, who))
    shown(client, "cases", status=403)
    shown(client, "case", case.pk, status=403)


# --- papers and signatures -----------------------------------------------------------------------------


def test_a_paper_is_recorded_and_shown(world: World, ivan: Client):
    case = world.case(order=False)
    assert "No paper yet" in shown(ivan, "case", case.pk)
    page = sent(ivan, "paper", case.pk, **PAPER)
    assert "District Court" in page
    assert "W-4711" in page
    paper = case.authorisations.get()
    assert paper.purposes == ["L.HOM"]
    assert paper.valid_to == datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert not paper.compels_non_consenting


def test_an_order_for_people_who_did_not_consent_is_recorded_and_changes_nothing(world: World, ivan: Client):
    case = world.case(order=False)
    assert "This changes nothing here: this system has no such function." in shown(ivan, "paper", case.pk)
    page = sent(ivan, "paper", case.pk, **PAPER, compels="on")
    assert Authorisation.objects.get().compels_non_consenting
    assert "That is recorded, and changes nothing." in page


def test_a_paper_names_its_court_its_number_and_its_last_day(world: World, ivan: Client):
    case = world.case(order=False)
    page = sent(ivan, "paper", case.pk, status=400, court="", number="", until="soon")
    assert page.count("This field is required.") == 4, "two fields, on top and beside"
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


# --- evidence ------------------------------------------------------------------------------------------


def test_evidence_is_taken_in_and_shown_by_its_quality_alone(world: World, ivan: Client):
    case = world.case()
    assert "No evidence yet" in shown(ivan, "case", case.pk)
    page = sent(ivan, "evidence", case.pk, file=upload(), build="")
    profile = EvidenceProfile.objects.get()
    assert profile.case == cases.reference(case)
    assert "GRCh37" in page
    assert "100.0 %" in page
    assert reverse("agency:search", args=[case.pk, profile.pk]) in page
    assert "evidence.vcf" not in page, "the name of a file is kept nowhere"
    assert "1000226" not in page


def test_the_build_is_assumed_only_when_it_is_said(world: World, ivan: Client):
    case = world.case()
    bare = vcf([("20", 1000226, "A", "T", "0/1")])
    bare = b"".join(line for line in bare.splitlines(keepends=True) if not line.startswith(b"##contig"))
    page = sent(ivan, "evidence", case.pk, status=422, file=upload(bare), build="")
    assert "Nothing in the file says which reference build" in page
    sent(ivan, "evidence", case.pk, file=upload(bare), build="GRCh38")
    assert EvidenceProfile.objects.get().build == "GRCh38"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"<html>sign in</html>", "Nothing was stored."),
        (vcf([("20", 1000226, "A", "T", "0/9")]), "Line "),
        (vcf([]).replace(b"\tS1\n", b"\tS1\tS2\n"), "one file a person"),
    ],
)
def test_a_wrong_file_is_refused_in_a_sentence_and_leaves_nothing(
    world: World, ivan: Client, content: bytes, sentence: str
):
    case = world.case()
    page = sent(ivan, "evidence", case.pk, status=422, file=upload(content), build="GRCh37")
    assert page.count(sentence) >= 2, "on top and at the field"
    assert not EvidenceProfile.objects.exists()


def test_an_empty_file_is_refused_in_the_words_of_intake(world: World, ivan: Client):
    empty = SimpleUploadedFile("evidence.vcf", b"")
    page = sent(ivan, "evidence", world.case().pk, status=422, file=empty)
    assert "The file is empty. Nothing was stored." in page


def test_no_file_at_all_is_an_ordinary_mistake(world: World, ivan: Client):
    assert "This field is required." in sent(ivan, "evidence", world.case().pk, status=400)


# --- searching -----------------------------------------------------------------------------------------


def test_a_search_becomes_a_job(world: World, ivan: Client):
    case = world.case()
    profile = brought(case, world.staff.investigator)
    page = shown(ivan, "search", case.pk, profile.pk)
    assert re.search(r'name="min_cm"[^>]*value="7"', page) or re.search(r'value="7"[^>]*name="min_cm"', page)
    answer = ivan.post(
        reverse("agency:search", args=[case.pk, profile.pk]), {"min_cm": "6.5", "min_total_cm": "30"}
    )
    query = Query.objects.get()
    assert query.question == {
        "kind": "relatives",
        "evidence": str(profile.pk),
        "min_cm": 6.5,
        "min_total_cm": 30.0,
    }
    assert answer["Location"] == reverse("jobs:job", args=[query.job.pk])
    assert "Who is related to the person of the evidence?" in shown(ivan, "case", case.pk)


@pytest.mark.parametrize(
    "said",
    [
        {"min_cm": "4.9", "min_total_cm": "20"},
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


# --- the end -------------------------------------------------------------------------------------------


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
    assert "This case is closed" in sent(ivan, "paper", case.pk, status=400, **PAPER)
    assert "This case is closed" in sent(ivan, "evidence", case.pk, status=400, file=upload())
    page = sent(ivan, "search", case.pk, profile.pk, min_cm="7", min_total_cm="20")
    assert "REQ_PROJECT_NOT_APPROVED" in page
