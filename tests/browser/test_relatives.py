"""The report of relatives in a browser: one match, many, drawings and their table twins; and on paper."""

from typing import Any

import numpy as np
import pytest
from django.urls import reverse
from django.utils import timezone

from broker import cases, jobs, queries
from broker.models import Job
from broker.portal import matches
from consent.ledger import log
from tests.world import NOW, World, genotypes, job_of, small_panel, with_panel

pytestmark = pytest.mark.django_db(transaction=True)

PANEL = small_panel()
EVIDENCE = np.random.default_rng(7).binomial(2, 0.5, len(PANEL))


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    monkeypatch.setattr("broker.tasks.ring", lambda job_id: None)


@pytest.fixture
def world() -> World:
    with_panel(PANEL)
    return World()


def joins(world: World, name: str, upto: int) -> None:
    """Somebody with the genotypes of the evidence up to a site."""
    others = np.random.default_rng(upto).binomial(2, 0.5, len(PANEL))
    copies = np.where(np.arange(len(PANEL)) < upto, EVIDENCE, others)
    world.join(name, says="Noor", data=genotypes(PANEL, copies))


def searched(world: World) -> Job:
    case, by = world.case(), world.staff.investigator
    profile = cases.bring_evidence(case, genotypes(PANEL, EVIDENCE), by=by, at=NOW)
    question = {"kind": "relatives", "evidence": str(profile.pk)}
    job: Job = job_of(queries.submit(question, under=case, by=by, at=NOW))
    jobs.run(job.pk, clock=lambda: NOW, batch=3)
    log.sequence(at=NOW)
    job.refresh_from_db()
    world.disclose(job)
    return job


def test_many_matches_their_pairs_and_their_table_twins(
    expect: Any, world: World, page: Any, sign_in: Any, sound: Any
) -> None:
    for n in range(matches.LISTED + 2):
        joins(world, f"Noor {n}", 800 + 30 * n)
    joins(world, "Noor herself", len(PANEL))
    job = searched(world)
    sign_in(page, world.staff.investigator)
    page.goto(reverse("jobs:job", args=[job.pk]))
    expect(page.get_by_text("Have a laboratory compare them again")).to_be_visible()
    page.get_by_text("Places that all three share", exact=True).last.click()
    page.locator("figure.bars summary").click()
    sound("job-relatives-many")

    drawing = page.locator("figure.painting").first
    twin = drawing.locator("tbody tr")
    assert drawing.locator("rect.shared").count() == twin.count()
    told = page.locator("figure.bars tbody td").all_inner_texts()
    assert sum(map(int, told)) == matches.LISTED + 3, "everybody is in one of the bars"
    heights = [int(bar.get_attribute("height")) for bar in page.locator("figure.bars rect").all()]
    assert [height > 0 for height in heights] == [number != "0" for number in told]

    page.locator("#matches").locator("xpath=ancestor::table").get_by_role("link").first.click()
    assert "#match-R-" in page.url
    assert page.locator(":target").get_attribute("open") is not None


def test_one_match_has_nobody_to_be_compared_with(world: World, page: Any, sign_in: Any, sound: Any) -> None:
    joins(world, "Noor", 900)
    job = searched(world)
    sign_in(page, world.staff.investigator)
    page.goto(reverse("jobs:job", args=[job.pk]))
    sound("job-relatives-one")
    assert page.locator("figure.painting").count() == 1
    assert page.locator("figure.bars").count() == 0
    assert page.get_by_role("heading", name="What they share with each other").count() == 0


def test_on_paper_the_report_is_whole(expect: Any, world: World, page: Any, sign_in: Any) -> None:
    for n in range(matches.OPEN + 2):
        joins(world, f"Noor {n}", 800 + 60 * n)
    job = searched(world)
    sign_in(page, world.staff.investigator)
    page.goto(reverse("jobs:job", args=[job.pk]))
    twin = page.locator("figure.painting").last.locator("table")
    expect(twin).not_to_be_visible()
    page.emulate_media(media="print")
    expect(twin).to_be_visible()
    expect(page.get_by_text("A lead only", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Table (CSV)")).not_to_be_visible()
    scrolls = "tables => tables.filter(one => getComputedStyle(one).overflowX != 'visible').length"
    cut = page.locator(".report .scroll").evaluate_all(scrolls)
    assert not cut, "a table that scrolls is cut at its side on paper"
