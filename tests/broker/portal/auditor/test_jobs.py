"""Jobs in full, without an answer and without a name."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from broker import queries
from broker.models import TRANSITIONS, Job, JobState
from broker.portal import auditor_jobs, auditor_times
from consent.ledger import log
from tests.broker.portal.auditor.looking import looks, released, shown
from tests.world import NOW, World, job_of

pytestmark = pytest.mark.django_db


def test_jobs_tell_whom_they_considered_and_why_others_were_left_out(world: World, otto: Client):
    job = released(world)
    page = shown(otto, "jobs")
    assert "University of Lund" in page
    assert re.findall(r'<td class="num">(\d+)', page) == ["12", "10"]
    for code in ("CONSENT_NONE 1", "PURPOSE_NOT_COVERED 1"):
        assert code in page
    assert reverse("auditor:job", args=[job.pk]) in page
    assert not looks()


def test_a_house_without_jobs_says_so(otto: Client):
    assert "No job yet" in shown(otto, "jobs")


def test_jobs_go_page_by_page(world: World, otto: Client):
    request = world.request()
    asked = [
        job_of(
            queries.submit(world.carriers(), under=request, by=world.staff.researcher, at=NOW + timedelta(n))
        )
        for n in range(3)
    ] + [
        job_of(queries.submit(world.carriers(), under=request, by=world.staff.researcher, at=NOW))
        for _ in range(20)
    ]
    first = shown(otto, "jobs")
    older = re.search(r'rel="next" href="\?before=([0-9a-f-]+)"', first)
    assert older is not None
    second = shown(otto, "jobs", before=older[1])
    found = [
        [job.pk for job in asked if reverse("auditor:job", args=[job.pk]) in page] for page in (first, second)
    ]
    assert [len(some) for some in found] == [20, 3]
    assert not {*found[0]} & {*found[1]}
    assert 'rel="next"' not in second
    assert asked[2].pk.hex[:8] in shown(otto, "jobs", before="no such job")


def test_a_job_in_full_says_its_reasons_its_state_and_that_the_snapshot_grants_nothing(
    world: World, otto: Client
):
    job = released(world)
    log.sequence(at=NOW)
    page = shown(otto, "job", job.pk)
    assert re.findall(r"<dd>(\d+)</dd>", page)[-2:] == ["12", "10"]
    assert "You have not allowed this use." in page
    assert "CONSENT_NONE" in page
    assert "The snapshot grants nothing." in page
    assert page.count("Does not hold</span>") == 0
    assert page.count("Holds</span>") == 3
    assert "may read 10 of 12 people" in page
    assert re.search(r'fill="var\(--accent-ink\)"[^>]*>released</text>', page)


def test_no_answer_and_no_name_is_on_a_jobs_page(world: World, otto: Client):
    job = released(world, people=13)
    page = shown(otto, "job", job.pk)
    assert "rosa-researcher" not in page
    assert '"count"' not in page
    for person in world.people.values():
        assert person.pseudonym not in page


def test_opening_a_job_is_an_event_and_the_page_says_so(world: World, otto: Client):
    job = released(world)
    page = shown(otto, "job", job.pk)
    assert "That you opened this job is an event in the ledger" in page
    [look] = looks()
    assert (look["kind"], look["subject"]) == ("broker:job:audited", f"job:{job.pk}")
    assert f"looked into job {str(job.pk)[:8]} as an auditor" in page


def test_a_job_that_was_not_released_has_nobody_to_tell_of(world: World, otto: Client):
    job = job_of(queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW))
    page = shown(otto, "job", job.pk)
    assert "nothing is kept about anybody" in page
    assert "Not yet" in page


def test_a_manifest_that_was_changed_or_swapped_is_seen(world: World, otto: Client):
    job = released(world)
    kept = bytes(job.manifest or b"")
    Job.objects.filter(pk=job.pk).update(snapshot=b"another")
    assert shown(otto, "job", job.pk).count("Does not hold</span>") == 1
    Job.objects.filter(pk=job.pk).update(manifest=kept[:-1] + bytes([kept[-1] ^ 1]))
    page = shown(otto, "job", job.pk)
    assert "not what was written" in page
    assert "Changed since" in shown(otto, "jobs")
    assert len(looks()) == 2  # the look is written down all the same


def test_every_state_and_every_arrow_is_drawn_inside_the_picture(world: World):
    job = Job(state=JobState.PAUSED)
    drawn = auditor_jobs.drawing(job)
    assert {box.state for box in drawn["boxes"]} == set(JobState)
    assert [box.state for box in drawn["boxes"] if box.now] == [JobState.PAUSED]
    arrows = sum(len(after - {before}) for before, after in TRANSITIONS.items())
    assert len(drawn["arrows"]) == arrows
    for arrow in drawn["arrows"]:
        assert 0 <= min(arrow.x1, arrow.x2) <= max(arrow.x1, arrow.x2) <= 314
        assert 0 <= min(arrow.y1, arrow.y2) <= max(arrow.y1, arrow.y2) <= 184
    assert len(auditor_jobs.table(job)) == len(JobState)


def test_a_jobs_way_through_time_is_listed_and_drawn_to_scale(world: World, otto: Client):
    job = released(world)
    Job.objects.filter(pk=job.pk).update(created_at=NOW - timedelta(seconds=60))
    job.refresh_from_db()
    steps = auditor_times.items(job)
    labels = [step["label"] for step in steps]
    assert labels[0] == "Asked"
    assert labels[-1] == "Ready"
    assert "The law was asked: snapshot" in labels
    assert "The law was asked: release" in labels
    drawn = auditor_times.drawing(steps)
    assert drawn["seconds"] == "60.0"
    assert drawn["marks"][0].x == 8
    assert {mark.x for mark in drawn["marks"][1:]} == {306}  # all at the frozen clock's one moment
    assert all(mark.y < drawn["height"] for mark in drawn["marks"])
    page = shown(otto, "job", job.pk)
    assert page.count("The law was asked: release") == 2  # in the picture and in the list


def test_a_job_that_waits_has_its_first_moment_and_where_it_is(world: World, otto: Client):
    job = job_of(queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW))
    steps = auditor_times.items(job)
    assert [(step["label"], step["state"]) for step in steps] == [("Asked", "done"), ("Waiting", "now")]
    assert len(auditor_times.drawing(steps)["marks"]) == 1
    assert "Waiting" in shown(otto, "job", job.pk)
