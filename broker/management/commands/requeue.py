"""manage.py requeue: ring for everything that waits, and resume what was paused."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError
from django.utils import timezone

from broker import sweeping, tasks
from broker.management.operator import OperatorCommand


class Command(OperatorCommand):
    help = (
        "Resume paused jobs and ring for every job that nobody heard of. A job that was parked, because it "
        "ended its workers, is put back by its name alone (--job)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--job", type=UUID, help="only this one, parked or not")

    def handle(self, *_args: Any, **options: Any) -> None:
        now, only = timezone.now(), options["job"]
        resumed = sweeping.resume(by="operator", at=now, only=only)
        if only and not resumed:
            raise CommandError(f"Job {only} is not paused, or there is none of that name. Nothing was done.")
        rung = sweeping.unheard(at=now)
        for job_id in rung:
            tasks.ring(job_id)
        self.stdout.write(f"{resumed} resumed, {len(rung)} rung for.")
