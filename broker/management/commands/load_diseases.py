"""manage.py load_diseases: the diseases of a MONDO or DOID file, as a new version of the policy."""

from argparse import ArgumentParser
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from broker import ontologies, rights
from broker.errors import BrokerError
from broker.models import User
from broker.roles import Right
from consent import diseases, policies
from consent.errors import ConsentError
from consent.hierarchies import Hierarchy
from consent.policy import Policy

SHOWN = 20  # so many are named, the rest are counted


class Command(BaseCommand):
    help = "Load the diseases of an OBO file (MONDO or DOID): what lies inside what, and what each is called."
    allowed = "operator"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the OBO file")
        parser.add_argument("--by", required=True, help="user name of the steward who loads it")
        parser.add_argument("--second", required=True, help="user name of another steward who looked at it")
        parser.add_argument("--dry-run", action="store_true", help="only say what would change")

    def handle(self, *_args: Any, **options: Any) -> None:
        by, second, at = _steward(options["by"]), _steward(options["second"]), timezone.now()
        if by == second:
            raise CommandError("It takes two stewards: what lies inside a disease decides who may be asked.")
        try:
            read = ontologies.read(options["file"].read_bytes())
            before = policies.in_force(at=at)
            after = _after(before, read, at)
            self._say_what_widens(before.disease_parents, after.disease_parents)
            if options["dry_run"]:
                self.stdout.write("Nothing was changed.")
                return
            with transaction.atomic():
                policies.adopt(after, by=by, at=at)
                seen = {"version": read.version, "sha256": read.sha256}
                diseases.load(read.names, by=by, second=second, at=at, **seen)
        except (OSError, BrokerError, ConsentError) as refused:
            raise CommandError(f"{refused} The policy is as it was.") from None
        self.stdout.write(
            f"{len(read.names):,} diseases of {read.version}, SHA-256 {read.sha256}. Policy {after.version}."
        )
        if read.obsolete:
            self.stdout.write(
                f"{read.obsolete:,} obsolete terms were left out; what names them permits nothing."
            )

    def _say_what_widens(self, before: Hierarchy, after: Hierarchy) -> None:
        """A yes to a disease reaches what lies inside it: which known ones newly lie inside which."""
        known = set(before.as_json())
        newly = [
            f"{code} in {above}"
            for code in sorted(known)
            for above in sorted((after.upwards(code) - before.upwards(code)) & known)
        ]
        self.stdout.write(f"{len(newly):,} diseases that were known lie newly inside a known one.")
        for line in newly[:SHOWN]:
            self.stdout.write(f"  {line}")


def _steward(name: str) -> str:
    user = User.objects.filter(username=name).first()
    if user is None or not rights.has(user, Right.KEEP_FORMS):
        raise CommandError(f"{name} is no steward here. Nothing was loaded.")
    return user.reference


def _after(policy: Policy, read: ontologies.Ontology, at: datetime) -> Policy:
    """The policy that follows, with these diseases; the same one where it has them already."""
    if policy.disease_parents == read.hierarchy:
        return policy
    version = f"{policy.version.split('+')[0]}+diseases.{at:%Y%m%d%H%M%S}"
    return replace(policy, version=version, disease_parents=read.hierarchy)
