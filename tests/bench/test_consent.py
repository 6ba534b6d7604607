"""The benches about consent at a small part of their size, and that they would find what they look for."""

from pathlib import Path

import pytest

from tests.bench import consent_race, flips, interleavings

pytestmark = pytest.mark.server


@pytest.mark.django_db
def test_in_no_order_of_the_steps_is_somebody_in_an_answer_who_had_said_no():
    assert interleavings.run(1) == (0, 27)


@pytest.mark.django_db
def test_without_the_look_at_the_release_some_orders_leak():
    leaks, tried = interleavings.run(1, fence=False)
    assert leaks >= 2, "both may say no between their batch and the release"
    assert tried == 27


@pytest.mark.django_db(transaction=True)
def test_nobody_is_in_an_answer_released_after_her_no_was_answered():
    counts = consent_race.run(10)
    assert (counts.toggles, counts.leaks) == (10, 0)
    assert counts.pairs >= 10


@pytest.mark.django_db(transaction=True)
def test_without_the_fence_the_race_is_lost():
    counts = consent_race.run(20, fence=False)
    assert counts.leaks >= consent_race.LEAST * counts.pairs
    assert counts.leaks


@pytest.mark.django_db(transaction=True)
def test_consent_turned_round_in_the_database_releases_nothing_and_is_noticed(tmp_path: Path):
    told: list[str] = []
    assert flips.run(8, tmp_path, show=told.append) == (0, 6, 6)
    assert len(told) == 6
