"""manage.py load_diseases: the diseases of a MONDO or DOID file, as a new version of the policy."""

from argparse import ArgumentParser
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from broker import ontologies
from broker.errors import BrokerError
from consent import diseases, policies
from consent.errors import ConsentError
from consent.policy import Policy


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
                policy = policies.adopt(_after(policies.in_force(at=at), read, at), by=by, at=at)
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


def _after(policy: Policy, read: ontologies.Ontology, at: datetime) -> Policy:
    """The policy that follows, with these diseases; the same one where it has them already."""
    if policy.disease_parents == read.hierarchy:
        return policy
    version = f"{policy.version.split('+')[0]}+diseases.{at:%Y%m%d%H%M%S}"
    return replace(policy, version=version, disease_parents=read.hierarchy)
