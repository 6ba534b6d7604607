"""Through the walls: a canary is retired over the web by two auditors, and a job that asked for relatives of
the asker's own is taken along by the auditor's login, which may not read whose login is whose.
"""

import json
from datetime import date
from typing import Any

import pytest

from broker import canaries, explaining, job_files, jobs, people, retiring
from broker.models import User
from broker.roles import Role
from consent.ledger import log
from tests.broker.asking import asked_by_a_participant
from tests.broker.test_canaries import FILE
from tests.world import EARLIER, NOW, World

pytestmark = [pytest.mark.server, pytest.mark.django_db(transaction=True)]


def test_two_auditors_retire_a_canary_over_the_web(walls: Any, world: World):
    otto, other = world.staff.auditor, world.staff.second_legal
    proposed = people.propose(other, Role.AUDITOR, by=world.staff.admin, at=EARLIER)
    people.confirm(proposed, by=world.staff.second_admin, at=EARLIER)
    other = User.objects.get(pk=other.pk)
    person = canaries.plant(FILE, login="maria-k", born_on=date(1975, 3, 2), by=otto, at=EARLIER)
    with walls.login("web"):
        [one] = retiring.standing()
        retiring.ask(one.id, reason="known", by=otto, at=NOW)
        retiring.retire(one.id, by=other, at=NOW)
        assert not [*retiring.standing()]
        assert [said["by"] for said in retiring.retired()] == [other.reference]
    person.refresh_from_db()
    assert person.erased_at == NOW


def test_an_auditor_takes_along_a_job_that_rests_on_its_asker(
    walls: Any, world: World, monkeypatch: pytest.MonkeyPatch
):
    job, asker = asked_by_a_participant(world, monkeypatch, crowd=3)
    with walls.login("worker"):
        jobs.run(job.pk, clock=lambda: NOW, batch=3)
        job.refresh_from_db()
    with walls.login("sequencer"):
        log.sequence(at=NOW)
    with walls.login("auditor"):
        file = json.loads(json.dumps(job_files.of(job)))
        outcome = explaining.of(job, world.people["Ada 1"], at=NOW)
    assert file["asker"] == asker.pseudonym
    assert outcome.equal
