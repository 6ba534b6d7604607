"""manage.py demo: build a world, run it, and show what happened."""

import json
import shutil
import signal
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from broker import oversight
from broker.crew import Crew, web
from broker.demo import account, cohort, house
from broker.demo.run import DemoFailed, run
from broker.demo.staff import PASSWORD
from consent.ledger import audit, log
from consent.models import Participant
from genomics.coordinates import Build

FEWEST = 60  # people to make up: of fewer no number is large enough to be told


class Command(BaseCommand):
    help = "Build a world of participants with real files, ask a few questions of it, and show what happened."
    allowed = "operator"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--folder", type=Path, help="build it here, and leave it here")
        parser.add_argument("--people", type=int, default=200, help=f"how many (at least {FEWEST})")
        parser.add_argument(
            "--vcf",
            type=Path,
            action="append",
            help="real people instead: a multi-sample VCF (may be repeated)",
        )
        parser.add_argument("--build", choices=[build.value for build in Build], default="GRCh37")
        parser.add_argument("--seed", type=int, default=20261123)
        parser.add_argument("--report", type=Path, help="write everything as JSON, to be recounted")
        parser.add_argument("--serve", action="store_true", help="leave the site and the worker running")
        parser.add_argument("--address", default="127.0.0.1:8000", help="host:port for --serve")

    def handle(self, *_args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("The demo makes a home of its own: start it with `manage.py demo`.")
        try:
            self._demo(options)
        finally:
            if not options["folder"]:
                shutil.rmtree(settings.HOME, ignore_errors=True)

    def _demo(self, options: dict[str, Any]) -> None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        began = time.monotonic()
        self._require_fit(options)
        call_command("migrate", verbosity=0)
        if Participant.objects.exists():
            raise CommandError(
                "This database has participants already: it is not the demo's to touch. Nothing was changed."
            )
        assume = Build(options["build"])
        try:
            people = self._people(options, assume)
            self.stdout.write(f"A demo of {people.source}. What participants see appears at once here,")
            self.stdout.write("and a yes holds at once: in a real house it waits for its cooling-off time.")
            with Crew() as crew:
                crew.start("sequencer")
                crew.start("worker")
                built = house.build(people, now=timezone.now(), show=self._show, assume=assume)
                done = run(built, people, show=self._show, assume=assume)
                well = self._tell(done, built, people, options)
                self.stdout.write(f"{time.monotonic() - began:.0f} seconds in all.")
                if options["serve"]:
                    self._serve(crew, built, options["address"])
                else:
                    self.stdout.write("To look around: manage.py demo --serve")
        except (cohort.CohortRefused, DemoFailed, OSError) as failed:
            raise CommandError(str(failed)) from None
        if not well:
            sys.exit(1)

    def _require_fit(self, options: dict[str, Any]) -> None:
        """Before anything is made, for that takes a while."""
        if not options["vcf"] and options["people"] < FEWEST:
            raise CommandError(
                f"A demo of fewer than {FEWEST} people has nothing but small numbers. Nothing was done."
            )
        for file in (*(options["vcf"] or ()), *filter(None, [options["report"]])):
            fits = file.parent.is_dir() if file == options["report"] else file.is_file()
            if not fits:
                raise CommandError(f"There is no {file}, or no folder for it. Nothing was done.")

    def _people(self, options: dict[str, Any], build: Build) -> cohort.Cohort:
        year = timezone.now().year
        if options["vcf"]:
            return cohort.from_vcf(options["vcf"], build=build, seed=options["seed"], year=year)
        return cohort.simulated(seed=options["seed"], people=options["people"], year=year)

    def _tell(
        self, done: list[Any], built: house.House, people: cohort.Cohort, options: dict[str, Any]
    ) -> bool:
        self.stdout.write("")
        for line in (*account.table(done), "", *account.truth(done, built), ""):
            self.stdout.write(line)
        kept = list(account.checks(done, built))
        while log.sequence(at=timezone.now()):
            pass
        verified = audit.verify(also=oversight.ALSO)
        kept.append(account.Check(f"the ledger's {verified.size} events verify", verified.ok))
        for check in kept:
            self.stdout.write(f"{'ok ' if check.kept else 'NOT'} {check.promise}")
        for problem in verified.problems:
            self.stdout.write(f"    {problem}")
        if options["report"]:
            report = account.as_json(done, built, people)
            options["report"].write_text(json.dumps(report, indent=1, default=str))
            self.stdout.write(f"Report: {options['report']}")
        return all(check.kept for check in kept)

    def _serve(self, crew: Crew, built: house.House, address: str) -> None:
        crew.start("web", *web(address))
        here = address.replace("127.0.0.1", "localhost")  # passkeys need a name
        self.stdout.write(f"\nOpen http://{here}/sign-in/ — the password of all is {PASSWORD}")
        logins = [
            ("participant", house.PARTICIPANT),
            ("participant who withdrew", house.LEAVER),
            *([("guardian", house.GUARDIAN)] if house.GUARDIAN in built.logins else []),
            *built.staff.logins(),
        ]
        for role, name in logins:
            self.stdout.write(f"    {role:26} {name}")
        self.stdout.write(
            f"{', '.join(built.apps)} sign in with a second step, which a yes needs. Keys for an app:"
        )
        for name, secret in built.apps.items():
            self.stdout.write(f"    {name:26} {secret}")
        self.stdout.write("Without a phone, from another terminal, the code of this moment:")
        home = f"DEMO=1 BROKER_HOME={settings.HOME}"
        self.stdout.write(f"    {home} {sys.executable} manage.py unsafe_code {house.PARTICIPANT}")
        self.stdout.write("Ctrl-C closes it.")
        self.stdout.flush()
        try:
            while not (fallen := crew.fallen()):
                time.sleep(0.5)
        except KeyboardInterrupt:
            return
        raise DemoFailed(f"Ended by itself: {', '.join(fallen)}.")

    def _show(self, what: str, done: int, total: int) -> None:
        """Progress on one line, for whoever watches; a log file gets none."""
        if self.stderr.isatty():
            end = "\n" if done >= total else ""
            self.stderr.write(f"\r\033[K{what}: {done}/{total}", ending=end)
            self.stderr.flush()
