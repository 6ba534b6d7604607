"""The one sequencer: places waiting events in the ledger's tree and signs, until it is told to stop."""

import argparse
import signal
import threading
from types import FrameType
from typing import Any

from django.core.management.base import CommandError
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from broker.management.operator import OperatorCommand
from broker.walls import logging_in
from broker.walls.tables import Login
from consent.errors import LedgerBroken, WitnessAway, WitnessRefused
from consent.ledger import log, witnesses

THOROUGH_EVERY = 600  # runs; the first is one of them


class Command(OperatorCommand):
    help = "Place waiting events in the ledger's tree and sign a checkpoint, until told to stop."
    told = ""  # what was said of the witness last

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--every", type=float, default=1.0, help="seconds between two runs (default: 1)")
        parser.add_argument("--once", action="store_true", help="run once and end")

    def handle(self, **options: Any) -> None:
        logging_in.require(Login.SEQUENCER)
        if options["once"]:
            self._run(thorough=True)
            return
        told_to_stop = threading.Event()

        def stop(_signal: int, _frame: FrameType | None) -> None:
            told_to_stop.set()

        before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            runs = 0
            while not told_to_stop.is_set():
                try:
                    self._run(thorough=runs % THOROUGH_EVERY == 0)
                    runs += 1
                except DatabaseError as fault:
                    self.stderr.write(
                        f"The database did not answer ({fault}). Nothing is lost; trying again."
                    )
                close_old_connections()
                told_to_stop.wait(options["every"])
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _run(self, *, thorough: bool) -> None:
        try:
            made = log.sequence(at=timezone.now(), thorough=thorough)
        except LedgerBroken as broken:
            raise CommandError(str(broken)) from broken
        if made is not None:
            self.stdout.write(f"checkpoint {made.size}")
        try:
            seen = witnesses.catch_up()
        except (WitnessAway, WitnessRefused) as told:
            if str(told) != self.told:  # once, not every second
                self.stderr.write(str(told))
            self.told = str(told)
            return
        self.told = ""
        if seen is not None:
            self.stdout.write(f"witnessed {seen.checkpoint.size}")
