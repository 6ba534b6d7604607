"""The benches about consent at a small part of their size, and that they would find what they look for."""

from pathlib import Path

import pytest

from tests.bench import (
    consent_race,
    flips,
    florida,
    interleavings,
    kills,
    queue_cost,
    release_cost,
    stops,
)

pytestmark = [pytest.mark.server, pytest.mark.harness]


@pytest.mark.django_db
def test_in_no_order_of_the_steps_is_somebody_in_an_answer_who_had_said_no():
    assert interleavings.run(1) == (0, 27)


@pytest.mark.django_db
def test_without_the_look_at_the_release_some_orders_leak():
    leaks, tried = interleavings.run(1, fence=False)
    assert leaks >= 2, "both may say no between the look and the release"
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


@pytest.mark.django_db(transaction=True)
def test_whoever_says_no_while_a_worker_is_killed_or_stopped_is_out_of_what_the_next_one_releases():
    counts = stops.run(5)
    assert (counts.rounds, counts.leaks, counts.lost, counts.doubled) == (5, 0, 0, 0)


@pytest.mark.django_db
def test_an_order_that_compels_everybody_opens_and_releases_nothing_more():
    found = florida.run(70)
    assert found.is_told, "there is somebody to open, and the law was told of the order"
    assert found.is_equal
    assert not found.beyond
    assert len(found.allowed) == 10


@pytest.mark.xdist_group("worker")
@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_killed_loses_no_job_and_does_none_twice():
    counts = kills.workers(6, 1, seed=3)
    assert (counts.jobs, counts.kills) == (6, 1)
    assert counts.is_clean


@pytest.mark.xdist_group("worker")
@pytest.mark.django_db(transaction=True)
def test_what_was_asked_of_a_web_process_that_is_killed_comes_to_its_end():
    counts = kills.web(1, seed=3)
    assert counts.kills == 1
    assert counts.jobs
    assert counts.is_clean


def test_the_bench_of_the_queue_counts_what_a_worker_does(tmp_path: Path):
    cost = queue_cost.run(20, 0.5, tmp_path)
    assert cost.speed > 0
    assert cost.idle >= 0


@pytest.mark.django_db(transaction=True)
def test_a_release_asks_the_database_as_often_for_many_as_for_one(tmp_path: Path):
    few, many = release_cost.run([1, 40], 4, tmp_path).values()
    assert few.statements == many.statements
    assert max(few.statements) <= 24, "when somebody else has changed in between, too"
