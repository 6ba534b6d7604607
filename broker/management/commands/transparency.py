"""manage.py transparency: the public report of a year, or of any period, as text and as JSON."""

import json
from argparse import ArgumentParser
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from broker import transparency
from broker.management import new_files
from broker.management.operator import OperatorCommand
from consent.ledger.report_form import Period


class Command(OperatorCommand):
    help = "Count how often police, defence and courts came and what they got; small counts are not told."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--year", type=int, help="the whole year, in UTC")
        parser.add_argument("--from", dest="start", help="or from this day (YYYY-MM-DD)")
        parser.add_argument("--to", dest="end", help="until the day before this one")
        parser.add_argument("--json", type=Path, help="also write it here, for the verifier (--report)")

    def handle(self, **options: Any) -> None:
        period, now = _period(options), timezone.now()
        try:
            if options["json"] is None:
                report = transparency.make(period, by="operator", at=now)
            else:
                with new_files.recorded(options["json"]) as out:
                    report = transparency.make(period, by="operator", at=now)
                    out.write(json.dumps(report, indent=2).encode())
        except transparency.ReportUnsound as unsound:
            raise CommandError(str(unsound)) from None
        for job in transparency.unreadable(period):
            self.stderr.write(
                f"The manifest of job {job.pk} is not as it was written, so it is counted by its line in the "
                "ledger. Auditors were told."
            )
        self.stdout.write(f"Told from {report['start'][:10]} until before {report['end'][:10]}")
        if not report["is_final"]:
            self.stdout.write("This period is not over: the report is not final.")
        for group, tables in report["groups"].items():
            for table, cells in tables.items():
                for cell, said in cells.items():
                    self.stdout.write(f"{group:18} {table:34} {cell:34} {said}")


def _period(options: dict[str, Any]) -> Period:
    start, end, year = options["start"], options["end"], options["year"]
    if year is not None and start is None and end is None:
        if not MINYEAR <= year < MAXYEAR:
            raise CommandError("A year is written YYYY, as 2026. Nothing was made.")
        return transparency.year(year)
    if year is not None or start is None or end is None:
        raise CommandError("Name a --year, or both --from and --to. Nothing was made.")
    try:
        days = [datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (start, end)]
    except ValueError:
        raise CommandError("A day is written YYYY-MM-DD. Nothing was made.") from None
    if days[0] >= days[1]:
        raise CommandError("The period would end before it begins. Nothing was made.")
    return Period(start=days[0], end=days[1])
