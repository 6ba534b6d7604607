"""Who may see a job, and what nobody reads off its pages: how many were considered, who changed her mind."""

import re
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from broker import jobs, results
from broker.models import Query
from consent.ledger import log
from consent.models import LedgerEvent
from tests.broker.portal.jobs.running import ask, run, shown, signed_in, taken
from tests.world import NOW, World

pytestmark = pytest.mark.django_db


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


def test_an_answer_is_under_way_until_its_release_lies_under_a_checkpoint(world: World, rosa: Client):
    world.crowd(12, says="Ada")
    job = ask(world)
    jobs.run(job.pk, clock=lambda: NOW, batch=3)
    assert 'id="progress"' in shown(rosa, job)
    assert rosa.get(reverse("jobs:progress", args=[job.pk])).status_code != 286
    assert rosa.get(reverse("jobs:download", args=[job.pk, "json"])).status_code == 302
    log.sequence(at=NOW)
    assert rosa.get(reverse("jobs:progress", args=[job.pk])).status_code == 286
    assert 'id="progress"' not in shown(rosa, job)


def test_a_page_whose_look_cannot_be_written_down_says_so(
    world: World, rosa: Client, monkeypatch: pytest.MonkeyPatch
):
    def full(*_args: Any, **_kwargs: Any) -> None:
        raise OperationalError("database or disk is full")

    job = ask(world)
    monkeypatch.setattr("consent.ledger.batches.write", full)
    answer = rosa.post(reverse("jobs:cancel", args=[job.pk]))
    assert answer.status_code == 503
    assert "That record cannot be written at this moment" in answer.content.decode()
    job.refresh_from_db()
    assert job.state == "queued"
