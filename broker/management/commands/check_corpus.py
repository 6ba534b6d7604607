"""manage.py check_corpus: hold the reader against a folder of files whose verdict is known beforehand."""

from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from genomics.intake import corpus

_MIB = 1 << 20


class Command(BaseCommand):
    help = "Read every file that a manifest lists (columns file, expected) and judge the reader."
    allowed = "operator"
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("manifest", type=Path, help="a tab-separated list beside its files")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            samples = corpus.files(options["manifest"])
        except (OSError, ValueError) as unreadable:
            raise CommandError(f"{unreadable} Nothing was read.") from None
        if not samples:
            raise CommandError("None of the files it lists lies beside the manifest. Nothing was read.")
        verdicts = list(corpus.judge(samples))
        self._table(verdicts)
        self._hungriest(verdicts)
        failed = [verdict for verdict in verdicts if not verdict.is_right]
        for verdict in failed:
            sample = verdict.sample
            what = f"{sample.expected} expected, {verdict.outcome} {verdict.reason}: {verdict.sentence}"
            self.stdout.write(f"WRONG {sample.name}: {what}")
        apart = [verdict for verdict in verdicts if not verdict.is_counted]
        kinds = Counter(verdict.sentence.split(". ")[0].split(": ")[-1] for verdict in apart)
        for kind, count in kinds.most_common():
            self.stdout.write(f"Apart, {count:,} files: {kind}.")
        passed = len(verdicts) - len(apart) - len(failed)
        self.stdout.write(f"{passed} passed, {len(failed)} failed")
        if failed:
            raise SystemExit(1)

    def _table(self, verdicts: list[corpus.Verdict]) -> None:
        outcomes = list(corpus.Outcome)
        rows = Counter((v.sample.group, str(v.sample.expected), v.outcome) for v in verdicts)
        width = max(len(group) for group, _, _ in rows)
        self.stdout.write(" ".join((f"{'group':<{width}} expected", *(f"{one:>17}" for one in outcomes))))
        for group, expected in sorted({(group, expected) for group, expected, _ in rows}):
            counts = (rows[group, expected, outcome] or "" for outcome in outcomes)
            self.stdout.write(
                " ".join((f"{group:<{width}} {expected:<8}", *(f"{count:>17}" for count in counts)))
            )

    def _hungriest(self, verdicts: list[corpus.Verdict]) -> None:
        slow, hungry = max(verdicts, key=lambda v: v.seconds), max(verdicts, key=lambda v: v.memory)
        self.stdout.write(f"Slowest: {slow.seconds:.1f} s, {slow.sample.name}")
        self.stdout.write(f"Hungriest: {hungry.memory / _MIB:.0f} MiB, {hungry.sample.name}")
