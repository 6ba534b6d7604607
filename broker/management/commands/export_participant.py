"""manage.py export_participant: everything of one participant as a zip, for handing it to her."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from broker import taking_along
from consent.errors import ConsentError
from consent.models import Participant
from genomics.errors import GenomicsError
from genomics.intake import exchange


class Command(BaseCommand):
    help = "Write everything of a participant, encrypted to her own Crypt4GH key: nobody else can open it."
    allowed = "operator"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("pseudonym", help="P-XXXX-XXXX")
        parser.add_argument("key", type=Path, help="her Crypt4GH public key")
        parser.add_argument("out", type=Path)

    def handle(self, *_args: Any, **options: Any) -> None:
        person = Participant.objects.filter(pseudonym=options["pseudonym"], erased_at__isnull=True).first()
        if person is None:
            raise CommandError(f"There is no participant {options['pseudonym']}. Nothing was written.")
        try:
            to = exchange.recipient(options["key"].read_text())
            with options["out"].open("xb") as out:
                out.writelines(taking_along.take(person, by="operator", at=timezone.now(), to=to))
        except (OSError, ValueError, GenomicsError, ConsentError) as trouble:
            raise CommandError(f"{trouble} What was written is not whole.") from None
        self.stdout.write(f"Everything of {person} is in {options['out']}.")
