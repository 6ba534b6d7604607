"""manage.py rebuild_rows: make everybody's row of the panel in use, and all slabs, from the columns.

May be stopped and begun again."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from broker.management.operator import OperatorCommand
from genomics.errors import GenomicsError
from genomics.intake import upkeep

TELL = 1000  # files between two lines


class Command(OperatorCommand):
    help = "Make the derived rows and slabs again from the columns. Searches go on meanwhile."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--missing", action="store_true", help="only for files that have none yet")

    def handle(self, *_args: Any, **options: Any) -> None:
        missing_only = options["missing"]
        if not missing_only:
            upkeep.empty_slabs()
        makers = {
            "rows were made": upkeep.rebuild_rows(missing_only=missing_only),
            "files were laid into slabs": upkeep.fill_slabs(at=timezone.now()),
        }
        for what, files in makers.items():
            done = 0
            try:
                for done, _file in enumerate(files, start=1):
                    if done % TELL == 0:
                        self.stdout.write(f"{done:,} {what} ...")
            except GenomicsError as trouble:
                raise CommandError(f"{done} {what}. {trouble}") from None
            self.stdout.write(f"{done:,} {what}.")
        self.stdout.write(f"{upkeep.pack_rows():,} rows were laid side by side.")
