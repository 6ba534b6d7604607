"""The bench of ranges at a small part of its size: real workers, and one of them killed."""

import pytest

from tests.bench import ranges

pytestmark = [pytest.mark.server, pytest.mark.harness]


@pytest.mark.django_db(transaction=True)
@pytest.mark.xdist_group("worker")
def test_many_workers_say_what_one_says_and_so_do_those_that_are_killed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RANGE_PEOPLE", "1000")  # what the bench sets is gone afterwards
    counts = ranges.run(10, 4, [1, 2], 1, seed=1)
    assert (counts.asked, counts.unequal, counts.kills) == (3, 0, 1)
