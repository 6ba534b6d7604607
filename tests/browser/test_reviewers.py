"""The pages of those who watch over the house: steward, auditor, administrator, on a phone and at a desk."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from broker import access, jobs, people, queries
from broker.models import Job
from broker.roles import Role
from consent import records
from consent.ledger import log
from tests.world import World, job_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    return World()


def busy(world: World) -> Job:
    """Something of every kind waits for a decision, and one job was released."""
    now = timezone.now()
    world.crowd(11, says="Ada")
    for name in ("Ben", "Noor", "Cleo", "Dov"):
        world.join(name)
    approved = world.request(
        regions=("DE", "FR"), ethics_ref="REC 2026/114", ethics_valid_to=now + timedelta(99)
    )
    job = job_of(queries.submit(world.carriers(), under=approved, by=world.staff.researcher, at=now))
    jobs.run(job.pk, clock=timezone.now, batch=50)
    log.sequence(at=now)
    project = access.start_project(
        "Inherited risk of melanoma in young adults of northern Europe", by=world.staff.researcher, at=now
    )
    access.apply(
        project,
        access.Application(
            summary="How common are these variants among people who fell ill before they were thirty?",
            purposes=("R.DS", "R.MDS"),
            disease="MONDO:0005105",
            commercial_use=True,
            valid_to=now + timedelta(days=365),
            publication=True,
            regions=("EU", "GB"),
        ),
        by=world.staff.researcher,
        at=now - timedelta(days=9),
    )
    world.case(sign=False, compels=True, number="RP-1987-12")
    gita = people.sign_up("gita", "a long password", born_on=date(1985, 6, 1), at=now)
    people.add_child(gita, born_on=date(2019, 3, 9), at=now)
    people.propose(world.staff.auditor, Role.WITNESS, by=world.staff.admin, at=now)
    people.propose_organisation("Bandung Genome Lab", "academic", region="AU", by=world.staff.admin, at=now)
    records.withdraw(world.people["Ben"], by="self", at=now)
    job.refresh_from_db()
    return job


def test_a_stewards_day(page: Any, sign_in: Any, sound: Any, world: World):
    busy(world)
    sign_in(page, world.staff.steward)
    page.goto("/steward/")
    sound("steward-inbox")
    page.get_by_role("link", name="Inherited risk of melanoma in young adults").click()
    sound("steward-request")
    page.get_by_label("Approve").check()
    page.get_by_label("Your reason").fill("Everything is in order.")
    page.get_by_role("button", name="Decide").click()
    assert page.get_by_role("alert").inner_text().count("An approval needs this.") == 3
    sound("steward-request-wrong")
    for box in page.locator("form.card input[type=checkbox]").all():
        box.check()
    page.get_by_role("button", name="Decide").click()
    assert "Approved." in page.get_by_role("status").first.inner_text()
    page.get_by_role("link", name="RP-1987-12").click()
    sound("steward-case")
    page.get_by_label("Refuse").check()
    page.get_by_label("Your reason").fill("The paper names another case.")
    page.get_by_role("button", name="Sign", exact=True).click()
    page.get_by_label("I have seen the papers of both").check()
    page.get_by_role("button", name=re.compile("Confirm.*guardian of")).click()
    sound("steward-inbox-done")


def test_an_empty_inbox(page: Any, sign_in: Any, sound: Any, world: World):
    sign_in(page, world.staff.legal)
    page.goto("/steward/")
    sound("steward-inbox-empty")


def test_an_auditors_day(page: Any, sign_in: Any, sound: Any, world: World):
    job = busy(world)
    sign_in(page, world.staff.auditor)
    page.goto("/auditor/")
    sound("auditor-ledger")
    page.get_by_role("textbox", name="Search").fill("kind:consent:statement:given")
    page.get_by_role("button", name="Search", exact=True).click()
    page.get_by_role("link", name=re.compile("said yes to Research")).first.click()
    sound("auditor-event")
    page.goto("/auditor/?q=colour:red")
    sound("auditor-search-refused")
    page.goto("/auditor/anomalies/")
    sound("auditor-anomalies")
    page.goto("/auditor/jobs/")
    sound("auditor-jobs")
    page.goto(reverse("auditor:job", args=[job.pk]))
    page.get_by_text("Show as a table").click()
    sound("auditor-job")
    page.goto("/auditor/verify/")
    sound("auditor-verify")
    page.get_by_role("button", name="Verify the ledger").click()
    assert re.search(r"\d+ events verify\.", page.get_by_role("status").first.inner_text())
    sound("auditor-verified")
    page.goto("/auditor/export/")
    sound("auditor-export")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the tree").click()
    assert download.value.suggested_filename == "ledger.zip"


def test_an_administrators_day(page: Any, sign_in: Any, sound: Any, world: World):
    busy(world)
    sign_in(page, world.staff.second_admin)
    page.goto("/administrator/")
    sound("administrator-people")
    page.get_by_role("button", name=re.compile("Confirm.*otto-auditor, Witness")).click()
    page.get_by_role("link", name="Make a login").click()
    sound("administrator-enrol")
    page.get_by_label("User name").fill("nora-neurologist")
    page.get_by_label("Organisation").select_option(label="University of Lund, cancer genetics")
    page.get_by_role("main").get_by_role("button", name="Make a login").click()
    sound("administrator-enrolled")
    page.goto("/administrator/organisations/")
    sound("administrator-organisations")
    page.get_by_role("button", name=re.compile("Confirm.*Bandung Genome Lab")).click()
    page.goto("/administrator/health/")
    sound("administrator-health")
