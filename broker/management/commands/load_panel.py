"""manage.py load_panel: the sites at which people are compared."""

from argparse import ArgumentParser
from collections.abc import Sequence
from contextlib import ExitStack
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from broker.management.operator import OperatorCommand
from genomics.coordinates import Build, chromosome_name
from genomics.errors import GenomicsError
from genomics.genetic_map import GeneticMap
from genomics.intake import materials
from genomics.intake.receive import load_panel
from genomics.map_forms import read_maps
from genomics.panel_sites import read_panel


class Command(OperatorCommand):
    help = "Load a panel (a list between tabs, a VCF of sites, an array's manifest) and make everybody's row."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("sites", type=Path, help="the sites file; positions are 1-based")
        parser.add_argument("--name", required=True)
        parser.add_argument("--panel-version", required=True)
        parser.add_argument("--build", choices=[build.value for build in Build], default="GRCh37")
        parser.add_argument(
            "--map",
            type=Path,
            nargs="+",
            metavar="FILE",
            help="a genetic map of that build (HapMap, PLINK or SHAPEIT), in one file or several; "
            "without it the shipped map is taken",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        build = Build(options["build"])
        try:
            genetic_map = _map(options["map"], build)
            with (
                materials.opened(options["sites"]) as source,
                TextIOWrapper(source, encoding="utf-8") as lines,
            ):
                panel, left_out = read_panel(
                    lines,
                    name=options["name"],
                    version=options["panel_version"],
                    build=build,
                    reference=materials.reference(build),
                    genetic_map=genetic_map,
                )
            version = load_panel(panel, by="operator", at=timezone.now())
        except (OSError, UnicodeDecodeError, GenomicsError) as refused:
            raise CommandError(f"{refused} No panel was loaded.") from None
        if left_out:
            self.stdout.write(f"{left_out:,} sites are not single bases with two alleles, and were left out.")
        unmapped = sorted({*panel.chromosome.tolist()} - genetic_map.courses.keys())
        if unmapped:
            named = ", ".join(map(chromosome_name, unmapped))
            self.stdout.write(
                f"Nobody is compared on what the genetic map does not have: chromosome {named}."
            )
        self.stdout.write(f"Panel {version}: {version.sites:,} sites in {version.build}.")


def _map(files: Sequence[Path] | None, build: Build) -> GeneticMap:
    if not files:
        return GeneticMap.load(build)
    with ExitStack() as opened:
        sources = [opened.enter_context(materials.opened(path)) for path in files]
        lines = [opened.enter_context(TextIOWrapper(source, encoding="utf-8")) for source in sources]
        return read_maps([(path.name, text) for path, text in zip(files, lines, strict=True)], build)
