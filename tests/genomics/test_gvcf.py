"""Genomic VCFs: a reference block is knowledge, where it is believed; and columns that keep it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genomics import formats
from genomics.callability import NOWHERE, Callability
from genomics.columns import KNOWN_REFERENCE, MISSING, UNKNOWN, Carriage, Column, State
from genomics.coordinates import parse_region
from genomics.errors import ColumnDamaged, FileReason, FileRefused
from genomics.formats import DEFAULT, Limits
from genomics.formats import vcf as reader
from genomics.formats.lines import Lines
from genomics.variants import parse_variant
from tests.builders import vcf_text

META = (
    '##INFO=<ID=END,Number=1,Type=Integer,Description="x">',
    '##FORMAT=<ID=GQ,Number=1,Type=Integer,Description="x">',
    '##FORMAT=<ID=PL,Number=G,Type=Integer,Description="x">',
)
ONE = Carriage(State.CARRIER, 1)


def block(start: int, end: int, *, sample: str = "0/0:50", **fields: str) -> str:
    chrom, alt, passed = fields.get("chrom", "20"), fields.get("alt", "<NON_REF>"), fields.get("filter", ".")
    keys = "GT:GQ:PL" if sample.count(":") == 2 else "GT:GQ" if ":" in sample else "GT"
    return f"{chrom}\t{start}\t.\tA\t{alt}\t.\t{passed}\tEND={end}\t{keys}\t{sample}"


def variant(position: int, ref: str = "A", alt: str = "T,<NON_REF>", sample: str = "0/1") -> str:
    return f"20\t{position}\t.\t{ref}\t{alt}\t.\tPASS\t.\tGT\t{sample}"


LINES = (
    block(100, 199),
    variant(200),
    block(201, 300, sample="0/0:99:0,90,900"),
    block(301, 400, sample="0/0:19"),
    block(401, 500, filter="LowGQ"),
    block(501, 600, sample="./.:50"),
    block(601, 700, sample="0/1:50"),
    block(701, 800, alt="<*>"),
    block(801, 900, alt="."),
    variant(901, "ACG", "A,<NON_REF>", "1/1"),
    variant(905, alt="T,<NON_REF>", sample="0/2"),
    variant(906, sample="./."),
    block(907, 907, sample="0/0"),
    block(1, 16569, chrom="MT", sample="0:50"),
)


def column(*lines: str) -> Column:
    return formats.read(vcf_text(lines, meta=META)).column


@pytest.mark.parametrize(
    ("written", "answer"),
    [
        ("20:99 A>T", UNKNOWN),
        ("20:100 A>T", KNOWN_REFERENCE),
        ("20:199 C>G", KNOWN_REFERENCE),
        ("20:200 A>T", ONE),
        ("20:200 A>C", KNOWN_REFERENCE),
        ("20:300 A>T", KNOWN_REFERENCE),
        ("20:301 A>T", UNKNOWN),  # not sure enough
        ("20:450 A>T", UNKNOWN),  # filtered
        ("20:550 A>T", UNKNOWN),  # no call
        ("20:650 A>T", UNKNOWN),  # a block that says something else
        ("20:750 A>T", KNOWN_REFERENCE),
        ("20:850 A>T", KNOWN_REFERENCE),
        ("20:901 ACG>A", Carriage(State.CARRIER, 2)),
        ("20:902 C>T", UNKNOWN),
        ("20:905 A>T", KNOWN_REFERENCE),
        ("20:905 A>G", UNKNOWN),  # something else is there
        ("20:906 A>T", UNKNOWN),
        ("20:907 A>T", KNOWN_REFERENCE),
        ("20:190 AAAA>A", KNOWN_REFERENCE),
        ("20:198 AAAA>A", UNKNOWN),  # reaches over the end of the block
        ("MT:16569 A>T", KNOWN_REFERENCE),
        ("X:100 A>T", UNKNOWN),
    ],
)
def test_a_block_answers_for_its_places(written: str, answer: Carriage) -> None:
    one = column(*LINES)
    asked = parse_variant(written)
    assert one.carries(asked) == answer
    copies = one.genotype_at(
        np.array([asked.chromosome], dtype=np.uint8),
        np.array([asked.position], dtype=np.uint32),
        [asked.ref],
        [asked.alt],
    )
    assert copies.tolist() == [{UNKNOWN: MISSING, KNOWN_REFERENCE: 0}.get(answer, answer.copies)]


@pytest.mark.parametrize(
    ("region", "answer"),
    [
        ("20:100-199", KNOWN_REFERENCE),
        ("20:100-200", ONE),
        ("20:99-150", UNKNOWN),
        ("20:250-310", UNKNOWN),
        ("20:701-900", KNOWN_REFERENCE),
        ("MT", KNOWN_REFERENCE),
    ],
)
def test_a_region_is_known_when_all_of_it_is(region: str, answer: Carriage) -> None:
    assert column(*LINES).carries_any(parse_region(region)) == answer


def test_notes_and_quality_speak_of_what_is_known() -> None:
    profile = formats.read(vcf_text(LINES, meta=META))
    assert profile.notes == (
        "4 reference blocks are of too low a quality, or filtered, and count as unknown.",
        "1 insertions and deletions stand where the file has them, for want of a reference genome.",
    )
    assert profile.column.known.bases == 100 + 100 + 200 + 1 + 16569


def test_blocks_alone_are_a_file() -> None:
    assert len(column(block(5, 10))) == 0
    assert column(block(5, 10)).carries(parse_variant("20:7 A>T")) == KNOWN_REFERENCE


@pytest.mark.parametrize(
    ("lines", "line"),
    [
        ((block(100, 200), variant(150)), 14),
        ((block(100, 200), block(200, 300)), 14),
        ((block(100, 200), variant(201), block(202, 300), variant(300)), 16),
        ((block(100, 99),), 13),
    ],
)
def test_blocks_that_reach_over_what_follows_are_refused(lines: tuple[str, ...], line: int) -> None:
    text = vcf_text(lines, meta=META)
    line -= 13 - text[: text.index(b"\n20\t")].count(b"\n") - 2
    with pytest.raises(FileRefused) as refused:
        formats.read(text)
    assert (refused.value.reason, refused.value.line) == (FileReason.REFERENCE_BLOCKS, line)


def test_the_first_fault_is_told_wherever_the_file_is_cut() -> None:
    text = vcf_text((block(100, 200), variant(150), "20\t7"), meta=META)
    for size in (30, 40, len(text)):
        pieces = iter([text[at : at + size] for at in range(0, len(text), size)])
        with pytest.raises(FileRefused, match="begins within"):
            reader.read(Lines(pieces, limits=DEFAULT), limits=DEFAULT)


def test_two_records_at_a_telomere_lie_in_no_block() -> None:
    assert len(column(variant(0), variant(0), variant(200))) == 1


def test_reference_blocks_have_a_limit_of_their_own() -> None:
    text = vcf_text((block(100, 200), block(201, 300), variant(301)), meta=META)
    assert len(formats.read(text, limits=Limits(records=1, reference_blocks=2)).column) == 1
    with pytest.raises(FileRefused, match="more than 1 reference blocks"):
        formats.read(text, limits=Limits(reference_blocks=1))


def test_a_block_is_followed_from_one_piece_of_the_file_to_the_next() -> None:
    text = vcf_text((block(100, 200), variant(150)), meta=META)
    cut = text.index(b"20\t150")
    for pieces in ([text[:cut], text[cut:]], [text]):
        with pytest.raises(FileRefused, match="begins within"):
            reader.read(Lines(iter(pieces), limits=DEFAULT), limits=DEFAULT)


def test_a_block_past_the_end_of_its_chromosome_is_refused() -> None:
    with pytest.raises(FileRefused) as refused:
        column(block(63025000, 63025521))
    assert refused.value.reason is FileReason.BUILD_CONTRADICTED


# How it is kept


def test_a_column_with_blocks_is_kept_as_version_2_and_one_without_as_version_1() -> None:
    old, new = column(LINES[1]), column(*LINES)
    assert old.to_bytes()[7] == 1
    assert new.to_bytes()[7] == 2
    again = Column.from_bytes(new.to_bytes())
    assert again.to_bytes() == new.to_bytes()
    assert again.known.end.tolist() == new.known.end.tolist()
    assert len(Column.from_bytes(old.to_bytes()).known) == 0


def test_no_bent_byte_and_no_part_is_read() -> None:
    kept = column(*LINES).to_bytes()
    for at in range(len(kept)):
        with pytest.raises(ColumnDamaged):
            Column.from_bytes(kept[:at] + bytes((kept[at] ^ 1,)) + kept[at + 1 :])
        with pytest.raises(ColumnDamaged):
            Column.from_bytes(kept[:at])


@pytest.mark.parametrize(
    ("start", "end"),
    [([5], [5]), ([5, 9], [9, 12]), ([9, 5], [12, 6]), ([5], [2**32 - 1]), ([5, 5], [9, 9])],
)
def test_stretches_no_reader_writes_are_refused(start: list[int], end: list[int]) -> None:
    honest = column(LINES[1])
    known = Callability(
        chromosome=np.full(len(start), 20, dtype=np.uint8),
        start=np.array(start, dtype=np.uint32),
        end=np.array(end, dtype=np.uint32),
    )
    parts = {name: getattr(honest, name) for name in Column.__slots__} | {"known": known}
    with pytest.raises(ColumnDamaged):
        Column.from_bytes(Column(**parts).to_bytes())


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 40), st.integers(1, 9)), max_size=12))
def test_stretches_in_any_order_cover_the_bases_they_cover(drawn: list[tuple[int, int, int]]) -> None:
    stretches = np.array([(code, start, start + size) for code, start, size in drawn]).reshape(-1, 3)
    known = Callability.of(*stretches.T)
    within = {(code, base) for code, start, size in drawn for base in range(start, start + size)}
    assert known.is_well_formed
    assert known.bases == len(within)
    asked = np.array([(code, base) for code in range(1, 4) for base in range(50)])
    covered = known.covers(asked[:, 0], asked[:, 1], asked[:, 1] + 1)
    assert [tuple(one) for one in asked[covered].tolist()] == sorted(within)
    assert not NOWHERE.covers(asked[:, 0], asked[:, 1], asked[:, 1] + 1).any()
