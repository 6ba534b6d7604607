"""The pages that say why: sound on a phone in the dark and on a desk in the light."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from broker import jobs, people, queries
from broker.demo.staff import PASSWORD
from consent import records
from consent.terms import Permission
from genomics.intake.receive import receive
from tests.builders import vcf
from tests.world import World, job_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_why_for_her_and_for_an_auditor(
    page: Any, sign_in: Any, sound: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("broker.tasks.ring", lambda job_id: None)
    world, now = World(held=False), timezone.now()
    eve = people.sign_up("eve", PASSWORD, born_on=date(1980, 1, 1), at=now - timedelta(days=300))
    person = eve.own_record.participant
    people.verify_identity(person, by=world.staff.steward, at=now - timedelta(days=300))
    receive(person, vcf([("20", 1000226, "A", "T", "0/1")]), by="x", at=now - timedelta(days=300))
    world.give(person, "RESEARCH", Permission(code="GRU"), at=now - timedelta(days=200))
    world.crowd(2, says="Ada")
    done = []
    for _ in range(2):
        query = queries.submit(
            world.carriers(), under=world.request(), by=world.staff.researcher, at=timezone.now()
        )
        done.append(job_of(query))
        jobs.run(done[-1].pk, clock=timezone.now, batch=50)
        records.withdraw(person, by="x", at=timezone.now())

    sign_in(page, eve)
    page.goto(reverse("participant:usage"))
    page.get_by_role("link", name="University").last.click()
    sound("why-read")
    page.get_by_text("Bahasa Indonesia").last.click()
    page.goto(reverse("participant:why", args=[done[1].pk]))
    sound("why-not-read")

    sign_in(page, world.staff.auditor)
    page.goto(reverse("auditor:job", args=[done[0].pk]))
    page.get_by_label("Participant").fill("P-XXXX-XXXX")
    page.get_by_role("button", name="Decide again").click()
    sound("auditor-explanation-nobody")
    page.get_by_label("Participant").fill(person.pseudonym)
    page.get_by_role("button", name="Decide again").click()
    page.get_by_text("Byte for byte the same").wait_for()
    sound("auditor-explanation")
