"""manage.py import_files: take in a folder of files by a manifest, for a biobank moving in."""

from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone
from tqdm import tqdm

from broker import moving_in
from broker.errors import ManifestRefused
from broker.management.operator import OperatorCommand
from broker.moving_in import Line, Outcome, Report, Result


class Command(OperatorCommand):
    help = (
        "Take in the files of a folder that a manifest lists (broker/moving_in.py says how it looks). A "
        "second run goes on where the first one stopped. No consent is imported: nothing may be asked of a "
        "file until its person says so."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--manifest", type=Path, required=True)
        parser.add_argument("--by", required=True, help="who does it, as the ledger shall say")
        parser.add_argument("--report", type=Path, help="MANIFEST.report.tsv unless told; keep it private")
        parser.add_argument("--dry-run", action="store_true", help="read every file and store nothing")
        parser.add_argument("--again", action="store_true", help="try what was refused once more")

    def handle(self, *_args: Any, **options: Any) -> None:
        path: Path = options["manifest"]
        try:
            lines = moving_in.manifest(path, options["folder"], on=timezone.now().date())
        except ManifestRefused as refused:
            raise CommandError(str(refused)) from None
        if options["dry_run"]:
            results = [moving_in.try_out(line) for line in self._shown(lines)]
            for result in results:
                if result.outcome == Outcome.REFUSED:
                    self.stdout.write(f"{result.file}: {result.reason}. {result.told}")
            self._total(results, would="would be ")
            return
        report = Report(options["report"] or path.with_name(f"{path.name}.report.tsv"))
        try:
            with report:
                for line in self._shown(lines):
                    before = report.results.get(line.key)
                    if before is None or (options["again"] and before.outcome == Outcome.REFUSED):
                        moving_in.take(line, report, by=options["by"], at=timezone.now())
        except ManifestRefused as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(f"What each file came to stands in {report.path}.")
        self._total([report.results[line.key] for line in lines])

    def _shown(self, lines: list[Line]) -> Any:
        """Each line in turn, under a bar; without a terminal there is none."""
        return tqdm(lines, unit="file", disable=None)

    def _total(self, results: list[Result], *, would: str = "") -> None:
        count = Counter(result.outcome for result in results)
        told = [f"{count[one]} {would}{one}" for one in (Outcome.TAKEN, Outcome.REFUSED)]
        self.stdout.write(", ".join([*told, f"{count[Outcome.HERE]} {Outcome.HERE}"]))
