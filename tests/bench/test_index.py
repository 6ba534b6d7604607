"""The benches of the index run, and find what they plant."""

import subprocess
import sys

import pytest

from tests.house.plan import ROOT

pytestmark = pytest.mark.harness


@pytest.mark.parametrize(
    ("bench", "size"),
    [
        ("index_rows", ("--people", "120", "--sites", "64000", "--batch", "50", "--times", "1")),
        ("index_sketches", ("--people", "1200", "--permitted", "200", "--sites", "128000")),
    ],
)
def test_it_runs_at_a_small_size(bench: str, size: tuple[str, ...]):
    told = subprocess.run(
        [sys.executable, "-m", f"tests.bench.{bench}", *size],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr[-2000:]
    assert "beyond the Clearance: 0" in told.stdout or "sketches of others opened: 0" in told.stdout
