"""Recompute the whole ledger and say what does not hold. Exit code 0 when everything does, 1 when not."""

import argparse
import io
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from broker import oversight
from broker.management import new_files
from broker.management.operator import OperatorCommand
from consent.ledger import checkpoints, log, recount


class Command(OperatorCommand):
    help = (
        "Recompute every commitment, leaf, root, signature, consent seal and row, and say what does not hold."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--export", type=Path, help="also write the ledger here, to be verified elsewhere"
        )
        parser.add_argument(
            "--without-openings",
            action="store_true",
            help="export the tree alone: it says nothing about anybody",
        )

    def handle(self, **options: Any) -> None:
        if options["export"]:
            with new_files.opened(options["export"]) as out:
                stream = io.TextIOWrapper(out, encoding="utf-8", write_through=True)
                log.export(stream, openings=not options["without_openings"])
                stream.detach()
        found = log.verify(also=oversight.ALSO)
        for line in recount.report(found):
            self.stdout.write(line)
        self.stdout.write(f"verifier key {checkpoints.signer()}")
        if not found.ok:
            raise CommandError(
                f"{len(found.problems)} things in the ledger do not hold; they are listed above."
            )
