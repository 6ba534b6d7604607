"""Many lines at a time and each by itself: the same rows, the same notes, the same first fault.

The bulk rooms are fast because they leave alone what they are not sure of; these laws hold them to it.
"""

import re
from collections.abc import Callable, Iterator
from itertools import product

from hypothesis import example, given, settings
from hypothesis import strategies as st

from genomics.columns import Column
from genomics.errors import FileReason, FileRefused
from genomics.formats import arrays, vcf
from genomics.formats.limits import DEFAULT
from genomics.formats.lines import Lines
from genomics.formats.source import Reading
from tests.builders import array, vcf_text

INFO = (
    '##INFO=<ID=AC,Number=A,Type=Integer,Description="x">',
    '##INFO=<ID=AF,Number=A,Type=Float,Description="x">',
    '##INFO=<ID=DB,Number=0,Type=Flag,Description="x">',
    '##INFO=<ID=END,Number=1,Type=Integer,Description="x">',
    '##INFO=<ID=DP4,Number=4,Type=Integer,Description="x">',
    '##INFO=<ID=A1,Number=1,Type=Integer,Description="x">',
    '##INFO=<ID=A11,Number=1,Type=Integer,Description="x">',
    '##INFO=<ID=A112,Number=2,Type=Integer,Description="x">',
    '##INFO=<ID=A113,Number=1,Type=Float,Description="x">',
    '##INFO=<ID=1K,Number=1,Type=Integer,Description="x">',
    '##INFO=<ID=C,Number=1,Type=Character,Description="x">',
    '##FORMAT=<ID=GQ,Number=1,Type=Integer,Description="x">',
    '##FORMAT=<ID=AD,Number=R,Type=Integer,Description="x">',
    '##FORMAT=<ID=C1,Number=1,Type=Character,Description="x">',
)
_NUMBER = re.compile("[0-9]+")
# Faults of a block's text are found before those of its lines: which comes first depends on where blocks end.
OF_TEXT = (FileReason.NUL_BYTES, FileReason.ENCODING, FileReason.LINE_TOO_LONG)


def mostly(usual: list[str], *odd: str) -> st.SearchStrategy[str]:
    """Usual values, and now and then an odd one."""
    return st.integers(0, 29).flatmap(lambda die: st.sampled_from(odd if die == 0 else usual))


ALTS = ["A", "C", "G", "T", "AC", "T,G", "T,<NON_REF>", "ACT,<*>", "."]
ODD_ALTS = ["*", "<DEL>", "G,<DEL>", "<*>", "A[20:5[", "<NON_REF>", "", "t", "T,T", "CTG", "T<*>", ",<*>"]
ODD_ALTS += ["T,G,<NON_REF>", "N<NON_REF>", "<NON_REF>,<*>", "<*>,<*>", ".,<*>"]
INFOS = [".", "AC=1", "AF=0.5;AC=1", "DP4=1,22,3,44", "A1=5;A11=50", "AF=1e-5"]
ODD_INFOS = ["AC=1,2", "DB", "DB=1", "AC", "AC=x", "X=1;X=2", "AF=.;Z", "", ";", "AF=;AC=1", "C=1", "C=12"]
ODD_INFOS += ["A112=1,2", "A113=1,2", "A113=1.5", "A112=1", "A114=x", "1K=1", "2K=x", "1K=x", "1K=1;2K=1"]
ODD_INFOS += ["AC=1e5", "AF=1e", "AF=1e55", "AF=0x1", "END=5", "AC=1;END=999999999", "END=x", "A1=1;A1=22"]
GENOTYPES = ["0/0", "0|1", "1/1", "./.", "1", "0"]
ODD_GENOTYPES = ["./1", "1|2", "0/2", ".", "|0|1", "2/3", "A/G", "0/1 ", "01/1", "11", "0/11"]
RECORD = st.tuples(
    mostly(["A", "C", "G", "T", "AC"], "CAG", "N", "a", "", "R", "<"),
    mostly(ALTS, *ODD_ALTS),
    mostly([".", "100"], "3.5", "1e3", "x", "nan", "", "1.2.3", ".5", "5."),
    mostly(["PASS"], ".", "q10;s50", "q10;q10", "0", "a b", ""),
    mostly(INFOS, *ODD_INFOS),
    st.one_of(
        st.tuples(st.just("GT"), mostly(GENOTYPES, *ODD_GENOTYPES)),
        st.tuples(
            mostly(["GT:GQ", "GT:GQ:AD"], "GT", "GQ:GT", "GT:PL", "GT:GT", "G", "", "GT:C1", "GT:C2:C3"),
            mostly(["0/1:30", "1|1", "0/0:5:3,4", "1:7"], "0/1:x", "0/1:1,2,3", ":", "0/0:12:1,2,3", "1:1,2"),
        ),
    ),
    mostly(["."], "rs12345", "rs1;rs2", "rs1;rs1", "a b", "", "rs3094315"),
)
BLOCK = st.tuples(
    mostly(["A", "n"], "AC", "R", ""),
    mostly(["<NON_REF>", "<*>", "."], "<DEL>", "A"),
    mostly(["."], "0", "5", "x"),
    mostly([".", "PASS"], "LowGQ", "PASS;PASS", "q1"),
    mostly(
        ["END=+0", "END=+9", "END=+40"], "END=+-1", "END=", "END=x", ".", "END=1234567890", "DB;END=+9", "END"
    ),
    mostly([""], ";DB", ";X=1", ";END=5", ";AC=x", ";", "x"),
    mostly(["GT:GQ", "GT:GQ:AD", "GT:AD:RGQ", "GT", "GT:AD:GQX:GQ"], "GQ:GT", "GTX", "GT:C1", "GT:PL:GQ"),
    mostly(["0/0", "0|0"], "0", "./.", "0/1", "1", "./0", ".", "0/2", "00/0"),
    mostly(
        ["", ":30", ":5", ":20:7", ":19:7,8", ":7:30", ":7:30:5", ":7:.:30"], ":x", ":-5", ":1234567890:1"
    ),
)
CONTIG = mostly(["20", "chr20", "1", "X"], "MT", "GL000191.1", "chrUn_KI270302v1", "*", "HLA-A*01:01", "")
STEP = mostly(["0", "1", "50"], "-20", "100000000", "900000000")
PLACE = mostly(["", "", ""], "0", "x", "00012", "-5", "9999999999", "123456789", "1e5")


@st.composite
def vcfs(draw: st.DrawFn) -> bytes:
    lines = []
    for contig in draw(st.lists(CONTIG, min_size=1, max_size=3)):
        position = draw(st.integers(1, 2000))
        for _ in range(draw(st.integers(0, 5))):
            position += int(draw(STEP))
            place = draw(PLACE) or str(position)
            if draw(st.booleans()):
                ref, alt, quality, passed, info, (keys, sample), name = draw(RECORD)
            else:
                ref, alt, quality, passed, end, more, keys, call, beside = draw(BLOCK)
                start, _, reach = end.partition("+")
                name, info, sample = (
                    ".",
                    (f"{start}{position + int(reach)}" if reach else end) + more,
                    call + beside,
                )
                position += int(reach or 0) + draw(st.integers(0, 1))
            lines.append("\t".join((contig, place, name, ref, alt, quality, passed, info, keys, sample)))
    return vcf_text(
        lines, meta=INFO, version=draw(st.sampled_from(["4.1", "4.2", "4.4"])), contigs=draw(st.booleans())
    )


NAMES = [*(f"rs{at}" for at in range(60)), "a-marker-with-a-long-name-1", "a-marker-with-a-long-name-2"]
PLACES = [str(at) for at in range(1, 40)]
CALL = st.tuples(
    mostly(NAMES, "", "a b", "."),
    mostly(["1", "20", "X", "MT"], "--", "PAR", "0", "", "chr1", "1 1"),
    mostly(PLACES, "-1", "x", "--", "", "0", "249000000", "999999999", "9999999999"),
    mostly(["AA", "AG", "GA", "--", "TT"], "A", "-", "DI", "D", "-A", "ag", "00", "", "AAA", "AD"),
)


@st.composite
def raw_data(draw: st.DrawFn) -> bytes:
    return array(draw(st.lists(CALL, max_size=12)), comments=draw(st.sampled_from([(), ("build 37",)])))


def bent(data: bytes, draw: st.DrawFn) -> bytes:
    """The same with a letter or two put in or taken out, for now and then."""
    if draw(st.integers(0, 4)):
        return data
    at, taken = draw(st.integers(0, len(data))), draw(st.integers(0, 2))
    return (
        data[:at] + draw(st.sampled_from([b"", b"\t", b"\n", b" ", b"\r", b":", b"#"])) + data[at + taken :]
    )


def outcome(
    read: Callable[..., Reading], data: bytes, *, in_bulk: bool, size: int = 1 << 20
) -> tuple[object, ...]:
    """All that a reading says, or the refusal."""
    chunks: Iterator[bytes] = iter([data[at : at + size] for at in range(0, len(data), size)])
    try:
        reading = read(Lines(chunks, limits=DEFAULT), limits=DEFAULT, in_bulk=in_bulk)
    except FileRefused as refused:
        return refused.reason, refused.line
    evidence = reading.evidence
    said = (evidence.said, dict(evidence.markers), evidence.beyond)
    return reading.column.to_bytes(), reading.notes, said


def agree(read: Callable[..., Reading], data: bytes, size: int) -> None:
    one_by_one = outcome(read, data, in_bulk=False)
    assert outcome(read, data, in_bulk=True) == one_by_one
    in_pieces = outcome(read, data, in_bulk=True, size=size)
    assert in_pieces == one_by_one or one_by_one[0] in OF_TEXT or in_pieces[0] in OF_TEXT
    if isinstance(one_by_one[0], bytes) and not one_by_one[2][2]:  # type: ignore[index]
        assert Column.from_bytes(one_by_one[0]).to_bytes() == one_by_one[0]


@given(st.data(), st.integers(50, 400))
@settings(deadline=None, max_examples=300)
def test_vcfs_are_read_in_bulk_as_they_are_line_by_line(data: st.DataObject, size: int) -> None:
    agree(vcf.read, bent(data.draw(vcfs()), data.draw), size)


def test_two_lines_that_differ_in_numbers_alone_are_each_judged_by_themselves() -> None:
    """What the first of them is found to be must not be said of the second where it is not so. Lines that
    differ in more are never taken for alike; the laws above try those."""
    samples = ["GT\t0/0", "GT:C1\t0/0:1", "GT:C1\t0/0:12", "GT:C1\t0/0:x", "GT:A1:A11\t0/0:1:2"]
    fields = [f"{info}\t{sample}" for info in (*INFOS, *ODD_INFOS) for sample in samples[:1]]
    fields += [f"{info}\t{sample}" for info in INFOS[:2] for sample in samples]
    for alt in ("T", "T,<*>", "."):
        for one, other in product(fields, repeat=2):
            if _NUMBER.sub("0", one) != _NUMBER.sub("0", other):
                continue
            lines = [f"20\t{at}\t.\tA\t{alt}\t.\t.\t{tail}" for at, tail in ((5, one), (6, other))]
            data = vcf_text(lines, meta=INFO)
            assert outcome(vcf.read, data, in_bulk=True) == outcome(vcf.read, data, in_bulk=False), lines


@given(st.data(), st.integers(20, 200))
@settings(deadline=None, max_examples=300)
def test_raw_data_are_read_in_bulk_as_they_are_line_by_line(data: st.DataObject, size: int) -> None:
    agree(arrays.read, bent(data.draw(raw_data()), data.draw), size)


@given(st.lists(st.integers(0, 2**32), min_size=1, max_size=20), st.integers(0, 30))
@example([1, 12, 123, 1234, 12345, 123456, 1234567, 12345678, 123456789, 1234567890], 0)
@settings(deadline=None)
def test_numbers_of_every_length_are_read_alike(numbers: list[int], zeros: int) -> None:
    lines = [f"GL1\t{'0' * zeros}{number}\t.\tA\tT\t.\t.\t.\tGT\t0/1" for number in sorted(numbers)]
    data = vcf_text([*lines, "20\t5\t.\tA\tT\t.\t.\t.\tGT\t0/1"])
    assert outcome(vcf.read, data, in_bulk=True) == outcome(vcf.read, data, in_bulk=False)


def test_order_is_kept_wherever_one_block_ends_and_the_next_begins() -> None:
    places = ["20\t7", "20\t8", "20\t6", "20\t9", "1\t5", "1\t5", "20\t10"]
    lines = [f"{place}\t.\tA\tT\t.\t.\t.\tGT\t0/1" for place in places]
    for until, fault in ((2, None), (5, 2), (7, 2)):
        data = vcf_text(lines[:until])
        found = [
            outcome(vcf.read, data, in_bulk=in_bulk, size=size)
            for in_bulk in (True, False)
            for size in range(20, 90)
        ]
        assert found == [found[0]] * len(found)
        assert fault is None or found[0] == (FileReason.UNSORTED, data.count(b"\n") - until + 1 + fault)
    back = vcf_text([lines[0], lines[4], lines[6]])
    assert {outcome(vcf.read, back, in_bulk=True, size=size) for size in range(20, 90)} == {
        (FileReason.UNSORTED, back.count(b"\n"))
    }


def test_the_bulk_does_read_plain_lines_by_itself(monkeypatch) -> None:
    """Were every line left to the reader of single lines, these laws would hold for nothing."""
    plain = [
        "20\t5\trs1\tA\tT\t100\tPASS\tAC=1\tGT:GQ\t0/1:30",
        "20\t9\trs2\tCAG\tC\t1.5\tq10\tAC=.;DB\tGT\t1|1",
        "20\t20\trs3\tC\t.\t.\t.\t.\tGT\t0/0",
        "20\t30\t.\tC\tT,<NON_REF>\t9\t.\tAC=1,0\tGT:AD\t0/1:3,4,0",
        "20\t40\t.\tC\t<NON_REF>\t.\t.\tEND=59\tGT:GQ\t0/0:30",
        "20\t60\t.\tC\t<*>\t0\tPASS\tEND=69;DB\tGT:GQ:AD\t0/0:3:7,0",
        "20\t70\t.\tC\t.\t.\t.\tEND=79\tGT\t0/0",
        "X\t50000000\t.\tC\tT\t.\t.\tAC=1\tGT:AD\t1:0,5",
    ]
    monkeypatch.setattr(vcf, "read_record", None)
    monkeypatch.setattr(arrays, "read_line", None)
    assert isinstance(outcome(vcf.read, vcf_text(plain, meta=INFO), in_bulk=True)[0], bytes)
    calls = [("rs1", "1", 5, "AG"), ("rs2", "X", 6, "--")]
    assert isinstance(outcome(arrays.read, array(calls), in_bulk=True)[0], bytes)
