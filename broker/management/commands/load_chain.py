"""manage.py load_chain: the way from one build to the other, by which files of the one are compared in it."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from broker.management.operator import OperatorCommand
from genomics.errors import GenomicsError
from genomics.intake import materials


class Command(OperatorCommand):
    help = "Keep a UCSC chain file (plain or packed) between GRCh37 and GRCh38."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("chain", type=Path)

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            chain = materials.load_chain(options["chain"])
        except (OSError, GenomicsError) as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(f"From {chain.source} to {chain.target}: {len(chain):,} blocks.")
