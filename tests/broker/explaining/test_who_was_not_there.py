"""Who came later, jobs that asked nothing, and the erased."""

import json
from datetime import UTC, date, datetime

import pytest

from broker.errors import Refused
from consent import participants
from consent.errors import NotRemembered
from consent.models import Participant
from consent.reasons import Reason
from tests.broker.explaining.replaying import HOUR, ask, run, tamper, why
from tests.world import NOW, World

pytestmark = [pytest.mark.server, pytest.mark.django_db]


def test_whoever_came_later_was_not_considered(world: World):
    world.crowd(2, says="Ada")
    job = run(ask(world))
    late = participants.register(born_on=date(1990, 1, 1), by="x", at=NOW + HOUR)
    replay = why(job, late)
    assert (replay.considered, replay.recorded, replay.then, replay.equal) == (False, None, None, None)
    with pytest.raises(NotRemembered):
        why(job, late, as_of=NOW)


def test_a_job_that_has_asked_nothing_has_decided_nothing(world: World):
    person = world.join("Ada")
    with pytest.raises(Refused, match="decided nothing"):
        why(ask(world), person)


@pytest.mark.parametrize("year", [1, 1899, 2200, 9999])
def test_an_instant_that_no_decision_can_be_of_is_refused(world: World, year: int):
    person = world.join("Ada")
    job = run(ask(world))
    with pytest.raises(Refused, match="Ask for an instant between"):
        why(job, person, as_of=datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC))


def test_an_erased_person_is_told_to_be_erased(world: World):
    person = world.join("Ada")
    world.crowd(1, says="Ada")
    job = run(ask(world))
    tamper("DELETE FROM consent_ledgeropening WHERE subject = %s", person.pseudonym)
    tamper("DELETE FROM consent_statement WHERE participant_id = %s", person.ordinal)
    Participant.objects.filter(pk=person.pk).update(erased_at=NOW + HOUR)
    replay = why(job, person)
    assert (replay.erased, replay.then, replay.equal) == (True, None, None)
    assert Reason.SUBJ_ERASED in replay.now.verdict.reasons
    assert json.loads(json.dumps(replay.as_json(), default=str))["erased"] is True
