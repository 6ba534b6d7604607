"""A home of their own for the tests, before Django reads its settings. Loaded by pytest with -p."""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

if "BROKER_HOME" not in os.environ:
    home = tempfile.mkdtemp(prefix="broker-tests-")
    os.environ["BROKER_HOME"] = os.environ["TESTS_HOME"] = home
    # xdist's workers inherit it; only the process that made it clears it away.
    atexit.register(shutil.rmtree, home, ignore_errors=True)
elif "TESTS_HOME" in os.environ and "PYTEST_XDIST_WORKER" in os.environ:
    # A house has one clock and one queue file: two that run side by side would end each other's.
    own = Path(os.environ["TESTS_HOME"]) / os.environ["PYTEST_XDIST_WORKER"]
    own.mkdir(mode=0o700, exist_ok=True)
    os.environ["BROKER_HOME"] = str(own)
os.environ.setdefault("DEBUG", "1")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--no-skips", action="store_true", help="a skipped test fails: nothing may be missing on this machine"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("HARNESSES") != "1":
        for item in items:
            if item.get_closest_marker("harness"):
                item.add_marker(pytest.mark.skip(reason="a harness: HARNESSES=1 runs it, as .ci/run does"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Iterator[Any]:
    report = yield
    # "only sqlite ...", "only postgresql ...": what another database has is not missing here.
    other = "Skipped: only " in str(report.longrepr)
    if report.skipped and item.config.getoption("--no-skips") and not other:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and here nothing may be missing: {report.longrepr}"
    return report
