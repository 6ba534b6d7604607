"""Opening a case, and who may see it."""

import re
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from broker.models import Case, Reviewed
from broker.portal.agency_forms import ABOUT
from consent.purposes import PURPOSES
from consent.rules.requests import NEVER_OFFERED
from genomics.models import EvidenceProfile
from tests.broker.portal.agency.pages import brought, paper, sent, shown, signed_in, upload
from tests.world import World

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


@pytest.fixture
def cora(world: World) -> Client:
    return signed_in(world.staff.counsel)


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


def test_the_case_of_somebody_else_is_not_there(world: World, cora: Client):
    case = world.case()
    profile = brought(case, world.staff.investigator)
    for place in ("case", "paper", "evidence", "close"):
        shown(cora, place, case.pk, status=404)
    shown(cora, "search", case.pk, profile.pk, status=404)
    sent(cora, "paper", case.pk, status=404, **paper())
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
