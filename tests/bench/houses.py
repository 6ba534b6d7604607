"""A house for one bench: a home of its own, a database, and worker-like children that come and go.

with houses.opened(url) as home: ...      # "" is SQLite in that home; any other must be an empty database
child = houses.forked(work)               # a process with connections of its own
"""

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any


@contextmanager
def opened(database: str = "") -> Iterator[Path]:
    """The tables made, the home thrown away afterwards."""
    home = Path(tempfile.mkdtemp(prefix="bench-"))
    os.environ |= {"BROKER_HOME": str(home), "DJANGO_SETTINGS_MODULE": "broker.settings", "DEMO": "1"}
    if database:
        os.environ["DATABASE_URL"] = database
    try:
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def forked(work: Callable[[], Any]) -> int:
    """A child that does this once; its process id."""
    from django.db import connections

    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    return child


def killed(*children: int) -> None:
    """An end to them, however they stand."""
    for child in children:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(child, 0)


def asked(world: Any, request: Any) -> Any:
    """A job that waits."""
    from django.utils import timezone

    from broker import queries
    from tests.world import job_of

    return job_of(
        queries.submit(world.carriers(), under=request, by=world.staff.researcher, at=timezone.now())
    )


def read_by(job: Any) -> set[int]:
    """Whom a released job read, as its manifest has it."""
    from broker import usage

    return set(usage.manifest_of(job)["permitted"])
