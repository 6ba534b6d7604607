"""manage.py load_reference: the genome of a build: CRAM is unpacked by it, indels are moved left by it."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from broker.management.operator import OperatorCommand
from genomics.coordinates import Build
from genomics.errors import GenomicsError
from genomics.intake import materials


class Command(OperatorCommand):
    help = (
        "Keep a FASTA (plain or packed) as the reference genome of its build, told by its contigs' lengths. "
        "A part of the genome serves as far as it goes."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("fasta", type=Path)
        parser.add_argument("--build", type=Build, choices=list(Build), help="where lengths do not tell")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            reference = materials.load_reference(options["fasta"], build=options["build"])
        except (OSError, GenomicsError) as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(f"{reference.build}: {len(reference.contigs):,} contigs.")
