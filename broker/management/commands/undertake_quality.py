"""manage.py undertake_quality: a quality officer asks to have held files compared with who permits it."""

from argparse import ArgumentParser
from datetime import UTC, date, datetime, time
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from broker import same_person
from broker.errors import BrokerError
from broker.management.operator import OperatorCommand
from broker.models import User


class Command(OperatorCommand):
    help = "Ask, as a quality officer, that held files be compared with those who permit quality checks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--by", required=True, help="the quality officer's user name")
        parser.add_argument("--summary", required=True, help="what it is for; the steward reads it")
        parser.add_argument("--until", required=True, type=date.fromisoformat, help="YYYY-MM-DD")

    def handle(self, *_args: Any, **options: Any) -> None:
        officer = User.objects.filter(username=options["by"]).first()
        if officer is None:
            raise CommandError(f"There is nobody by the user name {options['by']}. Nothing was submitted.")
        until = datetime.combine(options["until"], time.min, tzinfo=UTC)
        try:
            request = same_person.undertake(
                summary=options["summary"], valid_to=until, by=officer, at=timezone.now()
            )
        except BrokerError as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(f"Submitted as {request.pk}. It waits in the stewards' inbox.")
