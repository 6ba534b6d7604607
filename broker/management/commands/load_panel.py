"""manage.py load_panel: the sites at which people are compared."""

from argparse import ArgumentParser
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from broker.management.operator import OperatorCommand
from genomics.coordinates import Build
from genomics.errors import GenomicsError
from genomics.intake import materials
from genomics.intake.receive import load_panel
from genomics.panel_sites import read_panel


class Command(OperatorCommand):
    help = "Load a panel (a list between tabs, a VCF of sites, an array's manifest) and make everybody's row."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("sites", type=Path, help="the sites file; positions are 1-based")
        parser.add_argument("--name", required=True)
        parser.add_argument("--panel-version", required=True)
        parser.add_argument("--build", choices=[build.value for build in Build], default="GRCh37")

    def handle(self, *_args: Any, **options: Any) -> None:
        build = Build(options["build"])
        try:
            with materials.opened(options["sites"]) as source:
                panel, left_out = read_panel(
                    TextIOWrapper(source, encoding="utf-8"),
                    name=options["name"],
                    version=options["panel_version"],
                    build=build,
                    reference=materials.reference(build),
                )
            version = load_panel(panel, by="operator", at=timezone.now())
        except (OSError, UnicodeDecodeError, GenomicsError) as refused:
            raise CommandError(f"{refused} No panel was loaded.") from None
        if left_out:
            self.stdout.write(f"{left_out:,} sites are not single bases with two alleles, and were left out.")
        self.stdout.write(f"Panel {version}: {version.sites:,} sites in {version.build}.")
