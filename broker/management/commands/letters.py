"""manage.py letters: what waits to be printed and posted; --posted says that these have left the desk."""

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from broker import notices
from broker.management.operator import OperatorCommand
from broker.notice_kinds import MAIL_SUBJECT, MAIL_TEXT


class Command(OperatorCommand):
    help = "Print the letters that wait; they say no more than a mail does."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--posted", action="store_true", help="they have left the desk")

    def handle(self, *_args: Any, **options: Any) -> None:
        waiting = list(notices.letters())
        for letter in waiting:
            with override(letter.notice.language):
                self.stdout.write(f"{letter.channel.address}\n\n{_(MAIL_SUBJECT)}\n{_(MAIL_TEXT)}\n\f")
            if options["posted"]:
                notices.posted(letter, at=timezone.now())
        self.stderr.write(f"{len(waiting)} letters {'were posted' if options['posted'] else 'wait'}.")
