"""Old answers read later: who has left them since, what is still shown of them, and to whom nothing is."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import access, cases, disclosures, explaining, jobs, queries, rechecking, results
from broker.errors import Refused
from broker.models import Job, JobState, Query
from consent import holdings, participants, records
from consent.errors import HeadMissing
from consent.ledger import log
from consent.models import Change, Holding, Participant, Statement
from consent.terms import Permission
from tests.broker.asking import asked_by_a_participant
from tests.broker.portal.jobs.running import shown, without_token
from tests.builders import vcf
from tests.remembering import receive
from tests.unsafe import unsafe_without_triggers
from tests.world import EARLIER, NOW, World, genotypes, job_of, small_panel, with_panel

pytestmark = [pytest.mark.server, pytest.mark.django_db]
LATER = NOW + timedelta(days=2)
ANOTHER = vcf([("20", 1000226, "A", "T", "1/1")])  # a second file of somebody


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def panel() -> Any:
    return small_panel()


def released(query: Query) -> Job:
    job: Job = job_of(query)
    jobs.run(job.pk, clock=lambda: NOW, batch=3)
    log.sequence(at=NOW)
    job.refresh_from_db()
    assert job.state == JobState.RELEASED
    return job


def counted(world: World, **request: Any) -> Job:
    under = world.request(**request)
    return released(queries.submit(world.carriers(), under=under, by=world.staff.researcher, at=NOW))


def searched(world: World, panel: Any, *names: str, disclosed: bool = True) -> Job:
    """Everybody named is the very person of the evidence, and allows searches for killings."""
    with_panel(panel)
    copies = np.random.default_rng(7).binomial(2, 0.5, len(panel))
    for name in names:
        world.join(name, says="Noor", data=genotypes(panel, copies))
    case, by = world.case(), world.staff.investigator
    evidence = cases.bring_evidence(case, genotypes(panel, copies), by=by, at=NOW)
    question = {"kind": "relatives", "evidence": str(evidence.pk), "min_cm": 7, "min_total_cm": 20}
    job = released(queries.submit(question, under=case, by=by, at=NOW))
    if disclosed:
        world.disclose(job)
    return job


def read(job: Job, *, at: Any = LATER) -> dict[str, Any]:
    return results.read(job, by=job.query.asked_by, at=at)


def signed_in(job: Job, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(timezone, "now", lambda: LATER)
    client = Client()
    client.force_login(job.query.asked_by, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_while_nobody_has_left_an_old_answer_is_what_it_was(world: World):
    world.crowd(2, says="Ada")
    job = counted(world)
    assert (read(job)["fewer_than"], read(job)["since_release"]) == (10, "")


def test_who_withdraws_is_cut_out_of_records_and_the_answer_says_so(world: World, panel: Any):
    job = searched(world, panel, "Noor", "Nora")
    assert len(read(job)["records"]) == 2
    kept = read(job)["records"]
    records.withdraw(world.people["Nora"], by="self", at=LATER)
    answer = read(job)
    assert answer["since_release"] == rechecking.CUT
    assert len(answer["records"]) == 1
    assert answer["records"][0] in kept


def test_who_left_and_was_no_match_changes_nothing_that_is_shown(world: World, panel: Any):
    other = genotypes(panel, np.random.default_rng(99).binomial(2, 0.5, len(panel)))
    stranger = world.join("Olga", says="Noor", data=other)
    job = searched(world, panel, "Noor")
    before = read(job)
    records.withdraw(stranger, by="self", at=LATER)
    assert read(job) == before


def test_how_many_leads_goes_with_whoever_leaves_found_or_not(
    world: World, panel: Any, monkeypatch: pytest.MonkeyPatch
):
    """Noor is found and Olga is not: the page is the same to the letter, whichever of them leaves."""
    other = genotypes(panel, np.random.default_rng(99).binomial(2, 0.5, len(panel)))
    world.join("Olga", says="Noor", data=other)
    job = searched(world, panel, "Noor", disclosed=False)
    client, pages = signed_in(job, monkeypatch), []
    for minute, name in enumerate(("Noor", "Olga")):
        at = NOW + timedelta(minutes=2 * minute)
        assert read(job)["fewer_than"] == 10
        records.withdraw(world.people[name], by="self", at=at)
        with pytest.raises(Refused, match="somebody of whom it was asked has changed"):
            read(job)
        pages.append(without_token(shown(client, job)))
        world.give(world.people[name], "LE.HOM", at=at + timedelta(minutes=1))
    assert pages[0] == pages[1]
    assert rechecking.NOT_SHOWN in pages[0]


def test_a_number_is_not_shown_when_one_it_counts_has_left(world: World):
    crowd = world.crowd(12, says="Ada")
    job = counted(world)
    records.withdraw(crowd[7], by="self", at=NOW)
    with pytest.raises(Refused, match="ask the question again"):
        read(job)
    again = queries.submit(world.carriers(), under=job.query.request, by=job.query.asked_by, at=LATER)
    assert read(released(again))["count"] == 11


def test_a_yes_that_comes_back_shows_the_number_again(world: World):
    crowd = world.crowd(11, says="Ada")
    job = counted(world)
    records.withdraw(crowd[1], by="self", at=NOW)
    world.give(crowd[1], "RESEARCH", Permission(code="GRU"), at=NOW + timedelta(minutes=1))
    assert read(job)["count"] == 11


def test_a_change_that_is_none_for_this_use_leaves_the_number(world: World):
    crowd = world.crowd(2, says="Ada")
    job = counted(world)
    records.deny(crowd[1], "LE.HOM", by="self", at=LATER)
    assert read(job)["fewer_than"] == 10


LEAVE: dict[str, Callable[[World, Participant], Any]] = {
    "frozen": lambda world, one: participants.freeze(one, until=None, by="steward", at=NOW),
    "her only file set aside": lambda world, one: holdings.set_state(
        one.holdings.get(), Holding.State.QUARANTINED, by="steward", at=NOW
    ),
    "said no to one family": lambda world, one: records.withdraw(one, "RESEARCH", by="self", at=NOW),
}


@pytest.mark.parametrize("how", LEAVE)
def test_every_way_of_leaving_counts(world: World, how: str):
    world.crowd(1, says="Ada")
    leaver = world.join("Dov")
    world.give(leaver, "RESEARCH", Permission(code="GRU"), at=NOW - timedelta(hours=1))
    job = counted(world)
    LEAVE[how](world, leaver)
    assert rechecking.lost(job, at=NOW + timedelta(hours=1)) == {leaver.ordinal}


def test_a_yes_that_has_run_out_by_time_alone_counts(world: World):
    world.crowd(1, says="Ada")
    brief = world.join("Dov")
    world.give(brief, "RESEARCH", Permission(code="GRU"), at=EARLIER, valid_to=NOW + timedelta(days=1))
    job = counted(world)
    assert rechecking.lost(job, at=NOW + timedelta(hours=1)) == set()
    assert rechecking.lost(job, at=LATER) == {brief.ordinal}


def test_another_file_of_hers_does_not_stand_in_for_the_one_that_was_read(world: World):
    crowd = world.crowd(2, says="Ada")
    job = counted(world)
    was_read = crowd[0].holdings.get()
    receive(crowd[0], ANOTHER, by="self", at=NOW)
    assert rechecking.lost(job, at=LATER) == set()
    holdings.set_state(was_read, Holding.State.ERASED, by="self", at=NOW)
    assert rechecking.lost(job, at=LATER) == {crowd[0].ordinal}


def test_a_file_that_was_never_read_may_go(world: World):
    crowd = world.crowd(2, says="Ada")
    job = counted(world)
    was_read = crowd[0].holdings.get()
    receive(crowd[0], ANOTHER, by="self", at=NOW)
    late = crowd[0].holdings.exclude(file=was_read.file).get()
    holdings.set_state(late, Holding.State.ERASED, by="self", at=NOW)
    assert rechecking.lost(job, at=LATER) == set()


def test_what_a_later_job_looked_at_says_nothing_about_an_earlier_answer(world: World):
    crowd = world.crowd(2, says="Ada")
    job = counted(world)
    was_read = crowd[0].holdings.get()
    receive(crowd[0], ANOTHER, by="self", at=NOW)
    holdings.set_state(was_read, Holding.State.ERASED, by="self", at=NOW)
    later = counted(world)  # it read the other file, and was released after the change
    assert rechecking.lost(later, at=LATER) == set()
    assert rechecking.lost(job, at=LATER) == {crowd[0].ordinal}


def test_where_what_was_decided_cannot_be_decided_again_every_file_counts_as_read(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    crowd = world.crowd(2, says="Ada")
    job = counted(world)
    was_read = crowd[0].holdings.get()
    receive(crowd[0], ANOTHER, by="self", at=NOW)
    holdings.set_state(
        crowd[0].holdings.exclude(file=was_read.file).get(), Holding.State.ERASED, by="self", at=NOW
    )
    again = explaining.of
    monkeypatch.setattr(explaining, "of", lambda *who, at: replace(again(*who, at=at), equal=False))
    assert rechecking.lost(job, at=LATER) == {crowd[0].ordinal}


def test_what_was_asked_under_an_approval_that_ended_is_not_shown(world: World):
    world.crowd(2, says="Ada")
    job = counted(world)
    access.close(job.query.request, reason="done", by=world.staff.steward, at=LATER)
    with pytest.raises(Refused, match="no longer stands"):
        read(job)


def test_a_withdrawal_taken_out_of_the_database_shows_nothing(world: World):
    crowd = world.crowd(2, says="Ada")
    job = counted(world)
    newest = Change.objects.latest("position").position
    epoch = Participant.objects.get(pk=crowd[0].pk).epoch
    records.withdraw(crowd[0], by="self", at=NOW)
    log.sequence(at=NOW)
    with unsafe_without_triggers(connection), connection.cursor() as cursor:
        cursor.execute("DELETE FROM consent_statement WHERE seq > %s", [newest])
        cursor.execute("UPDATE consent_participant SET epoch = %s WHERE ordinal = %s", [epoch, crowd[0].pk])
    assert not Statement.objects.filter(family="*").exists()
    with pytest.raises(HeadMissing):
        read(job)


def test_the_page_the_files_and_rest_say_so_in_plain_words(
    world: World, panel: Any, monkeypatch: pytest.MonkeyPatch
):
    job = searched(world, panel, "Noor", "Nora")
    records.withdraw(world.people["Nora"], by="self", at=NOW)
    client = signed_in(job, monkeypatch)
    page = client.get(reverse("jobs:job", args=[job.pk])).content.decode()
    assert rechecking.CUT in page
    table = client.get(reverse("jobs:download", args=[job.pk, "csv"])).content.decode()
    assert f"# since_release: {rechecking.CUT}" in table
    whole = json.loads(client.get(reverse("jobs:download", args=[job.pk, "json"])).content)
    rest = client.get(reverse("api:result", args=[job.pk])).json()
    for one in (whole, rest):
        assert one["since_release"] == rechecking.CUT
        assert len(one["records"]) == 1
        assert one["records"][0]["person"] in page


def test_a_number_that_is_refused_is_refused_at_every_door(world: World, monkeypatch: pytest.MonkeyPatch):
    crowd = world.crowd(2, says="Ada")
    job = counted(world)
    records.withdraw(crowd[0], by="self", at=NOW)
    client = signed_in(job, monkeypatch)
    page = client.get(reverse("jobs:job", args=[job.pk])).content.decode()
    assert rechecking.NOT_SHOWN in page
    assert "people carry it" not in page
    assert client.get(reverse("jobs:download", args=[job.pk, "csv"])).status_code == 302
    refused = client.get(reverse("api:result", args=[job.pk]))
    assert (refused.status_code, refused.json()["detail"]) == (422, rechecking.NOT_SHOWN)


def test_a_participant_who_asks_and_stops_while_it_runs_gets_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    """Whoever looks for relatives must allow to be found: her own no counts at the release, and in replay."""
    job, asker = asked_by_a_participant(world, monkeypatch)
    stage = jobs._stage

    def stage_then_stop(claim, asked):
        manifest = stage(claim, asked)
        if not Statement.objects.filter(participant=asker, family="*").exists():
            records.withdraw(asker, by="self", at=NOW)
        return manifest

    monkeypatch.setattr(jobs, "_stage", stage_then_stop)
    jobs.run(job.pk, clock=lambda: NOW, batch=3)
    job.refresh_from_db()
    assert job.state == JobState.RELEASED
    log.sequence(at=NOW)
    assert results.read(job, by=job.query.asked_by, at=NOW)["count"] is None
    outcome = explaining.of(job, world.people["Ada 1"], at=NOW)
    assert (outcome.equal, outcome.recorded.read if outcome.recorded else None) == (True, False)


def test_for_who_looks_for_relatives_a_change_that_is_none_for_it_changes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    job, _ = asked_by_a_participant(world, monkeypatch)
    jobs.run(job.pk, clock=lambda: NOW, batch=3)
    job.refresh_from_db()
    world.give(world.people["Ada 1"], "QC", at=NOW)
    assert rechecking.lost(job, at=LATER) == set()


def test_what_a_participant_was_told_goes_with_her_own_yes(world: World, monkeypatch: pytest.MonkeyPatch):
    job, asker = asked_by_a_participant(world, monkeypatch)
    jobs.run(job.pk, clock=lambda: NOW, batch=3)
    log.sequence(at=NOW)
    job.refresh_from_db()
    assert results.read(job, by=job.query.asked_by, at=NOW)["count"] == 11
    assert explaining.of(job, world.people["Ada 1"], at=NOW).equal
    records.withdraw(asker, by="self", at=NOW)
    with pytest.raises(Refused):
        read(job)


def test_a_search_whose_number_is_refused_still_leads_to_its_leads(
    world: World, panel: Any, monkeypatch: pytest.MonkeyPatch
):
    """How many leads it has is told no more; they may be asked for, and everybody is asked again then."""
    job = searched(world, panel, "Noor", "Nora", disclosed=False)
    records.withdraw(world.people["Nora"], by="self", at=NOW)
    client = signed_in(job, monkeypatch)
    assert job.query.case is not None
    door = reverse("agency:disclose", args=[job.query.case.pk, job.pk])
    page = client.get(reverse("jobs:job", args=[job.pk])).content.decode()
    assert rechecking.NOT_SHOWN in page
    assert door in page
    assert client.get(door).status_code == 200
    disclosures.propose(job, reason="Two people.", by=job.query.asked_by, at=NOW)
    page = client.get(reverse("jobs:job", args=[job.pk])).content.decode()
    assert door not in page, "it was asked for, and waits"
    assert "Its leads" in page


def test_an_answer_that_was_changed_leads_nowhere(world: World, panel: Any, monkeypatch: pytest.MonkeyPatch):
    job = searched(world, panel, "Noor", "Nora", disclosed=False)
    Job.objects.filter(pk=job.pk).update(answer=b"something else")
    page = signed_in(job, monkeypatch).get(reverse("jobs:job", args=[job.pk])).content.decode()
    assert "Ask for its leads" not in page
