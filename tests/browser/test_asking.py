"""The workbenches of those who ask: from a project to an answer, from a case to a match."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.urls import reverse
from django.utils import timezone

from broker import cases, jobs, queries
from broker.models import Case, Job, JobState, Query
from consent.ledger import log
from tests.world import NOW, World, again, genotypes, job_of, small_panel, with_panel

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture(autouse=True)
def no_bell(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker listens here: each test runs its jobs itself."""
    monkeypatch.setattr("broker.tasks.ring", lambda job_id: None)


@pytest.fixture
def world() -> World:
    return World()


def run(job: Job) -> Job:
    jobs.run(job.pk, clock=lambda: NOW, batch=3)
    log.sequence(at=NOW)
    job.refresh_from_db()
    return job


def test_a_researcher_goes_from_a_project_to_an_answer(
    expect: Any, world: World, page: Any, sign_in: Any, sound: Any
) -> None:
    world.crowd(12, says="Ada")
    sign_in(page, world.staff.researcher)
    page.goto("/researcher/")
    sound("researcher-projects-empty")
    page.get_by_label("What is the project called?").fill("Hearts of Java")
    page.get_by_role("button", name="Set it up").click()
    sound("researcher-project-new")
    page.get_by_role("link", name="Apply for access").click()
    sound("researcher-apply")
    page.get_by_role("button", name="Submit it").click()
    page.get_by_label("What is the project about?").fill("How common are these variants in hearts that fail?")
    page.get_by_label("Health research").check()
    page.get_by_label("No", exact=True).check()
    page.get_by_label("For how many months?").fill("12")
    page.get_by_role("button", name="Submit it").click()
    sound("researcher-project-waiting")

    request = world.request(
        "R.HMB", "R.DS", disease="MONDO:0004992", ethics_ref="REC 2026/114", regions=("EU",)
    )
    page.goto(reverse("researcher:project", args=[request.project_id]))
    page.get_by_role("link", name="Ask a question").click()
    sound("researcher-query-new")
    page.get_by_label("How many people carry it").check()
    page.get_by_label("Where?").fill("somewhere")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    sound("researcher-query-new-wrong")
    page.get_by_label("Where?").fill("20:1000226 A>T")
    page.get_by_role("button", name="Ask", exact=True).click()
    sound("job-waiting")
    run(Query.objects.get().job)
    page.get_by_role("heading", name="Answer").wait_for(timeout=8000)  # the page looks again by itself
    assert page.get_by_role("heading", level=1).inner_text() == "How many people carry 20:1000226 A>T?"
    sound("job-count")
    page.goto("/researcher/queries/")
    sound("researcher-queries")
    page.goto("/researcher/tokens/")
    page.get_by_label("What will use it?").fill("notebook")
    page.get_by_role("button", name="Make it").click()
    sound("researcher-tokens")


def test_progress_goes_on_by_itself_and_reads_out_only_what_is_new(
    world: World, open_page: Any, sign_in: Any
) -> None:
    query = queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW)
    job = job_of(query)
    page = open_page()
    sign_in(page, world.staff.researcher)
    page.goto(reverse("jobs:job", args=[job.pk]))
    page.evaluate("window.same = document.querySelector('#progress > div')")
    answered: list[int] = []
    page.on("response", lambda answer: "/progress/" in answer.url and answered.append(answer.status))
    page.wait_for_timeout(2500)
    assert answered == [204]
    assert page.evaluate("window.same === document.querySelector('#progress > div')"), "nothing was swapped"
    held = {"token": job.pk, "lease_until": NOW + timedelta(minutes=1)}
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING, position=3, progress=40, **held)
    page.get_by_role("status").get_by_text("40 %").wait_for(timeout=8000)
    assert page.locator("#timeline [aria-current=step]").inner_text().startswith("Read")
    assert page.locator("[role=status]").count() == 1, "the region that speaks stays one and the same"
    Job.objects.filter(pk=job.pk).update(state=JobState.FAILED, trouble="It broke. Nothing was released.")
    page.get_by_text("It broke. Nothing was released.").wait_for(timeout=8000)
    before = len(answered)
    page.wait_for_timeout(2500)
    assert len(answered) == before, "an ended job is asked for no more"
    assert 286 in answered
    assert not page.problems


def test_a_job_is_followed_without_script(expect: Any, world: World, open_page: Any, sign_in: Any) -> None:
    query = queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW)
    page = open_page(script=False)
    sign_in(page, world.staff.researcher)
    page.goto(reverse("jobs:job", args=[job_of(query).pk]))
    expect(page.get_by_text("Waiting for its turn")).to_be_visible()
    run(job_of(query))
    page.get_by_text("Fewer than 10.").wait_for(timeout=9000)  # read again every five seconds
    page.goto(reverse("researcher:queries"))


def test_an_investigator_goes_from_a_case_to_a_match(
    world: World, page: Any, sign_in: Any, sound: Any, tmp_path: Any
) -> None:
    panel = with_panel(small_panel())
    copies = np.random.default_rng(7).binomial(2, 0.5, len(panel))
    cousin = np.where(
        np.arange(len(panel)) < 900, copies, np.random.default_rng(8).binomial(2, 0.5, len(panel))
    )
    world.join("Noor", data=genotypes(panel, copies))
    world.join("Noor's cousin", says="Noor", data=genotypes(panel, cousin))
    sign_in(page, world.staff.investigator)
    page.goto("/agency/")
    sound("agency-cases-empty")
    page.get_by_role("link", name="Open a case").click()
    sound("agency-case-new")

    case = world.case(number="RP-1987-12", compels=True)
    page.goto(reverse("agency:case", args=[case.pk]))
    sound("agency-case-approved")
    page.get_by_role("link", name="Record a paper").click()
    sound("agency-paper")
    page.goto(reverse("agency:evidence", args=[case.pk]))
    (tmp_path / "wrong.vcf").write_text("<html>")
    page.get_by_label("The profile").set_input_files(tmp_path / "wrong.vcf")
    page.get_by_role("button", name="Take it in").click()
    assert "Nothing was stored." in page.get_by_role("alert").inner_text()
    sound("agency-evidence-refused")
    (tmp_path / "evidence.vcf").write_bytes(genotypes(panel, copies))
    page.get_by_label("The profile").set_input_files(tmp_path / "evidence.vcf")
    page.get_by_role("button", name="Take it in").click()
    sound("agency-case-evidence")
    page.get_by_role("link", name="Search with it").click()
    sound("agency-search")
    page.get_by_role("button", name="Search").click()
    job = run(job_of(Query.objects.get()))
    page.goto(reverse("jobs:job", args=[job.pk]))
    page.get_by_role("heading", name="The search has ended").wait_for()
    sound("job-leads")
    world.disclose(job)
    page.reload()
    page.get_by_role("heading", name="People who share DNA").wait_for()
    page.locator("main").get_by_text("Show as a table").first.click()
    sound("job-relatives")
    page.goto("/agency/")
    sound("agency-cases")
    page.goto(reverse("agency:close", args=[case.pk]))
    sound("agency-close")


def test_an_empty_search_says_what_was_not_searched(
    expect: Any, world: World, page: Any, sign_in: Any, sound: Any
) -> None:
    panel = with_panel(small_panel())
    copies = np.random.default_rng(7).binomial(2, 0.5, len(panel))
    case = world.case()
    by = world.staff.investigator
    evidence = cases.bring_evidence(case, genotypes(panel, copies), by=by, at=NOW)
    query = queries.submit({"kind": "relatives", "evidence": str(evidence.pk)}, under=case, by=by, at=NOW)
    world.disclose(run(job_of(query)))
    sign_in(page, by)
    page.goto(reverse("jobs:job", args=[job_of(query).pk]))
    expect(page.get_by_text("Only people who allowed this kind of case were compared.")).to_be_visible()
    sound("job-relatives-empty")
    unsigned: Case = world.case(number="C-2", sign=False, order=False)
    evidence = cases.bring_evidence(unsigned, again(genotypes(panel, copies)), by=by, at=NOW)
    query = queries.submit({"kind": "relatives", "evidence": str(evidence.pk)}, under=unsigned, by=by, at=NOW)
    page.goto(reverse("jobs:query", args=[query.pk]))
    sound("query-refused")
