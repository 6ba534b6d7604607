"""manage.py requeue: ring for everything that waits, and resume what was paused."""

from typing import Any

from django.utils import timezone

from broker import jobs, tasks
from broker.management.operator import OperatorCommand


class Command(OperatorCommand):
    help = "Resume paused jobs and ring for every job that nobody heard of."

    def handle(self, *_args: Any, **_options: Any) -> None:
        now = timezone.now()
        resumed, rung = jobs.resume(at=now), jobs.unheard(at=now)
        for job_id in rung:
            tasks.ring(job_id)
        self.stdout.write(f"{resumed} resumed, {len(rung)} rung for.")
