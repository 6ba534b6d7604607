"""Canaries: like anybody else to the house, and whatever reaches one is stopped and told."""

from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from broker import anomaly_watch, canaries, events, job_words, jobs, notices, queries
from broker.errors import NotAllowed
from broker.models import Canary, Job, JobState
from consent import clearance as proofs
from consent import records
from consent.ledger import log
from consent.models import Holding, LedgerOpening, Participant
from consent.purposes import FAMILIES
from consent.terms import Permission, Verb
from genomics import gate
from genomics.errors import FileRefused
from tests.builders import vcf
from tests.consent.ledger.build import unsafe_delete, unsafe_rows
from tests.unsafe import unsafe_without_triggers
from tests.world import EARLIER, NOW, World, job_of

pytestmark = pytest.mark.django_db
FILE = vcf([("20", 1000226, "A", "T", "0/1")])


@pytest.fixture
def world() -> World:
    return World()


def planted(world: World, login: str = "maria-k", data: bytes = FILE) -> Participant:
    return canaries.plant(data, login=login, born_on=date(1975, 3, 2), by=world.staff.auditor, at=EARLIER)


def asked(world: World) -> Job:
    query = queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW)
    return job_of(query)


def run(job: Job) -> Job:
    jobs.run(job.pk, clock=lambda: NOW, batch=50)
    job.refresh_from_db()
    return job


def touched() -> list[dict[str, Any]]:
    return [said["fields"] for said in log.openings([events.CANARY_TOUCHED.tag]).values()]


def test_a_canary_says_no_to_everything_and_stands_where_others_stand(world: World):
    person = planted(world)
    said = records.of(person)
    assert {one.family for one in said} == set(FAMILIES)
    assert {one.decision for one in said} == {Verb.DENY}
    assert person.holdings.get().state == Holding.State.ACTIVE
    person.refresh_from_db()
    assert person.identity_verified
    [known] = canaries.planted()
    assert (known.ordinal, known.pseudonym) == (person.ordinal, person.pseudonym)


def test_the_mark_tells_nobody_without_the_key_who_it_is(world: World):
    person = planted(world)
    raw = bytes(Canary.objects.get().sealed)
    assert person.pseudonym.encode() not in raw
    assert str(person.holdings.get().file).encode() not in raw
    [said] = log.openings([events.CANARY_PLANTED.tag]).values()
    assert person.pseudonym not in str(said)
    assert said["subject"] == ""


def test_a_lawful_job_goes_by_her_and_nothing_rings(world: World):
    world.crowd(10, says="Ada")
    planted(world)
    job = run(asked(world))
    assert job.state == JobState.RELEASED
    assert not touched()
    assert not anomaly_watch.seen(since=EARLIER, at=NOW)


def test_a_clearance_that_permits_her_stops_the_job_before_anything_is_read(world: World, monkeypatch):
    """As if the law had been taken out: she is let through, and the guard alone stands."""
    world.crowd(10, says="Ada")
    person = planted(world)
    file = person.holdings.get().file
    genuine = proofs.clear

    def lawless(*arguments: Any, **said: Any) -> Any:
        cleared = genuine(*arguments, **said)
        one = proofs.Permitted(ordinal=person.ordinal, files=(file,), heads=())
        object.__setattr__(cleared, "permitted", (*cleared.permitted, one))
        return cleared

    def never(*_arguments: Any, **_said: Any) -> Any:
        raise AssertionError("The gate was reached.")

    monkeypatch.setattr(proofs, "clear", lawless)
    monkeypatch.setattr(gate, "ask", never)
    job = run(asked(world))
    assert job.state == JobState.PAUSED
    assert job.answer is None
    assert "canary" not in job.trouble.lower()  # whoever asked is not told whom she touched
    assert person.pseudonym not in job.trouble
    assert touched() == [{"where": "permitted", "canaries": 1}]
    [rang] = log.openings([events.CANARY_TOUCHED.tag]).values()
    assert rang["subject"] == f"job:{job.pk}"
    assert {one.notice.kind for one in notices.inbox(world.staff.auditor)} == {"canary", "unsound"}
    assert "canary" in {one.rule for one in anomaly_watch.seen(since=EARLIER, at=NOW)}


def test_a_file_of_hers_that_was_opened_stops_the_release(world: World, monkeypatch):
    """As if the vault had opened more than the Clearance covers."""
    world.crowd(10, says="Ada")
    person = planted(world)
    genuine = gate.ask

    def leaky(*arguments: Any, **said: Any) -> Any:
        found = genuine(*arguments, **said)
        return gate.Asked(found.answer, found.clearance, found.opened | {person.holdings.get().file})

    monkeypatch.setattr(gate, "ask", leaky)
    job = run(asked(world))
    assert (job.state, job.answer) == (JobState.PAUSED, None)
    assert touched() == [{"where": "opened", "canaries": 1}]


def test_a_mark_that_was_removed_or_changed_is_told(world: World):
    planted(world)
    planted(world, "otto-b", vcf([("20", 1000226, "A", "T", "1/1")]))
    assert canaries.missing() == 0
    with unsafe_without_triggers(connection):
        unsafe_delete(unsafe_rows(Canary).filter(pk=Canary.objects.first().pk))
        unsafe_rows(Canary).update(sealed=b"something else")
    assert canaries.missing() == 2
    assert [(one.rule, one.count) for one in anomaly_watch.seen(since=NOW, at=NOW)] == [("marks", 2)]


@pytest.mark.parametrize("sealed", [b"", b"something else", bytes(80)], ids=["empty", "other", "garbled"])
def test_a_mark_that_was_changed_pauses_the_job_and_rings(world: World, sealed: bytes):
    world.crowd(10, says="Ada")
    planted(world)
    with unsafe_without_triggers(connection):
        unsafe_rows(Canary).update(sealed=sealed)
    job = run(asked(world))
    assert (job.state, job.trouble, job.answer) == (JobState.PAUSED, job_words.UNSOUND, None)
    (line,) = LedgerOpening.objects.filter(event__kind="consent:alarm:unsound")
    assert line.subject == f"job:{job.pk}"
    assert {one.notice.kind for one in notices.inbox(world.staff.auditor)} == {"unsound"}


def test_whatever_is_done_about_her_is_told(world: World):
    person = planted(world)
    world.give(person, "RESEARCH", Permission("GRU"), at=NOW)
    found = anomaly_watch.seen(since=NOW - timedelta(days=1), at=NOW)
    assert [(one.rule, one.about) for one in found] == [("canary", person.pseudonym)]


def test_only_an_auditor_plants_and_a_file_that_is_refused_leaves_nobody(world: World):
    for who in (world.staff.admin, world.staff.steward):
        with pytest.raises(NotAllowed):
            canaries.plant(FILE, login="x", born_on=date(1975, 3, 2), by=who, at=EARLIER)
    assert not Participant.objects.exists()
    with pytest.raises(FileRefused):
        planted(world, data=b"<html>")
    assert not Participant.objects.filter(erased_at__isnull=True).exists()
    assert not Canary.objects.exists()


def test_the_command_plants_one_and_refuses_in_a_sentence(world: World, tmp_path: Path):
    file = tmp_path / "nobody.vcf"
    file.write_bytes(FILE)
    said = {"login": "maria-k", "born": date(1975, 3, 2), "by": "otto-auditor"}
    out = StringIO()
    call_command("plant_canary", file, **said, stdout=out)
    assert "is a canary" in out.getvalue()
    assert Canary.objects.count() == 1
    with pytest.raises(CommandError, match="is taken"):
        call_command("plant_canary", file, **said)
    with pytest.raises(CommandError, match="no login 'nobody'"):
        call_command("plant_canary", file, **said | {"by": "nobody", "login": "b"})
    with pytest.raises(CommandError, match="No canary was planted"):
        call_command("plant_canary", file, **said | {"by": "sten-steward", "login": "b"})
    assert Canary.objects.count() == 1
