"""The bench's population is a house like any other: sealed, decided as planned, and the same by the verbs."""

from collections import Counter

import pytest
from django.conf import settings
from django.db import transaction

from consent import records
from consent.ledger import log
from consent.models import Participant, Statement
from tests.bench import population, verbs

pytestmark = pytest.mark.django_db
PEOPLE = 200


def quietly(_line: str) -> None:
    """Progress is for people who wait."""


def by_verbs() -> tuple[list[Statement], set[int]]:
    """The same people one verb at a time, in a house that is torn down again."""
    with transaction.atomic():
        _, refused = verbs.build(PEOPLE)
        rows = list(Statement.objects.order_by("seq"))
        transaction.set_rollback(True)
    return rows, refused


def test_every_row_is_sealed_and_everybody_is_decided_as_planned():
    crowd = population.build(PEOPLE, say=quietly)
    assert crowd.allows_homicide.sum() == round(PEOPLE * 185 / 1300)
    assert Statement.objects.count() == round(PEOPLE * 4000 / 1300)
    assert sum(len(records.of(person)) for person in Participant.objects.all()) == len(crowd.who)
    assert population.misread(crowd, sample=PEOPLE) == []
    crowd.allows_homicide[:] = ~crowd.allows_homicide
    assert len(population.misread(crowd, sample=PEOPLE)) == (crowd.files > 0).sum()


@pytest.mark.harness
def test_its_rows_are_shaped_as_the_verbs_shape_them():
    ordinary, refused = by_verbs()
    population.build(PEOPLE, say=quietly)
    bulk = [row for row in Statement.objects.order_by("seq") if row.seq - 1 not in refused]
    assert len(refused) < PEOPLE // 10
    assert Counter(map(verbs.shape, ordinary)) == Counter(map(verbs.shape, bulk))
    assert not log.openings(["consent:statement:given"])  # what it leaves out: the events
    assert {row.seal_key for row in bulk} == {settings.SEAL_KEY.id}


def test_it_never_moves_into_a_house_that_people_live_in():
    population.build(PEOPLE, say=quietly)
    with pytest.raises(SystemExit, match="participants in this house already"):
        population.build(PEOPLE, say=quietly)
