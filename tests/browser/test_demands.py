"""The register of demands, its letter, and the public page in numbers, on a phone and at a desk."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from broker import statements, transparency
from broker.models import LegalProcess
from tests.broker.reporting.history import demand
from tests.builders import PDF
from tests.world import NOW, World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    return World()


def test_a_demand_comes_and_is_answered(page: Any, sign_in: Any, sound: Any, world: World, tmp_path: Path):
    paper = tmp_path / "warrant.pdf"
    paper.write_bytes(PDF)
    sign_in(page, world.staff.legal)
    page.goto("/legal/")
    sound("demands-empty")
    page.get_by_role("link", name="A paper has come").click()
    page.get_by_role("button", name="Enter it").click()
    sound("demand-wrong")
    page.get_by_label("Search warrant").check()
    page.get_by_label("Which court or agency?").fill("Ninth Circuit Court")
    page.get_by_label("Its number").fill("W-17")
    page.get_by_label("Its date").fill("2026-05-30")
    page.get_by_label("What does it ask for?").fill("A search of everybody.")
    page.get_by_label("Everybody here").check()
    page.get_by_label("Yes", exact=True).check()
    page.get_by_label("Until when does it forbid").fill(f"{timezone.now() + timedelta(days=90):%Y-%m-%d}")
    page.get_by_label("The paper", exact=True).set_input_files(paper)
    page.get_by_role("button", name="Enter it").click()
    sound("demand")
    for step in ("Looked into", "Refused"):
        page.get_by_label(step, exact=False).first.check()
        page.get_by_label("Why?").fill("There is no such function.")
        page.get_by_role("button", name="Record it").click()
    sound("demand-answered")
    page.goto("/legal/")
    sound("demands")
    page.goto(reverse("processes:letter", args=[LegalProcess.objects.get().pk, "id"]))
    sound("demand-letter")
    with page.expect_download() as taken:
        page.get_by_role("link", name="As a PDF").click()
    assert Path(taken.value.path()).read_bytes().startswith(b"%PDF-")


def test_police_and_courts_in_numbers(page: Any, sound: Any, world: World):
    page.goto("/transparency/")
    sound("transparency-empty")
    for number in range(60):
        kind = LegalProcess.Kind.WARRANT if number % 2 else LegalProcess.Kind.SUBPOENA
        demand(world, at=NOW, kind=kind, compels_non_consenting=number % 2 == 0)
    for month in (6, 7):
        statements.make(NOW.date().replace(month=month), by="house", at=datetime(2026, 9, 1, tzinfo=UTC))
    transparency.publish_due(at=datetime(2027, 1, 1, tzinfo=UTC))
    page.goto("/transparency/")
    sound("transparency")
    page.get_by_role("link", name="June 2026").click()
    sound("statement")
