"""manage.py import_file: take in one file for one participant, as the portal would."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from broker.management.operator import OperatorCommand
from consent.models import Participant
from genomics.coordinates import Build
from genomics.errors import GenomicsError
from genomics.intake.receive import receive


class Command(OperatorCommand):
    help = "Take in one genotype file for a participant. Nothing may be asked of it until she says so."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("pseudonym", help="P-XXXX-XXXX")
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--assume", choices=[build.value for build in Build], help="the build, for a file that says none"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        participant = Participant.objects.filter(pseudonym=options["pseudonym"]).first()
        if participant is None:
            raise CommandError(f"There is no participant {options['pseudonym']}. Nothing was stored.")
        assume = Build(options["assume"]) if options["assume"] else None
        try:
            data = options["file"].read_bytes()
            file = receive(participant, data, by="operator", at=timezone.now(), assume=assume)
        except OSError as unreadable:
            raise CommandError(f"{unreadable}. Nothing was stored.") from None
        except GenomicsError as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(f"{file.id}: {file.kind}, {file.build}, {file.quality['sites']:,} sites.")
