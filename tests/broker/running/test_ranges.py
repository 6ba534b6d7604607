"""A job that is cut into ranges says what it would have said at once, byte for byte; no range outlives it."""

import json
from typing import Any

import numpy as np
import pytest
from django.urls import reverse

from broker import cases, gates, queries
from broker.models import Job, JobGate, JobRange, JobState, RangeState
from consent.ledger import log
from consent.models import LedgerEvent
from consent.terms import Permission
from genomics import events as genomics_events
from tests.broker.running import asked as uncut
from tests.broker.running import cut
from tests.broker.running.asked import ask, outcome
from tests.builders import vcf
from tests.remembering import receive
from tests.world import EARLIER, NOW, World, genotypes, job_of, small_panel, with_panel

pytestmark = [pytest.mark.server, pytest.mark.django_db]


def in_ranges(world: World, settings: Any, ranges: int) -> None:
    settings.RANGE_PEOPLE = -(-len(world.people) // ranges)


@pytest.mark.parametrize(("question", "told"), [("carriers", {12}), ("frequencies", {11, 12})])
@pytest.mark.parametrize("ranges", [2, 5])
def test_what_is_counted_in_ranges_is_what_is_counted_at_once(
    world: World, settings, question: str, told: set[int], ranges: int
):
    world.crowd(11, says="Ada")
    world.join("Ben")
    world.join("Cleo")
    world.join("Noor", says="Ada", genotype="0/0")
    two = world.join("with two files", says="Ada", genotype="0/0")
    receive(two, vcf([("20", 1000226, "A", "T", "1/1")]), by="self", at=EARLIER)
    whole = cut.answer(uncut.run(job_of(ask(world, kind=question))))
    in_ranges(world, settings, ranges)
    job = cut.run(job_of(ask(world, kind=question)))
    assert cut.answer(job) == whole
    assert json.loads(whole)["count"] in told  # her first file speaks for her, and which is first is chance
    assert job.cut_into == ranges
    assert cut.is_cleared_away(job)
    cut.require_decided_again(job)


@pytest.fixture
def family(world: World) -> World:
    """Six people who share something with whoever left the trace, each another part, and strangers."""
    rng = np.random.default_rng(3)
    panel = with_panel(small_panel())
    trace = rng.integers(0, 2, (2, len(panel)))
    world.trace = genotypes(panel, trace.sum(0))
    for n in range(6):
        hers = rng.integers(0, 2, (2, len(panel)))
        half = slice(0, len(panel)) if n < 2 else slice(300 * n, 300 * n + 900)
        hers[0, half] = trace[n % 2, half]
        world.join(f"kin {n}", says="Noor", data=genotypes(panel, hers.sum(0)))
        world.join(f"stranger {n}", says="Noor", data=genotypes(panel, rng.integers(0, 3, len(panel))))
    world.join("the same", says="Noor", data=world.trace)
    world.join("Ben", data=world.trace)
    return world


@pytest.mark.parametrize("kind", ["relatives", "identity"])
def test_whom_ranges_find_is_whom_one_worker_finds_under_the_same_names(family: World, settings, kind: str):
    case = family.case()
    by = family.investigator_of(case)
    profile = cases.bring_evidence(case, family.trace, by=by, at=NOW)
    question = {"kind": kind, "evidence": str(profile.id)}
    whole = cut.answer(uncut.run(job_of(queries.submit(question, under=case, by=by, at=NOW))))
    assert whole.count(b'"person"') == (1 if kind == "identity" else 7)
    for ranges in (2, 4, 7):
        in_ranges(family, settings, ranges)
        job = cut.run(job_of(queries.submit(question, under=case, by=by, at=NOW)))
        assert cut.answer(job) == whole
    cut.require_decided_again(job)


def test_a_small_house_cuts_nothing(world: World, settings):
    settings.RANGE_PEOPLE = 3
    world.crowd(3, says="Ada")
    job = uncut.run(job_of(ask(world)))
    assert (job.state, job.cut_into) == (JobState.RELEASED, 0)


def test_how_many_ranges_there_are_does_not_follow_from_how_many_permit_it(world: World, settings):
    """Else the share of the first one that is done would tell the asker how many do."""
    settings.RANGE_PEOPLE = 2
    world.crowd(1, says="Ada")
    silent = world.crowd(5, says="Dov")
    job = job_of(ask(world))
    rung = cut.cut(job)
    assert [one.first for one in job.ranges.order_by("number")].count(None) == len(rung) - 1 == 2
    assert cut.read(rung) == job.pk
    for person in silent:
        world.give(person, "RESEARCH", Permission(code="GRU"))
    assert len(cut.cut(job_of(ask(world)))) == 3


def test_how_far_it_is_is_told_by_ranges(world: World, settings):
    world.crowd(8, says="Ada")
    in_ranges(world, settings, 4)
    job = job_of(ask(world))
    told = []
    for one in cut.cut(job):
        cut.read([one])
        job.refresh_from_db()
        told.append((job.progress_told, job.state_told))
    assert told == [
        (25, JobState.RUNNING),
        (50, JobState.RUNNING),
        (75, JobState.RUNNING),
        (99, JobState.RUNNING),
    ]


def test_the_page_of_a_search_tells_it_too(family: World, settings, client):
    case = family.case()
    by = family.investigator_of(case)
    profile = cases.bring_evidence(case, family.trace, by=by, at=NOW)
    question = {"kind": "relatives", "evidence": str(profile.id)}
    in_ranges(family, settings, 4)
    job = job_of(queries.submit(question, under=case, by=by, at=NOW))
    rung = cut.cut(job)
    cut.read(rung[:3])
    client.force_login(by, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("jobs:job", args=[job.pk])).content.decode()
    assert "3 of 4 parts are read" in page
    assert "75" in page


def test_each_range_reads_its_people_and_nobody_else_and_says_so_in_the_ledger(world: World, settings):
    world.crowd(6, says="Ada")
    world.join("Ben")
    world.join("Cleo")
    in_ranges(world, settings, 2)
    job = cut.run(job_of(ask(world)))
    (told,) = log.openings(["query:job:cut"]).values()
    assert (told["fields"], told["by"], told["subject"]) == ({"ranges": 2}, "worker", f"job:{job.pk}")
    opened = log.openings([genomics_events.VAULT_OPENED.tag]).values()
    assert [one["fields"]["files"] for one in opened if one["subject"] == f"query:{job.query_id}"] == [3, 3]
    assert LedgerEvent.objects.filter(kind="query:job:released").count() == 1
    kinds = [gate.kind for gate in JobGate.objects.filter(job=job).order_by("number")]
    assert kinds == ["snapshot", "range", "range", "again", "cut", "release"]
    released = log.openings(["query:job:released"]).values()
    assert [one["fields"]["gates_sha256"] for one in released] == [gates.commitment(job)]
    assert not outcome(job, world.people["Ben"])[0]


def test_what_a_range_keeps_is_sealed_and_opens_for_no_other(world: World, settings):
    world.crowd(4, says="Ada")
    in_ranges(world, settings, 2)
    job = job_of(ask(world))
    rung = cut.cut(job)
    cut.read(rung)
    one, other = JobRange.objects.order_by("number")
    assert (one.state, other.state) == (RangeState.DONE, RangeState.DONE)
    file = world.people["Ada 0"].genomic_files.get()
    for kept in (one.people, one.asked, one.found):
        assert file.id.hex.encode() not in bytes(kept)
        assert str(file.id).encode() not in bytes(kept)
    JobRange.objects.filter(pk=one.pk).update(found=other.found)
    job = uncut.run(job)
    assert (job.state, job.answer) == (JobState.PAUSED, None)


def test_a_range_that_is_gone_releases_nothing(world: World, settings):
    world.crowd(6, says="Ada")
    in_ranges(world, settings, 3)
    job = job_of(ask(world))
    cut.read(cut.cut(job))
    JobRange.objects.filter(job=job, number=2).delete()
    Job.objects.filter(pk=job.pk).update(cut_into=2)  # whoever deletes it may write that, too
    job = uncut.run(job)
    assert (job.state, job.answer, job.cut_into) == (JobState.PAUSED, None, 0)
    assert cut.is_cleared_away(job)
