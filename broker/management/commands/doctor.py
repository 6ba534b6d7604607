"""manage.py doctor: is the house well? One line a part, and exit 1 if any is not."""

import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import Error, connection
from django.utils import timezone
from kombu import Connection

from broker.models import Job, JobState
from consent.apps import append_only_tables
from consent.ledger import log
from genomics.errors import GenomicsError
from genomics.intake.receive import sweep


class Command(BaseCommand):
    help = "Check database, queue, ledger, storage and jobs; clear what a crash left on the shelf."
    allowed = "operator"

    def handle(self, *_args: Any, **_options: Any) -> None:
        well = True
        for name, check in CHECKS.items():
            try:
                trouble, detail = next(check())
            except (Error, OSError, GenomicsError) as error:
                trouble, detail = True, str(error)
            well = well and not trouble
            self.stdout.write(f"{'ATTENTION' if trouble else 'ok':9} {name:9} {detail}")
        if not well:
            sys.exit(1)


Finding = Iterator[tuple[bool, str]]


def _database() -> Finding:
    tables = append_only_tables()
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT tbl_name FROM sqlite_master WHERE type = 'trigger'")
        else:
            cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal")
        fenced = {row[0] for row in cursor.fetchall()}
    bare = sorted(set(tables) - fenced)
    yield (
        bool(bare),
        f"{connection.vendor}; " + (f"no fence around {', '.join(bare)}" if bare else "fences stand"),
    )


def _queue() -> Finding:
    with Connection(settings.CELERY_BROKER_URL, connect_timeout=3) as queue:
        queue.ensure_connection(max_retries=1)
    yield False, settings.CELERY_BROKER_URL.split("://")[0]


def _ledger() -> Finding:
    newest = log.checkpoint()
    yield (
        newest is None,
        f"{newest.size} events under a checkpoint"
        if newest
        else "no checkpoint yet: is the sequencer running?",
    )


def _storage() -> Finding:
    orphans = sweep(before=timezone.now() - timedelta(hours=1))
    yield False, f"{len(orphans)} orphans cleared" if orphans else "nothing left over"


def _jobs() -> Finding:
    paused = Job.objects.filter(state=JobState.PAUSED).count()
    oldest = Job.objects.filter(state=JobState.QUEUED).order_by("created_at").first()
    waits = timezone.now() - oldest.created_at if oldest else timedelta()
    yield bool(paused) or waits > timedelta(minutes=5), f"{paused} paused; the oldest waits {waits.seconds} s"


CHECKS: dict[str, Callable[[], Finding]] = {
    "database": _database,
    "queue": _queue,
    "ledger": _ledger,
    "storage": _storage,
    "jobs": _jobs,
}
