"""A VCF of one person: what is taken and as what, and what is refused at which line."""

import pytest

from genomics import formats
from genomics.columns import MISSING
from genomics.errors import FileReason, FileRefused
from genomics.formats import Kind
from tests.builders import COLUMNS, CONTIGS, vcf, vcf_text

FIRST = len(CONTIGS) + 4  # the line of the first record
INFO = (
    '##INFO=<ID=AC,Number=A,Type=Integer,Description="x">',
    '##INFO=<ID=DB,Number=0,Type=Flag,Description="x">',
    '##INFO=<ID=ODD,Number=1,Type=Flag,Description="declared at odds with itself">',
    '##INFO=<ID=TXT,Number=1,Type=String,Description="a, b; c = d">',
    '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="x">',
    '##FORMAT=<ID=AD,Number=R,Type=Integer,Description="x">',
)


def record(**fields: str) -> str:
    """A good line, but for what is given."""
    usual = {"chrom": "20", "pos": "100", "id": ".", "ref": "A", "alt": "T", "qual": ".", "filter": "PASS"}
    usual |= {"info": ".", "format": "GT", "sample": "0/1"}
    return "\t".join((usual | fields).values())


def rows(*lines: str, version: str = "4.2") -> list[tuple[int, str, str, int, int]]:
    """(1-based position, ref, alt, copies, ploidy) of what is read."""
    column = formats.read(vcf_text(lines, meta=INFO, version=version)).column
    return [
        (
            int(column.position[at]) + 1,
            column.alleles[column.ref[at]],
            column.alleles[column.alt[at]],
            int(column.copies[at]),
            int(column.ploidy[at]),
        )
        for at in range(len(column))
    ]


def refusal(data: bytes) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        formats.read(data)
    return caught.value


@pytest.mark.parametrize(
    ("fields", "read"),
    [
        ({}, [(100, "A", "T", 1, 2)]),
        ({"sample": "0|0"}, [(100, "A", "T", 0, 2)]),
        ({"sample": "1|1"}, [(100, "A", "T", 2, 2)]),
        ({"sample": "./."}, [(100, "A", "T", MISSING, 2)]),
        ({"sample": "."}, [(100, "A", "T", MISSING, 2)]),
        ({"sample": "./1"}, [(100, "A", "T", MISSING, 2)]),
        ({"sample": "1|."}, [(100, "A", "T", MISSING, 2)]),
        ({"alt": "T,G", "sample": "1/2"}, [(100, "A", "G", 1, 2), (100, "A", "T", 1, 2)]),
        ({"alt": "T,G", "sample": "0/0"}, [(100, "A", "G", 0, 2), (100, "A", "T", 0, 2)]),
        ({"alt": "T,G", "sample": "./."}, [(100, "A", "G", MISSING, 2), (100, "A", "T", MISSING, 2)]),
        ({"alt": ".", "sample": "0/0"}, [(100, "A", "", 0, 2)]),
        ({"alt": ".", "sample": "./."}, [(100, "A", "", MISSING, 2)]),
        ({"alt": "T,<DEL>", "sample": "0/1"}, [(100, "A", "T", 1, 2)]),
        ({"alt": "T,<DEL>", "sample": "1/2"}, [(100, "A", "", MISSING, 2), (100, "A", "T", 1, 2)]),
        ({"alt": "T,A[22:5[", "sample": "0/2"}, [(100, "A", "", MISSING, 2), (100, "A", "T", 0, 2)]),
        ({"alt": "*", "sample": "0/1"}, [(100, "A", "*", 1, 2)]),
        ({"ref": "a", "alt": "t"}, [(100, "A", "T", 1, 2)]),
        ({"ref": "N"}, [(100, "N", "T", 1, 2)]),
        ({"ref": "CA", "alt": "CAA"}, [(100, "C", "CA", 1, 2)]),
        ({"ref": "CAG", "alt": "CTG"}, [(101, "A", "T", 1, 2)]),
        ({"ref": "CAG", "alt": "C,CTG", "sample": "1/2"}, [(100, "CAG", "C", 1, 2), (101, "A", "T", 1, 2)]),
        ({"chrom": "chr20"}, [(100, "A", "T", 1, 2)]),
        ({"chrom": "X", "sample": "1"}, [(100, "A", "T", 1, 1)]),
        ({"chrom": "Y", "sample": "0"}, [(100, "A", "T", 0, 1)]),
        ({"chrom": "chrM", "sample": "0/1"}, [(100, "A", "T", 1, 1)]),
        ({"id": "rs1;rs2", "qual": "1e-5", "filter": "q10;s50"}, [(100, "A", "T", 1, 2)]),
        ({"qual": "+nan"}, [(100, "A", "T", 1, 2)]),
        ({"info": "AC=1;DB;TXT=a,b c;NEW;OTHER=1,2"}, [(100, "A", "T", 1, 2)]),
        ({"info": "AC=.;ODD=1"}, [(100, "A", "T", 1, 2)]),
        ({"format": "GT:DP:AD", "sample": "0/1:7:3,4"}, [(100, "A", "T", 1, 2)]),
        ({"format": "GT:DP:AD", "sample": "0/1:."}, [(100, "A", "T", 1, 2)]),
        ({"format": "GT:PL", "sample": "0/1:9,0,9"}, [(100, "A", "T", 1, 2)]),
        ({"chrom": "X", "format": "GT:PL", "sample": "1:9,0"}, [(100, "A", "T", 1, 1)]),
    ],
)
def test_a_record_becomes_rows(fields: dict[str, str], read: list[tuple[int, str, str, int, int]]) -> None:
    assert rows(record(**fields)) == read


def test_a_leading_phase_is_of_the_newer_versions() -> None:
    assert rows(record(sample="|0|1"), version="4.4") == [(100, "A", "T", 1, 2)]
    assert refusal(vcf_text([record(sample="|0|1")], version="4.3")).reason is FileReason.GENOTYPE


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"chrom": "2 0"}, "chromosome"),
        ({"chrom": ""}, "chromosome"),
        ({"chrom": "*1"}, "chromosome"),
        ({"pos": "-1"}, "position"),
        ({"pos": "1e5"}, "position"),
        ({"pos": "1:"}, "position"),  # the letter after 9
        ({"pos": "10000/"}, "position"),  # the letter before 0
        ({"pos": "1000000:"}, "position"),
        ({"pos": "10000000:"}, "position"),
        ({"pos": "10000000/"}, "position"),
        ({"pos": ""}, "position"),
        ({"pos": "9223372036854775808"}, "position"),
        ({"id": ""}, "id"),
        ({"id": "a b"}, "id"),
        ({"id": "rs1;rs1"}, "id"),
        ({"id": "rs1;"}, "id"),
        ({"ref": ""}, "ref"),
        ({"ref": "-"}, "ref"),
        ({"ref": "R"}, "ref"),
        ({"ref": "."}, "ref_not_stated"),
        ({"ref": "A,C"}, "ref"),
        ({"alt": ""}, "alt"),
        ({"alt": "A"}, "alt"),
        ({"alt": "a"}, "alt"),
        ({"alt": "T,T"}, "alt"),
        ({"alt": "T,t"}, "alt"),
        ({"alt": "T,"}, "alt"),
        ({"alt": "T, G"}, "alt"),
        ({"alt": "R"}, "alt"),
        ({"alt": "<DEL"}, "alt"),
        ({"alt": "A[20:5"}, "alt"),
        ({"alt": "<NON_REF>", "info": "END=99"}, "reference_blocks"),
        ({"qual": "x"}, "quality"),
        ({"qual": ""}, "quality"),
        ({"filter": "0"}, "filter"),
        ({"filter": "a b"}, "filter"),
        ({"filter": "q10;q10"}, "filter"),
        ({"filter": ""}, "filter"),
        ({"info": ""}, "info"),
        ({"info": "AC=x"}, "info"),
        ({"info": "AC=1,2"}, "info"),
        ({"info": "AC"}, "info"),
        ({"info": "DB=1"}, "info"),
        ({"info": "X=1;X=2"}, "info"),
        ({"info": "DB;;TXT=a"}, "info"),
        ({"info": "AC=" + "1," * 5000}, "info"),
        ({"format": "DP:GT", "sample": "1:0/1"}, "no_genotypes"),
        ({"format": "DP", "sample": "1"}, "no_genotypes"),
        ({"format": "GT:DP:DP", "sample": "0/1:1:1"}, "format"),
        ({"format": "GT:", "sample": "0/1:"}, "format"),
        ({"format": "GT:DP", "sample": "0/1:x"}, "format"),
        ({"format": "GT:DP", "sample": "0/1:1:2"}, "format"),
        ({"format": "GT:AD", "sample": "0/1:1"}, "format"),
        ({"format": "GT:PL", "sample": "0/1:1,2"}, "format"),
        ({"sample": "0/1:1"}, "format"),
        ({"sample": ""}, "genotype"),
        ({"sample": "A/T"}, "genotype"),
        ({"sample": "0/2"}, "genotype"),
        ({"sample": "0/4294967297"}, "genotype"),
        ({"sample": "0/"}, "genotype"),
        ({"sample": "/1"}, "genotype"),
        ({"sample": "0/1 "}, "genotype"),
        ({"alt": ".", "sample": "0/1"}, "genotype"),
        ({"sample": "0/1/1"}, "ploidy"),
        ({"sample": "/".join("0" * 300)}, "ploidy"),
        ({"sample": "1"}, "haploid_autosome"),
    ],
)
@pytest.mark.parametrize("good_lines_before", [0, 2])
def test_a_record_that_is_not_as_it_must_be_is_refused_at_its_line(
    fields: dict[str, str], reason: str, good_lines_before: int
) -> None:
    before = [record(pos=str(5 + at)) for at in range(good_lines_before)]
    refused = refusal(vcf_text([*before, record(**fields), record(pos="101")], meta=INFO))
    assert refused.reason == reason
    assert refused.line == FIRST + len(INFO) + good_lines_before
    assert refused.sentence.startswith(f"Line {refused.line}: ")
    assert "Nothing was stored." in refused.sentence


@pytest.mark.parametrize(
    ("lines", "reason", "after"),
    [
        ([record(), record(pos="99")], "unsorted", 1),
        ([record(), record(chrom="22"), record(pos="101")], "unsorted", 2),
        ([record(chrom="GL1", pos="9"), record(chrom="GL1", pos="5")], "unsorted", 1),
        ([record(chrom="GL1"), record(), record(chrom="GL1")], "unsorted", 2),
        ([record(), record() + "\t0/1"], "columns", 1),
        ([record(), "20\t101"], "columns", 1),
        ([record(), "", record()], "blank_line", 1),
        ([record(), "#comment", record()], "columns", 1),
        ([record(pos="99"), record(pos="98"), record(alt="R")], "unsorted", 1),
        ([record(pos="99"), record(alt="R"), record(pos="98")], "alt", 1),
    ],
)
def test_the_first_fault_in_the_order_of_lines_is_told(lines: list[str], reason: str, after: int) -> None:
    refused = refusal(vcf_text(lines))
    assert (refused.reason, refused.line) == (reason, FIRST + after)


def test_order_is_kept_across_blocks_too() -> None:
    many = [record(pos=str(100 + at)) for at in range(40_000)]  # more than one block
    assert formats.read(vcf_text(many)).quality.sites == 40_000
    refused = refusal(vcf_text([*many, record(pos="5")]))
    assert (refused.reason, refused.line) == (FileReason.UNSORTED, FIRST + 40_000)


def test_what_cannot_be_compared_is_left_out_with_a_count() -> None:
    lines = [record(), record(pos="200", alt="<DEL>"), record(pos="300", alt="A]22:5]", sample="0/1")]
    lines += [record(chrom="GL000191.1"), record(chrom="hs37d5", pos="35477943"), record(chrom="HLA-A*01:01")]
    profile = formats.read(vcf_text(lines))
    assert len(profile.column) == 1
    assert profile.notes == (
        "3 records on 3 contigs other than 1 to 22, X, Y and MT were left out.",
        "2 records of structural variants cannot be compared and were left out.",
    )


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([record(alt="<DEL>")], "structural_only"),
        ([record(alt="A[22:200[")], "structural_only"),
        ([record(pos="0")], "structural_only"),
        ([record(chrom="GL1")], "nothing_comparable"),
        ([], "nothing_comparable"),
    ],
)
def test_a_file_with_nothing_to_compare_is_refused(lines: list[str], reason: str) -> None:
    assert refusal(vcf_text(lines)).reason == reason


GOOD = vcf([("20", 100, "A", "T", "0/1")]).decode()


@pytest.mark.parametrize(
    ("data", "reason", "line"),
    [
        (GOOD.replace("VCFv4.2", "VCFv4.0"), "version", 1),
        (GOOD.replace("VCFv4.2", "VCFv4.6"), "version", 1),
        (GOOD.replace("##fileformat=VCFv4.2\n", ""), "version", 1),
        (GOOD.replace("##fileformat=VCFv4.2\n", "##fileformat=VCFv4.2\n##fileformat=VCFv4.2\n"), "header", 2),
        (GOOD.replace(f"{COLUMNS}S1\n", ""), "header", FIRST - 2),
        (GOOD.replace("S1", "S1\tS2"), "multi_sample", FIRST - 1),
        (GOOD.replace("\tFORMAT\tS1", "").replace("\tGT\t0/1", ""), "no_sample", FIRST - 1),
        (GOOD.replace("\tS1", ""), "no_sample", FIRST - 1),
        (GOOD.replace("\tS1", "\t "), "header", FIRST - 1),
        (GOOD.replace("REF\tALT", "ALT\tREF"), "header", FIRST - 1),
        (GOOD.replace("\tFORMAT\tS1", "\tS1\tFORMAT"), "header", FIRST - 1),
        (GOOD.replace("Type=String", "Type=Text"), "header", FIRST - 2),
        (GOOD.replace("Number=1,", ""), "header", FIRST - 2),
        (GOOD.replace("Number=1", "Number=x"), "header", FIRST - 2),
        (GOOD.replace("<ID=GT,", "<"), "header", FIRST - 2),
        (GOOD.replace("Type=String", "Type=Flag"), "header", FIRST - 2),
        (GOOD.replace("##contig=<ID=20,", "##contig=<"), "header", 4),
        (GOOD.replace("##contig=<ID=20", "#contig=<ID=20"), "header", 4),
        (GOOD.replace(f"{COLUMNS}S1\n", f"{COLUMNS}S1\n##late=1\n"), "header", FIRST),
    ],
)
def test_a_header_that_is_not_as_it_must_be_is_refused_at_its_line(data: str, reason: str, line: int) -> None:
    refused = refusal(data.encode())
    assert (refused.reason, refused.line) == (reason, line)


def test_the_number_of_samples_is_told() -> None:
    assert "3 samples" in refusal(GOOD.replace("S1", "S1\tS2\tS3").encode()).sentence


@pytest.mark.parametrize("version", ["4.1", "4.2", "4.3", "4.4", "4.5"])
def test_five_versions_are_read(version: str) -> None:
    profile = formats.read(vcf_text([record()], version=version))
    assert profile.kind is Kind.VCF
    assert profile.quality.sites == 1


def test_a_windows_file_and_one_without_a_last_line_end_are_read_alike() -> None:
    plain = formats.read(GOOD.encode()).column.to_bytes()
    for odd in (
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("\n", "\r"),
        "\ufeff" + GOOD,
        GOOD.rstrip("\n"),
        GOOD + "\n\n",
    ):
        assert formats.read(odd.encode()).column.to_bytes() == plain


def test_neither_the_sample_nor_header_text_nor_ids_are_kept() -> None:
    secret = "JANEDOE"
    data = vcf_text(
        [record(id=secret, info=f"N={secret}", filter=secret)], sample=secret, meta=[f"##who={secret}"]
    )
    profile = formats.read(data)
    kept = profile.column.to_bytes()
    told = repr(profile) + repr(profile.findings) + "".join(map(str, profile.findings))
    assert secret.encode() not in kept
    assert secret not in told


def test_no_sentence_of_a_refusal_quotes_the_file() -> None:
    secret = "QQQQ"
    for fields in (
        {"chrom": f"{secret}*("},
        {"pos": secret},
        {"id": f"{secret} "},
        {"ref": secret},
        {"alt": secret},
    ):
        assert secret not in refusal(vcf_text([record(**fields)])).sentence
    for fields in ({"qual": secret}, {"info": f"{secret};{secret}"}, {"sample": secret}, {"format": secret}):
        assert secret not in refusal(vcf_text([record(**fields)])).sentence


def test_a_head_without_records_is_nobodys_file() -> None:
    assert refusal(b"##fileformat=VCFv4.2\n##source=x\n").reason is FileReason.NO_SAMPLE
    assert refusal(b"##fileformat=VCFv4.2\n##source=x\n20\t1\n").reason is FileReason.HEADER


def test_spaces_around_the_names_of_the_columns_are_forgiven() -> None:
    text = vcf_text([record()])
    odd = text.replace(b"\tQUAL", b"\t  QUAL")
    assert formats.read(odd).column.sha256 == formats.read(text).column.sha256
    spaced = b"##fileformat=VCFv4.1\n#CHROM  POS ID  REF ALT QUAL FILTER  INFO\n1\t1\n"
    assert refusal(spaced).reason is FileReason.NO_SAMPLE
    assert refusal(text.replace(b"\tPOS", b"POS")).reason is FileReason.HEADER


def test_a_record_without_a_genotype_is_told_so_whatever_else_it_lacks() -> None:
    far = record(pos="42949672950", format="AD")
    assert refusal(vcf_text([far], meta=INFO)).reason is FileReason.NO_GENOTYPES
