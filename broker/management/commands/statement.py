"""manage.py statement: sign the monthly statement on orders, where the worker did not; or check them all."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from broker import statements
from broker.errors import BrokerError
from broker.management.operator import OperatorCommand
from broker.models import MonthlyStatement
from consent.errors import NoteRefused


class Command(OperatorCommand):
    help = (
        "Sign the statement of a month (YYYY-MM); without one, read every statement and name missing months."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("month", nargs="?", help="the month to sign for, YYYY-MM")

    def handle(self, *_args: Any, **options: Any) -> None:
        now = timezone.now()
        if options["month"]:
            try:
                month = date.fromisoformat(f"{options['month']}-01")
                self.stdout.write(statements.make(month, by="operator", at=now).note)
            except ValueError:
                raise CommandError("A month is written YYYY-MM. Nothing was signed.") from None
            except BrokerError as refused:
                raise CommandError(str(refused)) from None
            return
        broken = []
        for statement in MonthlyStatement.objects.order_by("month"):
            try:
                said = statements.read(statement)
                self.stdout.write(f"{said.month}  {said.sought} sought people who had not agreed")
            except NoteRefused as refused:
                broken.append(f"{statement.month:%Y-%m}: {refused}")
        broken += [f"{month:%Y-%m}: there is no statement." for month in statements.missing(at=now)]
        if broken:
            raise CommandError("\n".join(broken))
