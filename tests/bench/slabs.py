"""Slabs against columns and bcftools: counting carriers among many people, one person more, one person less.

    DEBUG=1 python -m tests.bench.slabs [--people 10000] [--sites 52000] [--home FOLDER]

Simulated people: chromosome 1 of an array of 650,000 markers, and some variants that each has alone; every
other one allows research. Every number told is held against the genotypes they were made from. Prints, last,
each figure; fails when a number differs.
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

END = 240_000_000
BCF_SITES = 1000  # records of the file that bcftools looks into by its index
THRESHOLD = 10
PIECE = 200  # people in one transaction


@dataclass
class Cohort:
    """What is asked about, and what is true of it."""

    position: np.ndarray
    frequency: np.ndarray
    asked: np.ndarray  # indices of sites
    rng: np.random.Generator
    private: int
    copies: list[np.ndarray] = field(default_factory=list)  # of each who permits: at the asked sites
    near: list[np.ndarray] = field(default_factory=list)  # and at the first sites, for bcftools

    def draw(self) -> Any:
        """One person's column, and her copies at every site."""
        from genomics.column_rows import Rows, assemble

        copies = self.rng.binomial(2, self.frequency).astype(np.uint8)
        copies[self.rng.random(len(copies)) < 0.01] = 3
        own = self.rng.integers(1, END, self.private).astype(np.uint32)
        position = np.concatenate((self.position, own))
        rows = Rows(
            chromosome=np.ones(len(position), np.uint8),
            position=position,
            ref=np.ones(len(position), np.uint32),
            alt=np.concatenate((np.full(len(copies), 2), np.full(len(own), 3))).astype(np.uint32),
            copies=np.concatenate((copies, np.ones(len(own), np.uint8))),
            ploidy=np.full(len(position), 2, np.uint8),
        )
        column, _ = assemble(rows, ["", "A", "G", "T"])
        return column, copies


class House:
    """A house full of them, built beneath the doors."""

    def __init__(self, cohort: Cohort, home: Path) -> None:
        from tests.world import World

        self.world, self.cohort, self.home = World(), cohort, home

    def join(self, *, permits: bool) -> Any:
        from consent import holdings, participants
        from consent.terms import Permission
        from genomics._vault import files as vault
        from genomics._vault import keys
        from genomics.models import GenomicFile
        from tests.world import EARLIER

        person = participants.register(born_on=date(1980, 1, 1), by="bench", at=EARLIER)
        participants.verify_identity(person, by="steward", at=EARLIER)
        column, copies = self.cohort.draw()
        facts = {"kind": "array", "build": "GRCh37", "build_evidence": "bench", "size": 0, "quality": {}}
        sha256 = column.sha256
        file = GenomicFile(
            participant=person, fingerprint=uuid.uuid4().bytes * 2, column_sha256=sha256, **facts
        )
        file.received_at = EARLIER
        holdings.add(person, file.id, by="bench", at=EARLIER)
        file.save(force_insert=True)
        key = keys.of_or_new(person, at=EARLIER)
        vault.put(vault.column_name(file), column.to_bytes(), key).save()
        if permits:
            self.world.give(person, "RESEARCH", Permission(code="GRU"), at=EARLIER)
            self.cohort.copies.append(copies[self.cohort.asked])
            self.cohort.near.append(copies[:BCF_SITES])
        return file

    def fill(self, people: int) -> None:
        from django.db import transaction

        for first in range(0, people, PIECE):
            with transaction.atomic():
                for n in range(first, min(people, first + PIECE)):
                    self.join(permits=n % 2 == 0)
            print(f"{min(people, first + PIECE):,} people", end="\r", flush=True)
        print()


def asking(world: Any) -> tuple[Any, Callable[[dict[str, Any]], Any]]:
    """Who permits, and a way to ask them through the gate."""
    from broker import queries, uses
    from consent import clearance as proofs
    from genomics import gate
    from genomics.matching import parse
    from tests.world import NOW

    query = queries.submit(world.carriers(), under=world.request(), by=world.staff.researcher, at=NOW)
    use, policy = uses.of(query), uses.policy(NOW)
    clearance = proofs.clear(use, policy=policy, at=NOW)

    def ask(question: dict[str, Any]) -> Any:
        return gate.ask(
            parse({"build": "GRCh37"} | question),
            clearance,
            asking=gate.Asking(lambda: use, policy, lambda: NOW),
            alias=str,
            batch=32,
            on_batch=lambda done, total: None,
        ).answer

    return clearance, ask


def timed(act: Callable[[], Any]) -> tuple[float, float, Any]:
    """Milliseconds of the clock and of the processor, children included; and what came of it."""

    def spent() -> float:
        whole = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return sum(one.ru_utime + one.ru_stime for one in whole)

    clock, cpu = time.perf_counter(), spent()
    told = act()
    return 1e3 * (time.perf_counter() - clock), 1e3 * (spent() - cpu), told


def truth(copies: np.ndarray) -> tuple[int | None, float | None]:
    """What may be said of one site, from the genotypes."""
    known = copies[copies != 3]
    carriers = int((known > 0).sum())
    if carriers < THRESHOLD:
        return None, None
    return carriers, round(int(known.sum()) / (2 * len(known)), 4)


def by_bcftools(folder: Path, cohort: Cohort) -> Callable[[int], int]:
    """Those who permit, at the first sites, as an indexed BCF; and a way to count carriers in it."""
    matrix, words = np.array(cohort.near).T, np.array(["0/0", "0/1", "1/1", "./."])
    vcf, bcf = folder / "cohort.vcf", folder / "cohort.bcf"
    with vcf.open("w") as out:
        out.write("##fileformat=VCFv4.2\n##contig=<ID=1,length=249250621>\n")
        out.write('##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n')
        names = "\t".join(f"S{n}" for n in range(matrix.shape[1]))
        out.write(f"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{names}\n")
        for position, row in zip(cohort.position.tolist(), matrix, strict=False):
            out.write(f"1\t{position + 1}\t.\tA\tG\t.\tPASS\t.\tGT\t" + "\t".join(words[row]) + "\n")
    subprocess.run(["bcftools", "view", "-Ob", "-o", bcf, vcf], check=True)
    subprocess.run(["bcftools", "index", bcf], check=True)

    def count(site: int) -> int:
        command = ["bcftools", "view", "-H", "-r", f"1:{cohort.position[site] + 1}", str(bcf)]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return sum("1" in genotype for genotype in told.split("\t")[9:])

    return count


@dataclass
class Bench:
    """A full house, and what was measured in it."""

    house: House
    figures: list[tuple[str, str]] = field(default_factory=list)
    wrong: int = 0

    def told(self, what: str, runs: list[tuple[float, float, Any]]) -> None:
        clocks, cpus = [run[0] for run in runs], [run[1] for run in runs]
        said = f"{statistics.median(clocks):9,.1f} ms ({max(clocks):,.1f})"
        self.figures.append((what, f"{said}, CPU {statistics.median(cpus):,.1f} ({max(cpus):,.1f})"))

    def ask(self, ask: Callable[[dict[str, Any]], Any], kind: str, most: int = 1000) -> list[Any]:
        """One question a site, each answer held against the genotypes."""
        cohort, runs = self.house.cohort, []
        for site, copies in list(zip(cohort.asked, np.array(cohort.copies).T, strict=True))[:most]:
            variant = f"1:{cohort.position[site] + 1} A>G"
            runs.append(timed(lambda variant=variant: ask({"kind": kind, "variant": variant})))
            carriers, share = truth(copies)
            answer = runs[-1][2]
            self.wrong += answer.count != carriers or (kind == "frequencies" and answer.frequency != share)
        return runs

    def count(self) -> None:
        """Carriers and frequencies: by columns, by slabs, and by bcftools."""
        from django.db.models import Sum

        from genomics._vault import covering
        from genomics.coordinates import Build, Region
        from genomics.intake import upkeep
        from genomics.matching.question import Place
        from genomics.models import GenomicFile, Sealed
        from genomics.variants import Variant
        from tests.world import NOW

        cohort = self.house.cohort
        clearance, ask = asking(self.house.world)
        permitted = f"{len(clearance.permitted):,} permitted"
        self.told(
            f"carriers of a variant, {permitted}, through the gate, by columns", self.ask(ask, "carriers", 1)
        )
        clock, cpu, many = timed(lambda: sum(1 for _ in upkeep.fill_slabs(at=NOW)))
        lengths = [
            Sealed.objects.filter(**which).aggregate(all=Sum("length"))["all"] / 1e6
            for which in ({"name__startswith": "slabs/"}, {"name__endswith": "/column"})
        ]
        said = f"{clock / many:9,.1f} ms a person, CPU {cpu / many:.1f}"
        self.figures.append((f"laying {many:,} people into slabs, many at once", said))
        self.figures.append(("slabs beside columns", "{:9,.0f} MB, {:,.0f} MB".format(*lengths)))
        self.told("carriers, through the gate, by slabs", self.ask(ask, "carriers"))
        self.told("frequency, through the gate, by slabs", self.ask(ask, "frequencies"))
        ids = [file for one in clearance.permitted for file in one.files]
        files, start = list(GenomicFile.objects.filter(pk__in=ids)), int(cohort.position[cohort.asked[0]])
        stretch = Region(1, start, start + 100_000)
        for what, at in (("a variant", Variant(1, start, "A", "G")), ("100 kb", stretch)):
            place = Place(Build.GRCh37, at)
            runs = [timed(lambda place=place: covering._found(files, place, clearance)) for _ in range(7)]
            self.told(f"slabs alone, {what}, without asking the law", runs)
        if shutil.which("bcftools"):
            count = by_bcftools(self.house.home, cohort)
            runs = [timed(lambda site=site: count(site)) for site in cohort.asked]
            carriers = [int(((one > 0) & (one != 3)).sum()) for one in np.array(cohort.copies).T]
            self.wrong += sum(run[2] != many for run, many in zip(runs, carriers, strict=True))
            self.told(f"bcftools view, a plain indexed BCF of them alone, {BCF_SITES:,} sites", runs)

    def add(self) -> None:
        """One person more: her row of the panel and her bits in the slab."""
        from genomics._vault import rows
        from genomics.coordinates import Build
        from genomics.intake import upkeep
        from genomics.intake.receive import load_panel
        from genomics.models import GenomicFile, SlabMember
        from genomics.panel import Panel
        from tests.world import EARLIER, NOW

        position = self.house.cohort.position
        facts: dict[str, Any] = {"name": "bench", "version": "1", "build": Build.GRCh37, "position": position}
        letters = {"ref": np.full(len(position), b"A"), "alt": np.full(len(position), b"G")}
        panel = Panel.of(chromosome=np.ones(len(position)), **facts, **letters)
        standing = GenomicFile.objects.all()
        standing.update(build="GRCh38")  # so that loading makes nobody's row
        version = load_panel(panel, by="bench", at=EARLIER)
        standing.update(build="GRCh37")
        used = rows.InUse.of(version)
        runs = []
        for _ in range(-SlabMember.objects.count() % 64 or 64):
            file = self.house.join(permits=False)

            def derive(file: Any = file) -> None:
                rows.derive(file, used)
                assert [one.pk for one in upkeep.fill_slabs(at=NOW)] == [file.pk]

            runs.append(timed(derive))
        self.told("one person's row and slab bits, the slab growing to 64", runs)
        self.told("   the same, the last three, the slab fullest", runs[-3:])

    def erase(self) -> None:
        """One person less, and what of it happens before the transaction."""
        from genomics._vault import slabs
        from genomics.intake import erasure
        from genomics.models import GenomicFile
        from tests.world import NOW

        before, acts = [], []
        for file in GenomicFile.objects.select_related("participant").order_by("pk")[:10]:
            before.append(timed(lambda file=file: slabs.sealed_without([file], at=NOW)))
            acts.append(timed(lambda file=file: erasure.erase(file.participant, by="bench", at=NOW)))
        self.told("erasing one, all of the act", acts)
        self.told("   of it sealing her slab anew, before the transaction", before)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--sites", type=int, default=52_000)
    parser.add_argument("--private", type=int, default=500)
    parser.add_argument("--questions", type=int, default=10)
    parser.add_argument("--home", type=Path)
    options = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="bench-slabs-", dir=options.home))
    os.environ |= {"BROKER_HOME": str(home), "DEBUG": "1", "DJANGO_SETTINGS_MODULE": "broker.settings"}
    os.environ.pop("DATABASE_URL", None)
    try:
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        rng = np.random.default_rng(1)
        position = np.sort(rng.choice(END, options.sites, replace=False)).astype(np.uint32)
        asked = np.sort(rng.choice(min(BCF_SITES, options.sites), options.questions, replace=False))
        cohort = Cohort(position, rng.beta(0.4, 1.2, options.sites), asked, rng, options.private)
        bench = Bench(House(cohort, home))
        bench.house.fill(options.people)
        bench.count()
        bench.add()
        bench.erase()
    finally:
        shutil.rmtree(home, ignore_errors=True)
    print(f"{options.people:,} people, {options.sites:,} sites; median (worst)")
    wide = max(len(name) for name, _ in bench.figures)
    for name, value in bench.figures:
        print(f"{name:{wide}}  {value}")
    print(f"numbers that differ from the genotypes: {bench.wrong}")
    sys.exit(bool(bench.wrong))


if __name__ == "__main__":
    main()
