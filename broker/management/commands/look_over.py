"""manage.py look_over: a steward says that she has looked over the house after a restore, and it goes on."""

import argparse
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from broker import reopening
from broker.errors import BrokerError
from broker.management.operator import OperatorCommand
from broker.models import User
from broker.restored_kinds import told


class Command(OperatorCommand):
    help = "After replay_after_restore: a steward has looked, and questions are taken and jobs run again."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--by", required=True, help="the user name of the steward who has looked")

    def handle(self, *_args: Any, **options: Any) -> None:
        by = User.objects.filter(username=options["by"]).first()
        if by is None:
            raise CommandError("There is no such login here. Nothing was changed.")
        if (newest := reopening.newest()) is not None and newest.lost and reopening.is_held():
            self.stdout.write("Newer than the backup, and not there unless somebody has brought it again:")
            for line in told(newest.lost):
                self.stdout.write(f"  {line}")
        try:
            reopening.look_over_at_the_terminal(by=by, at=timezone.now())
        except BrokerError as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write("Questions are taken and jobs run again.")
