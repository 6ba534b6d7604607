"""Write the auditors' verifier as one file, and its fingerprint into the ledger."""

import argparse
import hashlib
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from broker.management.operator import OperatorCommand
from consent.ledger import archive


class Command(OperatorCommand):
    help = "Write the auditors' verifier and witness as one file (.pyz), and its fingerprint into the ledger."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="where to write it, for example verifier.pyz")

    def handle(self, **options: Any) -> None:
        file: Path = options["file"]
        try:
            with file.open("xb") as out:
                program = archive.ship(by="operator", at=timezone.now())
                out.write(program)
        except FileExistsError as there:
            raise CommandError(f"{file} is there already; nothing was written. Name another file.") from there
        self.stdout.write(f"sha256 {hashlib.sha256(program).hexdigest()}")
