"""Plant a canary: a made-up participant with a file, who says no to everything and must never be reached."""

import argparse
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db import IntegrityError
from django.utils import timezone

from broker import canaries
from broker.errors import BrokerError
from broker.management.operator import OperatorCommand
from broker.models import User
from consent.errors import ConsentError
from genomics.errors import GenomicsError


class Command(OperatorCommand):
    help = "Plant a made-up participant who says no to everything; whatever reaches her is stopped and told."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a genome that is nobody's, in any format that is taken")
        parser.add_argument("--login", required=True, help="a user name like those of participants here")
        parser.add_argument("--born", required=True, type=date.fromisoformat, help="YYYY-MM-DD")
        parser.add_argument("--region", default="", help="her home region")
        parser.add_argument("--zone", default="UTC", help="her home time zone")
        parser.add_argument("--by", required=True, help="the user name of the auditor who plants her")

    def handle(self, **options: Any) -> None:
        by = User.objects.filter(username=options["by"]).first()
        if by is None:
            raise CommandError(f"There is no login {options['by']!r} here. Nothing was planted.")
        if User.objects.filter(username=options["login"]).exists():
            raise CommandError(f"The login {options['login']!r} is taken. Nothing was planted.")
        try:
            with options["file"].open("rb") as data:
                person = canaries.plant(
                    data,
                    login=options["login"],
                    born_on=options["born"],
                    home_region=options["region"],
                    home_zone=options["zone"],
                    by=by,
                    at=timezone.now(),
                )
        except (OSError, BrokerError, ConsentError, GenomicsError, IntegrityError) as refused:
            raise CommandError(f"{refused} No canary was planted.") from None
        self.stdout.write(f"{person} is a canary. Keep this to auditors: she works while nobody knows her.")
