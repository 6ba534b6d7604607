"""A participant who looks for relatives of her own. No door lets participants ask yet; a query that one did
ask would stand so in the table."""

import pytest

from broker import queries
from broker.models import Job, OwnRecord, Query
from broker.roles import Role
from consent.models import Participant
from tests.cast import relatives
from tests.world import EARLIER, NOW, World, job_of


def asked_by_a_participant(
    world: World, monkeypatch: pytest.MonkeyPatch, crowd: int = 11
) -> tuple[Job, Participant]:
    """Her job, and who she is. She is left out herself in this world: no file of hers carries anything."""
    asker = world.join("Dov", genotype="0/0")
    for person in (asker, *world.crowd(crowd, says="Ada")):
        world.give(person, "RELMATCH", at=EARLIER)
    query = queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW)
    OwnRecord.objects.create(user=query.asked_by, participant=asker)
    use = relatives()
    monkeypatch.setattr("broker.uses.of", lambda _query: use)
    Query.objects.filter(pk=query.pk).update(role=Role.PARTICIPANT)
    return job_of(query), asker
