"""manage.py up: the whole house on one machine, until Ctrl-C."""

import signal
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from broker.crew import Crew, web


class Command(BaseCommand):
    help = "Start the site, a worker and the sequencer; migrate first; stop all of them with Ctrl-C."
    allowed = "operator"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--address", default="127.0.0.1:8000", help="host:port of the site")

    def handle(self, *_args: Any, **options: Any) -> None:
        if settings.WALLS_REQUIRED and connection.vendor == "postgresql":
            raise CommandError(
                "On PostgreSQL site, worker, keeper's worker and sequencer each have a login of their own "
                "(manage.py database_roles), so start each with its own DATABASE_URL as the README shows. "
                "Nothing was started, and nothing was changed."
            )
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        call_command("migrate", verbosity=0)
        if not (settings.DEBUG or settings.DEMO):
            call_command("collectstatic", interactive=False, verbosity=0)
        with Crew() as crew:
            crew.start("sequencer")
            crew.start("worker")
            crew.start("web", *web(options["address"]))
            self.stdout.write(f"The house is open at http://{options['address']}/ (Ctrl-C closes it).")
            try:
                while not (fallen := crew.fallen()):
                    time.sleep(0.5)
            except KeyboardInterrupt:
                self.stdout.write("Closing.")
                return
            names = ", ".join(f"{settings.HOME / name}.log" for name in fallen)
            raise CommandError(f"Ended by itself: {', '.join(fallen)}. The reason stands in {names}.")
