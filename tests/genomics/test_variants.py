"""Variants: written, read back, and trimmed without changing what they say."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genomics.errors import NotACoordinate
from genomics.variants import Variant, parse_variant, trim

ALLELES = st.text("ACGT", min_size=1, max_size=8)


@pytest.mark.parametrize(
    "written", ["20:1000226 A>T", "20-1000226-A-T", "chr20:1000226:A:T", "20:1,000,226 a>t", "20 1000226 A T"]
)
def test_a_variant_is_read_in_the_ways_people_write_it(written: str) -> None:
    variant = parse_variant(written)
    assert variant == Variant(20, 1000225, "A", "T")
    assert str(variant) == "20:1000226 A>T"
    assert variant.is_snp


@pytest.mark.parametrize(
    "written",
    [
        "",
        "20:5 A>A",
        "20:0 A>T",
        "20:5 A>",
        "20:5 R>T",
        "99:5 A>T",
        "20:999999999 A>T",
        "20:5 A>T,G",
        "20:,5 A>T",
        "20:5 <DEL>>T",
        "20:63025520999 A>T",
        "20:5 A>" + "T" * 10_001,
    ],
)
def test_what_is_no_variant_is_refused(written: str) -> None:
    with pytest.raises(NotACoordinate):
        parse_variant(written)


@pytest.mark.parametrize(
    ("ref", "alt", "trimmed"),
    [
        ("A", "T", (0, "A", "T")),
        ("CAG", "CTG", (1, "A", "T")),
        ("CA", "CAA", (0, "C", "CA")),  # the end goes first: the insertion stays at the left
        ("CAA", "CA", (0, "CA", "C")),
        ("CAG", "C", (0, "CAG", "C")),
        ("GATA", "GA", (0, "GAT", "G")),
        ("TGA", "TGC", (2, "A", "C")),
    ],
)
def test_shared_bases_are_taken_off(ref: str, alt: str, trimmed: tuple[int, str, str]) -> None:
    assert trim(ref, alt) == trimmed


@given(st.text("ACGT", max_size=10), ALLELES, ALLELES, st.text("ACGT", max_size=10))
@settings(deadline=None)
def test_trimming_changes_nothing_that_is_said(before: str, ref: str, alt: str, after: str) -> None:
    if ref == alt:
        return
    written = Variant(20, 100, ref + after, alt + after)
    less = written.trimmed()
    sequence = before + ref + after
    at = len(before) + less.position - 100
    assert sequence[at : at + len(less.ref)] == less.ref
    assert sequence[:at] + less.alt + sequence[at + len(less.ref) :] == before + alt + after
    assert less.trimmed() == less
    assert min(len(less.ref), len(less.alt)) == 1 or (
        less.ref[0] != less.alt[0] and less.ref[-1] != less.alt[-1]
    )
