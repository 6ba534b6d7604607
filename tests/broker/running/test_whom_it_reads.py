"""A job reads those whose consent covers its purpose, and tells no small number."""

from datetime import timedelta

import pytest

from broker.models import JobState
from consent.reasons import Reason
from tests.broker.running.asked import answer_of, ask, outcome, run
from tests.world import EARLIER, World, job_of

pytestmark = [pytest.mark.server, pytest.mark.django_db]


def test_only_those_whose_consent_covers_the_purpose_are_counted(world: World):
    world.crowd(12, says="Ada")
    others = [world.join(name) for name in ("Ben", "Noor", "Cleo", "Dov")]
    job = run(job_of(ask(world)))
    assert job.state == JobState.RELEASED
    assert answer_of(world, job)["count"] == 12
    assert [outcome(job, person)[0] for person in others] == [False] * 4
    assert outcome(job, world.people["Ben"])[1] == (Reason.PURPOSE_NOT_COVERED,)
    assert outcome(job, world.people["Noor"])[1] == (Reason.CONSENT_NONE,)
    assert outcome(job, world.people["Cleo"])[1] == (Reason.CONSENT_WITHDRAWN,)
    assert outcome(job, world.people["Dov"])[1] == (Reason.CONSENT_NONE,)


def test_a_cancer_project_reaches_ben_as_well(world: World):
    world.crowd(9, says="Ada")
    world.join("Ben")
    job = run(job_of(ask(world, world.request("R.DS", disease="MONDO:0004992"))))
    assert answer_of(world, job)["count"] == 10


def test_commercial_use_needs_its_own_yes(world: World):
    unwilling = world.crowd(10, says="Ada")
    willing = world.crowd(11, says="Ada")
    for number, person in enumerate(willing):
        world.give(person, "COMMERCIAL", at=EARLIER + timedelta(seconds=number))
    job = run(job_of(ask(world, world.request(commercial_use=True))))
    assert answer_of(world, job)["count"] == 11
    assert outcome(job, unwilling[0])[1] == (Reason.COMMERCIAL_NOT_GRANTED,)


def test_a_small_number_is_not_told(world: World):
    world.crowd(9, says="Ada")
    job = run(job_of(ask(world)))
    answer = answer_of(world, job)
    assert (answer["count"], answer["fewer_than"]) == (None, 10)


def test_reference_and_missing_genotypes_are_not_carriers(world: World):
    world.crowd(10, says="Ada")
    for n, genotype in enumerate(["0/0", "./.", "0/0", "./."]):
        world.join(f"other {n}", says="Ada", genotype=genotype)
    assert answer_of(world, run(job_of(ask(world))))["count"] == 10
    assert answer_of(world, run(job_of(ask(world, variant=None, region="20:1000000-1000300"))))["count"] == 10
