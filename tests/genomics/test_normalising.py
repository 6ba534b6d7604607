"""One way to write what a file says: indels moved left, single chromosomes, and files of another genome."""

import random
from pathlib import Path

import pytest

from genomics import formats
from genomics.columns import MISSING, Column
from genomics.coordinates import MT, Build
from genomics.errors import FileReason, FileRefused
from genomics.formats import Loaded
from genomics.normalising import left_aligned, normalise
from genomics.reference import Reference, ReferenceRefused
from tests.builders import array, vcf
from tests.genomics.genome import LENGTH, bases, written

Record = tuple[str, int, str, str, str]


@pytest.fixture(scope="module")
def text() -> str:
    return bases(letters="AAC")  # long repeats, so that much can be moved


@pytest.fixture(scope="module")
def reference(text: str, tmp_path_factory: pytest.TempPathFactory) -> Reference:
    return written(text, tmp_path_factory.mktemp("genome") / "mt.fa")


def rows(column: Column) -> list[tuple[int, str, str, int, int]]:
    return [
        (int(p) + 1, column.alleles[r], column.alleles[a], int(c), int(ploidy))
        for p, r, a, c, ploidy in zip(
            column.position, column.ref, column.alt, column.copies, column.ploidy, strict=True
        )
    ]


def taken(records: list[Record], reference: Reference | None = None) -> formats.Profile:
    loaded = Loaded(references={Build.GRCh37: reference} if reference else {})
    return formats.read(vcf(records), loaded=loaded)


def test_the_reference_is_read_where_it_is_asked_for(reference: Reference, text: str) -> None:
    assert reference.bases(MT, 0, 5) == text[:5]
    assert reference.bases(MT, 55, 130) == text[55:130]
    assert reference.bases(MT, LENGTH - 3, LENGTH + 9) == text[-3:]
    assert reference.bases(MT, 9, 9) == reference.bases(1, 0, 5) == ""


def test_a_fasta_without_index_or_of_no_build_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.fa").write_text(">MT\nACGT\n")
    with pytest.raises(ReferenceRefused, match="index"):
        Reference.of(tmp_path / "a.fa")
    with pytest.raises(ReferenceRefused, match="lengths"):
        written("ACGT", tmp_path / "b.fa")
    with pytest.raises(ReferenceRefused, match="lengths"):
        Reference.of(written(text, tmp_path / "c.fa").path)  # MT alone is of both builds


def test_an_indel_goes_as_far_left_as_the_same_sequence_allows(reference: Reference, text: str) -> None:
    chance = random.Random(4)  # noqa: S311 - a lot, not a secret
    for _ in range(500):
        # Near the beginning, for the leftmost is looked for from there.
        at, size = chance.randrange(1, 1500), chance.randrange(1, 6)
        gone = chance.random() < 0.5
        extra = "".join(chance.choice("AC") for _ in range(size))
        ref, alt = (text[at : at + size + 1], text[at]) if gone else (text[at], text[at] + extra)
        whole = text[:at] + alt + text[at + len(ref) :]
        position, less, more = left_aligned(reference, MT, at, ref, alt)
        assert text[position : position + len(less)] == less
        assert text[:position] + more + text[position + len(less) :] == whole
        leftmost = next(
            place
            for place in range(LENGTH)
            if text[:place] == whole[:place]
            and (
                text[: place + 1] + text[place + 1 + size :] == whole
                if gone
                else whole[: place + 1] + whole[place + 1 + size :] == text
            )
            and text[place] == whole[place]
        )
        assert (position, min(len(less), len(more))) == (leftmost, 1)


def test_an_indel_at_the_very_beginning_stops_there(tmp_path: Path) -> None:
    reference = written("A" * LENGTH, tmp_path / "a.fa")
    assert left_aligned(reference, MT, 500, "AA", "A") == (0, "AA", "A")


def test_the_same_deletion_written_twice_is_one(reference: Reference, text: str) -> None:
    run = text.index("CAAAAC")
    records = [("MT", run + 2, "AA", "A", "1"), ("MT", run + 4, "AA", "A", "1")]
    profile = taken(records, reference)
    assert rows(profile.column) == [(run + 1, "CA", "C", 1, 1)]
    assert profile.notes == ("2 insertions and deletions were moved to where everybody writes them.",)
    assert len(taken(records).column) == 2
    differ = taken([records[0], ("MT", run + 4, "AA", "A", "0")], reference)
    assert rows(differ.column) == [(run + 1, "CA", "C", MISSING, 1)]


def test_without_a_reference_indels_stay_and_a_note_says_so(text: str) -> None:
    profile = taken([("20", 100, "CAA", "CA", "0/1"), ("20", 200, "CA", "TG", "0/1")])
    assert profile.notes == (
        "1 insertions and deletions stand where the file has them, for want of a reference genome.",
    )


def test_a_file_whose_reference_bases_are_another_genomes_is_refused(reference: Reference, text: str) -> None:
    def record(place: int, ref: str) -> Record:
        return "MT", place + 1, ref, "G" if ref != "G" else "T", "1"

    right = [record(place, text[place]) for place in range(0, 3000, 10)]
    assert taken(right, reference).notes == ()
    few = [*right[:-1], record(2990, "T")]
    profile = taken(few, reference)
    assert profile.notes == ("1 places have another reference base than the genome and count as missing.",)
    assert profile.column.copies.tolist() == [1] * 299 + [MISSING]
    with pytest.raises(FileRefused) as refused:
        taken([record(place, text[place + 1]) for place in range(0, 3000, 10)], reference)
    assert refused.value.reason is FileReason.BUILD_CONTRADICTED


def test_y_and_mitochondrion_are_one_chromosome() -> None:
    records = [("Y", 30, "A", "T", "1/1"), ("Y", 40, "A", "T", "0/1")]
    records += [("MT", 5, "A", "T", "0/0"), ("MT", 9, "A", "T", "0/1")]
    profile = taken(records)
    assert rows(profile.column) == [
        (30, "A", "T", 1, 1),
        (40, "A", "T", MISSING, 1),
        (5, "A", "T", 0, 1),
        (9, "A", "T", 1, 1),  # in a part of her cells
    ]
    assert profile.notes == ("1 calls of two different alleles on the one Y count as missing.",)
    letters = formats.read(array([("a", "MT", 5, "TT"), ("b", "MT", 9, "CT"), ("c", "1", 9, "CT")])).column
    assert rows(letters)[2:] == [(5, "", "T", 1, 1), (9, "", "C", 1, 1), (9, "", "T", 1, 1)]


def test_one_x_is_one_copy_where_it_does_not_pair_with_y() -> None:
    calls = [(f"x{n}", "X", 5_000_001 + n, "TT") for n in range(200)]
    calls += [("odd", "X", 6_000_000, "CT"), ("pair", "X", 1_000_000, "CT")]
    man = [*calls, *((f"y{n}", "Y", 5_000_001 + n, "CC") for n in range(20))]
    profile = formats.read(array(man))
    assert profile.notes == ("1 calls of two different alleles on the one X count as missing.",)
    assert rows(profile.column)[:2] == [(1_000_000, "", "C", 1, 2), (1_000_000, "", "T", 1, 2)]
    assert rows(profile.column)[2] == (5_000_001, "", "T", 1, 1)
    assert rows(profile.column)[202:204] == [(6_000_000, "", "C", 3, 1), (6_000_000, "", "T", 3, 1)]
    assert Column.from_bytes(profile.column.to_bytes()).sha256 == profile.column.sha256
    unclear = formats.read(array(calls))
    assert rows(unclear.column)[2] == (5_000_001, "", "T", 2, 2)


def test_a_column_in_its_one_form_is_left_as_it_is(reference: Reference) -> None:
    column = taken([("20", 100, "A", "T", "0/1"), ("X", 9, "A", "T", "1")]).column
    assert normalise(column, None)[0] is column
    assert normalise(column, reference)[0] is column
