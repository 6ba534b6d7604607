"""What a column says of a variant, how rows become one, and that kept bytes are read back or refused."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genomics import formats
from genomics.column_rows import Rows, assemble
from genomics.columns import KNOWN_REFERENCE, MISSING, UNKNOWN, Carriage, Column, State, keys
from genomics.coordinates import parse_region
from genomics.errors import ColumnDamaged
from genomics.variants import Variant, parse_variant
from tests.builders import array, vcf

CARRIER_OF_ONE = Carriage(State.CARRIER, 1)
CARRIER_OF_TWO = Carriage(State.CARRIER, 2)

LABORATORY = [
    ("20", 100, "A", "T", "0/0"),
    ("20", 200, "A", "T", "0/1"),
    ("20", 300, "A", "T", "1|1"),
    ("20", 400, "A", "T", "./."),
    ("20", 500, "A", "T", "./1"),
    ("20", 600, "A", "T,G", "1/2"),
    ("20", 700, "A", "T,G", "0/2"),
    ("20", 800, "A", ".", "0/0"),
    ("20", 900, "CAG", "CTG,C", "0/1"),
    ("20", 1000, "A", "T,<DEL>", "0/2"),
    ("20", 1100, "A", "T,*", "1/2"),
    ("X", 100, "A", "T", "1"),
]
CONSUMER = [
    ("rs1", "20", 100, "AA"),
    ("rs2", "20", 200, "AT"),
    ("rs3", "20", 300, "TT"),
    ("rs4", "20", 400, "--"),
    ("rs5", "20", 500, "CT"),
    ("rs6", "X", 100, "T"),
]


def column(records: list[tuple[str, int, str, str, str]]) -> Column:
    return formats.read(vcf(records)).column


def consumer(calls: list[tuple[str, str, int | str, str]]) -> Column:
    return formats.read(array(calls)).column


@pytest.mark.parametrize(
    ("written", "answer"),
    [
        ("20:100 A>T", KNOWN_REFERENCE),
        ("20:200 A>T", CARRIER_OF_ONE),
        ("20:300 A>T", CARRIER_OF_TWO),
        ("20:400 A>T", UNKNOWN),
        ("20:500 A>T", UNKNOWN),  # half a call
        ("20:600 A>T", CARRIER_OF_ONE),  # 1/2: one of each
        ("20:600 A>G", CARRIER_OF_ONE),
        ("20:600 A>C", KNOWN_REFERENCE),  # both alleles are stated, and neither is C
        ("20:700 A>T", KNOWN_REFERENCE),
        ("20:700 A>G", CARRIER_OF_ONE),
        ("20:800 A>T", KNOWN_REFERENCE),  # genotyped, and there is no alternate at all
        ("20:901 A>T", CARRIER_OF_ONE),  # trimmed out of CAG>CTG
        ("20:900 CAG>CTG", CARRIER_OF_ONE),
        ("20:900 CAG>C", KNOWN_REFERENCE),
        ("20:1000 A>T", KNOWN_REFERENCE),
        ("20:1000 A>G", UNKNOWN),  # one chromosome has something that cannot be compared
        ("20:1100 A>T", CARRIER_OF_ONE),
        ("20:1100 A>G", KNOWN_REFERENCE),
        ("X:100 A>T", CARRIER_OF_ONE),
        ("20:100 G>T", UNKNOWN),  # another ref: not the same place in the same build
        ("20:101 A>T", UNKNOWN),  # outside its sites a VCF says nothing
        ("1:100 A>T", UNKNOWN),
    ],
)
def test_a_laboratory_file_answers_in_three_states(written: str, answer: Carriage) -> None:
    assert column(LABORATORY).carries(parse_variant(written)) == answer


@pytest.mark.parametrize(
    ("written", "answer"),
    [
        ("20:100 A>T", KNOWN_REFERENCE),
        ("20:100 T>A", CARRIER_OF_TWO),  # the file states no ref: the question brings it
        ("20:200 A>T", CARRIER_OF_ONE),
        ("20:300 A>T", CARRIER_OF_TWO),
        ("20:400 A>T", UNKNOWN),
        ("20:500 A>T", UNKNOWN),  # C is neither: perhaps another strand
        ("20:300 C>G", UNKNOWN),
        ("20:100 AT>A", UNKNOWN),  # letters say nothing of deletions
        ("20:200 AT>A", UNKNOWN),
        ("20:200 A>AT", UNKNOWN),
        ("X:100 A>T", CARRIER_OF_ONE),
    ],
)
def test_a_consumer_file_answers_when_its_letters_are_among_the_two(written: str, answer: Carriage) -> None:
    assert consumer(CONSUMER).carries(parse_variant(written)) == answer


@pytest.mark.parametrize(
    ("written", "answer"),
    [
        ("20:100-200", CARRIER_OF_ONE),
        ("20:100-300", CARRIER_OF_TWO),
        ("20:100-199", KNOWN_REFERENCE),
        ("20:201-299", UNKNOWN),  # no row
        ("20:350-450", UNKNOWN),  # a missing one
        ("20:100-100", KNOWN_REFERENCE),
        ("20:200", CARRIER_OF_ONE),
        ("20:800", KNOWN_REFERENCE),
        ("20:1000", UNKNOWN),
        ("20:901", CARRIER_OF_ONE),
        ("X", CARRIER_OF_ONE),
        ("Y", UNKNOWN),
    ],
)
def test_a_region_is_answered_by_the_rows_that_start_in_it(written: str, answer: Carriage) -> None:
    assert column(LABORATORY).carries_any(parse_region(written)) == answer


def test_letters_without_a_ref_never_answer_for_a_region() -> None:
    assert consumer(CONSUMER).carries_any(parse_region("20:100-300")) == UNKNOWN


def test_only_a_carrier_is_true() -> None:
    assert CARRIER_OF_ONE
    assert not KNOWN_REFERENCE
    assert not UNKNOWN


@pytest.mark.parametrize("dtype", ["S1", "U1", "S4", "U4", object])
def test_a_panel_is_looked_up_at_once_however_its_alleles_are_kept(dtype: object) -> None:
    asked = [("20", 100, "A", "T"), ("20", 600, "A", "G"), ("20", 400, "A", "T"), ("20", 5, "A", "T")]
    asked += [("X", 100, "A", "T"), ("20", 100, "C", "T"), ("20", 300, "A", "T")]
    codes = np.array([23 if name == "X" else 20 for name, _, _, _ in asked], dtype=np.uint8)
    positions = np.array([position - 1 for _, position, _, _ in asked], dtype=np.uint32)
    ref, alt = (np.array([site[at] for site in asked]).astype(dtype) for at in (2, 3))
    found = column(LABORATORY).genotype_at(codes, positions, ref, alt)
    assert found.dtype == np.uint8
    assert found.tolist() == [0, 1, MISSING, MISSING, 1, MISSING, 2]


def test_a_third_allele_is_no_genotype_of_two_alleles() -> None:
    records = [
        ("20", 100, "A", "C,T", "2/2"),
        ("20", 200, "A", "C,T", "1/2"),
        ("20", 300, "A", "C,T", "0/2"),
        ("20", 400, "A", "C,T", "0/1"),
        ("20", 500, "A", "C,T", "0/0"),
        ("20", 600, "A", "T", "1/1"),
        ("20", 700, "A", "C", "1/1"),
    ]
    places = np.array([position - 1 for _, position, *_ in records], dtype=np.uint32)
    asked = np.full(len(places), 20, dtype=np.uint8), places, ["A"] * len(places), ["C"] * len(places)
    one = column(records)
    # Who carries C is one thing, and who is to be compared at a site of A and C another.
    assert one.genotype_at(*asked).tolist() == [0, 1, 0, 1, 0, 0, 2]
    assert one.genotype_at(*asked, only_these=True).tolist() == [MISSING] * 3 + [1, 0, MISSING, 2]


@given(st.data())
@settings(deadline=None, max_examples=60)
def test_many_places_at_once_are_answered_as_one_by_one(data: st.DataObject) -> None:
    base = st.sampled_from("ACGT")
    genotype = st.sampled_from(["0/0", "0/1", "1/1", "./.", "1/2", "0/2", "./2"])
    places = sorted(data.draw(st.lists(st.integers(1, 12), max_size=10)))
    records = []
    for place in places:
        ref = data.draw(base)
        alts = data.draw(st.permutations([letter for letter in "ACGT" if letter != ref]))[:2]
        records.append(("20", place, ref, ",".join(alts), data.draw(genotype)))
    letters = st.sampled_from(["AA", "AG", "CT", "--", "GG", "TT", "AC"])
    calls = [(f"rs{place}", "20", place, data.draw(letters)) for place in sorted(set(places))]
    if not records:
        return
    one = data.draw(st.sampled_from([column(records), consumer(calls)]))
    asked = [
        (place, ref, alt) for place in range(1, 14) for ref in ("A", "C", "AG") for alt in "GTA" if ref != alt
    ]
    at_once = one.genotype_at(
        np.full(len(asked), 20, dtype=np.uint8),
        np.array([place - 1 for place, _, _ in asked], dtype=np.uint32),
        [ref for _, ref, _ in asked],
        [alt for _, _, alt in asked],
    )
    for copies, (place, ref, alt) in zip(at_once.tolist(), asked, strict=True):
        expected = {0: KNOWN_REFERENCE, MISSING: UNKNOWN}.get(copies, Carriage(State.CARRIER, copies))
        assert one.carries(Variant(20, place - 1, ref, alt)) == expected


def test_rows_of_one_variant_that_disagree_become_missing() -> None:
    profile = formats.read(vcf([("20", 100, "A", "T", "0/1"), ("20", 100, "A", "T", "1/1")]))
    assert len(profile.column) == 1
    assert profile.column.copies.tolist() == [MISSING]
    assert profile.notes == ("1 variants are stated twice with different genotypes and count as missing.",)


def test_a_stated_genotype_stays_beside_a_missing_one_and_beside_its_like() -> None:
    one = column([("20", 100, "A", "T", "./."), ("20", 100, "A", "T", "0/1"), ("20", 100, "AC", "TC", "0/1")])
    assert one.copies.tolist() == [1]


def test_rows_are_sorted_whatever_order_they_come_in() -> None:
    one = column([("X", 5, "C", "A,T,G", "1/3"), ("1", 7, "CA", "C", "0/1"), ("1", 7, "C", "T", "0/0")])
    key = keys(one.chromosome, one.position).tolist()
    rows = list(zip(key, one.ref.tolist(), one.alt.tolist(), strict=True))
    assert rows == sorted(set(rows))
    assert one.alleles == ("", "A", "C", "CA", "G", "T")


def test_a_column_cannot_be_changed() -> None:
    one = column(LABORATORY)
    with pytest.raises(ValueError, match="read-only"):
        one.copies[0] = 2


def test_the_same_genotypes_have_the_same_bytes_and_digest() -> None:
    calls = CONSUMER[:3]
    assert consumer(calls).to_bytes() == consumer(calls[::-1]).to_bytes()
    assert consumer(calls).sha256 == consumer(calls[::-1]).sha256
    assert consumer(calls).sha256 != consumer(calls[:2]).sha256
    assert consumer(calls).sha256 == hashlib.sha256(consumer(calls).to_bytes()[:-32]).digest()


@pytest.mark.parametrize("records", [LABORATORY, LABORATORY[:1]])
def test_kept_bytes_are_read_back(records: list[tuple[str, int, str, str, str]]) -> None:
    one = column(records)
    again = Column.from_bytes(one.to_bytes())
    assert again.to_bytes() == one.to_bytes()
    assert again.alleles == one.alleles
    for name in ("chromosome", "position", "ref", "alt", "copies", "ploidy"):
        assert getattr(again, name).tolist() == getattr(one, name).tolist()
        assert getattr(again, name).dtype == getattr(one, name).dtype


def test_an_empty_column_and_one_of_very_many_alleles_are_read_back() -> None:
    nothing, _ = assemble(Rows.join([]), [""])
    assert len(Column.from_bytes(nothing.to_bytes())) == 0
    many = column([("20", 100 + size, "A", "A" + "C" * size, "0/1") for size in range(1, 400)])
    assert Column.from_bytes(many.to_bytes()).alleles == many.alleles


@given(st.integers(0, 10_000), st.integers(1, 255))
@settings(deadline=None)
def test_no_bent_byte_is_read(at: int, change: int) -> None:
    kept = bytearray(column(LABORATORY).to_bytes())
    kept[at % len(kept)] ^= change
    with pytest.raises(ColumnDamaged):
        Column.from_bytes(bytes(kept))


@given(st.integers(0, 1_000))
@settings(deadline=None)
def test_no_part_of_a_column_is_read_for_the_whole(size: int) -> None:
    kept = column(LABORATORY).to_bytes()
    with pytest.raises(ColumnDamaged):
        Column.from_bytes(kept[: size % len(kept)])
    with pytest.raises(ColumnDamaged):
        Column.from_bytes(kept + b"\0" * (1 + size))


def forged(**changes: object) -> bytes:
    """A column that no reader writes, sealed with a right digest."""
    honest = column([("20", 100, "A", "T", "0/1"), ("20", 200, "A", "G", "1/1")])
    parts = {name: getattr(honest, name) for name in Column.__slots__} | changes
    return Column(**parts).to_bytes()  # type: ignore[arg-type]


U8, U32 = np.uint8, np.uint32


@pytest.mark.parametrize(
    "changes",
    [
        {"position": np.array([199, 99], dtype=U32)},
        {"position": np.array([99, 99], dtype=U32), "alt": np.array([2, 2], dtype=U32)},
        {"position": np.array([99, 2**32 - 1], dtype=U32)},
        {"alt": np.array([9, 9], dtype=U32)},
        {"alt": np.array([1, 1], dtype=U32)},
        {"copies": np.array([2, 2], dtype=U8), "ploidy": np.array([1, 2], dtype=U8)},
        {"ploidy": np.array([0, 2], dtype=U8)},
        {"ploidy": np.array([3, 2], dtype=U8)},
        {"alleles": ("", "A", "T", "G")},
        {"alleles": ("", "A", "G", "R")},
        {"alleles": ("", "A", "G", "a")},
        {"alleles": ("", "A", "G", "T", "TT")},
    ],
)
def test_rows_no_reader_writes_are_refused_though_their_digest_is_right(changes: dict[str, object]) -> None:
    Column.from_bytes(forged())
    with pytest.raises(ColumnDamaged):
        Column.from_bytes(forged(**changes))
