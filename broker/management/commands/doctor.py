"""manage.py doctor: is the house well? One line a part, and exit 1 if any is not."""

import sys
from datetime import timedelta
from typing import Any

from django.db import Error
from django.utils import timezone

from broker import health
from broker.management.operator import OperatorCommand
from genomics.errors import GenomicsError
from genomics.intake.receive import sweep


class Command(OperatorCommand):
    help = "Check database, queue, ledger, storage and jobs; clear what a crash left on the shelf."

    def handle(self, *_args: Any, **_options: Any) -> None:
        findings = [*health.look(at=timezone.now()), _swept()]
        for finding in findings:
            self.stdout.write(f"{'ok' if finding.well else 'ATTENTION':9} {finding.part:9} {finding.words}")
        if not all(finding.well for finding in findings):
            sys.exit(1)


def _swept() -> health.Finding:
    try:
        orphans = sweep(before=timezone.now() - timedelta(hours=1))
    except (Error, OSError, GenomicsError) as trouble:
        return health.Finding(part="shelf", well=False, words=str(trouble))
    words = f"{len(orphans)} orphans cleared" if orphans else "nothing left over"
    return health.Finding(part="shelf", well=True, words=words)
