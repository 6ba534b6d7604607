"""manage.py roll_keys: a new key epoch when the newest is a day old; old ones destroyed when they are due."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from broker.management.operator import OperatorCommand
from genomics.errors import GenomicsError
from genomics.intake import upkeep


class Command(OperatorCommand):
    help = "Wrap every key under today's epoch, and destroy the epochs whose backups are past their life."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--now", action="store_true", help="begin a new epoch, however young the newest")

    def handle(self, *_args: Any, **options: Any) -> None:
        age = timedelta(0) if options["now"] else upkeep.DAY
        try:
            rolled = upkeep.roll(by="operator", at=timezone.now(), age=age)
        except GenomicsError as trouble:
            raise CommandError(f"{trouble} Begin again when it is settled; what was done is kept.") from None
        gone = ", ".join(map(str, rolled.destroyed)) or "none"
        self.stdout.write(
            f"Epoch {rolled.epoch}: {rolled.rewrapped} keys wrapped under it; epochs destroyed: {gone}."
        )
