"""manage.py states: what everything in the house may be and become, drawn from the tables."""

from typing import Any

from django.core.management.base import BaseCommand

from broker import states


class Command(BaseCommand):
    help = "Draw every table of states, as it stands in the README (* is where something begins)."
    allowed = "operator"

    def handle(self, *_args: Any, **_options: Any) -> None:
        self.stdout.write(states.drawing(), ending="")
