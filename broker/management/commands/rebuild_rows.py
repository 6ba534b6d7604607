"""manage.py rebuild_rows: make everybody's row of the panel in use from the columns. May be begun again."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from genomics.errors import GenomicsError
from genomics.intake import upkeep

TELL = 1000  # files between two lines


class Command(BaseCommand):
    help = "Make the derived rows again from the columns. Searches go on meanwhile."
    allowed = "operator"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--missing", action="store_true", help="only for files that have no row yet")

    def handle(self, *_args: Any, **options: Any) -> None:
        done = 0
        try:
            for done, _file in enumerate(upkeep.rebuild_rows(missing_only=options["missing"]), start=1):
                if done % TELL == 0:
                    self.stdout.write(f"{done:,} rows ...")
        except GenomicsError as trouble:
            raise CommandError(f"{done} rows were made. {trouble}") from None
        self.stdout.write(f"{done:,} rows were made.")
