"""Raw data as 23andMe writes them: what letters become, and which lines are refused."""

import io
import tarfile
from collections.abc import Callable

import pytest

from genomics import formats
from genomics.columns import MISSING
from genomics.errors import FileReason, FileRefused
from genomics.formats import Kind
from genomics.formats.array_lines import fingerprint
from genomics.intake import sandbox
from tests.builders import array, gzipped, zipped

Calls = list[tuple[str, str, int | str, str]]
GOOD: Calls = [("rs1", "1", 100, "AG"), ("rs2", "1", 200, "CC"), ("i5", "MT", 9, "G")]


def rows(calls: Calls) -> list[tuple[int, int, str, int, int]]:
    """(chromosome, 1-based position, letter, copies, ploidy) of what is read; no row states a ref."""
    column = formats.read(array(calls)).column
    assert not column.ref.any()
    return [
        (
            int(column.chromosome[at]),
            int(column.position[at]) + 1,
            column.alleles[column.alt[at]],
            int(column.copies[at]),
            int(column.ploidy[at]),
        )
        for at in range(len(column))
    ]


@pytest.mark.parametrize(
    ("chromosome", "genotype", "read"),
    [
        ("1", "AA", [("A", 2, 2)]),
        ("1", "AG", [("A", 1, 2), ("G", 1, 2)]),
        ("1", "GA", [("A", 1, 2), ("G", 1, 2)]),
        ("1", "--", [("", MISSING, 2)]),
        ("1", "-", [("", MISSING, 2)]),
        ("X", "T", [("T", 1, 1)]),
        ("X", "TC", [("C", 1, 2), ("T", 1, 2)]),
        ("Y", "-", [("", MISSING, 1)]),
        ("MT", "G", [("G", 1, 1)]),
        ("chr1", "TT", [("T", 2, 2)]),
    ],
)
def test_letters_become_rows_without_a_ref(
    chromosome: str, genotype: str, read: list[tuple[str, int, int]]
) -> None:
    assert [row[2:] for row in rows([("rs1", chromosome, 100, genotype)])] == read


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (("rs1", "1", "-100", "AA"), "position"),
        (("rs1", "1", "abc", "AA"), "position"),
        (("rs1", "1", "1e5", "AA"), "position"),
        (("rs1", "1", "", "AA"), "position"),
        (("rs1", "1", "--", "AA"), "position"),
        (("rs1", "1", "9999999999", "AA"), "position"),
        (("rs1", "1 1", 100, "AA"), "chromosome"),
        (("rs1", "", 100, "AA"), "chromosome"),
        (("", "1", 100, "AA"), "id"),
        (("rs 1", "1", 100, "AA"), "id"),
        (("rs1", "1", 100, ""), "genotype"),
        (("rs1", "1", 100, "AAA"), "genotype"),
        (("rs1", "1", 100, "nn"), "genotype"),
        (("rs1", "1", 100, "00"), "genotype"),
        (("rs1", "1", 100, "A-"), "genotype"),
        (("rs1", "1", 100, "AD"), "genotype"),
        (("rs1", "1", 100, "A/A"), "genotype"),
        (("rs1", "1", 100, "A"), "haploid_autosome"),
        (("rs1", "1", 100, "AA\textra"), "columns"),
        (("rs1", "1", 100, "AA\n"), "blank_line"),
    ],
)
@pytest.mark.parametrize("good_lines_before", [0, 3])
def test_a_line_that_is_not_as_it_must_be_is_refused(
    line: tuple[str, str, int | str, str], reason: str, good_lines_before: int
) -> None:
    before: Calls = [(f"rs{at}", "2", at, "AC") for at in range(10, 10 + good_lines_before)]
    with pytest.raises(FileRefused) as caught:
        formats.read(array([*before, line, ("rs9", "3", 5, "CC")]))
    assert caught.value.reason == reason
    assert caught.value.line == 3 + good_lines_before + (reason == "blank_line")


def test_markers_without_a_place_and_without_bases_are_left_out_with_a_count() -> None:
    calls: Calls = [
        *GOOD,
        ("rs3", "--", 5, "AA"),
        ("rs4", "--", "--", "AA"),
        ("rs5", "0", 0, "CC"),
        ("rs6", "PAR", 7, "CC"),
    ]
    calls += [("rs7", "1", 0, "CC"), ("i1", "1", 300, "DI"), ("i2", "1", 301, "II"), ("i3", "X", 302, "D")]
    profile = formats.read(array(calls))
    assert profile.quality.sites == len(GOOD)
    assert profile.notes == (
        "5 markers without a place on chromosomes 1 to 22, X, Y and MT were left out.",
        "3 insertions and deletions are given without bases and were left out.",
    )


def test_the_same_marker_called_differently_is_a_damaged_file() -> None:
    with pytest.raises(FileRefused) as caught:
        formats.read(array([*GOOD, ("rs9", "1", 5, "--"), ("rs1", "1", 100, "GG"), ("rs2", "1", 200, "CT")]))
    assert (caught.value.reason, caught.value.line) == ("duplicate_id", 7)


def test_the_same_marker_said_again_is_no_harm() -> None:
    assert rows([*GOOD, ("rs1", "1", 100, "GA"), ("rs2", "1", 200, "--")]) == rows(GOOD)
    assert len(rows([(".", "1", 5, "AA"), (".", "1", 6, "CC")])) == 2  # a dot is no name


def test_two_markers_at_one_place_that_differ_make_it_missing() -> None:
    profile = formats.read(array([("rs1", "1", 100, "AG"), ("i7", "1", 100, "AA"), ("rs2", "1", 200, "CC")]))
    assert profile.column.copies.tolist() == [MISSING, 2]
    assert profile.notes == ("1 places are stated twice with different genotypes and count as missing.",)
    assert [row[2:] for row in rows([("rs1", "1", 100, "AG"), ("i7", "1", 100, "--")])] == [
        ("A", 1, 2),
        ("G", 1, 2),
    ]


def test_the_order_of_lines_does_not_matter() -> None:
    assert rows(GOOD[::-1]) == rows(GOOD)


@pytest.mark.parametrize(
    "odd",
    [
        array(GOOD).replace(b"\n", b"\r\n"),
        array(GOOD).replace(b"\n", b"\r"),
        b"\xef\xbb\xbf" + array(GOOD),
        array(GOOD).rstrip(b"\n"),
        array(GOOD) + b"\r\n\r\n",
        array(GOOD).replace(b"# rsid", b"rsid"),
        array(GOOD).replace(b"# rsid\tchromosome\tposition\tgenotype\n", b""),
        array(GOOD).replace(b"# rsid", b"#rsid"),
        gzipped(array(GOOD)),
        zipped(("genome_Jane_Doe_v5_Full.txt", array(GOOD))),
    ],
    ids=[
        "CRLF",
        "CR",
        "BOM",
        "no last end",
        "empty end",
        "bare title",
        "no title",
        "tight title",
        "gzip",
        "zip",
    ],
)
def test_the_file_comes_as_people_have_it(odd: bytes) -> None:
    profile = formats.read(odd)
    assert profile.kind is Kind.ARRAY
    assert profile.column.to_bytes() == formats.read(array(GOOD)).column.to_bytes()


def test_a_file_with_no_comparable_line_is_refused() -> None:
    for calls in ([], [("i1", "1", 300, "DI")], [("rs1", "0", 0, "AA")]):
        with pytest.raises(FileRefused) as caught:
            formats.read(array(calls))
        assert caught.value.reason == "nothing_comparable"


def test_ids_are_told_apart_by_every_letter() -> None:
    names = [f"rs{at}" for at in range(5000)] + [f"i{at}" for at in range(5000)]
    names += [f"chr1:{at}:A:G-with-a-long-tail" for at in range(5000)] + [
        "a",
        "aa",
        "a" * 8,
        "a" * 9,
        "a" * 16,
        "a" * 17,
    ]
    assert len({fingerprint(name.encode()) for name in names}) == len(set(names))


@pytest.mark.parametrize(
    "harmless",
    [
        lambda text: text.replace(b"\tAG\n", b"\tag\n").replace(b"\tDI\n", b"\tdi\n"),
        lambda text: text.replace(b"\tAG\n", b"\tAG  \n"),
        lambda text: text + b"\x1a",
        lambda text: text.removesuffix(b"\n") + b"\x1a",
    ],
    ids=["small letters", "spaces at the end", "^Z", "^Z in the last line"],
)
def test_what_some_tools_write_otherwise_and_mean_the_same_is_read_the_same(
    harmless: Callable[[bytes], bytes],
) -> None:
    text = array([*GOOD, ("rs7", "2", 30, "DI"), ("rs8", "2", 31, "TT")])
    other = harmless(text)
    assert other != text
    assert formats.read(other).column.sha256 == formats.read(text).column.sha256
    assert sandbox.read(other).column.sha256 == formats.read(text).column.sha256
    kept = sandbox.cleaned(other).read()
    assert formats.read(kept).column.sha256 == formats.read(text).column.sha256


def test_a_z_in_the_middle_is_no_end() -> None:
    with pytest.raises(FileRefused):
        formats.read(array(GOOD).replace(b"rs2", b"\x1ars2"))


@pytest.mark.parametrize(
    "broken",
    [
        array([*GOOD, ("rs9", "3", 7, "QQ")]),
        array([*GOOD, ("rs9", "3", 7, "A\tG")]),
        array([*GOOD, ("", "3", 7, "AG")]),
        array([*GOOD]) + b"\n" + array([("rs9", "3", 7, "AA")]),
        array([("rs1", "1", 100, "AG")], comments=()),
    ],
)
def test_advice_for_raw_data_names_no_tool_for_vcf(broken: bytes) -> None:
    with pytest.raises(FileRefused) as caught:
        formats.read(broken)
    assert "bcftools" not in caught.value.sentence
    if caught.value.reason is FileReason.BUILD_UNKNOWN:
        assert "say its build" in caught.value.sentence


def test_a_tar_and_utf_16_are_called_what_they_are() -> None:
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w:gz") as archive:
        info = tarfile.TarInfo("genome.txt")
        info.size = len(array(GOOD))
        archive.addfile(info, io.BytesIO(array(GOOD)))
    with pytest.raises(FileRefused, match=r"tar archive.*the one genotype file itself") as caught:
        formats.read(tar.getvalue())
    assert caught.value.reason is FileReason.ARCHIVE
    with pytest.raises(FileRefused, match=r"save it as plain text \(UTF-8\) first"):
        formats.read(array(GOOD).decode().encode("utf-16"))
