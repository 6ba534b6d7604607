"""manage.py load_diseases: the diseases of a MONDO or DOID file, as a new version of the policy."""

from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from broker import ontologies, uses
from broker.errors import BrokerError
from consent import diseases, policies
from consent.errors import ConsentError


class Command(BaseCommand):
    help = "Load the diseases of an OBO file (MONDO or DOID): what lies inside what, and what each is called."
    allowed = "operator"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the OBO file")
        parser.add_argument("--by", default="operator", help="who loads it, for the ledger")

    def handle(self, *_args: Any, **options: Any) -> None:
        by, at = options["by"], timezone.now()
        try:
            read = ontologies.read(options["file"].read_bytes())
            with transaction.atomic():
                policy = policies.adopt(
                    replace(policies.current(), disease_parents=read.hierarchy), by=by, at=at
                )
                diseases.load(read.names, version=read.version, sha256=read.sha256, by=by, at=at)
        except (OSError, BrokerError, ConsentError) as refused:
            raise CommandError(f"{refused} The policy is as it was.") from None
        self.stdout.write(
            f"{len(read.names):,} diseases of {read.version}, SHA-256 {read.sha256}. Policy {policy.version}."
        )
        if read.obsolete:
            self.stdout.write(
                f"{read.obsolete:,} obsolete terms were left out; what names them permits nothing."
            )
