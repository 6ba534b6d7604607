"""The ledger's benches at a small part of their size."""

from pathlib import Path

import pytest
from django.db import connection

from tests.bench import ledger_speed, ledger_vectors, sequencer_kills, tampering

SMALL = 3_000


@pytest.mark.shared
def test_every_published_vector_is_judged_as_it_asks(shared: Path):
    every = list(ledger_vectors.judged(shared / "ledger_vectors"))
    assert len(every) == 196
    assert [str(path) for path, _, right in every if not right] == []


def test_every_attacker_who_recomputes_the_tree_is_found_out():
    tried, found, alarms = tampering.run(64, 60, seed=11)
    assert (found, alarms) == (tried, 0)
    assert len(tried) == len(tampering.WAYS) * len(set(tampering.KEYS))


@pytest.mark.server
@pytest.mark.django_db(transaction=True)
def test_a_sequencer_that_is_killed_leaves_no_bad_state():
    counts = sequencer_kills.run(12, seed=5)
    assert (counts.kills, counts.bad) == (12, 0)
    assert counts.at_work
    assert counts.events


@pytest.mark.server
@pytest.mark.django_db(transaction=True)
def test_the_bench_of_speed_measures_a_ledger_that_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    ledger_speed.run(SMALL, batch=1_000, proofs=50, home=tmp_path)
    told = capsys.readouterr().out
    assert "appends in batches" in told
    assert "MISSED" not in told.split("whole offline audit")[1], "three thousand are audited in ten seconds"
    assert connection.vendor
