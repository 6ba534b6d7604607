"""What was changed or taken away since is told."""

from dataclasses import replace

import pytest

from broker import explaining
from broker.models import Job
from consent.models import LedgerOpening
from tests.broker.explaining.replaying import HOUR, ask, run, tamper, why
from tests.world import EARLIER, NOW, World

pytestmark = [pytest.mark.server, pytest.mark.django_db]


def test_a_statement_that_was_changed_is_told(world: World):
    person = world.join("Ada")
    world.crowd(1, says="Ada")
    job = run(ask(world))
    body = person.statements.get().body.replace("GRU", "HMB")
    tamper("UPDATE consent_statement SET body = %s WHERE participant_id = %s", body, person.ordinal)
    replay = why(job, person)
    assert not replay.holds
    assert "not as it was recorded" in replay.problems[0]


def test_a_statement_that_was_removed_is_told(world: World):
    person = world.join("Cleo")
    world.crowd(1, says="Ada")
    job = run(ask(world))
    tamper("DELETE FROM consent_statement WHERE participant_id = %s AND family = '*'", person.ordinal)
    replay = why(job, person)
    assert not replay.holds
    assert "gone from the record" in replay.problems[0]
    assert "It was decided: DENY (CONSENT_WITHDRAWN)" in replay.problems[1]
    assert "it is: PERMIT" in replay.problems[1]


def test_an_opening_that_was_changed_is_told(world: World):
    person = world.join("Ada")
    world.crowd(1, says="Ada")
    job = run(ask(world))
    row = LedgerOpening.objects.get(subject=person.pseudonym, event__kind="consent:participant:registered")
    body = row.body.replace("1980-01-01", "2020-01-01")
    tamper("UPDATE consent_ledgeropening SET body = %s WHERE event_id = %s", body, row.event_id)
    assert "not as it was recorded" in why(job, person).problems[0]


def test_a_gate_that_was_changed_or_removed_is_told(world: World):
    person = world.join("Dov")
    world.crowd(1, says="Ada")
    job = run(ask(world))
    tamper("UPDATE broker_jobgate SET at = %s WHERE number = 0", EARLIER - HOUR)
    assert "gates of job" in why(job, person).problems[0]
    tamper("UPDATE broker_jobgate SET at = %s WHERE number = 0", NOW)
    assert why(job, person).holds
    tamper("DELETE FROM broker_jobgate WHERE number = 0")
    replay = why(job, person)
    assert not replay.holds
    assert (replay.considered, replay.then) == (True, None)


def test_a_manifest_that_does_not_open_is_told(world: World):
    person = world.join("Ada")
    job = run(ask(world))
    Job.objects.filter(pk=job.pk).update(manifest=b"x" * 40)
    job.refresh_from_db()
    replay = why(job, person)
    assert not replay.holds
    assert replay.recorded is None


def test_a_decision_on_other_statements_is_told(world: World, monkeypatch):
    """The reasons are the same and the bytes are not: the digest knows."""
    person = world.join("Ada")
    job = run(ask(world))
    judged = explaining.Record.judged

    def on_another(self, *args):
        return replace(judged(self, *args), relied_on=(1,))

    monkeypatch.setattr(explaining.Record, "judged", on_another)
    replay = why(job, person)
    assert replay.equal is False
    assert "on other statements, files or under another policy" in replay.problems[0]
