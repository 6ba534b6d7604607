"""The clock of the house: Celery's beat, which leaves a mark at each tick and never ends alone.

What it rings for stands in settings (CELERY_BEAT_SCHEDULE); what is done then, in tasks. A worker whose beat
has died would go on without sweeping, telling or ending anything: it ends with it, so that both are started
again by whoever keeps it running.
"""

# Celery is written without types.
# mypy: disable-error-code="misc,no-any-return"

import contextlib
import logging
import os
import threading
from datetime import UTC, datetime
from typing import Any

from celery.beat import PersistentScheduler
from celery.signals import worker_shutting_down
from celery.worker import state
from django.conf import settings

logger = logging.getLogger(__name__)

DIED = 1  # the exit code of a worker whose beat has died


class Ticking(PersistentScheduler):
    """Beat's own scheduler; its mark tells when it last ticked, and in which process."""

    def tick(self, *args: Any, **kwargs: Any) -> float:
        pause = super().tick(*args, **kwargs)
        # Of a full disk the doctor tells; what is due is rung all the same.
        with contextlib.suppress(OSError):
            settings.TICK_FILE.write_text(f"{os.getpid()}\n")
        return pause


def last_tick() -> datetime | None:
    """When the clock of this home last ticked; None if it never did."""
    try:
        return datetime.fromtimestamp(settings.TICK_FILE.stat().st_mtime, UTC)
    except FileNotFoundError:
        return None


def watch(worker: Any) -> None:
    """End this worker when its beat ends by itself. Nothing to do for one that has none."""
    if worker.beat is not None:
        threading.Thread(target=_end_with, args=(worker.beat,), name="beside the beat", daemon=True).start()


def _end_with(beat: Any) -> None:
    beat.join()
    if state.should_stop is not None or state.should_terminate is not None:
        return  # the worker ends already, and has ended its beat
    logger.critical("The beat of this worker has died. What runs is finished, and the worker ends with it.")
    worker_shutting_down.send(sender="clock", sig="clock", how="Warm", exitcode=DIED)
    state.should_stop = DIED
