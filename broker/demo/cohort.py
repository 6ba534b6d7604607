"""Who takes part in a demo: simulated people, or the real people of a multi-sample VCF, one upload each; and
the traces that strangers left, whose relatives among them are known.

How they are taken in is in run.
"""

import gzip
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from broker.demo import plans
from broker.demo.evidence import LEVELS, leave
from broker.demo.exports import Exports
from broker.demo.founders import Founders, Sites
from broker.demo.pedigree import Member, Relation, descend
from broker.demo.simulator import Person, World, simulate
from genomics.coordinates import Build, chromosome
from genomics.genetic_map import GeneticMap
from genomics.panel import Panel

COMMON = 0.05  # a panel's sites have a rarer allele at least this common
SIMULATED_YEAR = 2026
ADULT_FOR_A_YEAR = 19  # so old, one was of age when the demo's people spoke
HELD_OUT = "C2"  # of the first families, this member is no participant and leaves a trace
CHILD = (
    Member("father", "M", 0),
    Member("mother", "F", 0),
    Member("child", "F", 1, "father", "mother"),
)


class CohortRefused(Exception):
    """A VCF that a demo cannot be made of. Nothing was built."""


@dataclass(frozen=True, slots=True)
class Volunteer:
    """One participant to be: the sample's name, the file, and what she said."""

    sample: str
    upload: Callable[[], bytes]
    born: int
    plan: str

    @property
    def minor(self) -> bool:
        return self.plan == plans.MINOR


@dataclass(frozen=True, slots=True)
class Trace:
    """A stranger's profile and, by sample, what he truly is to people of the cohort."""

    name: str
    upload: Callable[[], bytes]
    kin: dict[str, Relation]


@dataclass(frozen=True, slots=True)
class Cohort:
    """Everything a demo is made of; `variants` and `regions` are worth asking about, as people write them."""

    source: str
    volunteers: tuple[Volunteer, ...]
    traces: tuple[Trace, ...]
    panel: Panel
    variants: tuple[str, ...]
    regions: tuple[str, ...]
    min_cm: float  # the shortest segment that can be asked for on so much of the genome


def simulated(*, seed: int, people: int, year: int) -> Cohort:
    """`people` made-up participants on all autosomes, as old in `year` as the simulated ones in 2026."""
    rng = np.random.default_rng(seed)
    families = max(3, people // 25)
    world = simulate(seed=seed, people=people + 3, families=families)
    exports = Exports(world.sites)
    strangers = [
        index for index, person in enumerate(world.people) if person.role == HELD_OUT and person.family <= 3
    ]
    taking_part = [index for index in range(len(world.people)) if index not in strangers]
    dealt = _deal(len(taking_part), rng)
    volunteers = [
        Volunteer(
            sample=world.people[index].name,
            upload=_writer(exports, world.people[index], number),
            born=world.people[index].born + year - SIMULATED_YEAR,
            plan=plans.MINOR if world.people[index].born > SIMULATED_YEAR - ADULT_FOR_A_YEAR else plan,
        )
        for number, (index, plan) in enumerate(zip(taking_part, dealt, strict=True))
    ]
    return Cohort(
        source=f"{people} simulated people, {len(world.sites):,} sites, seed {seed}",
        volunteers=_with_leads(volunteers),
        traces=tuple(_trace(world, exports, index, rng) for index in strangers),
        panel=world.panel(),
        variants=_common(world.sites, world.frequency),
        regions=_around(world.sites),
        min_cm=7.0,
    )


def from_vcf(paths: Sequence[Path], *, build: Build, seed: int, year: int) -> Cohort:
    """The people of one or more multi-sample VCFs with the same sites: each becomes one single-sample file.
    The trace is left by a child of two of them, who is nobody."""
    rng = np.random.default_rng(seed)
    sheets = [_Sheet.read(path) for path in paths]
    names = [name for sheet in sheets for name in sheet.samples]
    if len(set(names)) != len(names):
        raise CohortRefused("Two of the samples have the same name. Nothing was built.")
    dealt = _deal(len(names), rng)
    minors = set(rng.choice(len(names), min(6, len(names) // 10), replace=False).tolist())
    volunteers = []
    for number, (sheet, column) in enumerate(
        (one, place) for one in sheets for place in range(len(one.samples))
    ):
        volunteers.append(
            Volunteer(
                sample=sheet.samples[column],
                upload=partial(sheet.single, column),
                born=year - 12 if number in minors else year - 76 + number % 50,
                plan=plans.MINOR if number in minors else dealt[number],
            )
        )
    founders = sheets[0].founders(build)
    panel = founders.sites.panel(name=paths[0].stem[:40], version="1", frequency=founders.frequency)
    span = float(np.ptp(founders.sites.cm))
    return Cohort(
        source=f"{len(names)} people of {', '.join(path.name for path in paths)}",
        volunteers=_with_leads(volunteers),
        traces=(_child(founders, volunteers, rng),),
        panel=panel,
        variants=_common(founders.sites, founders.frequency),
        regions=_around(founders.sites),
        min_cm=7.0 if span > 100 else 5.0,
    )


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A multi-sample VCF as lines before, and genotypes of, each sample."""

    header: str
    samples: tuple[str, ...]
    before: tuple[str, ...]  # the first eight columns of each record, and "GT"
    genotypes: NDArray[np.bytes_]  # records x samples

    @classmethod
    def read(cls, path: Path) -> "_Sheet":
        opened = gzip.open if path.suffix == ".gz" else open
        header: list[str] = []
        samples: tuple[str, ...] = ()
        before, rows = [], []
        with opened(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("##"):
                    # Commands and paths of whoever made the file are not the participant's.
                    if line.startswith(("##fileformat", "##contig", "##FORMAT=<ID=GT", "##reference")):
                        header.append(line)
                    continue
                cells = line.rstrip("\n").split("\t")
                if line.startswith("#"):
                    samples = tuple(cells[9:])
                    continue
                if cells[8].split(":")[0] != "GT":
                    raise CohortRefused(f"{path.name} has a record without genotypes. Nothing was built.")
                before.append("\t".join((*cells[:6], ".", ".", "GT")))
                rows.append([cell.split(":", 1)[0] for cell in cells[9:]])
        if len(samples) < 20 or not rows:
            raise CohortRefused(
                f"{path.name} has {len(samples)} samples; a demo needs 20. Nothing was built."
            )
        header.append("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tSAMPLE\n")
        return cls("".join(header), samples, tuple(before), np.array(rows, dtype="S7"))

    def single(self, column: int) -> bytes:
        """The file of one sample, whose name is not in it."""
        genotypes = self.genotypes[:, column].astype(str).tolist()
        body = "\n".join(f"{left}\t{right}" for left, right in zip(self.before, genotypes, strict=True))
        return f"{self.header}{body}\n".encode()

    def founders(self, build: Build) -> Founders:
        """The haplotypes at common biallelic SNPs, for a panel and for a made-up child."""
        cells = [line.split("\t", 5) for line in self.before]
        snp = np.array([len(c[3]) == 1 and len(c[4]) == 1 and c[4] in "ACGT" for c in cells])
        letters = self.genotypes.view("S1").reshape(*self.genotypes.shape, -1)
        haplotypes = np.concatenate([letters[:, :, 0], letters[:, :, 2]], axis=1) == b"1"
        frequency = haplotypes.mean(axis=1)
        kept = np.flatnonzero(snp & (frequency >= COMMON) & (frequency <= 1 - COMMON))
        codes = np.array([chromosome(cells[i][0]) for i in kept], dtype=np.uint8)
        positions = np.array([int(cells[i][1]) - 1 for i in kept], dtype=np.uint32)
        sites = Sites(
            build=build,
            chromosome=codes,
            position=positions,
            ref=np.array([cells[i][3] for i in kept], dtype="S1"),
            alt=np.array([cells[i][4] for i in kept], dtype="S1"),
            rsid=np.arange(1, len(kept) + 1, dtype=np.int64),
            cm=GeneticMap.load(build).along(codes, positions),
        )
        people = len(self.samples)
        rows = np.empty((2 * people, len(kept)), dtype=np.uint8)
        rows[0::2], rows[1::2] = haplotypes[kept, :people].T, haplotypes[kept, people:].T
        return Founders(sites, rows, self.samples)


def _deal(people: int, rng: Generator) -> list[str]:
    """A plan for each, in the proportions of the table."""
    chances = np.array(list(plans.SPREAD.values()), dtype=float)
    drawn = rng.choice(list(plans.SPREAD), people, p=chances / chances.sum())
    return [str(plan) for plan in drawn]


def _with_leads(volunteers: list[Volunteer]) -> tuple[Volunteer, ...]:
    """The first and the last adult allow everything: the first has a login to look around with, the last
    takes everything back while a job is running, and is read last."""
    adults = [v for v in volunteers if not v.minor]
    leads = {adults[0].sample, adults[-1].sample}
    told = [
        Volunteer(v.sample, v.upload, v.born, "everything") if v.sample in leads else v for v in volunteers
    ]
    return (
        *(v for v in told if v.sample != adults[-1].sample),
        *(v for v in told if v.sample == adults[-1].sample),
    )


def _writer(exports: Exports, person: Person, number: int) -> Callable[[], bytes]:
    """Every kind of file in turn: plain VCF, bgzipped VCF, consumer text."""
    kinds: tuple[Callable[[], bytes], ...] = (
        lambda: exports.as_vcf(person),
        lambda: exports.as_vcf(person, phased=True, bgzip=True),
        lambda: exports.as_array_text(person),
    )
    return kinds[number % len(kinds)]


def _trace(world: World, exports: Exports, index: int, rng: Generator) -> Trace:
    stranger = world.people[index]
    left = leave(stranger, wear=LEVELS["clean"], rng=rng)
    kin = {
        world.people[pair.b if pair.a == index else pair.a].name: pair.relation
        for pair in world.pairs
        if index in (pair.a, pair.b)
    }
    return Trace(f"family {stranger.family}", lambda: exports.as_vcf(left), kin)


def _child(founders: Founders, volunteers: Sequence[Volunteer], rng: Generator) -> Trace:
    """One parent allows homicide searches and the other never answered: only one of them may be found."""
    plan_of = {v.sample: v.plan for v in volunteers}
    willing = next(n for n in founders.names if plan_of[n] == "police and defence")
    silent = next(n for n in founders.names if plan_of[n] == "never answered")
    index = {role: founders.names.index(name) for role, name in (("father", willing), ("mother", silent))}
    own = {
        role: np.repeat(np.array([[2 * i], [2 * i + 1]], dtype=np.int32), len(founders.sites), axis=1)
        for role, i in index.items()
    }
    origins = descend(CHILD, own, founders.sites, rng)["child"]
    alleles = np.take_along_axis(founders.haplotypes, origins, axis=0)
    copies = alleles.sum(axis=0, dtype=np.uint8)
    child = Person("trace", 0, "", "F", 0, copies, (alleles[0] > alleles[1]) & (copies == 1))
    exports = Exports(founders.sites)
    kin = {willing: Relation.PARENT_CHILD, silent: Relation.PARENT_CHILD}
    return Trace(f"child of {willing} and {silent}", lambda: exports.as_vcf(child), kin)


def _common(sites: Sites, frequency: NDArray[np.float32]) -> tuple[str, ...]:
    """Three variants that are common enough to be counted."""
    chosen = np.flatnonzero((frequency > 0.2) & (frequency < 0.4))[[0, 40, 80]]
    return tuple(
        f"{sites.chromosome[i]}:{int(sites.position[i]) + 1} {sites.ref[i].decode()}>{sites.alt[i].decode()}"
        for i in chosen
    )


def _around(sites: Sites) -> tuple[str, ...]:
    """A region with a handful of sites."""
    first, last = sites.spans()[-1].start + 20, sites.spans()[-1].start + 26
    return (f"{sites.chromosome[first]}:{int(sites.position[first]) + 1}-{int(sites.position[last]) + 1}",)
