"""What records say beside genotypes, where it may be about somebody: told with its line, and not kept."""

import gzip
import io

import pysam
import pytest

from genomics import formats
from genomics.coordinates import Build
from genomics.formats.source import Loaded
from genomics.intake import records, sandbox
from genomics.intake.details import Detail
from genomics.intake.read_names import is_strange
from genomics.intake.walled import cleaning
from genomics.intake.walled.alike import Tally
from tests.builders import array, bgzipped, gzipped, vcf_text
from tests.genomics.reads import head, over, packed, panel, sam

PLAIN = [f"20\t{1000 + at}\trs{at}\tA\tT\t9\tPASS\tDP={at}\tGT:DP\t0/1:9" for at in range(300)]
OTHERS = (  # what others write where nothing is to be said
    "20\t3000\t.\tA\t<NON_REF>\t.\t.\tEND=3009\tGT:DP:GQ\t0/0:44:99",
    "20\t3010\t.\tA\tT,<NON_REF>\t.\t.\t.\tGT:AD:FT\t0/1:9,9,.:.",
    "20\t3011\t.\tA\t<*>\t.\tRefCall\tEND=3019;RAW_MQandDP=1,2\tGT:GQ\t0/0:99",
    "20\t3020\t.\tA\t.\t.\tq10;LowGQ\tDB;H2\tGT\t./.",
)
KEYS = (
    *("RAW_MQandDP", "FractionInformativeReads", "germline_risk", "panel_of_normals"),
    *("VQSRTrancheSNP99.90to100.00", "culprit", "LowQual", "BaseQRankSum", "ExcessHet"),
    *("StrandBiasBySample", "NEGATIVE_TRAIN_SITE", "DRAGENSnpHardQUAL", "strand_bias", "clustered_events"),
    *("gnomAD_AF", "ExAC_AC", "avsnp150", "SIFT_pred", "Polyphen2_HDIV_score", "MutationTaster_pred"),
    *("phyloP100way_vertebrate", "cytoBand", "CLNDISDB", "CLNREVSTAT", "GENEINFO", "dbSNP", "snpEff"),
    *("CIGAR", "TANDEM", "hiConfDeNovo", "platformnames", "callsetnames", "difficultregion"),
    *("IndelRepeatLength", "SnvHPOL", "GQX", "PhasedGT", "MIN_DP", "PID", "PGT", "GenotypeConcordance"),
    *("AllelicImbalance", "IMPRECISE", "SVTYPE", "1000G"),
)
META = (
    '##INFO=<ID=DP,Number=1,Type=Integer,Description="Depth">',
    '##INFO=<ID=Quillfeather,Number=1,Type=String,Description="Depth">',
    '##FORMAT=<ID=Quillfeather,Number=1,Type=String,Description="Depth">',
    '##FILTER=<ID=Quillfeather,Description="Low">',
    '##ALT=<ID=Quillfeather,Description="Deletion">',
)
SECRETS = (b"Quillfeather", b"jane", b"Jane", b"example.org", b"1971-03-09", b"4471902")
ODD = {
    "ID": "20\t{p}\tQuillfeather\tA\tT\t9\tPASS\tDP=9\tGT:DP\t0/1:9",
    "one ID of two": "20\t{p}\trs7;Jane\tA\tT\t9\tPASS\tDP=9\tGT:DP\t0/1:9",
    "filter": "20\t{p}\t.\tA\tT\t9\tQuillfeather\tDP=9\tGT:DP\t0/1:9",
    "key of INFO": "20\t{p}\t.\tA\tT\t9\tPASS\tQuillfeather=x;DP=9\tGT:DP\t0/1:9",
    "address in INFO": "20\t{p}\t.\tA\tT\t9\tPASS\tDP=9;NOTE=jane@example.org\tGT:DP\t0/1:9",
    "patient in INFO": "20\t{p}\t.\tA\tT\t9\tPASS\tDP=9;PATIENT=Jane_X\tGT:DP\t0/1:9",
    "birth in INFO": "20\t{p}\t.\tA\tT\t9\tPASS\tDOB=1971-03-09\tGT:DP\t0/1:9",
    "number in INFO": "20\t{p}\t.\tA\tT\t9\tPASS\tMRN=MRN4471902\tGT:DP\t0/1:9",
    "key of FORMAT": "20\t{p}\t.\tA\tT\t9\tPASS\tDP=9\tGT:Quillfeather\t0/1:x",
    "value of FORMAT": "20\t{p}\t.\tA\tT\t9\tPASS\tDP=9\tGT:NOTE\t0/1:jane@example.org",
    "symbol": "20\t{p}\t.\tA\tT,<Quillfeather>\t9\tPASS\tDP=9\tGT:DP\t0/1:9",
    "contig": "Quillfeather\t{p}\t.\tA\tT\t9\tPASS\tDP=9\tGT:DP\t0/1:9",
}


def kept(data: bytes, **terms) -> tuple[formats.Profile, bytes]:
    """What is read, and the copy made by what was found."""
    profile = formats.read(data, **terms)
    tally = Tally(found=tuple({one.detail for one in profile.findings}))
    copy = b"".join(cleaning.cleaned(io.BytesIO(data), tally))
    assert tally.rewritten == (Detail.RECORD_TEXT in tally.found or Detail.READ_NAME in tally.found)
    return profile, copy


def told(profile: formats.Profile) -> list[tuple[Detail, int]]:
    return [
        (one.detail, one.line)
        for one in profile.findings
        if one.detail in (Detail.RECORD_TEXT, Detail.READ_NAME)
    ]


@pytest.mark.parametrize("wrap", [bytes, gzipped, bgzipped])
@pytest.mark.parametrize("place", ODD)
def test_text_in_a_vcf_is_told_with_its_line_and_not_kept(place: str, wrap) -> None:
    data = vcf_text([*PLAIN, *OTHERS, ODD[place].format(p=5000)], meta=META)
    before, copy = kept(wrap(data))
    line = 1 if place == "contig" else data.count(b"\n")
    assert told(before) == [(Detail.RECORD_TEXT, line)]
    after = formats.read(copy)
    assert after.column.to_bytes() == before.column.to_bytes()
    assert told(after) == []
    content = copy if wrap is bytes else gzip.decompress(copy)
    assert not [secret for secret in SECRETS if secret in content]
    assert content.count(b"\n") == data.count(b"\n")


def test_good_records_raise_nothing_and_are_copied_as_they_are() -> None:
    others = [
        *OTHERS,
        "20\t4000\tCOSM12;rs5\tA\tT\t9\tq10\tDP=9;ANN=T|missense|Patient_gene|birth\tGT:DP\t0/1:9",
        "20\t4001\t20:4001_A_T\tA\tT\t9\t.\tDB;set=Intersection;culprit=MQ\tGT:FT\t0/1:PASS",
        "20\t4002\tesv3584976\tA\t<DEL>,<DUP:TANDEM>,T\t9\tPASS\tSVTYPE=DEL;END=4003\tGT\t0/3",
    ]
    data = vcf_text([*PLAIN, *others], meta=META[:1])
    profile, copy = kept(data)
    assert told(profile) == []
    assert copy.endswith(data[data.index(b"#CHROM") :].partition(b"\n")[2])


def test_what_the_head_names_anew_records_name_alike() -> None:
    _, copy = kept(vcf_text([ODD["key of INFO"].format(p=7), ODD["filter"].format(p=8)], meta=META))
    assert b"##INFO=<ID=removed1," in copy
    assert b"\tremoved1=x;DP=9\t" in copy
    assert b"\tremoved1\tDP=9" in copy


def test_markers_and_samples_of_raw_data() -> None:
    calls = [("rs1", "1", 100, "AG"), ("i7001", "2", 200, "AA"), ("Jane", "3", 300, "CC")]
    data = array(calls)
    before, copy = kept(data)
    assert told(before) == [(Detail.RECORD_TEXT, 5)]
    assert formats.read(copy).column.to_bytes() == before.column.to_bytes()
    assert b"Jane" not in copy
    assert copy == data.replace(b"Jane", b".")
    assert told(kept(array(calls[:2]))[0]) == []


@pytest.mark.parametrize("between", [",", "\t"])
def test_the_sample_of_a_laboratorys_report_is_in_no_line_of_it(between: str) -> None:
    title = "SNP Name,Sample ID,Chr,Position,Allele1 - Plus,Allele2 - Plus,Sample Name\n"
    rows = "".join(f"rs{n},JaneX,1,{100 + n},A,G,Quillfeather\n" for n in range(50))
    data = (title + rows).replace(",", between).encode()
    before, copy = kept(data, assume=Build.GRCh37)
    assert told(before) == [(Detail.RECORD_TEXT, 2)]
    assert b"JaneX" not in copy
    assert b"Quillfeather" not in copy
    assert copy.startswith(title.replace(",", between).encode())
    after = formats.read(copy, assume=Build.GRCh37)
    assert told(after) == []
    assert after.column.to_bytes() == before.column.to_bytes()


SITE = 999
TAGS = "\tNM:i:1\tMD:Z:4\tXA:Z:chr1,+5,4M,0\tBC:Z:ACGT-ACGT\tRG:Z:1"
HEAD = head("@RG\tID:1\tSM:x\tPL:ILLUMINA")


def read_of(data: bytes) -> formats.Profile:
    return formats.read(data, loaded=Loaded(panels={Build.GRCh37: panel()}))


@pytest.mark.parametrize("is_binary", [False, True])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_tags_that_are_somebodys_words_are_told_and_not_kept(tmp_path, is_binary: bool, ends: str) -> None:
    lines = [*over(SITE, "AGAGAGAGAG", further=TAGS + "\tBQ:B:c,0,-2,0,0\tZZ:f:1.5")]
    lines[7] = lines[7].rstrip() + "\tCO:Z:mail jane@example.org\tLB:Z:Quillfeather\n"
    data = sam(*lines, header=HEAD)
    data = packed(data, tmp_path, "wb") if is_binary else data.replace(b"\n", ends.encode())
    before = read_of(data)
    number = 8 if is_binary else HEAD.count("\n") + 8
    assert told(before) == [(Detail.RECORD_TEXT, number)]
    tally = Tally(found=tuple({one.detail for one in before.findings}))
    copy = b"".join(cleaning.cleaned(io.BytesIO(data), tally))
    after = read_of(copy)
    assert tally.rewritten
    assert told(after) == []
    assert after.column.to_bytes() == before.column.to_bytes()
    content = gzip.decompress(copy) if is_binary else copy
    assert not [secret for secret in SECRETS if secret in content]
    (tmp_path / "kept").write_bytes(copy)
    with pysam.AlignmentFile(tmp_path / "kept", check_sq=False) as given:
        tags = [dict(one.get_tags()) for one in given]
    assert {*tags[7]} == {"NM", "MD", "XA", "BC", "RG", "BQ", "ZZ"}
    assert list(tags[7]["BQ"]) == [0, -2, 0, 0]


@pytest.mark.parametrize("is_binary", [False, True])
def test_a_name_far_behind_the_first_reads_is_found(tmp_path, is_binary: bool) -> None:
    lines = [one.replace(f"r{SITE}_", "r_") for one in over(SITE, "AG" * 1000)]
    lines[1500] = "Quillfeather" + lines[1500][lines[1500].index("\t") :]
    data = sam(*lines, header=HEAD)
    data = packed(data, tmp_path, "wb") if is_binary else data
    before = read_of(data)
    assert told(before) == [(Detail.READ_NAME, 1)]
    tally = Tally(found=(Detail.READ_NAME,))
    copy = b"".join(cleaning.cleaned(io.BytesIO(data), tally))
    assert b"Quillfeather" not in (gzip.decompress(copy) if is_binary else copy)
    assert read_of(copy).column.to_bytes() == before.column.to_bytes()


def test_behind_the_walls_the_copy_is_made_by_what_was_found() -> None:
    data = vcf_text([*PLAIN, ODD["address in INFO"].format(p=5000)], meta=META[:1])
    profile = sandbox.read(data)
    assert b"example.org" not in sandbox.cleaned(data, of=profile).read()


@pytest.mark.parametrize("key", KEYS)
def test_what_callers_and_annotators_call_their_fields_is_not_odd(key: str) -> None:
    assert not records.is_odd_key(key.encode())


@pytest.mark.parametrize(
    ("entry", "odd"),
    [
        (b"DP=3", False),
        (b"GENE=BRCA1", False),
        (b"CLNDN=Birth_defect", False),
        (b"TELOMERE=3", False),
        (b"CLNDISDB=MedGen:C1,OMIM:2", False),
        (b"ANN=x|Patient=Jane", False),  # words of genes and diseases, which nobody can tell from names
        (b"ANN=x|jane@example.org", True),
        (b"NAME=Jane_X", True),
        (b"CONTACT=+62_812_4471_9021", True),
        (b"Quillfeather", True),
    ],
)
def test_which_entries_are_odd(entry: bytes, odd: bool) -> None:
    assert records.is_odd_entry(entry) is odd


@pytest.mark.parametrize(
    "value", [b"a" * 50_000, b"a@" * 25_000, b"name=" * 10_000, b"1-" * 25_000, b"a." * 25_000]
)
def test_a_hostile_value_is_gone_through_once(value: bytes) -> None:
    """It would not end in years otherwise."""
    assert records.is_odd_entry(b"NOTE=" + value) in (True, False)
    assert isinstance(records.are_known_tags(b"OQZ" + value, 0), bool)
    assert isinstance(is_strange(value.decode("ascii", "replace")), bool)
