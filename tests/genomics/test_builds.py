"""Which build a file counts along: every voice is heard, contradiction is refused, silence needs a policy."""

import gzip
import re
from pathlib import Path

import pytest

from genomics import formats
from genomics.coordinates import LENGTHS, Build, code_or_none
from genomics.errors import FileReason, FileRefused
from genomics.formats.builds import MARKERS, OTHER
from tests.builders import array, vcf_text

SNP = "20\t100\t.\tA\tT\t.\t.\t.\tGT\t0/1"
ONE_37 = "##contig=<ID=1,length=249250621>"
APOE_36 = ("rs7412", "19", 50103919, "CC")
G37, G38 = Build.GRCh37, Build.GRCh38


def line(chromosome: str, position: int, rsid: str = ".") -> str:
    return f"{chromosome}\t{position}\t{rsid}\tA\tT\t.\t.\t.\tGT\t0/1"


def vcf_of(*meta: str, lines: tuple[str, ...] = (SNP,)) -> bytes:
    return vcf_text(lines, meta=meta, contigs=False)


@pytest.mark.parametrize(
    ("data", "build", "evidence"),
    [
        (vcf_of("##contig=<ID=20,length=63025520>"), G37, "contig lengths"),
        (vcf_of("##contig=<ID=chr20,length=64444167>"), G38, "contig lengths"),
        (vcf_of("##contig=<ID=20,length=2147483647>", "##reference=b37"), G37, "reference"),
        (vcf_of("##contig=<ID=20,assembly=b37>"), G37, "assembly"),
        (vcf_of("##reference=file:///data/hs37d5.fa"), G37, "reference"),
        (vcf_of("##reference=human_g1k_v37.fasta"), G37, "reference"),
        (vcf_of("##reference=ftp://x/GRCh38_full_analysis_set.fa"), G38, "reference"),
        (vcf_of("##contig=<ID=20,length=64444167,assembly=hg38>", "##reference=hg38"), G38, "contig lengths"),
        (vcf_of(lines=(line("1", 752566, "rs3094315"),)), G37, "markers"),
        (vcf_of(lines=(line("1", 817186, "x;rs3094315"),)), G38, "markers"),
        (vcf_of(lines=(line("1", 249_000_000),)), G37, "positions that only it has"),
        (vcf_of(lines=(line("20", 64_000_000),)), G38, "positions that only it has"),
        (
            array([("rs1", "1", 5, "AA")], comments=("... reference human assembly build 37 (...)",)),
            G37,
            "comment",
        ),
        (array([("rs1", "1", 5, "AA")], comments=("GRCh38",)), G38, "comment"),
        (array([("rs429358", "19", 45411941, "CT")], comments=()), G37, "markers"),
        (array([("rs429358", "19", 44908684, "CT")], comments=()), G38, "markers"),
        (array([("rs1", "1", 249_000_000, "CT")], comments=()), G37, "positions that only it has"),
    ],
)
def test_the_build_is_told_by_what_the_file_says_or_holds(data: bytes, build: Build, evidence: str) -> None:
    profile = formats.read(data)
    assert profile.build is build
    assert evidence in profile.build_evidence


@pytest.mark.parametrize(
    ("data", "reason", "at"),
    [
        (vcf_of("##contig=<ID=20,length=63025520>", "##reference=hg38"), "build_contradicted", 4),
        (vcf_of(ONE_37, "##contig=<ID=22,length=50818468>"), "build_contradicted", 4),
        (vcf_of("##contig=<ID=20,length=62435964>"), "build_not_taken", 3),
        (vcf_of("##contig=<ID=20,length=1000>"), "build_not_taken", 3),
        (vcf_of("##reference=1000GenomesPilot-NCBI36.fasta"), "build_not_taken", 3),
        (vcf_of("##reference=chm13v2.0.fa"), "build_not_taken", 3),
        (vcf_of("##reference=hg38", lines=(line("1", 752566, "rs3094315"),)), "build_contradicted", None),
        (vcf_of("##reference=hg19", lines=(SNP, line("21", 48_129_896))), "build_contradicted", 6),
        (vcf_of("##reference=hg38", lines=(SNP, line("1", 249_000_000))), "build_contradicted", 6),
        (vcf_of(lines=(SNP, line("21", 49_000_000))), "position", 5),
        (vcf_of(lines=(line("1", 249_000_000), line("20", 64_000_000))), "build_contradicted", 5),
        (vcf_of(lines=(line("1", 752566, "rs3094315"), line("20", 64_000_000))), "build_contradicted", None),
        (vcf_of(lines=(line("1", 742429, "rs3094315"),)), "build_not_taken", None),
        (vcf_of(lines=(line("1", 999_999_999),)), "position", 4),
        (array([("rs1", "1", 5, "AA")], comments=("build 36",)), "build_not_taken", 1),
        (array([("rs1", "19", 63_000_000, "AA")], comments=("NCBI build 36.3",)), "build_not_taken", 1),
        (array([APOE_36, ("rs1", "19", 63_000_000, "AA")], comments=()), "build_not_taken", None),
        (array([("rs3094315", "1", 742429, "AA")], comments=("build 37",)), "build_contradicted", None),
        (array([("rs1", "19", 63_000_000, "AA")], comments=()), "position", 2),
        (array([("rs1", "20", 64_000_000, "AA")], comments=("build 37",)), "build_contradicted", 3),
    ],
)  # fmt: skip
def test_contradiction_and_strange_builds_are_refused_at_their_line(
    data: bytes, reason: str, at: int | None
) -> None:
    for assume in (None, G37, G38):
        with pytest.raises(FileRefused) as caught:
            formats.read(data, assume=assume)
        assert (caught.value.reason, caught.value.line) == (reason, at)


@pytest.mark.parametrize(
    "data", [vcf_of(), vcf_of("##contig=<ID=20>"), array([("rs1", "1", 5, "AA")], comments=())]
)
def test_silence_is_refused_unless_a_policy_says_what_to_assume(data: bytes) -> None:
    with pytest.raises(FileRefused) as caught:
        formats.read(data)
    assert caught.value.reason is FileReason.BUILD_UNKNOWN
    assert caught.value.reason.is_policy
    for build in Build:
        profile = formats.read(data, assume=build)
        assert profile.build is build
        assert "assumed by policy" in profile.build_evidence


def test_what_a_file_shows_goes_before_what_is_assumed() -> None:
    assert formats.read(vcf_of(lines=(line("20", 64_000_000),)), assume=G37).build is G38


def test_another_mitochondrion_of_the_same_name_is_left_out() -> None:
    meta = ("##contig=<ID=chrM,length=16571>", "##contig=<ID=chr20,length=63025520>")
    profile = formats.read(vcf_of(*meta, lines=("chr" + SNP, line("chrM", 73))))
    assert profile.build is G37
    assert profile.quality.chromosomes == (20,)
    assert profile.notes[0].startswith("1 records on 1 contigs")


def test_no_marker_stands_at_one_place_in_two_builds() -> None:
    for chromosome, (places, known) in MARKERS.items():
        assert len(set(places.tolist())) == len(places)
        for place, (_, build) in zip(places.tolist(), known, strict=True):
            if build != OTHER:
                assert 0 < place <= LENGTHS[Build(build)][chromosome]


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "build", "known"),
    [
        ("data/1000genomes_GRCh37_chr20_1-4Mb_203_people.vcf.gz", G37, 22),
        ("corpus/happy-example/happy/PG_NA12878_chr21.vcf.gz", G37, 23),
        ("corpus/bcftools/merge.gvcf.4.b.vcf", G38, 25),
    ],
)
def test_the_lengths_are_those_of_real_headers(shared: Path, name: str, build: Build, known: int) -> None:
    path = shared / name
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        contigs = [re.match(r"##contig=<ID=([^,]+),.*?length=(\d+)", line) for line in lines]
    lengths = {code_or_none(contig[1]): int(contig[2]) for contig in contigs if contig}
    lengths.pop(None, None)
    assert len(lengths) == known
    assert all(length == build.length(code) for code, length in lengths.items())
