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
            book = json.loads(file.read_bytes().decode("utf-8-sig"))
            listed, policy = cases.cases_of(book), cases.policy_of(book)
        except OSError as unreadable:
            raise _refused(file, unreadable.strerror or "it cannot be opened") from None
        except json.JSONDecodeError as fault:
            raise _refused(file, f"line {fault.lineno}, column {fault.colno} is no JSON") from None
        except (UnicodeDecodeError, RecursionError):
            raise _refused(file, "it is no JSON in UTF-8") from None
        except ValueError as unreadable:
            raise _refused(file, str(unreadable)) from None
        found = [cases.differences(case, policy) for case in listed]
        for differences in found:
            for difference in differences:
                self.stdout.write(str(difference))
        failed = sum(bool(differences) for differences in found)
        self.stdout.write(f"{len(found) - failed} passed, {failed} failed")
        if failed:
            raise SystemExit(1)


def _refused(file: Path, why: str) -> CommandError:
    return CommandError(f"{file} cannot be read as decision cases: {why.rstrip('.')}. Nothing was decided.")
