"""Write the auditors' verifier as one file, and its fingerprint into the ledger."""

import argparse
import hashlib
from pathlib import Path
from typing import Any

from django.utils import timezone

from broker.management import new_files
from broker.management.operator import OperatorCommand
from consent.ledger import archive


class Command(OperatorCommand):
    help = "Write the auditors' verifier and witness as one file (.pyz), and its fingerprint into the ledger."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="where to write it, for example verifier.pyz")

    def handle(self, **options: Any) -> None:
        file: Path = options["file"]
        with new_files.recorded(file) as out:
            program = archive.ship(by="operator", at=timezone.now())
            out.write(program)
        self.stdout.write(f"sha256 {hashlib.sha256(program).hexdigest()}")
