"""manage.py replay_after_restore: say again what was said since the backup, and open the doors."""

from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from broker import restoring
from broker.errors import BrokerError
from broker.management.operator import OperatorCommand
from broker.restored_kinds import told
from consent import afterwards
from consent.errors import ConsentError
from genomics.errors import GenomicsError


class Command(OperatorCommand):
    help = "After an old database was put back: take away again whatever was taken away after it."

    def handle(self, *_args: Any, **_options: Any) -> None:
        why = afterwards.behind()
        if not why:
            self.stdout.write("The database remembers everything that is kept outside it. Nothing was done.")
            return
        self.stdout.write(f"{why}.")
        try:
            replayed = restoring.replay(by="operator", at=timezone.now())
        except (ConsentError, GenomicsError, BrokerError) as trouble:
            raise CommandError(f"{trouble} The doors stay shut; begin again when it is settled.") from None
        for kind, many in sorted(replayed.done.items()):
            self.stdout.write(f"{kind}: {many} done again, or ended.")
        if replayed.lost:
            self.stdout.write("Lost with what is newer than the backup, for somebody to bring again:")
        for line in told(replayed.lost):
            self.stdout.write(f"  {line}")
        self.stdout.write("The doors are open. The files as they were are kept beside the new ones.")
        self.stdout.write(
            "Nothing is asked or disclosed until a steward has looked: at /steward/restored/, or by "
            "manage.py look_over --by STEWARD."
        )
