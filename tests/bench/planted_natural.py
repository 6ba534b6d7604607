"""Details in the natural places of a header: those a format names, and programs and laboratories fill in.

Written on 2026-11-30, before the header's grammar was held to, and not tuned on: attributes of contigs and
sequences, dates with something behind them, phasing, assembly, folders of a reference, the IDs of
declarations, read groups and programs and their own tags. And further good headers, which should raise
nothing and be kept as they are.
"""

import random
import re
from collections.abc import Iterator

from tests.bench.planted_forms import Planted

# fmt: off

_NAMES = (
    *("Jane Quillfeather", "Marit Østby", "Wayan Sudarsana", "Okechukwu Ibe", "Ines Valadares", "rutger mulder", "NURUL AIDA"),
    *("Dai Prys-Roberts", "Hoàng Mỹ Dung", "Theodoros Kallis", "Ayşe Demirtaş", "penelope", "Xiu-Lan Zhao", "Bogdan Marinescu"),
)
_SECRETS = (
    *_NAMES, *_NAMES,
    *("DOB 1971-03-09", "born 9.3.1971", "19710309", "1971-03-09", "MRN 4471902", "NIK 3174010903710002", "0812-4471-9021"),
    *("jane.q@example.org", "penny77@mail.example", "+44 20 7946 0991", "12 Old Mill Lane", "Jl. Kenanga 17"),
)

_PLACES = (
    *('##contig=<ID=20,length=63025520,Description="{}">', '##contig=<ID=20,length=63025520,species="{}">'),
    *("##contig=<ID=20,length=63025520,assembly={},taxonomy=x>", '##contig=<ID=20,length=63025520,note="{}",md5=0dec9660ec1efaaf33281c0d5ea2560f>'),
    *("##contig=<ID=20,length=63025520,URL=ftp://host/{}/x.fa>", "##contig=<ID={},length=5000>"),
    *("##fileDate=20200101 {}", "##fileDate={}", "##fileDate=2020-01-01T10:00:00 ({})"),
    *("##phasing=partial, {}", "##phasing={}", "##assembly=file:///mnt/{}/a.fa", "##assembly={}"),
    *("##reference=file:///mnt/{}/hs37d5.fa", "##reference=/scratch/{}/GRCh38.fa", "##reference=GRCh37 {}", "##reference=s3://{}/hg19.fa"),
    *('##FILTER=<ID={},Description="Low quality">', '##INFO=<ID={},Number=1,Type=String,Description="Depth">'),
    *('##ALT=<ID={},Description="Deletion">', '##FORMAT=<ID={},Number=1,Type=Integer,Description="Depth">'),
    *("##fileformat=VCFv4.2 {}", '##INFO=<ID=DP,Number=1,Type=Integer,Description="Depth",Version="{}">'),
    *("@SQ\tSN:20\tLN:63025520\tDS:{}", "@SQ\tSN:20\tLN:63025520\tSP:{}", "@SQ\tSN:20\tLN:63025520\tUR:file:///mnt/{}/x.fa"),
    *("@SQ\tSN:20\tLN:63025520\tAN:{}", "@SQ\tSN:20\tLN:63025520\tAS:{}", "@SQ\tSN:20\tLN:63025520\txx:{}"),
    *("@PG\tID:{}\tPN:bwa", "@PG\tID:bwa\tPN:{}", "@PG\tID:bwa\tPN:bwa\tVN:{}", "@PG\tID:bwa\tPN:bwa\tus:{}", "@PG\tID:bwa\tPP:{}"),
    *("@HD\tVN:1.6\tSO:unsorted\tus:{}", "@HD\tVN:1.6\tSS:coordinate:{}", "@HD\tVN:{}"),
    *("@RG\tID:1\tSM:x\tDT:2020-01-01 {}", "@RG\tID:1\tSM:x\tPL:{}", "@RG\tID:1\tSM:x\tPI:{}", "@RG\tID:1\tFO:{}"),
    *("@XX\tAB:{}", "@RG\tID:1\tSM:x\tPG:{}"),
)
GOOD_AS_THEY_ARE = (
    "##fileformat=VCFv4.2", "##fileDate=20240501", "##fileDate=2024-05-01", "##phasing=none", "##phasing=partial",
    "##contig=<ID=20,length=63025520>", "##contig=<ID=chr1,length=248956422,assembly=GRCh38>",
    "##contig=<ID=GL000192.1,length=547496>", "##contig=<ID=chrUn_KI270302v1,length=2274>", "##contig=<ID=HLA-A*01:01:01:01,length=3503>",
    "##contig=<ID=20,length=63025520,assembly=B37,md5=0dec9660ec1efaaf33281c0d5ea2560f,species=\"Homo sapiens\">",
    "##contig=<ID=NC_000020.11,length=64444167>", "##contig=<ID=chr22_KI270731v1_random,length=150754>",
    "##reference=GRCh38", "##reference=hs37d5.fa", "##assembly=GRCh37",
    '##FILTER=<ID=PASS,Description="All filters passed">', '##FILTER=<ID=q10,Description="Quality below 10">',
    '##ALT=<ID=DEL,Description="Deletion">', '##ALT=<ID=DUP:TANDEM,Description="Tandem Duplication">',
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">', '##INFO=<ID=1000G,Number=0,Type=Flag,Description="1000G">',
    '##INFO=<ID=AC_Het,Number=A,Type=Integer,Description="Allele count">', '##INFO=<ID=MQRankSum,Number=1,Type=Float,Description="Z-score">',
    "@HD\tVN:1.6\tSO:coordinate", "@HD\tVN:1.5\tGO:none\tSO:unsorted", "@SQ\tSN:20\tLN:63025520\tM5:0dec9660ec1efaaf33281c0d5ea2560f",
    "@SQ\tSN:chrEBV\tLN:171823\tAS:GRCh38", "@SQ\tSN:HLA-A*01:01:01:01\tLN:3503", "@PG\tID:bwa\tPN:bwa\tVN:0.7.17-r1188",
    "@PG\tID:samtools.1\tPN:samtools\tPP:bwa\tVN:1.17", "@RG\tID:1\tPL:ILLUMINA\tDT:2020-01-01\tPI:350",
)


def natural(count: int, *, seed: int) -> Iterator[Planted]:
    """So many lines with a detail; the same for the same seed."""
    chance = random.Random(f"natural:{seed}")  # noqa: S311 (no secret)
    for _ in range(count):
        secret, place = chance.choice(_SECRETS), chance.choice(_PLACES)
        if re.search(r"ID=\{|mnt/|scratch/|s3://|assembly=\{\},|@PG\tID:\{|AN:", place):  # no spaces there
            secret = re.sub(r"[^\w.@+]+", chance.choice(("", "_", ".")), secret)
        kind = "natural, of reads" if place.startswith("@") else "natural, of a VCF"
        yield Planted(kind, place.format(secret), (secret,))
