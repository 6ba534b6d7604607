"""SAM, strictly: which lines of a head and which reads are refused, and at which line."""

import pytest

from genomics import formats
from genomics.coordinates import Build
from genomics.errors import FileReason, FileRefused
from genomics.formats.builds import Evidence
from genomics.formats.sam_header import read_header
from tests.genomics.reads import LENGTHS, head, sam

FIRST = len(LENGTHS) + 2  # the line of the first read
GOOD = ("r1", "0", "20", "100", "60", "4M", "*", "0", "0", "ACGT", "IIII")
PLACES = (
    "name",
    "flag",
    "contig",
    "start",
    "mapping",
    "cigar",
    "mate",
    "mate_at",
    "span",
    "letters",
    "quality",
)


def line(*further: str, **fields: str) -> str:
    """A good read, but for what is given."""
    parts = (fields.get(place, usual) for place, usual in zip(PLACES, GOOD, strict=True))
    return "\t".join((*parts, *further)) + "\n"


def refusal(data: bytes) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        formats.read(data, assume=Build.GRCh37)
    return caught.value


@pytest.mark.parametrize(
    "good",
    [
        line(),
        line(flag="4", contig="*", start="0", cigar="*"),
        line(letters="*", quality="*"),
        line(quality="*"),
        line(mate="=", mate_at="300", span="-204"),
        line(cigar="1H1S2M1S1H"),
        line("NM:i:-1", "XA:A:!", "XF:f:-1.5e3", "XZ:Z:a b", "XH:H:1AFF", "XB:B:c,-128,127", "XG:B:f,1.0,.5"),
    ],
)
def test_a_good_read_is_refused_for_want_of_a_panel_only(good: str) -> None:
    assert refusal(sam(good)).reason is FileReason.NO_PANEL


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("\n", "blank_line"),
        ("r1\t0\t20\n", "columns"),
        (line(name=""), "id"),
        (line(name="a@b"), "id"),
        (line(name="x" * 255), "id"),
        (line(flag="*"), "position"),
        (line(flag="4096"), "position"),
        (line(contig="21"), "chromosome"),
        (line(contig="a,b"), "chromosome"),
        (line(mate="[x]"), "chromosome"),
        (line(start="-1"), "position"),
        (line(start="2147483648"), "position"),
        (line(mapping="256"), "position"),
        (line(mate_at="*"), "position"),
        (line(span="x"), "position"),
        (line(cigar=""), "read"),
        (line(cigar="4M1"), "read"),
        (line(cigar="3M"), "read"),
        (line(cigar="2M1S1M"), "read"),
        (line(cigar="1M1H2M"), "read"),
        (line(letters="AC T"), "read"),
        (line(letters="*"), "read"),
        (line(quality="III"), "read"),
        (line(quality=""), "read"),
        (line("NM:i:"), "read"),
        (line("NM:i:4294967296"), "read"),
        (line("NM:i:1", "NM:i:1"), "read"),
        (line("N:i:1"), "read"),
        (line("0M:i:1"), "read"),
        (line("NM:z:1"), "read"),
        (line("NM:f:10."), "read"),
        (line("NM:f:nan"), "read"),
        (line("NM:f:1e-46"), "read"),
        (line("NM:f:1e39"), "read"),
        (line("NM:B:"), "read"),
        (line("NM:B:C,256"), "read"),
        (line("NM:B:f,1e39"), "read"),
    ],
)
def test_a_read_that_is_not_as_it_must_be_is_refused_at_its_line(bad: str, reason: str) -> None:
    refused = refusal(sam(line(), bad, line()))
    assert (refused.reason, refused.line) == (reason, FIRST + 1)


@pytest.mark.parametrize(
    "bad",
    [
        *("@HD\tVN:1.6", "@SQ\tSN:a", "@SQ\tLN:5", "@SQ\tSN:a\tLN:0", "@SQ\tSN:a\tLN:2147483648"),
        *("@SQ\tSN:20\tLN:5", "@SQ\tSN:a,\tLN:5", "@SQ\tSN:a\tLN:5\tM5:ABC", "@SQ\tSN:a\tLN:5\tAN:20"),
        *("@SQ\tSN:a\tLN:5\tAN:=", "@RG\tDS:x", "@PG\tID:a\tPP:b", "@PG\tID:a\tID:b", "@PG\tx", "@P\tID:a"),
    ],
)
def test_a_head_that_is_not_as_it_must_be_is_refused_at_its_line(bad: str) -> None:
    refused = refusal(sam(line(), header=head(bad)))
    assert (refused.reason, refused.line) == (FileReason.HEADER, FIRST)


def test_the_build_is_told_by_the_contigs() -> None:
    assert "GRCh37" in refusal(sam(line())).what
    hg38 = head(lengths={"chr20": 64444167})
    assert "GRCh38" in refusal(sam(header=hg38)).what
    both = head(lengths={"20": 63025520, "X": 156040895})
    assert refusal(sam(header=both)).reason is FileReason.BUILD_CONTRADICTED
    worm = head(lengths={"X": 17718942})
    assert refusal(sam(header=worm)).reason is FileReason.BUILD_NOT_TAKEN


def test_details_in_the_head_are_found() -> None:
    header = head("@RG\tID:a\tSM:Cleo", "@CO\tdate of birth: 1990-01-02", "@PG\tID:x\tCL:/Users/cleo/a.fq")
    found = read_header(header.encode().rstrip(b"\n"), Evidence(), limits=formats.DEFAULT).findings
    assert {one.detail for one in found} == {"birth", "command", "sample_name"}
