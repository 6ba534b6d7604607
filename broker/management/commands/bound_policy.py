"""manage.py bound_policy: bring a policy that was adopted before the bounds of the house back within them."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from broker import rights
from broker.management.operator import OperatorCommand
from broker.models import User
from broker.roles import Right
from consent import bounding, bounds
from consent.errors import PolicyRefused


class Command(OperatorCommand):
    help = (
        "Say what goes beyond the bounds of this house in the policy that is in force, and what it would be "
        "turned to; with --by, adopt it so. Until then nobody is read and no yes is taken."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--by", help="user name of the steward who adopts it; without, only say it")

    def handle(self, *_args: Any, by: str | None, **_options: Any) -> None:
        now = timezone.now()
        try:
            then, held = bounding.look(at=now)
        except PolicyRefused as refused:
            raise CommandError(str(refused)) from None
        if held.version == then.version:
            self.stdout.write(f"Policy {then.version} goes beyond no bound. Nothing was changed.")
            return
        for wrong in then.beyond():
            self.stdout.write(f"{wrong}.")
        for dial, (before, after) in bounds.turned(then, held).items():
            self.stdout.write(f"  {dial}: {before} becomes {after}")
        self.stdout.write("A guardian's yes that has ended does not begin again: it is withdrawn with it.")
        if by is None:
            self.stdout.write("Nothing was changed. A steward adopts it so with --by.")
            return
        steward = User.objects.filter(username=by).first()
        if steward is None or not rights.has(steward, Right.KEEP_FORMS):
            raise CommandError(f"{by} is no steward here. Nothing was changed.")
        try:
            adopted, taken = bounding.adopt(by=steward.reference, at=now)
        except PolicyRefused as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(
            f"Policy {adopted.version} is in force. What was decided before is decided again under "
            f"{then.version}, which stays on record. Withdrawn, so that they do not begin again: {taken}."
        )
