"""Carrier counts of the whole product against bcftools on the permitted people: 0 differences, or where.

    python -m tests.bench.against_bcftools --vcf A.vcf.gz --vcf B.vcf.gz --sites 200

Builds a house of its own from the real people of the files, asks for each site under three kinds of use
through clear() and the gate, and counts the same with bcftools from the files themselves.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

THRESHOLD = 10  # said once more here: an oracle does not ask the house what it may tell


@dataclass(frozen=True, slots=True)
class Comparison:
    """One site under one use: what the gate said and what bcftools counted."""

    site: str
    use: str
    permitted: int
    said: int | None
    counted: int

    @property
    def agrees(self) -> bool:
        return self.said == (self.counted if self.counted >= THRESHOLD else None)


def compare(vcfs: Sequence[Path], *, sites: int, seed: int, now: datetime) -> list[Comparison]:
    """Needs Django set up and an empty, migrated database."""
    from broker import access, queries, uses
    from broker.demo import cohort, house
    from consent import clearance as proofs
    from genomics import gate
    from genomics.coordinates import Build
    from genomics.matching import parse

    people = cohort.from_vcf(vcfs, build=Build.GRCh37, seed=seed, year=now.year)
    built = house.build(people, now=now, show=lambda *_: None, assume=Build.GRCh37)
    asked = _sites(vcfs[0], sites, seed)
    applications = {
        "health research": {"purposes": ("R.HMB",), "commercial_use": False},
        "cancer research": {"purposes": ("R.DS",), "disease": "MONDO:0004992", "commercial_use": False},
        "health research, for profit": {"purposes": ("R.HMB",), "commercial_use": True},
    }
    compared = []
    for name, facts in applications.items():
        application = access.Application(summary="x", valid_to=now + timedelta(days=300), **facts)  # type: ignore[arg-type]
        request = house.project(built, name, application, now=now)
        first: dict[str, Any] = {"kind": "carriers", "variant": asked[0], "build": "GRCh37"}
        query = queries.submit(first, under=request, by=built.staff.researcher, at=now)
        use = uses.of(query)
        clearance = proofs.clear(use, policy=uses.policy(now), at=now)
        samples = [built.samples[one.ordinal] for one in clearance.permitted]
        counts = _counted(vcfs, samples, asked)
        for site in asked:
            answer = gate.ask(
                parse({**first, "variant": site}),
                clearance,
                asking=gate.Asking(lambda use=use: use, uses.policy(now), lambda: now),
                alias=str,
                batch=len(samples),
                on_batch=lambda done, total: None,
            ).answer
            compared.append(Comparison(site, name, len(samples), answer.count, counts[site]))
    return compared


def _sites(vcf: Path, sites: int, seed: int) -> list[str]:
    """So many of the file's sites, by lot, as people write them."""
    told = _run("bcftools", "query", "-f", "%CHROM:%POS %REF>%ALT\n", str(vcf)).splitlines()
    return random.Random(seed).sample(told, sites)  # noqa: S311 - a lot, not a secret


def _counted(vcfs: Sequence[Path], samples: Sequence[str], sites: Sequence[str]) -> dict[str, int]:
    """Carriers among these samples at each site, by bcftools over all files."""
    counts = dict.fromkeys(sites, 0)
    with tempfile.TemporaryDirectory() as folder:
        names, targets = Path(folder) / "samples", Path(folder) / "targets.tsv"
        places = [site.split(" ")[0].split(":") for site in sites]
        targets.write_text("".join(f"{chromosome}\t{position}\n" for chromosome, position in places))
        for vcf in vcfs:
            here = set(_run("bcftools", "query", "-l", str(vcf)).split()) & set(samples)
            names.write_text("".join(f"{name}\n" for name in sorted(here)))
            form = "%CHROM:%POS %REF>%ALT[\t%GT]\n"
            told = _run("bcftools", "query", "-f", form, "-S", str(names), "-T", str(targets), str(vcf))
            for line in told.splitlines():
                site, *genotypes = line.split("\t")
                if site in counts:
                    counts[site] += sum("1" in genotype for genotype in genotypes)
    return counts


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vcf", type=Path, action="append", required=True)
    parser.add_argument("--sites", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    home = tempfile.mkdtemp(prefix="bench-")
    os.environ |= {"DEMO": "1", "BROKER_HOME": home, "DJANGO_SETTINGS_MODULE": "broker.settings"}
    os.environ.pop("DATABASE_URL", None)
    try:
        import django

        django.setup()
        from django.core.management import call_command
        from django.utils import timezone

        call_command("migrate", verbosity=0)
        began = time.perf_counter()
        compared = compare(options.vcf, sites=options.sites, seed=options.seed, now=timezone.now())
    finally:
        shutil.rmtree(home, ignore_errors=True)
    wrong = [one for one in compared if not one.agrees]
    for one in wrong:
        print(f"{one.use}: {one.site}: said {one.said}, bcftools counts {one.counted}")
    for use in dict.fromkeys(one.use for one in compared):
        mine = [one for one in compared if one.use == use]
        told = sum(one.said is not None for one in mine)
        print(f"{use}: {mine[0].permitted} people permitted, {told} of {len(mine)} numbers are told")
    print(f"{time.perf_counter() - began:.0f} seconds")
    print(f"differences: {len(wrong)} of {len(compared)}")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
