"""Whole people made up for measuring: a consumer's file, a VCF, a genomic VCF, and the genome beneath.

    genome = Genome(folder / "GRCh37.fa", seed=1)       # 3.1 GB of bases drawn by lot
    consumer(genome, folder, 650_000)                   # as 23andMe writes it, and the same genotypes as VCF
    whole(genome, folder / "whole.vcf.gz", 4_000_000)   # as GATK writes one person's variants
    genomic(genome, folder / "whole.g.vcf.gz", 4_000_000)   # as HaplotypeCaller -ERC GVCF does

The same seed makes the same bytes. Where variants stand and what they are is drawn; how often each kind
comes, and what stands beside it, is as in a person's genome of thirty-fold depth.
"""

import random
from collections.abc import Callable, Iterator
from itertools import accumulate
from pathlib import Path

import numpy as np
import pysam
from numpy.typing import NDArray

from genomics.coordinates import CHROMOSOMES, LENGTHS, MT, Build, X, Y, chromosome_name

_LENGTHS = LENGTHS[Build.GRCh37]
_WIDTH = 60  # bases a line of the FASTA
_KNOWN, _KNOWN_NAME = 752_566, "rs3094315"  # on chromosome 1; tells the build
_OTHER = {"A": "GGCT", "C": "TTAG", "G": "AACT", "T": "CCAG"}  # two changes of three are transitions
_SOME = 4096  # different values of a kind, drawn beforehand

_HEAD = """##fileformat=VCFv4.2
##FILTER=<ID=PASS,Description="All filters passed">
##FILTER=<ID=LowQual,Description="Low quality">
##FILTER=<ID=VQSRTrancheSNP99.90to100.00,Description="Truth sensitivity tranche level">
##ALT=<ID=NON_REF,Description="Represents any possible alternative allele">
##FORMAT=<ID=AD,Number=R,Type=Integer,Description="Allelic depths">
##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Approximate read depth">
##FORMAT=<ID=GQ,Number=1,Type=Integer,Description="Genotype quality">
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
##FORMAT=<ID=MIN_DP,Number=1,Type=Integer,Description="Minimum DP within the block">
##FORMAT=<ID=PL,Number=G,Type=Integer,Description="Phred-scaled likelihoods">
##FORMAT=<ID=SB,Number=4,Type=Integer,Description="Strand bias">
##INFO=<ID=AC,Number=A,Type=Integer,Description="Allele count">
##INFO=<ID=AF,Number=A,Type=Float,Description="Allele frequency">
##INFO=<ID=AN,Number=1,Type=Integer,Description="Alleles called">
##INFO=<ID=BaseQRankSum,Number=1,Type=Float,Description="Rank sum of base qualities">
##INFO=<ID=DB,Number=0,Type=Flag,Description="In dbSNP">
##INFO=<ID=DP,Number=1,Type=Integer,Description="Approximate read depth">
##INFO=<ID=END,Number=1,Type=Integer,Description="Stop position of the interval">
##INFO=<ID=ExcessHet,Number=1,Type=Float,Description="Excess heterozygosity">
##INFO=<ID=FS,Number=1,Type=Float,Description="Strand bias by Fisher">
##INFO=<ID=MLEAC,Number=A,Type=Integer,Description="Likeliest allele count">
##INFO=<ID=MLEAF,Number=A,Type=Float,Description="Likeliest allele frequency">
##INFO=<ID=MQ,Number=1,Type=Float,Description="Mapping quality">
##INFO=<ID=MQRankSum,Number=1,Type=Float,Description="Rank sum of mapping qualities">
##INFO=<ID=QD,Number=1,Type=Float,Description="Quality by depth">
##INFO=<ID=RAW_MQandDP,Number=2,Type=Integer,Description="Raw mapping quality and depth">
##INFO=<ID=ReadPosRankSum,Number=1,Type=Float,Description="Rank sum of read positions">
##INFO=<ID=SOR,Number=1,Type=Float,Description="Strand odds ratio">
"""
_COLUMNS = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tNA00001\n"


class Genome:
    """Bases drawn by lot, chromosomes as long as in GRCh37; with `keep` as a FASTA with its index too."""

    def __init__(self, path: Path, *, seed: int, keep: bool = True) -> None:
        self.path, self.seed = path, seed
        if keep and not Path(f"{path}.fai").exists():
            self._write()

    def bases(self, code: int) -> str:
        """A chromosome's bases."""
        chance = np.random.default_rng((self.seed, code))
        letters = np.frombuffer(b"ACGT", dtype=np.uint8)
        return letters[chance.integers(0, 4, _LENGTHS[code], dtype=np.uint8)].tobytes().decode()

    def _write(self) -> None:
        index, offset = [], 0
        with self.path.open("wb") as out:
            for code in CHROMOSOMES:
                name, text = chromosome_name(code), self.bases(code).encode()
                offset += out.write(f">{name}\n".encode())
                index.append(f"{name}\t{len(text)}\t{offset}\t{_WIDTH}\t{_WIDTH + 1}\n")
                whole = len(text) // _WIDTH * _WIDTH
                lines = np.full((whole // _WIDTH, _WIDTH + 1), ord("\n"), dtype=np.uint8)
                lines[:, :_WIDTH] = np.frombuffer(text, dtype=np.uint8, count=whole).reshape(-1, _WIDTH)
                offset += out.write(lines.tobytes())
                offset += out.write(text[whole:] + b"\n") if whole < len(text) else 0
        Path(f"{self.path}.fai").write_text("".join(index))


def consumer(genome: Genome, folder: Path, sites: int) -> tuple[Path, Path]:
    """Raw data as 23andMe writes them, and what `bcftools convert --tsv2vcf` makes of such: sites at which
    the person has the reference alone have no ALT."""
    chance = random.Random(genome.seed)  # noqa: S311 - a lot, not a secret
    raw, vcf = folder / "consumer.txt", folder / "consumer.vcf.gz"
    with raw.open("w") as lines, pysam.BGZFile(str(vcf), "wb") as out:
        lines.write("# This data file generated by 23andMe at: Mon Jan  5 10:00:00 2026\n#\n")
        lines.write(
            "# We are using reference human assembly build 37.\n# rsid\tchromosome\tposition\tgenotype\n"
        )
        out.write((_HEAD + _contigs() + _COLUMNS).encode())
        number = 0
        for code, positions, text in _places(genome, sites):
            name, told, called = chromosome_name(code), [], []
            for position in positions:
                number += 1
                ref, marker = text[position - 1], _marker(chance, number, name, position)
                alt, die = chance.choice(_OTHER[ref]), chance.random()
                copies = -1 if die < 0.015 else 0 if die < 0.60 else 1 if die < 0.87 else 2
                if code > X:
                    letters, call = [("-", "."), (ref, "0"), (alt, "1"), (alt, "1")][copies + 1]
                else:
                    pairs = [("--", "./."), (ref + ref, "0/0"), (ref + alt, "0/1"), (alt + alt, "1/1")]
                    letters, call = pairs[copies + 1]
                told.append(f"{marker}\t{name}\t{position}\t{letters}\n")
                alt = alt if copies > 0 else "."
                called.append(f"{name}\t{position}\t{marker}\t{ref}\t{alt}\t.\t.\t.\tGT\t{call}\n")
            lines.write("".join(told))
            out.write("".join(called).encode())
    return raw, vcf


def whole(genome: Genome, path: Path, records: int) -> Path:
    """One person's variants as GATK genotypes them: in 100 records some 15 insertions and deletions, two with
    two alternates, a few of nothing but reference or without a call; one X and one Y."""
    chance = random.Random(genome.seed + 1)  # noqa: S311 - a lot, not a secret
    site = _Site(chance)
    return _written(genome, path, records, lambda name, at, end, text: site.record(name, at, text))


def genomic(genome: Genome, path: Path, records: int) -> Path:
    """The same as HaplotypeCaller writes it with -ERC GVCF: seven records of eight are reference blocks."""
    chance = random.Random(genome.seed + 2)  # noqa: S311 - a lot, not a secret
    site = _Site(chance)

    def record(name: str, at: int, end: int, text: str) -> str:
        if chance.random() < 0.125 and at + 40 < end:
            return site.genomic(name, at, text)
        return site.block(name, at, end if chance.random() < 0.9 else at, text)

    return _written(genome, path, records, record)


def _written(genome: Genome, path: Path, records: int, record: Callable[[str, int, int, str], str]) -> Path:
    """Records at places drawn; each is given the last position before the next."""
    with pysam.BGZFile(str(path), "wb") as out:
        out.write((_HEAD + _contigs() + _COLUMNS).encode())
        for code, positions, text in _places(genome, records):
            name = chromosome_name(code)
            ends = [*(position - 1 for position in positions[1:]), len(text)]
            for begin in range(0, len(positions), 10_000):
                here = zip(positions[begin : begin + 10_000], ends[begin : begin + 10_000], strict=True)
                out.write("".join(record(name, at, end, text) for at, end in here).encode())
    return path


def _contigs() -> str:
    return "".join(f"##contig=<ID={chromosome_name(code)},length={_LENGTHS[code]}>\n" for code in CHROMOSOMES)


def _places(genome: Genome, count: int) -> Iterator[tuple[int, list[int], str]]:
    """So many 1-based places over the whole genome: chromosome, places, its bases."""
    chance = np.random.default_rng(genome.seed)
    lengths = np.array([0 if code in (Y, MT) else _LENGTHS[code] for code in range(MT + 1)])
    shares = np.diff(np.array([0, *accumulate(lengths.tolist())]) * (count - 22) // lengths.sum())
    for code in CHROMOSOMES:
        share = 20 if code == Y else 2 if code == MT else int(shares[code])
        if share:
            yield code, _spread(chance, code, share), genome.bases(code)


def _spread(chance: np.random.Generator, code: int, count: int) -> list[int]:
    steps = chance.exponential(1.0, count)
    room = _LENGTHS[code] - 100 - count
    gaps: NDArray[np.int64] = 1 + np.floor(steps / steps.sum() * room).astype(np.int64)
    places = gaps.cumsum().tolist()
    if code == 1:
        places[min(range(count), key=lambda index: abs(places[index] - _KNOWN))] = _KNOWN
        places.sort()
    return [int(place) for place in dict.fromkeys(places)]


def _marker(chance: random.Random, number: int, name: str, position: int) -> str:
    """A name that no other site has; the known one's at its place."""
    return _KNOWN_NAME if (name, position) == ("1", _KNOWN) else f"rs{100 * number + chance.randrange(100)}"


class _Site:
    """Lines of a VCF; what stands beside a genotype is drawn from values drawn beforehand."""

    def __init__(self, chance: random.Random) -> None:
        self._chance, self._records = chance, 0
        gauss = chance.gauss
        self._ranks = [f"{gauss(0, 1):.3f}" for _ in range(_SOME)]
        self._strand = [f"{abs(gauss(0, 4)):.3f}" for _ in range(_SOME)]
        self._odds = [f"{0.5 + abs(gauss(0, 0.5)):.3f}" for _ in range(_SOME)]
        self._depths = [max(4, round(gauss(32, 7))) for _ in range(_SOME)]

    def record(self, name: str, at: int, text: str) -> str:
        """A variant."""
        chance = self._chance
        ref, alts = self._alleles(at, text)
        haploid = name in ("X", "Y", "MT") and not (name == "X" and at < 2_800_000)
        alts = alts[:1] if haploid else alts
        two = len(alts) == 2
        die, depth = chance.random(), chance.choice(self._depths)
        if haploid:
            call, copies = ("0", (0,)) if die < 0.02 else ("1", (1,))
        elif two:
            call, copies = "1/2", (1, 1)
        else:
            call, copies = _call(die)
            call = call.replace("/", "|") if die > 0.93 else call
        carried, number = sum(copies), 1 if haploid else 0 if call == "./." else 2
        counts = ",".join("1" for _ in alts) if two else str(carried)
        shares = ",".join("0.500" for _ in alts) if two else f"{carried / number:.3f}" if number else "."
        ranks = chance.choices(self._ranks, k=3)
        quality = f"{depth * (18 + 14 * chance.random()):.2f}"
        mixed = two or (carried == 1 and not haploid)
        self._records += 1
        known = _marker(chance, self._records, name, at) if chance.random() < 0.7 else "."
        info = (
            f"AC={counts};AF={shares};AN={number};"
            f"{f'BaseQRankSum={ranks[0]};' if mixed else ''}{'DB;' if known != '.' else ''}"
            f"DP={depth};ExcessHet=3.0103;FS={chance.choice(self._strand)};MLEAC={counts};MLEAF={shares};MQ=60.00;"
            f"{f'MQRankSum={ranks[1]};' if mixed else ''}QD={15 + 15 * chance.random():.2f};"
            f"{f'ReadPosRankSum={ranks[2]};' if mixed else ''}SOR={chance.choice(self._odds)}"
        )
        passed = "PASS" if die < 0.9 or two else "VQSRTrancheSNP99.90to100.00"
        sample = self._sample(call, copies, depth, others=len(alts), haploid=haploid)
        return (
            f"{name}\t{at}\t{known}\t{ref}\t{','.join(alts)}\t{quality}\t{passed}\t{info}"
            f"\tGT:AD:DP:GQ:PL\t{sample}\n"
        )

    def genomic(self, name: str, at: int, text: str) -> str:
        """A variant beside <NON_REF>."""
        chance = self._chance
        ref, alts = self._alleles(at, text)
        depth, die = chance.choice(self._depths), chance.random()
        call, copies = (
            ("1/2", (1, 1)) if len(alts) == 2 else ("0/1", (0, 1)) if die < 0.6 else ("1/1", (1, 1))
        )
        counts = f"{'1,1' if len(alts) == 2 else sum(copies)},0"
        shares = f"{'0.500,0.500' if len(alts) == 2 else f'{sum(copies) / 2:.3f}'},0.00"
        ranks = chance.choices(self._ranks, k=3)
        info = (
            f"BaseQRankSum={ranks[0]};DP={depth};ExcessHet=3.0103;MLEAC={counts};MLEAF={shares};"
            f"MQRankSum={ranks[1]};RAW_MQandDP={3600 * depth},{depth};ReadPosRankSum={ranks[2]}"
        )
        sample = self._sample(call, copies, depth, others=len(alts) + 1, haploid=False)
        strands = f"{depth // 4},{depth // 4},{depth // 4},{depth - 3 * (depth // 4)}"
        quality = f"{depth * (18 + 14 * chance.random()):.2f}"
        return (
            f"{name}\t{at}\t.\t{ref}\t{','.join(alts)},<NON_REF>\t{quality}\t.\t{info}"
            f"\tGT:AD:DP:GQ:PL:SB\t{sample}:{strands}\n"
        )

    def block(self, name: str, at: int, end: int, text: str) -> str:
        """A stretch of reference."""
        depth, die = self._chance.choice(self._depths), self._chance.random()
        quality = int(die * 130) if die < 0.15 else min(99, 20 + int(die * 80))
        low = max(0, depth - int(die * 6))
        return (
            f"{name}\t{at}\t.\t{text[at - 1]}\t<NON_REF>\t.\t.\tEND={end}\tGT:DP:GQ:MIN_DP:PL"
            f"\t0/0:{depth}:{quality}:{low}:0,{min(quality, 3 * low)},{45 * low}\n"
        )

    def _alleles(self, at: int, text: str) -> tuple[str, list[str]]:
        chance = self._chance
        die, ref = chance.random(), text[at - 1]
        if die < 0.83:
            return ref, [chance.choice(_OTHER[ref])]
        size = min(1 + int(chance.expovariate(0.4)), 30)
        if die < 0.91:
            return text[at - 1 : at + size], [ref]
        more = "".join(chance.choices("ACGT", k=size))
        if die < 0.98:
            return ref, [ref + more]
        if die < 0.99:
            return ref, chance.sample([base for base in "ACGT" if base != ref], 2)
        long = text[at - 1 : at + size]
        return long, [ref, long + more]

    def _sample(self, call: str, copies: tuple[int, ...], depth: int, *, others: int, haploid: bool) -> str:
        """GT, AD, DP, GQ and PL for a call of the first alternates of `others`."""
        if call == "./.":
            return (
                f"./.:{','.join('0' * (others + 1))}:0:.:{','.join('0' * ((others + 1) * (others + 2) // 2))}"
            )
        mine = depth if sum(copies) == len(copies) else 0 if not sum(copies) else depth // 2
        second = mine // 2 if call == "1/2" else 0
        depths = [depth - mine, mine - second, second, *([0] * (others - 2))][: others + 1]
        quality = 99 if self._chance.random() < 0.8 else 20 + depth
        one, other = 30 * depth + mine, 45 * depth - mine
        if haploid:
            likely = [one, 0] if sum(copies) else [0, one]
        elif others == 1:
            likely = (
                [0, 3 * depth, other]
                if not sum(copies)
                else [one, 0, other]
                if mine < depth
                else [other, 3 * depth, 0]
            )
        else:
            likely = [one + 7 * place for place in range((others + 1) * (others + 2) // 2)]
            likely[4 if call == "1/2" else 1 if mine < depth else 2] = 0
        return f"{call}:{','.join(map(str, depths))}:{depth}:{quality}:{','.join(map(str, likely))}"


def _call(die: float) -> tuple[str, tuple[int, ...]]:
    if die < 0.02:
        return "./.", ()
    if die < 0.06:
        return "0/0", (0, 0)
    return ("0/1", (0, 1)) if die < 0.63 else ("1/1", (1, 1))
