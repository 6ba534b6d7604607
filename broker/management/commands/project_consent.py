"""Make the population anew from every consent statement, each seal verified, and keep it for quick starts."""

import argparse
import os
import time
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from broker import uses
from broker.management.operator import OperatorCommand
from consent import projection
from consent.errors import SealBroken
from consent.rebuild import rebuild


class Command(OperatorCommand):
    help = "Read every consent statement, verify its seal, and keep who may be asked as sealed arrays."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)

    def handle(self, **options: Any) -> None:
        started, now = time.monotonic(), timezone.now()
        try:
            population = rebuild(policy=uses.policy(now), at=now, processes=max(options["processes"], 1))
        except SealBroken as broken:
            raise CommandError(f"{broken} Nothing was kept.") from broken
        kept = projection.save(population, at=now)
        self.stdout.write(
            f"{len(population)} files at consent position {kept.position} under policy "
            f"{kept.policy_version}: kept in {kept.parts} sealed parts, {time.monotonic() - started:.1f} s"
        )
