"""A house whose policy is older than its bounds: nobody is read, a no is taken, a command sets it right."""

from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import health, jobs, people, queries
from broker.models import Job, JobState
from consent import bounding, policies, records
from consent.errors import PolicyRefused
from consent.ledger import log
from consent.models import LedgerEvent
from consent.policy import Policy
from consent.terms import Verb
from tests.broker.explaining.replaying import why
from tests.broker.job_files.taking import asked, checked, run, taken
from tests.proofs import prove
from tests.unsafe import unsafe_without_triggers
from tests.world import EARLIER, NOW, WITHOUT_COOLING_OFF, World

pytestmark = [pytest.mark.server, pytest.mark.django_db]

WIDE = {"policy_version": "2024.1", "majority_age": 22, "leads_exempt": ["L.MIS", "L.HOM"]}
PASSWORD = "correct horse battery"


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def older(world: World, monkeypatch: pytest.MonkeyPatch) -> Job:
    """A job of a house that knew no bounds; then they come in."""
    world.crowd(12, says="Ada")
    world.join("Cleo")
    with monkeypatch.context() as before:
        before.setattr(Policy, "beyond", lambda self: iter(()))
        wide = Policy.as_adopted({**WITHOUT_COOLING_OFF.as_json(), **WIDE})
        policies.adopt(wide, by="founding", at=NOW - timedelta(days=1))
        return run(asked(world))


def test_nobody_is_read_and_no_yes_is_taken(world, older):
    with pytest.raises(PolicyRefused, match="Nobody is read"):
        queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW)
    ada = next(iter(world.people.values()))
    with pytest.raises(PolicyRefused, match="no yes is taken"):
        world.give(ada, "COMMERCIAL", at=NOW)


def test_a_job_that_waits_goes_on_waiting_and_runs_once_it_is_set_right(world, older):
    Job.objects.filter(pk=older.pk).update(state=JobState.QUEUED, token=None, ended_at=None, attempt=0)
    jobs.run(older.pk, clock=lambda: NOW, batch=4)
    older.refresh_from_db()
    assert (older.state, older.attempt) == (JobState.QUEUED, 0)  # not even claimed
    bounding.adopt(by="user:steward", at=NOW)
    again = run(asked(world))
    assert again.state == JobState.RELEASED
    outcome = checked(taken(again))
    assert (outcome.problems, outcome.counts) == ([], {"read": 12, "not read": 1})


def test_what_was_decided_under_it_is_decided_again_under_it(world, older):
    """In the house, and from the job's file with the ledger alone; before and after it is set right."""
    for right in (False, True):
        if right:
            bounding.adopt(by="user:steward", at=NOW + timedelta(hours=1))
        for person in world.people.values():
            replay = why(older, person)
            assert replay.equal is True, replay.problems
            assert replay.then.verdict.policy_version == "2024.1"
        outcome = checked(taken(older))
        assert (outcome.problems, outcome.counts) == ([], {"read": 12, "not read": 1})


def test_a_no_is_taken_at_every_door_meanwhile(older):
    mia = people.sign_up("mia", PASSWORD, born_on=date(1980, 1, 1), at=EARLIER)
    client = prove(client_of(mia))
    for page in ("home", "choices", "usage", "move"):
        assert client.get(reverse(f"participant:{page}")).status_code == 200
    assert client.post(reverse("participant:stop", args=["RESEARCH"])).status_code == 302
    assert client.post(reverse("participant:stop_everything")).status_code == 302
    said = records.of(mia.own_record.participant)
    assert [one.decision for one in said] == [Verb.DENY, Verb.WITHDRAW]


def test_a_no_is_taken_though_the_policy_was_changed_by_hand_and_no_command_makes_that_right(world):
    policies.adopt(Policy.as_adopted({"policy_version": "2"}), by="founding", at=EARLIER)
    with unsafe_without_triggers(connection), connection.cursor() as cursor:
        cursor.execute("UPDATE consent_policyversion SET body = replace(body, '18', '12')")
    policies._read.cache_clear()
    mia = people.sign_up("mia", PASSWORD, born_on=date(1980, 1, 1), at=EARLIER)
    client = prove(client_of(mia))
    for page in ("home", "choices", "usage", "move"):
        assert client.get(reverse(f"participant:{page}")).status_code == 200
    assert client.post(reverse("participant:stop_everything")).status_code == 302
    assert [one.decision for one in records.of(mia.own_record.participant)] == [Verb.WITHDRAW]
    with pytest.raises(CommandError, match="not as it was adopted"):
        call_command("bound_policy", "--by", world.staff.steward.username)
    (found,) = (one for one in health.look(at=timezone.now()) if one.part == "policy")
    assert (found.well, found.words) == (False, "Policy 2 is not as it was adopted.")


def client_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_doctor_says_it_and_the_command_sets_it_right(world, older, capsys):
    log.sequence(at=timezone.now())
    well = {one.part: one for one in health.look(at=timezone.now())}
    assert not well["policy"].well
    assert "bound_policy" in well["policy"].words
    lines = LedgerEvent.objects.count()
    call_command("bound_policy")
    said = capsys.readouterr().out
    for word in ("never at 22", "majority_age: 22 becomes 21", "leads_exempt", "Nothing was changed"):
        assert word in said
    for nobody in ("nobody", world.staff.researcher.username):
        with pytest.raises(CommandError, match="no steward here"):
            call_command("bound_policy", "--by", nobody)
    assert LedgerEvent.objects.count() == lines
    call_command("bound_policy", "--by", world.staff.steward.username)
    assert "which stays on record" in capsys.readouterr().out
    assert policies.in_force(at=timezone.now()).majority_age == 21
    assert {one.part: one.well for one in health.look(at=timezone.now())}["policy"]
    call_command("bound_policy", "--by", world.staff.steward.username)
    assert "goes beyond no bound" in capsys.readouterr().out
    assert LedgerEvent.objects.count() == lines + 1
