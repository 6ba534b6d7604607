"""The look of finding a disease among many, of files told apart, of a zone and of keys for programs."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from broker import access, people
from broker.demo.staff import PASSWORD
from broker.models import User
from consent import disease_tables
from consent.hierarchies import DISEASES, Hierarchy
from consent.terms import SignIn
from genomics.intake.receive import receive
from tests import many_diseases
from tests.broker.portal.clerk.sheets import received
from tests.builders import vcf
from tests.cast import CANCER, DIABETES
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def eve(world: World) -> User:
    before = timezone.now() - timedelta(days=300)
    user = people.sign_up("eve", PASSWORD, born_on=before.date().replace(year=1980), at=before)
    person = user.own_record.participant
    people.verify_identity(person, by=world.staff.steward, at=before)
    for site in (1000226, 1000300):
        receive(person, vcf([("20", site, "A", "T", "0/1")]), by=user.reference, at=before)
    return user


def test_a_disease_is_found_without_a_script(open_page: Any, sign_in: Any, eve: User):
    many_diseases.load(at=timezone.now())
    page = open_page(script=False)
    sign_in(page, eve)
    page.goto("/participant/choice/RESEARCH/")
    page.get_by_label("Research on named diseases").check()
    page.get_by_label("Find a disease by a few letters").fill("skin")
    page.get_by_role("button", name="Find").click()
    assert page.get_by_label("Research on named diseases").is_checked()
    page.get_by_label("skin disorder").check()
    page.get_by_role("button", name="Look at it once more").click()
    assert "Is this what you want?" in page.content()


def test_many_diseases_on_a_page(page: Any, sign_in: Any, sound: Any, eve: User, world: World):
    many_diseases.load(at=timezone.now())
    sign_in(page, eve)
    page.goto("/participant/choice/RESEARCH/")
    page.get_by_label("Find a disease by a few letters").fill("rare")
    page.get_by_role("button", name="Find").click()
    sound("diseases-found")
    sign_in(page, world.staff.researcher)
    project = access.start_project("Skin", by=world.staff.researcher, at=timezone.now())
    page.goto(f"/researcher/project/{project.pk}/apply/")
    page.get_by_label("Find a disease by a few letters").fill("skin")
    page.get_by_role("button", name="Find").click()
    sound("diseases-applied-for")


def test_many_diseases_beside_a_scan(page: Any, expect: Any, sign_in: Any, sound: Any, world: World):
    many_diseases.load(at=timezone.now())
    sheet = received(world)
    sign_in(page, world.staff.clerk)
    page.goto(f"/clerk/paper/{sheet.paper}/key/")
    page.get_by_text("What is written beside it").first.click()
    page.get_by_label("Find a disease by a few letters").fill("skin")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_label("skin disorder")).to_be_visible()
    sound("diseases-on-paper")


def test_a_key_for_her_programs(page: Any, sign_in: Any, sound: Any, eve: User, monkeypatch: Any):
    sign_in(page, eve)
    monkeypatch.setattr("broker.fresh.of", lambda _request, *, at: SignIn("passkey", at))
    page.goto("/participant/tokens/")
    sound("tokens-none")
    page.get_by_label("What will use it?").fill("diary")
    page.get_by_role("button", name="Make it").click()
    assert "TOKEN=" in page.content()
    sound("tokens-made")


def test_files_are_told_apart(page: Any, sign_in: Any, sound: Any, eve: User):
    sign_in(page, eve)
    page.goto("/participant/files/")
    sound("files-alike")
    page.goto("/participant/choice/QC/")
    page.get_by_text("Say no for one file").click()
    page.get_by_role("button", name="number 2 of that day").click()
    sound("receipt-one-file")
    page.goto("/participant/choices/")
    sound("choices-one-file")
    page.goto("/participant/")
    sound("home-two-files")


def test_who_signs_up_types_a_town(page: Any, sound: Any):
    page.goto("/sign-up/")
    page.get_by_label("Where are you at home?").fill("jakarta")
    sound("sign-up-zone")


def test_a_steward_reads_what_a_table_widens(page: Any, expect: Any, sign_in: Any, sound: Any, world: World):
    wider = {**DISEASES.as_json(), DIABETES: [CANCER], "MONDO:0000777": [CANCER]}
    table = disease_tables.Table(Hierarchy.of(wider), {"MONDO:0000777": "rare disorder"})
    proposal = disease_tables.propose(
        table, version="releases/2026-01-01", sha256="ab" * 32, by="operator", at=timezone.now()
    )
    sign_in(page, world.staff.steward)
    page.goto("/steward/diseases/")
    sound("steward-diseases")
    page.get_by_role("link", name="releases/2026-01-01").click()
    expect(page.get_by_role("heading", name="A yes to Cancer", exact=True)).to_be_visible()
    sound("steward-diseases-proposal")
    page.get_by_role("button", name="Reject it").click()
    assert "Rejected" in page.get_by_role("status").first.inner_text()
    assert proposal.moves.latest("number").state == disease_tables.State.REJECTED
