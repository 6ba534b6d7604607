"""A row of a job that was emptied by somebody stops nobody's page."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import jobs, people, queries
from broker.models import Job
from consent.ledger import log
from consent.terms import Permission
from genomics.intake.receive import receive
from tests.builders import vcf
from tests.world import EARLIER, NOW, World, job_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("part", ["manifest", "answer"])
def test_an_emptied_row_of_one_job_stops_nobodys_page(monkeypatch: pytest.MonkeyPatch, part: str):
    world = World()
    user = people.sign_up("eve", "x" * 12, born_on=date(1980, 1, 1), at=EARLIER)
    person = user.own_record.participant
    people.verify_identity(person, by=world.staff.steward, at=EARLIER)
    receive(person, vcf([("20", 1000226, "A", "T", "0/1")]), by=user.reference, at=EARLIER)
    world.give(person, "RESEARCH", Permission(code="GRU"), at=EARLIER)
    world.crowd(10, says="Ada")
    job = job_of(queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW))
    jobs.run(job.pk, clock=lambda: NOW, batch=50)
    log.sequence(at=NOW)
    Job.objects.filter(pk=job.pk).update(**{part: b""})
    later = NOW + timedelta(days=2)
    monkeypatch.setattr(timezone, "now", lambda: later)
    hers, asker = Client(), Client()
    hers.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    asker.force_login(world.staff.researcher, backend="django.contrib.auth.backends.ModelBackend")
    for page in (reverse("participant:home"), reverse("participant:usage")):
        assert hers.get(page).status_code == 200, page
    page = asker.get(reverse("jobs:job", args=[job.pk]))
    assert page.status_code == 200
    assert "Tell an auditor" in page.content.decode()
    told = asker.get(reverse("api:result", args=[job.pk]))
    assert told.status_code == 422
    assert told.json()["type"] == "/problems/refused"
