"""The processes that make the house run: worker, sequencer, web. Started together, stopped together.

Each is a real process in a session of its own, so that stopping one takes its children with it.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from django.conf import settings

MANAGE = str(Path(settings.BASE_DIR) / "manage.py")

COMMANDS: dict[str, tuple[str, ...]] = {
    # -B: the sweeper's clock. One worker of a house has it; further ones are started without.
    "worker": (
        *("-m", "celery", "-A", "broker", "worker", "-B", "--loglevel", "WARNING", "--concurrency", "1"),
        *("-Q", "query,mail,upkeep"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    ),
    "sequencer": (MANAGE, "sequencer"),
}


def web(address: str) -> tuple[str, ...]:
    """The command of the web process, on "host:port"."""
    return (
        "-m",
        "gunicorn",
        "broker.wsgi:application",
        "--bind",
        address,
        "--workers",
        "2",
        "--worker-class",  # who sends slowly waits in its event loop, and not in a thread
        "broker.web_worker.Worker",
        "--threads",  # more than slow_bodies.MOST: the others are for pages
        "16",
        "--log-level",
        "warning",
    )


class Crew:
    """Use as a context manager: whatever was started is stopped at the end, however it ends."""

    def __init__(self, env: dict[str, str] | None = None) -> None:
        self.env = {**os.environ, **(env or {})}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, name: str, *arguments: str) -> None:
        """Start a process by name; its arguments follow from the name unless given."""
        log = (settings.HOME / f"{name}.log").open("ab")
        with log:
            self.processes[name] = subprocess.Popen(  # noqa: S603 - our own commands
                [sys.executable, *(arguments or COMMANDS[name])],
                cwd=settings.BASE_DIR,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self, name: str) -> None:
        """kill -9 the process and all its children: what a power cut does."""
        process = self.processes.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        """Ask all to end, wait, and insist."""
        for process in self.processes.values():
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + 10
        for process in self.processes.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.processes.clear()

    def fallen(self) -> list[str]:
        """The names of those that have ended by themselves."""
        return [name for name, process in self.processes.items() if process.poll() is not None]
