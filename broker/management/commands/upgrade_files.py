"""manage.py upgrade_files: seal anew what lies in an older format. May be stopped and begun again."""

from collections import deque
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from broker.management.operator import OperatorCommand
from genomics.errors import GenomicsError
from genomics.intake import upkeep


class Command(OperatorCommand):
    help = "Seal every file that lies in an older format anew, in place; the ledger says of each that it was."

    def handle(self, *_args: Any, **_options: Any) -> None:
        done = slabs = 0
        try:
            for file in upkeep.upgrade(by="operator", at=timezone.now()):
                done += 1
                self.stdout.write(f"{file.id}: sealed anew.")
            slabs = upkeep.empty_slabs(outdated_only=True)
            deque(upkeep.fill_slabs(at=timezone.now()), maxlen=0)
        except GenomicsError as trouble:
            raise CommandError(f"{done} were sealed anew. {trouble}") from None
        if slabs:
            self.stdout.write(f"{slabs} slabs lay in an older format and were made again.")
        self.stdout.write(f"{done} files were sealed anew; everything is in today's format.")
