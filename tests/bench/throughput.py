"""What taking a file in costs beside bcftools, in one run and on the same genotypes.

    python -m tests.bench.throughput --sites 650000 --records 4000000

Makes a consumer's file (and the same as VCF), a whole genome's VCF, the same as BCF, and a genomic VCF.
Ours is all that `receive` does, in this process and in its walled children: unpack, parse with every bound
checked, normalise, make and check the column, clean the copy that is kept, seal both, record them. Theirs is
`bcftools view FILE` and `bcftools norm -m -any FILE`, both to uncompressed BCF that is thrown away, which is
the least they can do; as a pipe (`view | norm`) it is told beside, and so is BCF, which bcftools passes on
without taking it apart. The two take turns; processor time as the kernel counts it, medians. With a genome
(--genome) both left-align too. Last `N ok, N missed`.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from genomics.errors import FileRefused

MOST = 2.0  # times what bcftools takes


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One kind of file: what we take in, what bcftools reads, and the genome that both align along."""

    name: str
    ours: Path
    theirs: Path
    genome: Path | None = None
    most: float | None = MOST  # None: told, and held to nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What taking it in cost: processor seconds here and in the children; their peak memory, in bytes."""

    here: float
    children: float
    memory: int
    rows: int

    @property
    def cpu(self) -> float:
        return self.here + self.children


def bcftools(*commands: Sequence[str | Path]) -> float:
    """Processor seconds of these commands as one pipe."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    running: list[subprocess.Popen[bytes]] = []
    for command in commands:
        source = running[-1].stdout if running else None
        is_last = len(running) + 1 == len(commands)
        running.append(
            subprocess.Popen(
                ["bcftools", *map(str, command)],
                stdin=source,
                stdout=subprocess.DEVNULL if is_last else subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        )
        if source is not None:
            source.close()
    codes = [one.wait() for one in running]
    if any(codes):
        raise RuntimeError(f"bcftools did not take {commands[0][-1]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def theirs(trial: Trial) -> tuple[float, float]:
    """Processor seconds of view and norm by themselves, and as a pipe."""
    align = () if trial.genome is None else ("-f", trial.genome)
    view, norm = ("view", "-Ou"), ("norm", "-m", "-any", *align, "-Ou")
    apart = bcftools((*view, trial.theirs)) + bcftools((*norm, trial.theirs))
    return apart, bcftools((*view, trial.theirs), norm)


def ours(path: Path) -> Taken:
    """Take the file in as a new participant's."""
    from django.utils import timezone

    from consent import participants
    from genomics.intake.receive import receive

    now = timezone.now()
    person = participants.register(born_on=date(1980, 1, 1), by="bench", at=now)
    with _children() as ends, path.open("rb") as stream:
        begun = time.process_time()
        file = receive(person, stream, by="bench", at=now)
        here = time.process_time() - begun
    return Taken(
        here=here,
        children=sum(end.cpu_seconds for end in ends),
        memory=max(end.memory for end in ends),
        rows=file.quality["sites"],
    )


@contextmanager
def _children() -> Iterator[list]:  # type: ignore[type-arg]
    """The ends of all walled children sent meanwhile, as the kernel told them."""
    from genomics.intake import sandbox

    ends, run = [], sandbox.run

    def watched(*given, **terms):  # type: ignore[no-untyped-def]
        told, end = run(*given, **terms)
        ends.append(end)
        return told, end

    sandbox.run = watched
    try:
        yield ends
    finally:
        sandbox.run = run


def compare(trial: Trial, *, times: int, show: Callable[[str], None]) -> bool:
    """Whether we keep to the ratio; the numbers are shown."""
    mine, apart, piped = [], [], []
    for _ in range(times):
        try:
            mine.append(ours(trial.ours))
        except FileRefused as refused:
            show(f"{trial.name:28} MISSED: {refused}")
            return False
        one, other = theirs(trial)
        apart.append(one)
        piped.append(other)
    cpu = statistics.median(one.cpu for one in mine)
    view_and_norm, pipe = statistics.median(apart), statistics.median(piped)
    is_kept = trial.most is None or cpu <= trial.most * view_and_norm
    said = "no figure" if trial.most is None else "ok" if is_kept else "MISSED"
    show(
        f"{trial.name:28} {trial.ours.stat().st_size / 1e6:7.0f} {mine[0].rows:10,} "
        f"{cpu:7.2f} {statistics.median(one.here for one in mine):6.2f} "
        f"{view_and_norm:7.2f} {pipe:7.2f} {cpu / view_and_norm:6.2f} {cpu / pipe:6.2f} "
        f"{max(one.memory for one in mine) >> 20:6,} {said}"
    )
    return is_kept


def make(folder: Path, *, sites: int, records: int, seed: int, genome: bool) -> list[Trial]:
    """The files, made anew unless they lie there."""
    from tests.bench import genomes

    folder.mkdir(parents=True, exist_ok=True)
    along = genomes.Genome(folder / "GRCh37.fa", seed=seed, keep=genome)
    raw, as_vcf = genomes.consumer(along, folder, sites)
    whole, blocks = folder / "whole.vcf.gz", folder / "whole.g.vcf.gz"
    for path, write in ((whole, genomes.whole), (blocks, genomes.genomic)):
        if not path.exists():
            write(along, path, records)
    binary = folder / "whole.bcf"
    if not binary.exists():
        subprocess.run(["bcftools", "view", "-Ob", "-o", str(binary), str(whole)], check=True)
    trials = [
        Trial(name=f"consumer, {sites:,}", ours=raw, theirs=as_vcf),
        Trial(name=f"VCF, {records:,}", ours=whole, theirs=whole),
        Trial(name=f"genomic VCF, {records:,}", ours=blocks, theirs=blocks),
        Trial(name=f"BCF, {records:,}", ours=binary, theirs=binary, most=None),
    ]
    if genome:
        aligned = [replace(trial, name=f"{trial.name}, aligned", genome=along.path) for trial in trials]
        trials += aligned[1:]
    return trials


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=650_000)
    parser.add_argument("--records", type=int, default=4_000_000)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--genome", action="store_true", help="left-align too: takes 6 GB of disk")
    parser.add_argument("--folder", type=Path, help="keep the files there, and find them there again")
    parser.add_argument("--only", help="files whose name begins so")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        os.environ |= {"DEBUG": "1", "BROKER_HOME": home, "DJANGO_SETTINGS_MODULE": "broker.settings"}
        os.environ.pop("DATABASE_URL", None)
        import django

        django.setup()
        from django.core.management import call_command

        from genomics.intake import materials

        call_command("migrate", verbosity=0)
        trials = make(
            options.folder or Path(home) / "made",
            sites=options.sites,
            records=options.records,
            seed=options.seed,
            genome=options.genome,
        )
        trials = [trial for trial in trials if trial.name.startswith(options.only or "")]
        print(f"load {os.getloadavg()[0]:.1f}; processor seconds, medians of {options.times}")
        print(
            f"{'file':28} {'MB':>7} {'sites':>10} {'ours':>7} {'(here)':>6} {'b. v+n':>7} {'b. v|n':>7} "
            f"{'ratio':>6} {'v|n':>6} {'MiB':>6}"
        )
        missed = 0
        for trial in trials:
            if trial.genome is not None and materials.reference(materials.Build.GRCh37) is None:
                materials.load_reference(trial.genome)
            missed += not compare(trial, times=options.times, show=lambda line: print(line, flush=True))
    print(f"load {os.getloadavg()[0]:.1f}; peak memory is of a child, with what it is born with")
    held = sum(trial.most is not None for trial in trials)
    print(f"{held - missed} ok, {missed} missed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
