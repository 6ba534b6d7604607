"""manage.py found: the first two administrators of a new house."""

import getpass
import os
import warnings
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from broker import people
from broker.errors import BrokerError
from broker.management.operator import OperatorCommand
from consent import forms


class Command(OperatorCommand):
    help = "Name the first two administrators and publish the shipped consent forms. Works once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("first", help="user name of the first administrator")
        parser.add_argument("second", help="user name of the second")

    def handle(self, *_args: Any, **options: Any) -> None:
        names = (options["first"], options["second"])
        if names[0] == names[1]:
            raise CommandError("A house is founded by two different people.")
        first, second = (os.environ.get(f"PASSWORD_{i}") or _asked(name) for i, name in enumerate(names, 1))
        try:
            people.found(names, (first, second), at=timezone.now())
        except BrokerError as refused:
            raise CommandError(str(refused)) from None
        forms.publish_shipped(by="founding", at=timezone.now())
        self.stdout.write("The house has its two administrators; they appoint everybody else together.")


def _asked(name: str) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", getpass.GetPassWarning)  # it would show what is typed
            said = getpass.getpass(f"Password for {name}: ")
    except (EOFError, getpass.GetPassWarning):
        said = ""
    if not said:
        raise CommandError(
            f"Nobody typed a password for {name}. Nothing was changed; run it in a terminal, or set "
            "PASSWORD_1 and PASSWORD_2."
        )
    return said
