"""Of a header stays what its format foresees, each value in its grammar; all else is told and left out."""

import io

import pytest

from genomics import formats
from genomics.coordinates import Build
from genomics.intake import header_grammar, screen
from genomics.intake.details import Detail
from genomics.intake.walled import cleaning
from tests.bench import planted
from tests.bench.planted_natural import GOOD_AS_THEY_ARE, natural
from tests.builders import vcf_text

SNP = "20\t100\t.\tA\tT\t.\t.\t.\tGT\t0/1"
PLANTED = list(natural(1_500, seed=3))


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ('##contig=<ID=20,length=63025520,Description="Patient Jane X">', "##contig=<ID=20,length=63025520>"),
        ("##contig=<ID=20,length=9,URL=ftp://host/jane/x.fa,IDX=3>", "##contig=<ID=20,length=9,IDX=3>"),
        ('##contig=<ID=20,species="Jane X">', '##contig=<ID=20,species="removed">'),
        ("##contig=<ID=20,assembly=GRCh37_of_jane>", "##contig=<ID=20,assembly=removed GRCh37>"),
        ("##contig=<ID=janes,length=9>", "##contig=<ID=removed1,length=9>"),
        ("##contig=Jane", "##contig=removed"),
        ("##fileDate=20200101 Jane X, born 1971", "##fileDate=removed"),
        ("##fileDate=19710309", "##fileDate=removed"),  # older than the format: somebody's
        ("##fileformat=VCFv4.2 Jane", "##fileformat=VCFv4.2 "),
        ("##phasing=partial, Jane Quillfeather", "##phasing=removed"),
        ("##reference=file:///mnt/quillfeather/hs37d5.fa", "##reference=removed hs37"),
        ("##assembly=file:///mnt/quillfeather/x.fa", "##assembly=removed"),
        ('##FILTER=<ID=Quillfeather,Description="Low">', '##FILTER=<ID=removed1,Description="Low">'),
        ("##ALT=<ID=jane.x@example.org>", "##ALT=<ID=removed1>"),
        ("@SQ\tSN:20\tLN:9\tDS:Jane X\tSP:Quillfeather\tzz:Jane", "@SQ\tSN:20\tLN:9\tDS:removed\tSP:removed"),
        ("@HD\tVN:1.6\tSO:coordinate\tus:jane", "@HD\tVN:1.6\tSO:coordinate"),
        ("@HD\tVN:1971-03-09", "@HD"),
        ("@PG\tID:bwa\tPN:quillfeather\tus:jane", "@PG\tID:bwa\tPN:removed"),
        ("@RG\tID:1\tDT:1971-03-09\tPI:350", "@RG\tID:1\tPI:350"),
        ("@XX\tAB:Jane", "@CO\tremoved"),
    ],
)
def test_what_a_format_does_not_foresee_is_told_and_left_out(line: str, kept: str) -> None:
    assert cleaning.kept(line) == kept
    assert screen.look([(1, line)])
    assert cleaning.kept(kept) == kept


@pytest.mark.parametrize("line", GOOD_AS_THEY_ARE)
def test_good_lines_raise_nothing_and_stay_as_they_are(line: str) -> None:
    assert cleaning.kept(line) == line
    assert screen.look([(1, line)]) == ()


def test_who_names_a_program_names_it_alike_after_it_has_another_name() -> None:
    head = "@PG\tID:quillfeather\tPN:bwa\n@PG\tID:b\tPP:quillfeather\n@PG\tID:rosalind\tPP:b\n"
    kept = cleaning._text(head.encode(), above=b"r").decode()
    assert kept == "@PG\tID:removed1\tPN:bwa\n@PG\tID:b\tPP:removed1\n@PG\tID:removed2\tPP:b\n"


def test_a_reader_goes_by_what_is_kept() -> None:
    meta = (
        "##reference=file:///mnt/quillfeather/GRCh37/x.fa",
        "##contig=<ID=21,length=48129895,assembly=quillfeather_hg19,owner=Jane>",
        '##INFO=<ID=DP,Number=1,Type=Integer,Description="Depth of Jane">',
    )
    data = vcf_text([SNP.replace("\t.\tGT", "\tDP=7\tGT")], meta=meta, contigs=False)
    before, after = (formats.read(one) for one in (data, b"".join(cleaning.cleaned(io.BytesIO(data)))))
    assert (after.build, after.column.sha256) == (Build.GRCh37, before.column.sha256)
    assert {one.detail for one in after.findings} == {Detail.SAMPLE_NAME}


@pytest.mark.parametrize("piece", ["a=b,", 'a="b",', "<", '"', "\\", "\t", "ID=", "1-", ":"])
@pytest.mark.parametrize(
    "start", ["##contig=<", "##INFO=<", "##reference=", "@SQ\t", "@PG\tID:", "##fileDate="]
)
def test_a_hostile_line_is_gone_through_once(start: str, piece: str) -> None:
    """It would not end in years otherwise."""
    text = start + piece * (100_000 // len(piece))
    clean = header_grammar.only(text, {})
    assert clean is not None
    assert len(clean) <= 2 * len(text)


def test_details_in_the_places_that_formats_name_are_told_and_taken_out() -> None:
    assert sum(map(planted.is_told, PLANTED)) / len(PLANTED) >= 0.985
    assert sum(map(planted.is_taken_out, PLANTED)) / len(PLANTED) >= 0.985
