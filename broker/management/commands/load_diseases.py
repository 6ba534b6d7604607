"""manage.py load_diseases: propose the diseases of a MONDO or DOID file; two stewards confirm it."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.urls import reverse
from django.utils import timezone

from broker import ontologies
from broker.errors import OntologyRefused
from broker.management.operator import OperatorCommand
from consent import disease_tables, policies
from consent.disease_tables import Table

SHOWN = 20  # so many are named, the rest are counted


class Command(OperatorCommand):
    help = (
        "Propose the diseases of an OBO file (MONDO or DOID): what lies inside what, and their names. "
        "Two stewards read in the portal what it widens, and confirm it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the OBO file")
        parser.add_argument("--dry-run", action="store_true", help="only say what it would widen")

    def handle(self, *_args: Any, file: Path, dry_run: bool, **_options: Any) -> None:
        try:
            read = ontologies.read(file.read_bytes())
        except OSError as unreadable:
            raise CommandError(f"{file} cannot be read: {unreadable.strerror}. Nothing was loaded.") from None
        except OntologyRefused as refused:
            raise CommandError(str(refused)) from None
        now, table = timezone.now(), Table(read.hierarchy, read.names)
        self.stdout.write(f"{len(read.names):,} diseases of {read.version}, SHA-256 {read.sha256}.")
        if read.obsolete:
            self.stdout.write(
                f"{read.obsolete:,} obsolete terms were left out; what names them permits nothing."
            )
        if dry_run:
            before = policies.in_force(at=now).disease_parents
            self._tell(disease_tables.widens(before, read.hierarchy, disease_tables.named_in_consents()))
            self.stdout.write("Nothing was changed.")
            return
        proposal = disease_tables.propose(
            table, version=read.version, sha256=read.sha256, by="operator", at=now
        )
        self._tell(proposal.widens)
        place = reverse("steward:diseases_proposal", args=[proposal.pk])
        self.stdout.write(f"It is a proposal, and nothing has changed. Two stewards confirm it at {place}")

    def _tell(self, widens: dict[str, list[str]]) -> None:
        self.stdout.write(f"A yes to {len(widens):,} diseases would newly cover something.")
        for code, covered in sorted(widens.items())[:SHOWN]:
            more = f" and {len(covered) - SHOWN:,} more" if len(covered) > SHOWN else ""
            self.stdout.write(f"  {code}: {', '.join(covered[:SHOWN])}{more}")
