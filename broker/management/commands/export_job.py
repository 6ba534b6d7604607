"""Write a job with everything its decisions rest on, and a signed manifest, for the auditor's verifier. The
look is an event.
"""

import argparse
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError
from django.utils import timezone

from broker import exports
from broker.errors import BrokerError
from broker.management import new_files
from broker.management.operator import OperatorCommand
from broker.models import Job, User

SORRY = "There is no such file; where the look had begun, the ledger says so."


class Command(OperatorCommand):
    help = "Write a job's zip: what it decided about everybody, and what they had said, to decide it again."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("job", type=UUID, help="the id of the job")
        parser.add_argument("file", type=Path, help="where to write it")
        parser.add_argument("--by", required=True, help="the user name of the auditor who takes it")

    def handle(self, **options: Any) -> None:
        job = Job.objects.filter(pk=options["job"]).first()
        by = User.objects.filter(username=options["by"]).first()
        if job is None or by is None:
            raise CommandError("There is no such job or login here. Nothing was written.")
        try:
            with new_files.opened(options["file"], sorry=SORRY) as out:
                exports.job(out, job, by=by, at=timezone.now())
        except BrokerError as refused:
            raise CommandError(str(refused)) from None
