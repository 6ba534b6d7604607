"""From build to build by a chain: where places go, what is turned, and what is lost."""

import numpy as np
import pytest

from genomics import formats
from genomics.carrying import carry
from genomics.chain import Chain, ChainRefused
from genomics.columns import KNOWN_REFERENCE, UNKNOWN, Carriage, Column, State
from genomics.coordinates import LENGTHS, Build
from genomics.formats import Loaded
from genomics.variants import parse_variant
from tests.builders import array, vcf, vcf_text

OLD, NEW = LENGTHS[Build.GRCh37][20], LENGTHS[Build.GRCh38][20]
# 1-based: 1001-1100 -> 2001-2100, a gap of 10 bases, 1111-1210 -> 2121-2220; 5001-5100 turned to 9100-9001
CHAIN = f"""\
chain 1000 chr20 {OLD} + 1000 1210 chr20 {NEW} + 2000 2220 1
100\t10\t20
100

chain 900 chr20 {OLD} + 5000 5100 chr20 {NEW} - {NEW - 9100} {NEW - 9000} 2
100

chain 800 chr20 {OLD} + 1050 1060 chr20 {NEW} + 50 60 3
10

chain 700 chrM 16571 + 0 16571 chrM 16569 + 0 16569 4
16569

chain 700 chrUn_1 50 + 0 50 chr20 {NEW} + 0 50 5
50
"""


@pytest.fixture
def chain() -> Chain:
    return Chain.read(CHAIN.splitlines(keepends=True))


@pytest.mark.parametrize(
    ("place", "goes", "turned"),
    [
        (1000, None, False),
        (1001, 2001, False),
        (1055, 2055, False),  # the better chain wins
        (1100, 2100, False),
        (1105, None, False),
        (1111, 2121, False),
        (1210, 2220, False),
        (1211, None, False),
        (5001, 9100, True),
        (5100, 9001, True),
    ],
)
def test_each_place_goes_where_the_chain_says(
    chain: Chain, place: int, goes: int | None, turned: bool
) -> None:
    code, position, reverse, _ = chain.carry(np.array([20]), np.array([place - 1]))
    assert position.tolist() == [-1 if goes is None else goes - 1]
    assert (code.tolist(), reverse.tolist()) == ([0 if goes is None else 20], [turned])
    assert chain.carry(np.array([21]), np.array([place - 1]))[1].tolist() == [-1]


@pytest.mark.parametrize(
    ("place", "comes", "turned"),
    [
        (2000, None, False),
        (2001, 1001, False),
        (2100, 1100, False),
        (2110, None, False),
        (2121, 1111, False),
        (2220, 1210, False),
        (9001, 5100, True),
        (9100, 5001, True),
        (9101, None, False),
    ],
)
def test_the_way_back_leads_each_place_to_where_it_came_from(
    chain: Chain, place: int, comes: int | None, turned: bool
) -> None:
    back = chain.turned()
    assert (back.source, back.target) == (Build.GRCh38, Build.GRCh37)
    _, position, reverse, _ = back.carry(np.array([20]), np.array([place - 1]))
    assert position.tolist() == [-1 if comes is None else comes - 1]
    assert reverse.tolist() == [turned]
    again = back.turned().carry(np.array([20, 20]), np.array([1000, 5000]))[1]
    assert again.tolist() == chain.carry(np.array([20, 20]), np.array([1000, 5000]))[1].tolist()


def test_of_two_that_lead_to_one_place_the_longer_is_the_way_back() -> None:
    text = CHAIN + f"\nchain 600 chr20 {OLD} + 8000 8010 chr20 {NEW} + 2050 2060 6\n10\n"
    back = Chain.read(text.splitlines(keepends=True)).turned()
    assert back.carry(np.array([20]), np.array([2054]))[1].tolist() == [1054]


def test_the_mitochondrion_is_the_same_in_both(chain: Chain) -> None:
    assert (chain.source, chain.target) == (Build.GRCh37, Build.GRCh38)
    assert chain.carry(np.array([25]), np.array([16568]))[1].tolist() == [16568]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello\n",
        "100\t10\t20\n",
        CHAIN.replace("100\t10\t20", "100\t10"),
        CHAIN.replace("100\t10\t20", "100\t-10\t20"),
        CHAIN.replace(f"{OLD} +", f"{OLD} -"),
        CHAIN.replace(str(NEW), str(OLD)),
        f"chain 1 chr20 {OLD} + 0 9 chr20 {NEW} + 0 9 1\n",
    ],
)
def test_what_is_no_chain_between_our_builds_is_refused(text: str) -> None:
    with pytest.raises(ChainRefused, match="Nothing was loaded"):
        Chain.read(text.splitlines())


def column(*records: tuple[str, int, str, str, str]) -> Column:
    return formats.read(vcf(records)).column


def test_a_column_is_carried_row_by_row(chain: Chain) -> None:
    made, lost = carry(
        column(
            ("20", 900, "A", "T", "0/1"),  # no place
            ("20", 1001, "A", "T", "0/1"),
            ("20", 1099, "AC", "A", "1/1"),
            ("20", 1100, "AC", "A", "1/1"),  # reaches into the gap
            ("20", 5001, "A", "C", "1/1"),  # turned
            ("20", 5050, "AC", "A", "1/1"),  # turned, and longer than a base
        ),
        chain,
    )
    assert lost == 3
    assert len(made) == 3
    assert made.carries(parse_variant("20:2001 A>T")) == Carriage(State.CARRIER, 1)
    assert made.carries(parse_variant("20:2099 AC>A")) == Carriage(State.CARRIER, 2)
    assert made.carries(parse_variant("20:9100 T>G")) == Carriage(State.CARRIER, 2)
    assert Column.from_bytes(made.to_bytes()).sha256 == made.sha256


def test_what_is_known_is_carried_piece_by_piece(chain: Chain) -> None:
    lines = [
        f"20\t{start}\t.\tA\t<*>\t.\t.\tEND={end}\tGT\t0/0" for start, end in ((1050, 1150), (5001, 5002))
    ]
    known = carry(formats.read(vcf_text(lines)).column, chain)[0]
    for place, answer in ((2050, KNOWN_REFERENCE), (2100, KNOWN_REFERENCE), (2110, UNKNOWN)):
        assert known.carries(parse_variant(f"20:{place} A>T")) == answer
    assert known.known.bases == 51 + 40 + 2
    assert known.carries(parse_variant("20:9099 A>T")) == KNOWN_REFERENCE


def test_a_file_of_the_other_build_is_read_as_one_of_the_home_build(chain: Chain) -> None:
    data = array([("rs1", "20", 1001, "AG"), ("rs2", "20", 5001, "AC"), ("rs3", "20", 7, "AC")])
    plain = formats.read(data)
    assert plain.build is Build.GRCh37
    for loaded in (
        Loaded(chains={Build.GRCh37: chain}),
        Loaded(chains={Build.GRCh37: chain}, home=Build.GRCh37),
        Loaded(home=Build.GRCh38),
    ):
        assert formats.read(data, loaded=loaded).column.sha256 == plain.column.sha256
    profile = formats.read(data, loaded=Loaded(chains={Build.GRCh37: chain}, home=Build.GRCh38))
    assert profile.build is Build.GRCh38
    assert profile.build_evidence.startswith("carried over from GRCh37: ")
    assert profile.notes[-1] == "2 rows have no place in GRCh38 and cannot be compared."
    assert profile.column.carries(parse_variant("20:2001 A>G")) == Carriage(State.CARRIER, 1)
    assert profile.column.carries(parse_variant("20:9100 T>G")) == Carriage(State.CARRIER, 1)
