"""Evidence that is made to fit everybody: whoever brought it is told why it waits, and a steward decides."""

from typing import Any

import numpy as np
import pytest
from django.urls import reverse
from django.utils import timezone

from broker import cases, jobs, queries
from broker.models import Case
from genomics.models import EvidenceHold, Hold
from tests.broker.running import cut
from tests.world import NOW, World, again, genotypes, job_of, small_panel, with_panel

pytestmark = pytest.mark.django_db(transaction=True)
PANEL = small_panel()
CRAFTED = genotypes(PANEL, np.ones(len(PANEL), dtype=np.uint8))


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    monkeypatch.setattr("broker.tasks.ring", lambda job_id: None)


@pytest.fixture
def world() -> World:
    with_panel(PANEL)
    return World()


@pytest.fixture
def case(world: World) -> Case:
    """A case with two profiles that are held."""
    found = world.case()
    for data in (CRAFTED, again(CRAFTED)):
        cases.bring_evidence(found, data, by=world.staff.investigator, at=NOW)
    return found


def test_made_up_evidence_waits_for_a_steward_and_is_let_through_with_a_reason(
    expect: Any, world: World, page: Any, sign_in: Any, sound: Any, case: Case
) -> None:
    sign_in(page, world.staff.investigator)
    page.goto(reverse("agency:case", args=[case.pk]))
    expect(page.get_by_text("Held: a steward has to look").first).to_be_visible()
    sound("agency-evidence-held")
    sign_in(page, world.staff.steward, confirmed_at=NOW)
    page.goto(reverse("steward:inbox"))
    page.get_by_role("link", name="Held evidence in").first.click()
    expect(page.get_by_role("heading", name="Why it is held")).to_be_visible()
    sound("steward-evidence")
    page.get_by_role("button", name="Decide").click()
    sound("steward-evidence-without-a-reason")
    page.get_by_label("Approve").check()
    for look in page.locator("form.card input[type=checkbox]").all():
        look.check()
    page.locator("textarea").fill("Their laboratory explains it.")
    page.get_by_role("button", name="Decide").click()
    expect(page.get_by_text("Whoever brought it sees your reason.")).to_be_visible()
    assert sorted(EvidenceHold.objects.values_list("state", flat=True)) == [Hold.CLEARED, Hold.HELD]
    sign_in(page, world.staff.investigator)
    cleared = EvidenceHold.objects.get(state=Hold.CLEARED)
    page.goto(reverse("agency:search", args=[case.pk, cleared.profile_id]))
    expect(page.get_by_text("Your organisation has searched with 0 of 20 profiles")).to_be_visible()
    sound("agency-search-cleared")


def test_an_auditor_sees_the_states_of_a_job_that_was_cut(
    expect: Any, world: World, page: Any, sign_in: Any, sound: Any, settings: Any
) -> None:
    world.crowd(6, says="Ada")
    settings.RANGE_PEOPLE = 4
    job = job_of(queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW))
    cut.read(cut.cut(job)[:1])
    sign_in(page, world.staff.auditor, confirmed_at=NOW)
    page.goto(reverse("auditor:job", args=[job.pk]))
    sound("auditor-job-cut")
    page.goto(reverse("auditor:jobs"))
    page.get_by_text("What everything here may be, and become").first.click()
    sound("auditor-states")
    assert jobs.run(job.pk, clock=lambda: NOW, batch=2) == [], "not all of it is read"
