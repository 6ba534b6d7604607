"""Terminal door: decide a file of worked cases, print every difference. The deciding is in consent.cases."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from consent import cases


class Command(BaseCommand):
    help = "Decide every case of a file (decision_cases.schema.json) and print where we differ from it."
    allowed = "operator"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a file of decision cases")

    def handle(self, *_args: Any, file: Path, **_options: Any) -> None:
        try:
            book = json.loads(file.read_text("utf-8"))
            policy = cases.policy_of(book)
            found = [cases.differences(case, policy) for case in book["cases"]]
        except (AttributeError, KeyError, OSError, TypeError, ValueError) as unreadable:
            raise CommandError(
                f"{file} cannot be read as decision cases: {unreadable}. Nothing was decided."
            ) from None
        for differences in found:
            for difference in differences:
                self.stdout.write(str(difference))
        failed = sum(bool(differences) for differences in found)
        self.stdout.write(f"{len(found) - failed} passed, {failed} failed")
        if failed:
            raise SystemExit(1)
