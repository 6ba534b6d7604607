"""manage.py unsafe_code: the six digits of somebody's app, for trying things out without a phone."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection
from django.utils import timezone

from broker.demo import codes
from broker.management.operator import OperatorCommand
from broker.models import Totp


class Command(OperatorCommand):
    help = "Print the code that somebody's app shows now. Only in a demo or a debugging home of its own."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *_args: Any, **options: Any) -> None:
        database = connection.settings_dict
        embedded = connection.vendor == "sqlite" and settings.HOME in Path(database["NAME"]).parents
        if not (settings.DEBUG or settings.DEMO) or not embedded:
            raise CommandError(
                "This opens somebody's sign-in, so it works only in a demo or with DEBUG, on the embedded "
                "database. Nothing was shown."
            )
        app = Totp.objects.filter(user__username=options["username"]).select_related("user").first()
        if app is None:
            raise CommandError(f"{options['username']} has no app here. Nothing was shown.")
        self.stdout.write(codes.unsafe_code(app.user, at=timezone.now()))
