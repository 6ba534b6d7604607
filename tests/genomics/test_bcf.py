"""BCF: htslib writes it, we read it back, and it is the very column of the VCF it was made from."""

import io
import struct
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import pysam
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from genomics import formats
from genomics.errors import FileReason, FileRefused
from genomics.formats import DEFAULT, Limits, vcf
from genomics.formats.bam import Content
from genomics.formats.bcf import as_text
from genomics.formats.lines import Lines
from genomics.formats.unpack import unpack
from tests.builders import COLUMNS, bgzipped, vcf_text

META = (
    '##INFO=<ID=END,Number=1,Type=Integer,Description="htslib writes it beside symbols">',
    '##INFO=<ID=AC,Number=A,Type=Integer,Description="x">',
    '##INFO=<ID=DB,Number=0,Type=Flag,Description="x">',
    '##INFO=<ID=TXT,Number=1,Type=String,Description="x">',
    '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="x">',
    '##FORMAT=<ID=AD,Number=R,Type=Integer,Description="x">',
    '##FORMAT=<ID=GL,Number=G,Type=Float,Description="x">',
    '##FILTER=<ID=q10,Description="x">',
)
LINES = (
    "20\t100\trs1;rs2\tA\tT\t12.5\tPASS\tAC=1;DB;TXT=hello\tGT:DP\t0|1:70000",
    "20\t200\t.\tCAG\tC,CTG\t.\tq10\tAC=1,.\tGT:AD\t1/2:1,300,.",
    "20\t300\t.\tG\t.\t.\t.\t.\tGT\t0/0",
    "20\t400\t.\tG\tA\t.\t.\t.\tGT:GL\t./.:-1.5,.,0",
    "20\t500\t.\tG\t<DEL>,T\t.\t.\t.\tGT\t1/2",
    "X\t70000000\t.\tG\tA\t.\t.\t.\tGT\t1",
    "X\t70000001\t." + "\tG" * 1 + "\t" + "A" * 40 + "\t.\t.\t.\tGT\t0/1",
)  # fmt: skip


@pytest.fixture
def bcf(tmp_path: Path) -> bytes:
    return written(vcf_text(LINES, meta=META), tmp_path)


def written(text: bytes, folder: Path) -> bytes:
    """The BCF of a VCF, as htslib writes it."""
    (folder / "a.vcf").write_bytes(text)
    with (
        pysam.VariantFile(str(folder / "a.vcf")) as source,
        pysam.VariantFile(str(folder / "a.bcf"), "wb", header=source.header) as made,
    ):
        for record in source:
            made.write(record)
    return (folder / "a.bcf").read_bytes()


def unpacked(data: bytes) -> bytes:
    return b"".join(unpack(io.BytesIO(data), limits=DEFAULT))


def refusal(data: bytes, limits: Limits = DEFAULT) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        formats.read(data, limits=limits)
    return caught.value


def test_a_bcf_is_the_column_of_its_vcf(bcf: bytes) -> None:
    usual = formats.read(vcf_text(LINES, meta=META))
    profile = formats.read(bcf)
    assert profile.kind == "bcf"
    assert profile.column.sha256 == usual.column.sha256
    assert len(profile.column) >= 8


def test_it_is_written_out_as_htslib_would(bcf: bytes, tmp_path: Path) -> None:
    text = b"".join(as_text(Content(iter([unpacked(bcf)])), DEFAULT))
    with pysam.VariantFile(str(tmp_path / "a.vcf")) as source:
        theirs = [str(record).encode().rstrip(b"\n") for record in source]
    theirs = [line.replace(b"END=500", b".") for line in theirs]
    text = text.replace(b"END=500", b".")
    ours = [line for line in text.split(b"\n") if line and not line.startswith(b"#")]
    assert ours == theirs


def test_a_record_cut_short_anywhere_is_refused(bcf: bytes) -> None:
    whole = unpacked(bcf)
    for cut in range(len(whole) - 60, len(whole)):
        assert refusal(bgzipped(whole[:cut])).reason is FileReason.TRUNCATED


def test_no_bent_byte_does_worse_than_be_refused(bcf: bytes) -> None:
    whole = unpacked(bcf)
    start = whole.index(b"\0", 9)
    for at in range(start, len(whole)):
        for bent in (0xFF, 0x00, whole[at] ^ 0x80):
            try:
                formats.read(whole[:at] + bytes((bent,)) + whole[at + 1 :])
            except FileRefused:
                continue


def test_indices_cost_no_memory_and_sizes_are_not_believed(bcf: bytes) -> None:
    whole = unpacked(bcf)
    huge = whole.replace(b'Integer,Description="x",IDX=3', b"Integer,IDX=500000000        ", 1)
    assert len(huge) == len(whole)
    assert refusal(huge).reason is FileReason.DAMAGED  # AC is 1 in the records
    assert (
        refusal(b"BCF\x02\x02" + struct.pack("<I", 0xFFFFFFF0) + b"##").reason is FileReason.HEADER_TOO_LONG
    )
    assert refusal(b"BCF\x02\x07" + bytes(20)).reason is FileReason.VERSION


def test_two_samples_are_a_policy(tmp_path: Path) -> None:
    text = f"##fileformat=VCFv4.2\n##contig=<ID=20,length=63025520>\n{META[4]}\n".encode()
    text += b'##FORMAT=<ID=GT,Number=1,Type=String,Description="x">\n' + f"{COLUMNS}A\tB\n".encode()
    text += b"20\t100\t.\tA\tT\t.\t.\t.\tGT\t0/1\t0/0\n"
    assert refusal(written(text, tmp_path)).reason is FileReason.MULTI_SAMPLE


# Layouts: what is known to be good is left out, and nothing else comes of it


DECLARED = (
    *META,
    '##INFO=<ID=TWO,Number=2,Type=Integer,Description="x">',
    '##INFO=<ID=F,Number=1,Type=Float,Description="x">',
    '##INFO=<ID=F2,Number=2,Type=Float,Description="x">',
    '##INFO=<ID=C,Number=1,Type=Character,Description="x">',
    '##FORMAT=<ID=C1,Number=1,Type=Character,Description="x">',
    '##FORMAT=<ID=GQ,Number=1,Type=Integer,Description="x">',
    '##FORMAT=<ID=PL,Number=G,Type=Integer,Description="x">',
)
INFOS = (
    ".",
    "AC=1",
    "AC=300;DB",
    "DB;AC=70000",
    "TWO=.",
    "TWO=5",
    "TWO=5,7",
    "TWO=.,7",
    "F=1",
    "F=nan",
    "TXT=a",
)
INFOS += (
    "TXT=some;AC=1",
    "TXT=a,b",
    "C=a",
    "C=ab",
    "END=5000",
    "AC=1,2",
    "TXT=1;F=.",
    "AC=.",
    "U=1",
    "TXT=0",
)
SAMPLES = (
    "GT:DP\t0/1:5",
    "GT:DP\t1|1:300",
    "GT\t1",
    "GT\t.",
    "GT\t./.",
    "GT\t./1",
    "GT:AD\t0/1:3,4",
    "GT:AD\t0/1:3",
)
SAMPLES += (
    "GT:PL\t0/1:1,2,3",
    "GT:PL\t0/1:1,2",
    "GT:PL\t1:1,2",
    "GT:PL\t1:1,2,3",
    "GT:PL\t.:1,2",
    "GT:C1\t0/0:a",
)
SAMPLES += (
    "GT:C1\t0/0:ab",
    "GT:AD\t0/1:.",
    "GT:PL\t0/1:.",
    "GT:GQ\t0/0:50",
    "GT:GQ\t0/0:5",
    "GT:GL\t0/1:1,.,2",
)
RECORDS = st.lists(
    st.tuples(
        st.sampled_from(["20", "20", "20", "X"]),
        st.sampled_from(["A", "C", "AC", "A" * 20, "N"]),
        st.sampled_from(
            ["T", "T", "G", "TT", "T" * 30, "T,G", ".", "<DEL>", "<NON_REF>", "*", "T,<NON_REF>"]
        ),
        st.sampled_from([".", "rs1", "rs1;rs2", "a-name-of-many-letters"]),
        st.sampled_from([".", "PASS", "q10"]),
        st.sampled_from(INFOS),
        st.sampled_from(SAMPLES),
    ),
    min_size=1,
    max_size=12,
)


def came_of(content: bytes, *, by_layout: bool) -> tuple[object, ...]:
    """All that a reading says, or the refusal."""
    try:
        text = as_text(Content(iter([content])), DEFAULT, by_layout=by_layout)
        reading = vcf.read(Lines(text, limits=DEFAULT), limits=DEFAULT)
    except FileRefused as refused:
        return refused.reason, refused.line
    return reading.column.to_bytes(), reading.notes, dict(reading.evidence.markers), reading.evidence.beyond


@given(RECORDS, st.data())
@settings(deadline=None, max_examples=150)
def test_what_is_known_to_be_good_is_read_as_what_is_written_out(
    records: list[tuple[str, ...]], data: st.DataObject
) -> None:
    lines, before = [], {"20": 1000, "X": 60_000_000}
    for contig, ref, alt, ids, passed, info, sample in sorted(records, key=lambda record: record[0]):
        before[contig] += 7000
        lines.append("\t".join((contig, str(before[contig]), ids, ref, alt, ".", passed, info, sample)))
    with TemporaryDirectory() as folder:
        try:
            content = unpacked(written(vcf_text(lines, meta=DECLARED), Path(folder)))
        except (OSError, ValueError):
            reject()  # htslib does not write that
    if data.draw(st.booleans()):
        at = data.draw(st.integers(content.index(b"\0", 9), len(content) - 1))
        content = content[:at] + bytes((data.draw(st.integers(0, 255)),)) + content[at + 1 :]
    assert came_of(content, by_layout=True) == came_of(content, by_layout=False)


def test_two_records_laid_out_alike_are_each_judged_by_themselves(tmp_path: Path) -> None:
    """What the first of them is found to be must not be said of the second where it is not so."""
    tails = [f"{info}\t{SAMPLES[0]}" for info in INFOS] + [f".\t{sample}" for sample in SAMPLES]
    for one, other in product(tails, repeat=2):
        if names_in(one) != names_in(other):
            continue
        lines = [f"20\t{at}\t.\tA\tT\t.\t.\t{tail}" for at, tail in ((1, one), (9000, other))]
        try:
            content = unpacked(written(vcf_text(lines, meta=DECLARED), tmp_path))
        except (OSError, ValueError):
            continue
        assert came_of(content, by_layout=True) == came_of(content, by_layout=False), lines


ALIKE = "20\t{at}\t.\tA\tTAT\t5\tq10\tAC=1;DB;F=1;F2=2,3\tGT:DP:AD\t0/1:7:3,4"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"\x21\x03\x04", b"\x21\x03\x81", "format"),  # the list of AD ends before its end
        (b"\x21\x02\x04", b"\x21\x02\x81", ""),  # one allele is called
        (b"\x37TAT", b"\x37T,T", "alt"),
        (b"\x37TAT", b"\x37T\tT", "columns"),
        (b"\x37TAT", b"\x37TA\0", ""),
        (b"\x00\x00\x40\x40", b"\x02\x00\x80\x7f", "info"),  # the list of F2 ends before its end
        (b"\x11\x07\x21", b"\x11\xff\x21", "damaged"),
    ],
)
def test_a_bent_record_is_not_known_for_good(tmp_path: Path, old: bytes, new: bytes, reason: str) -> None:
    text = vcf_text((ALIKE.format(at=5), ALIKE.format(at=500)), meta=DECLARED)
    content = unpacked(written(text, tmp_path))
    filtered = b"\x11" + content[content.rindex(b"\x37TAT") + 5 :][:1]
    old, new = old.replace(b"\x11\x07\x21", filtered), new.replace(b"\x11\xff\x21", b"\x11\xff")
    assert content.count(old) >= 2
    head, tail = content.rsplit(old, 1)
    came = came_of(head + new + tail, by_layout=True)
    assert came == came_of(head + new + tail, by_layout=False)
    assert (came[0] == reason) == bool(reason)


def test_a_comma_in_an_allele_makes_no_two_of_one(tmp_path: Path) -> None:
    lines = [
        ALIKE.format(at=at).replace("AC=1", "AC=1,2").replace(":AD", "").replace(":3,4", "")
        for at in (5, 500)
    ]
    content = unpacked(written(vcf_text(lines, meta=DECLARED), tmp_path))
    content = content.replace(b"\x37TAT", b"\x37T,G", 1)
    came = came_of(content, by_layout=True)
    assert came == came_of(content, by_layout=False)
    assert came[0] == "info"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"ID=DP,Number=1,Type=Integer", b"ID=DP,Number=1,Type=Character"),
        (b"ID=F,Number=1,Type=Float", b"ID=F,Number=1,Type=Integer"),
    ],
)
def test_values_of_another_type_than_declared_are_each_looked_at(
    tmp_path: Path, old: bytes, new: bytes
) -> None:
    lines = [ALIKE.format(at=5), ALIKE.format(at=500).replace(":7:", ":77:").replace("F=1", "F=1.5")]
    content = unpacked(written(vcf_text(lines, meta=DECLARED), tmp_path)).replace(old, new)
    size = int.from_bytes(content[5:9], "little") + len(new) - len(old)
    content = content[:5] + size.to_bytes(4, "little") + content[9:]
    came = came_of(content, by_layout=True)
    assert came == came_of(content, by_layout=False)
    assert came[0] in ("info", "format")


def test_a_reference_block_without_an_alternate_keeps_its_qualities(tmp_path: Path) -> None:
    line = "20\t{at}\t.\tA\t.\t.\tPASS\tEND={end}\tGT:GQ\t0/0:{quality}"
    blocks = (
        line.format(at=at, end=at + 90, quality=quality) for at, quality in ((100, 50), (200, 5), (300, 50))
    )
    content = unpacked(written(vcf_text(blocks, meta=DECLARED), tmp_path))
    assert came_of(content, by_layout=True) == came_of(content, by_layout=False)


def names_in(tail: str) -> list[str]:
    """The fields of INFO, and FORMAT."""
    info, keys, _ = tail.split("\t")
    return [*(entry.split("=")[0] for entry in info.split(";")), keys]


def test_plain_records_are_known_after_the_first(tmp_path: Path) -> None:
    """Were every record written out, these laws would hold for nothing."""
    lines = [
        f"20\t{at}\trs{at}\tA\tT\t5\tq10\tAC={at};DB;TXT=hello\tGT:DP:AD\t0|1:{at}:3,4"
        for at in (5, 500, 70000)
    ]
    content = unpacked(written(vcf_text(lines, meta=META), tmp_path))
    text = b"".join(as_text(Content(iter([content])), DEFAULT, by_layout=True)).split(b"\n")
    assert text[-3:] == [
        b"20\t500\trs500\tA\tT\t.\tq10\t.\tGT\t0|1",
        b"20\t70000\trs70000\tA\tT\t.\tq10\t.\tGT\t0|1",
        b"",
    ]
