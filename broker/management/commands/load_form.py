"""Terminal door: load a consent form as a draft. Others approve it, in the portal."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from broker import rights
from broker.management.operator import OperatorCommand
from broker.models import User
from broker.roles import Right
from consent import drafts, forms
from consent.errors import FormRefused


class Command(OperatorCommand):
    help = "Load a consent form (JSON) as a draft, in the name of a steward; another one has to approve it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the form, as JSON")
        parser.add_argument("--by", required=True, help="user name of the steward who loads it")

    def handle(self, *_args: Any, file: Path, by: str, **_options: Any) -> None:
        steward = User.objects.filter(username=by).first()
        if steward is None or not rights.has(steward, Right.KEEP_FORMS):
            raise CommandError(f"{by} is no steward here. Nothing was loaded.")
        try:
            loaded = forms.load(drafts.parse(file.read_bytes()), by=steward.reference, at=timezone.now())
        except OSError as unreadable:
            raise CommandError(f"{file} cannot be read: {unreadable.strerror}. Nothing was loaded.") from None
        except FormRefused as refused:
            raise CommandError("\n".join(refused.faults or [str(refused)])) from None
        self.stdout.write(f"{loaded} is a draft now. Somebody else has to approve it.")
