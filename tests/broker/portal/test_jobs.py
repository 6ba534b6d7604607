"""A query's run as its asker sees it: how it stands, why it was refused, its answer, its files.

What nobody may read off these pages is tested as well: how many were considered, and who changed her mind.
"""

import csv
import html
import json
import re
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import access, cases, jobs, queries, results, staging
from broker.models import TRANSITIONS, Case, Job, JobState, Query, User
from broker.portal import answers, asked, painting
from consent import records
from consent.models import LedgerEvent
from consent.reasons import Reason
from genomics import gate
from genomics.errors import QuestionRefused, VaultSealed
from tests.world import NOW, WITHOUT_COOLING_OFF, World, genotypes, job_of, small_panel, with_panel

pytestmark = pytest.mark.django_db


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
def ivan(world: World) -> Client:
    return signed_in(world.staff.investigator)


def ask(world: World, **question: Any) -> Job:
    query = queries.submit(
        world.carriers(**question), under=world.request(), by=world.staff.researcher, at=NOW
    )
    job: Job = job_of(query)
    return job


def run(job: Job) -> Job:
    jobs.run(job.pk, clock=lambda: NOW, batch=3)
    job.refresh_from_db()
    return job


def shown(client: Client, job: Job, *, status: int = 200) -> str:
    answer = client.get(reverse("jobs:job", args=[job.pk]))
    assert answer.status_code == status
    return html.unescape(answer.content.decode())


def polled(client: Client, job: Job, seen: str = "") -> Any:
    return client.get(reverse("jobs:progress", args=[job.pk]), {"seen": seen})


def without_token(page: str) -> str:
    """Two readings of a page differ in what guards its forms."""
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)


def course(page: str) -> list[tuple[str, str]]:
    """The timeline: (state, label)."""
    found = re.findall(r'<li class="(done|now|next|failed)".*?<p>(.*?)<span', page, re.S)
    return [(state, label.strip()) for state, label in found]


def settled(job: Job, state: JobState, **facts: Any) -> Job:
    """A job put into a state by hand, as a worker would leave it."""
    held = {"token": None, "lease_until": None}
    if state in {JobState.RUNNING, JobState.RELEASING}:
        held = {"token": job.pk, "lease_until": NOW + timedelta(minutes=1)}
    Job.objects.filter(pk=job.pk).update(state=state, **held, **facts)
    job.refresh_from_db()
    return job


# --- while it runs -------------------------------------------------------------------------------------


def test_a_waiting_job_says_so_and_asks_again_without_script(world: World, rosa: Client):
    page = shown(rosa, ask(world))
    assert "Waiting for its turn" in page
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page
    assert 'hx-trigger="every 2s"' in page
    assert course(page)[0] == ("now", "Queued")
    assert {state for state, _ in course(page)[1:]} == {"next"}


def test_each_step_is_shown_as_it_is_reached(world: World, rosa: Client):
    job = settled(ask(world), JobState.RUNNING)
    assert course(shown(rosa, job))[:2] == [("done", "Queued"), ("now", "Consent asked")]
    job = settled(job, JobState.RUNNING, position=4, progress=30)
    page = shown(rosa, job)
    assert course(page)[1:3] == [("done", "Consent asked"), ("now", "Read")]
    assert "30 %" in page


def test_the_page_is_told_only_what_is_new(world: World, rosa: Client):
    job = settled(ask(world), JobState.RUNNING, position=4, progress=30)
    first = polled(rosa, job)
    assert first.status_code == 200
    seen = re.search(r"\?seen=([\w-]+)", first.content.decode())[1]
    assert polled(rosa, job, seen).status_code == 204
    job = settled(job, JobState.RUNNING, progress=60)
    later = polled(rosa, job, seen)
    assert later.status_code == 200
    assert "60 %" in later.content.decode()
    assert 'id="timeline" hx-swap-oob="true"' in later.content.decode()


@pytest.mark.parametrize("state", [JobState.CANCELLED, JobState.REFUSED, JobState.FAILED, JobState.PAUSED])
def test_a_job_that_has_ended_is_asked_for_no_more(world: World, rosa: Client, state: JobState):
    answer = polled(rosa, settled(ask(world), state))
    assert answer.status_code == 286
    assert answer["HX-Refresh"] == "true"
    assert answer.content == b""


def test_a_release_that_is_tried_again_cannot_be_told_from_reading(world: World, rosa: Client):
    """Only a change of mind makes a release start anew: whoever watches must not see one."""
    job = settled(ask(world), JobState.RUNNING, position=4, progress=100)
    running, seen = without_token(shown(rosa, job)), polled(rosa, job).content
    job = settled(job, JobState.RELEASING)
    assert without_token(shown(rosa, job)) == running
    assert polled(rosa, job).content == seen
    assert "99 %" in running


def test_progress_never_goes_back_while_somebody_changes_her_mind(world: World, rosa: Client):
    """Seen from the inside of a real run: one withdraws in its middle, and the numbers only grow."""
    crowd = world.crowd(13, says="Ada")
    job = ask(world)
    told: list[tuple[int, str]] = []
    release = jobs._release

    def watched(claim: Any, clearance: Any) -> bool:
        job.refresh_from_db()
        told.append((job.progress, polled(rosa, job).content.decode()))
        if len(told) == 1:
            records.withdraw(crowd[0], by="self", at=NOW)
        return release(claim, clearance)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "_release", watched)
        run(job)
    assert job.state == JobState.RELEASED
    assert len(told) == 2, "the withdrawal made it try again"
    assert told[0] == told[1]
    assert "12" in shown(rosa, job)


def test_a_job_is_stopped_by_its_asker(world: World, rosa: Client):
    job = ask(world)
    assert "Stop this" in shown(rosa, job)
    answer = rosa.post(reverse("jobs:cancel", args=[job.pk]), follow=True)
    page = html.unescape(answer.content.decode())
    assert "Stopped. Nothing was released." in page
    assert "Stop this" not in page
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert run(job).state == JobState.CANCELLED, "a worker that comes late finds nothing to do"
    again = rosa.post(reverse("jobs:cancel", args=[job.pk]), follow=True).content.decode()
    assert "It had ended already." in again


def test_looking_stops_nothing(world: World, rosa: Client):
    assert rosa.get(reverse("jobs:cancel", args=[ask(world).pk])).status_code == 405


# --- when it could not be answered ---------------------------------------------------------------------


def test_a_job_that_lost_its_approval_says_why(world: World, rosa: Client):
    job = ask(world)
    access.close(job.query.request, reason="over", by=world.staff.steward, at=NOW)
    page = shown(rosa, run(job))
    assert "Why it was refused" in page
    assert str(asked.SENTENCES[Reason.REQ_PROJECT_NOT_APPROVED]) in page
    assert ("failed", "Refused") in course(page)


def test_what_a_question_lacked_is_said(world: World, rosa: Client, monkeypatch: Any):
    def lacks(*_: Any, **__: Any) -> None:
        raise QuestionRefused("No panel of sites is loaded, so nobody can be compared. Nothing was read.")

    monkeypatch.setattr(gate, "ask", lacks)
    page = shown(rosa, run(ask(world)))
    assert "It failed" in page
    assert "No panel of sites is loaded" in page


def test_whose_record_would_not_open_is_not_said(world: World, rosa: Client, monkeypatch: Any):
    person = world.join("Ada")

    def sealed(*_: Any, **__: Any) -> None:
        raise VaultSealed(f"{person} has no key here: nothing of hers can be opened.")

    monkeypatch.setattr(gate, "ask", sealed)
    page = shown(rosa, run(ask(world)))
    assert jobs.UNREADABLE in page
    assert person.pseudonym not in page


def test_a_paused_job_says_so_and_can_be_stopped(world: World, rosa: Client):
    page = shown(rosa, settled(ask(world), JobState.PAUSED, trouble=jobs.UNSETTLED))
    assert jobs.UNSETTLED in page
    assert "Stop this" in page
    assert "onsent changed" not in page


def test_every_state_has_its_words(world: World, rosa: Client):
    assert set(asked.STATES) == set(JobState) - {JobState.RELEASING}, "releasing is told as running"
    job = ask(world)
    for state in TRANSITIONS:
        if state in {JobState.RELEASED, JobState.EXPIRED}:
            continue
        word = asked.STATES[settled(job, state).state_told][1]
        assert str(word) in shown(rosa, job)


def test_every_reason_that_concerns_a_request_has_its_sentence():
    wanted = {reason for reason in Reason if reason.is_of_request} | {Reason.JOB_LEDGER_UNAVAILABLE}
    assert set(asked.SENTENCES) == wanted
    for sentence in asked.SENTENCES.values():
        assert str(sentence).endswith(".")


def test_a_reason_that_concerns_a_person_is_never_told(world: World, rosa: Client):
    job = settled(ask(world), JobState.REFUSED, reasons=["CONSENT_WITHDRAWN"])
    page = shown(rosa, job)
    assert "The request was not in order." in page
    assert Reason.CONSENT_WITHDRAWN.sentence not in page


# --- who may see it ------------------------------------------------------------------------------------


def test_the_job_of_somebody_else_is_not_there(world: World, ivan: Client):
    job = run(ask(world))
    for name, args in (
        ("job", [job.pk]),
        ("progress", [job.pk]),
        ("download", [job.pk, "csv"]),
        ("query", [job.query_id]),
    ):
        assert ivan.get(reverse(f"jobs:{name}", args=args)).status_code == 404
    assert ivan.post(reverse("jobs:cancel", args=[job.pk])).status_code == 404
    assert not LedgerEvent.objects.filter(kind="query:result:read").exists()


@pytest.mark.parametrize("who", ["steward", "legal", "auditor", "admin"])
def test_who_reviews_a_project_does_not_see_its_answers(world: World, who: str):
    shown(signed_in(getattr(world.staff, who)), run(ask(world)), status=403)


def test_looking_at_an_answer_is_an_event(world: World, rosa: Client):
    world.crowd(12, says="Ada")
    job = run(ask(world))
    shown(rosa, job)
    rosa.get(reverse("jobs:download", args=[job.pk, "json"]))
    assert LedgerEvent.objects.filter(kind="query:result:read").count() == 2


def test_an_answer_is_kept_by_no_browser(world: World, rosa: Client):
    job = run(ask(world))
    for address in (
        reverse("jobs:job", args=[job.pk]),
        reverse("jobs:download", args=[job.pk, "csv"]),
        reverse("jobs:progress", args=[job.pk]),
    ):
        assert "no-store" in rosa.get(address)["Cache-Control"]


# --- numbers -------------------------------------------------------------------------------------------


def test_a_number_is_shown_calmly(world: World, rosa: Client):
    world.crowd(12, says="Ada")
    page = shown(rosa, run(ask(world)))
    assert "<dt>people carry it</dt><dd>12</dd>" in page
    assert course(page)[-1] == ("done", "Ready")
    assert {state for state, _ in course(page)} == {"done"}
    assert "Stop this" not in page


def test_how_common_it_is_comes_with_its_number(world: World, rosa: Client):
    world.crowd(12, says="Ada")
    page = shown(rosa, run(ask(world, kind="frequencies")))
    assert "<dd>12</dd>" in page
    assert "<dd>0.5</dd>" in page


@pytest.mark.parametrize("size", [0, 1, 9])
def test_a_small_number_is_not_shown(world: World, rosa: Client, size: int):
    world.crowd(size, says="Ada")
    page = shown(rosa, run(ask(world)))
    assert "Fewer than 10. We do not show small groups." in page
    assert 'class="numbers"' not in page


def test_the_page_is_the_same_whether_somebody_said_no_or_was_never_here(world: World, rosa: Client):
    """Two houses: in one, people said no. Their pages differ in ids and instants alone."""
    world.crowd(12, says="Ada")
    request = world.request()

    def asks() -> str:
        query = queries.submit(world.carriers(), under=request, by=world.staff.researcher, at=NOW)
        page = shown(rosa, run(job_of(query)))
        page = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID", page)
        return re.sub(r"(Consent snapshot</dt><dd>)\w+", r"\1N", without_token(page))

    before = asks()
    for name in ("Cleo", "Noor", "Dov"):
        world.join(name)
    assert asks() == before


# --- files ---------------------------------------------------------------------------------------------


def taken(client: Client, job: Job, kind: str) -> str:
    answer = client.get(reverse("jobs:download", args=[job.pk, kind]))
    assert answer.status_code == 200
    assert f'filename="query-{str(job.query_id)[:8]}.{kind}"' in answer["Content-Disposition"]
    return str(answer.content.decode())


def test_a_file_says_what_it_answers(world: World, rosa: Client):
    world.crowd(12, says="Ada")
    job = run(ask(world))
    head, _, table = taken(rosa, job, "csv").partition("\ncount,")
    assert f"# query_id: {job.query_id}" in head
    assert f"# policy_version: {WITHOUT_COOLING_OFF.version}\n" in head
    assert f"# consent_snapshot: {results.snapshot_of(job)}" in head
    assert table == "fewer_than,frequency\n12,,\n"
    whole = json.loads(taken(rosa, job, "json"))
    assert whole["count"] == 12
    assert whole["query_id"] == str(job.query_id)
    assert whole["policy_version"] == WITHOUT_COOLING_OFF.version
    assert whole["consent_snapshot"] == results.snapshot_of(job)
    assert whole["question"] == world.carriers()


def test_a_small_number_is_in_no_file(world: World, rosa: Client):
    world.crowd(9, says="Ada")
    job = run(ask(world))
    assert taken(rosa, job, "csv").endswith("count,fewer_than,frequency\n,10,\n")
    assert json.loads(taken(rosa, job, "json"))["count"] is None


def test_the_same_file_twice_is_the_same(world: World, rosa: Client):
    job = run(ask(world))
    for kind in answers.FILES:
        assert taken(rosa, job, kind) == taken(rosa, job, kind)


def test_there_are_no_other_kinds_of_file(world: World, rosa: Client):
    job = run(ask(world))
    assert rosa.get(reverse("jobs:download", args=[job.pk, "vcf"])).status_code == 404


def test_a_job_without_an_answer_gives_no_file(world: World, rosa: Client):
    answer = rosa.get(reverse("jobs:download", args=[ask(world).pk, "csv"]), follow=True)
    assert answer.redirect_chain
    assert "there is no result to read" in html.unescape(answer.content.decode())


def test_an_answer_that_was_tampered_with_is_not_shown(world: World, rosa: Client):
    job = run(ask(world))
    Job.objects.filter(pk=job.pk).update(answer=staging.seal(b'{"count": 900}', "another/answer"))
    page = shown(rosa, job)
    assert "This result cannot be shown" in page
    assert "<dd>900</dd>" not in page
    answer = rosa.get(reverse("jobs:download", args=[job.pk, "json"]), follow=True)
    assert "Tell an auditor" in answer.content.decode()


# --- queries that never ran ----------------------------------------------------------------------------


def test_a_query_that_ran_leads_to_its_run(world: World, rosa: Client):
    job = ask(world)
    answer = rosa.get(reverse("jobs:query", args=[job.query_id]))
    assert answer["Location"] == reverse("jobs:job", args=[job.pk])


def test_a_query_can_be_asked_again_from_its_page_and_by_programs(world: World, rosa: Client):
    page = shown(rosa, run(ask(world)))
    assert "curl http://testserver/api/v1/queries" in page
    assert '"variant": "20:1000226 A>T"' in page


# --- relatives -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def panel() -> Any:
    return small_panel()


def searched(world: World, panel: Any, *, says: str | None, **facts: Any) -> Job:
    """Somebody here is the very person of the evidence; `says` is what she allowed."""
    with_panel(panel)
    copies = np.random.default_rng(7).binomial(2, 0.5, len(panel))
    if says:
        world.join(says, data=genotypes(panel, copies))
    case = world.case()
    by = world.staff.investigator
    evidence = cases.bring_evidence(case, genotypes(panel, copies), by=by, at=NOW)
    question = {"kind": "relatives", "evidence": str(evidence.pk), "min_cm": 7, "min_total_cm": 20} | facts
    return run(job_of(queries.submit(question, under=case, by=by, at=NOW)))


def test_a_match_is_shown_under_its_case_name_as_a_lead_only(world: World, ivan: Client, panel: Any):
    job = searched(world, panel, says="Noor")
    page = shown(ivan, job)
    name = staging.alias(cases.reference(Case.objects.get()), world.people["Noor"].ordinal)
    assert name in page
    assert "A lead only" in page
    assert "same person or identical twin" in page
    assert "Only people who allowed this kind of case were compared." in page
    assert world.people["Noor"].pseudonym not in page
    assert 'class="agency"' in page
    assert "curl" not in page, "tokens are the researchers'"


def test_the_painting_says_the_same_as_its_table(world: World, ivan: Client, panel: Any):
    job = searched(world, panel, says="Noor")
    page = shown(ivan, job)
    segments = json.loads(taken(ivan, job, "json"))["records"][0]["segments"]
    assert {one["chromosome"] for one in segments} == {1, 2}
    drawn = page[page.index('viewBox="0 0 270 222"') :]
    drawn = drawn[: drawn.index("</svg>")]
    assert drawn.count('class="shared"') == len(segments)
    assert page.count('rx="3"/>') == 22, "the bars are drawn once"
    for one in segments:
        assert f"{one['start']:,}" in page
        assert f"{one['end']:,}" in page
    elsewhere = ivan.get(
        reverse("jobs:job", args=[job.pk]), headers={"Accept-Language": "id"}
    ).content.decode()
    assert f"{segments[0]['start']:,}".replace(",", ".") in elsewhere, "people read their own commas"
    assert drawn[drawn.index("<use") :] in elsewhere, "machines do not"


def test_a_table_of_relatives_has_a_row_for_each_segment(world: World, ivan: Client, panel: Any):
    job = searched(world, panel, says="Noor")
    lines = taken(ivan, job, "csv").splitlines()
    assert any(line.startswith("# A lead only") for line in lines)
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    record = json.loads(taken(ivan, job, "json"))["records"][0]
    assert len(rows) == len(record["segments"])
    assert {row["person"] for row in rows} == {record["person"]}
    assert [int(row["start"]) for row in rows] == [one["start"] for one in record["segments"]]


@pytest.mark.parametrize("says", ["Ada", "Cleo", "Dov", None])
def test_who_did_not_allow_it_leaves_the_page_as_if_she_were_not_here(
    world: World, ivan: Client, panel: Any, says: str | None
):
    page = shown(ivan, searched(world, panel, says=says))
    assert "Nobody who was compared shares segments" in page
    assert "Only people who allowed this kind of case were compared." in page
    assert "R-" not in page.replace("TR-", "")
    assert "painting" not in page


def test_identity_is_answered_with_case_names(world: World, ivan: Client, panel: Any):
    job = searched(world, panel, says="Noor")
    evidence = job.query.question["evidence"]
    case = Case.objects.get()
    query = queries.submit(
        {"kind": "identity", "evidence": evidence}, under=case, by=world.staff.investigator, at=NOW
    )
    page = shown(ivan, run(job_of(query)))
    assert "The same person, or an identical twin" in page
    assert staging.alias(cases.reference(case), world.people["Noor"].ordinal) in page
    assert "person,sites,agreement" in taken(ivan, query.job, "csv")


def test_many_matches_are_listed_and_the_nearest_drawn(monkeypatch: Any):
    record = {
        "person": "R-1",
        "total_cm": 50.0,
        "longest_cm": 50.0,
        "relationship": "x",
        "kinship": 0.1,
        "segments": [{"chromosome": 3, "start": 1, "end": 5, "cm": 50.0, "sites": 9}],
    }
    answer = {
        "question": {"kind": "relatives", "min_cm": 7.0, "min_total_cm": 20.0},
        "records": [record | {"person": f"R-{n}"} for n in range(25)],
    }
    shown_ = answers.shown(answer)
    assert len(shown_["matches"]["rows"]) == 25
    assert len(shown_["paintings"]) == answers.PAINTED
    assert shown_["more"] == 25 - answers.PAINTED


def test_a_painting_speaks_to_machines_in_every_language():
    """Numbers in a drawing keep their point, and the shortest stretch can be seen."""
    segment = {"chromosome": 22, "start": 16_050_000, "end": 16_060_000, "cm": 5.0, "sites": 9}
    one = painting.of({"person": "R-1", "segments": [segment]})
    assert one.stretches == (painting.Stretch("34.0", 212, "1.5"),)
    assert len(painting.chromosomes()) == 22
    assert all(re.fullmatch(r"\d+\.\d", bar.bar.width) for bar in painting.chromosomes())


# --- nobody is counted aloud ---------------------------------------------------------------------------


def test_nowhere_stands_how_many_were_considered_or_permitted(world: World, rosa: Client):
    """37 of 53 may be read, 12 carry it: neither 37, 53 nor 16 is on the page or in a file."""
    world.crowd(12, says="Ada")
    world.crowd(25, says="Ada", genotype="0/0")
    world.crowd(16, says="Dov")
    job = run(ask(world))
    page = shown(rosa, job)
    page = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\dT\S+|position</dt><dd>\d+", "", page)
    told = page[page.index("<main") : page.index("</main>")] + re.sub(
        r"[0-9a-f]{8}-[0-9a-f-]{27}", "", taken(rosa, job, "csv")
    )
    told = told.replace(results.snapshot_of(job), "")  # drawn by chance, and can hold any digits
    assert not re.search(r"(?<![\w:.])(37|53|16)(?![\d:])", re.sub(r"<[^>]+>", " ", told))
    assert Query.objects.count() == 1
