"""Genotypes from reads: what is counted, what is called, and that SAM and BAM say the same."""

import gzip
import random
from pathlib import Path

import pysam
import pytest

from genomics import formats
from genomics.columns import MISSING
from genomics.coordinates import Build
from genomics.errors import FileReason, FileRefused
from genomics.formats import DEFAULT, Limits, Loaded
from genomics.formats.builds import Evidence
from genomics.formats.pileup import Pileup
from genomics.formats.sam import read_line
from genomics.formats.sam_header import read_header
from tests.builders import bgzipped
from tests.genomics.reads import head, over, packed, panel, read, sam

LOADED = Loaded(panels={Build.GRCh37: panel()})


def called(data: bytes, loaded: Loaded = LOADED) -> dict[tuple[int, int], tuple[int, int]]:
    """(chromosome, 0-based position): (copies, ploidy)."""
    column = formats.read(data, loaded=loaded).column
    return {
        (int(column.chromosome[n]), int(column.position[n])): (int(column.copies[n]), int(column.ploidy[n]))
        for n in range(len(column))
    }


def refusal(data: bytes, loaded: Loaded = LOADED, **terms) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        formats.read(data, loaded=loaded, **terms)
    return caught.value


@pytest.mark.parametrize(
    ("letters", "copies"),
    [
        ("A" * 10, 0),
        ("G" * 10, 2),
        ("AAAAAGGGGG", 1),
        ("A" * 30 + "G", 0),
        ("A" * 6, MISSING),  # too few to tell from one of each
        ("A" * 8, 0),
        ("AAAAAAAAGG", MISSING),
        ("AAAAAGGGGGCCCCC", MISSING),  # a third letter
        ("NNNNNNNNAAAAAAAAAA", 0),
    ],
)
def test_a_call_is_made_where_the_counts_decide(letters: str, copies: int) -> None:
    assert called(sam(*over(999, letters)))[20, 999] == (copies, 2)


def test_y_and_mitochondrion_are_called_with_one_copy() -> None:
    reads = (*over(3000000, "A" * 10, contig="Y"), *over(99, "GGGGGAAAAA", contig="MT"))
    assert called(sam(*reads)) == {(24, 3000000): (1, 1), (25, 99): (MISSING, 1)}


@pytest.mark.parametrize(
    "terms",
    [
        *({"flag": flag} for flag in (0x4, 0x100, 0x200, 0x400, 0x800)),
        {"mapping": 19},
        {"mapping": 255},
        {"quality": "4"},  # 19
    ],
)
def test_reads_and_bases_that_may_be_wrong_are_not_counted(terms: dict) -> None:
    assert called(sam(*over(1009, "C" * 10), *over(999, "A" * 10, **terms))) == {(20, 1009): (0, 2)}


def test_a_cigar_says_where_each_base_lies() -> None:
    def ten(letters: str, cigar: str, start: int) -> tuple[str, ...]:
        return tuple(read(f"q{n}", start, letters, cigar=cigar) for n in range(10))

    assert called(sam(*ten("TTTGA", "3S2M", 999)))[20, 999] == (2, 2)
    assert called(sam(*ten("TTGA", "2M5D2M", 992)))[20, 999] == (2, 2)
    assert called(sam(*ten("TTGA", "2M5N2M", 992)))[20, 999] == (2, 2)
    assert called(sam(*ten("TCCCG", "1M3I1M", 998)))[20, 999] == (2, 2)
    assert called(sam(*ten("TG", "2H1=1X3H", 998)))[20, 999] == (2, 2)
    assert refusal(sam(*ten("TTTT", "2M5D2M", 996))).reason is FileReason.NOTHING_COMPARABLE


def test_two_mates_over_one_site_count_once() -> None:
    first = [read(f"p{n}", 999, "A", flag=0x1) for n in range(5)]
    assert called(sam(*first, *first))[20, 999][0] == MISSING
    assert called(sam(*first, *(one.replace("p", "s") for one in first)))[20, 999][0] == 0


def test_without_a_panel_of_the_build_a_sound_file_is_refused_by_policy() -> None:
    good = sam(*over(999, "A" * 10))
    assert refusal(good, Loaded()).reason is FileReason.NO_PANEL
    assert refusal(good, Loaded(panels={Build.GRCh38: panel(Build.GRCh38)})).reason is FileReason.NO_PANEL
    assert refusal(good + b"x\n", Loaded()).reason is FileReason.COLUMNS
    assert (
        refusal(sam(header="@SQ\tSN:other\tLN:99\n"), assume=Build.GRCh37).reason
        is FileReason.NOTHING_COMPARABLE
    )
    two = head("@RG\tID:a\tSM:one", "@RG\tID:b\tSM:two")
    assert refusal(sam(header=two)).reason is FileReason.MULTI_SAMPLE


# The same reads, packed


@pytest.fixture
def reads() -> bytes:
    chance = random.Random(1)  # noqa: S311
    site = [999, 1009, 5000]
    lines = []
    for n in range(400):
        start = chance.choice(site) - chance.randrange(40)
        cigar = chance.choice(["50M", "10S40M", "20M2D30M", "20M3I27M", "5H50M"])
        letters = "".join(chance.choice("ACGTN") for _ in range(50))
        flag = chance.choice([0, 16, 1, 0x400, 0x100])
        mapping = chance.choice([0, 20, 60])
        lines.append(
            read(f"r{n // 2}", start, letters, flag=flag, cigar=cigar, mapping=mapping, further="\tNM:i:3")
        )
    return sam(*sorted(lines, key=lambda line: int(line.split("\t")[3])))


def test_a_bam_says_what_its_sam_says(reads: bytes, tmp_path: Path) -> None:
    usual = formats.read(reads, loaded=LOADED)
    profile = formats.read(packed(reads, tmp_path, "wb"), loaded=LOADED)
    assert profile.kind == "bam"
    assert profile.column.sha256 == usual.column.sha256
    assert profile.notes == usual.notes


def test_counts_are_those_of_htslib(reads: bytes, tmp_path: Path) -> None:
    """Its pileup, asked for the same thresholds, is the oracle; mates are left to a test above."""
    single = b"\n".join(line for line in reads.split(b"\n") if b"\t1\t20\t" not in line)
    (tmp_path / "a.bam").write_bytes(packed(single, tmp_path, "wb"))
    pysam.index(str(tmp_path / "a.bam"))
    pile = Pileup(panel())
    lines = single.split(b"\n")
    header = read_header(b"\n".join(lines[:5]), Evidence(), limits=DEFAULT)
    for number, line in enumerate(lines[5:-1], start=6):
        pile.add(read_line(line, number, header))
    with pysam.AlignmentFile(str(tmp_path / "a.bam")) as bam:
        for site in (999, 1009, 5000):
            theirs = bam.count_coverage(
                "20",
                site,
                site + 1,
                quality_threshold=20,
                read_callback=lambda one: not one.flag & 0xF04 and one.mapq >= 20,
            )
            assert pile.counts_at(20, site) == tuple(base[0] for base in theirs)
            assert sum(base[0] for base in theirs) > 10


def test_a_bent_or_cut_bam_is_refused_and_nothing_worse(reads: bytes, tmp_path: Path) -> None:
    whole = gzip.decompress(packed(reads, tmp_path, "wb"))
    for cut in range(len(whole) - 90, len(whole)):
        assert refusal(bgzipped(whole[:cut])).reason is FileReason.TRUNCATED
    chance = random.Random(2)  # noqa: S311
    for _ in range(600):
        at = chance.randrange(4, 2000)
        try:
            formats.read(whole[:at] + chance.randbytes(1) + whole[at + 1 :], loaded=LOADED)
        except FileRefused:
            continue


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"BAM\x01\xff\xff\xff\xff", "header_too_long"),
        (b"BAM\x01\x00\x00\x00\x70", "header_too_long"),
        (b"BAM\x01\x00\x00\x00\x00\xff\xff\xff\x7f", "header_too_long"),
        (b"BAM\x01\x00\x00\x00\x00\x01\x00\x00\x00\xff\xff\xff\x7f", "header"),
        (b"BAM\x01\x03\x00\x00\x00@C", "truncated"),
        (b"BAM\x01\x03\x00\x00\x00@\x00C\x00\x00\x00\x00", "nul_bytes"),
    ],
)
def test_no_size_in_a_bam_is_believed(data: bytes, reason: str) -> None:
    assert refusal(data).reason == reason


def test_reads_have_limits_of_their_own(reads: bytes, tmp_path: Path) -> None:
    bam = packed(reads, tmp_path, "wb")
    assert refusal(bam, limits=Limits(reads=100)).reason is FileReason.TOO_MANY_RECORDS
    assert refusal(bam, limits=Limits(unpacked=5_000)).reason is FileReason.TOO_LARGE
