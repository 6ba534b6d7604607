"""manage.py load_panel: the sites at which people are compared."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from genomics.coordinates import Build
from genomics.errors import GenomicsError
from genomics.genetic_map import GeneticMap
from genomics.intake.receive import load_panel
from genomics.panel import Panel


class Command(BaseCommand):
    help = "Load a panel (tab-separated: chromosome, position, ref, alt) and make everybody's row of it."
    allowed = "operator"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("sites", type=Path, help="the sites file; positions are 1-based")
        parser.add_argument("--name", required=True)
        parser.add_argument("--panel-version", required=True)
        parser.add_argument("--build", choices=[build.value for build in Build], default="GRCh37")

    def handle(self, *_args: Any, **options: Any) -> None:
        build = Build(options["build"])
        try:
            panel = Panel.from_tsv(
                options["sites"].read_text(),
                name=options["name"],
                version=options["panel_version"],
                build=build,
                genetic_map=GeneticMap.load(build),
            )
            version = load_panel(panel, by="operator", at=timezone.now())
        except (OSError, GenomicsError) as refused:
            raise CommandError(f"{refused} No panel was loaded.") from None
        self.stdout.write(f"Panel {version}: {version.sites:,} sites in {version.build}.")
