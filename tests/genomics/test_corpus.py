"""The shared corpus: what must be rejected is refused with a reason; what must be accepted is taken, or
refused by a policy that has a name. Anything but a FileRefused is a failure.

The files are the sources' own idea of good and bad, which do not always agree; OWN_WAY says where we differ.
"""

import csv
from collections import Counter
from pathlib import Path

import pytest

from genomics import formats
from genomics.coordinates import Build
from genomics.errors import FileReason, FileRefused

pytestmark = [pytest.mark.shared, pytest.mark.xdist_group("corpus")]

CLAIMED = ("own/", "snps/", "hts-specs/vcf/", "hts-specs/sam/")
OWN_WAY: dict[str, FileReason] = {}
TAKEN = {
    "own/23andme_ok.zip",
    "own/bgzf_ok.vcf.gz",
    "own/ftdna_ok.csv",
    "own/no_final_newline.vcf",
    "own/ok_min.vcf",
    "own/plain_gzip.vcf.gz",
    "snps/GRCh37.csv",
    "snps/GRCh38.csv",
}
TAKEN_IF_ASSUMED = {
    *(f"snps/{name}" for name in ("23andme_win.txt", "23mofang.txt", "generic.tsv", "generic_no_header.tsv")),
    *(f"snps/{name}" for name in ("23andme_allele.txt", "ancestry.txt", "ancestry_multi_sep.txt")),
    *(f"snps/{name}" for name in ("chromosomes.csv", "circledna.txt", "mapmygenome.txt")),
    *(f"snps/{name}" for name in ("mapmygenome_alt_header.txt", "myheritage_extra_quotes.csv")),
    *(f"snps/{name}" for name in ("sano_dtc.txt", "sano_dtc_no_comments.txt")),
    *(f"snps/{name}" for name in ("livingdna.csv", "plink.txt", "selfdecode.txt", "unannotated_testvcf.vcf")),
    *(
        f"hts-specs/vcf/{version}/passed/passed_fileformat_header_002.vcf"
        for version in ("4.1", "4.2", "4.3")
    ),
}
UNSEEN = (FileReason.BUILD_UNKNOWN, FileReason.NO_PANEL, FileReason.NOTHING_COMPARABLE)
REASONS = {
    "own/23andme_dup_conflict.txt": ("duplicate_id", 9),
    "own/23andme_extra_col.txt": ("columns", 9),
    "own/23andme_utf16.txt": ("encoding", None),
    "own/bgzf_trailing_garbage.vcf.gz": ("trailing_bytes", None),
    "own/bnd.vcf": ("structural_only", None),
    "own/bomb_23andme_600mb.txt.gz": ("bomb", None),
    "own/bomb_one_line_1200mb.vcf.gz": ("line_too_long", 9),
    "own/build_declared_wrong.vcf": ("build_contradicted", 3),
    "own/build_mixed.vcf": ("build_contradicted", 3),
    "own/gt_haploid_autosome.vcf": ("haploid_autosome", 9),
    "own/gt_huge_index.vcf": ("genotype", 9),
    "own/gt_ploidy_100k.vcf": ("ploidy", 9),
    "own/gvcf_overlap.vcf": ("reference_blocks", 11),
    "own/html_login_page.txt": ("html", 1),
    "own/id_10mb.vcf": ("line_too_long", 9),
    "own/latin1.vcf": ("encoding", 6),
    "own/nul_tail.vcf": ("nul_bytes", 10),
    "own/pos_2e63.vcf": ("position", 9),
    "own/samples_dup.vcf": ("multi_sample", 8),
    "own/truncated_record.vcf": ("columns", 10),
    "own/unsorted.vcf": ("unsorted", 10),
    "own/zip_nested.zip": ("archive", None),
}

Outcomes = dict[str, FileRefused | None]


def expectations(shared: Path) -> dict[str, str]:
    with (shared / "corpus/MANIFEST.tsv").open(encoding="utf-8") as lines:
        return {row["file"]: row["expected"] for row in csv.DictReader(lines, delimiter="\t")}


def read_all(shared: Path, names: list[str], assume: Build | None) -> Outcomes:
    outcomes: Outcomes = {}
    for name in names:
        with (shared / "corpus" / name).open("rb") as file:
            try:
                formats.read(file, assume=assume)
                outcomes[name] = None
            except FileRefused as refused:
                outcomes[name] = refused
    return outcomes


@pytest.fixture(scope="module")
def expected(shared: Path) -> dict[str, str]:
    return {name: said for name, said in expectations(shared).items() if name.startswith(CLAIMED)}


@pytest.fixture(scope="module")
def silent(shared: Path, expected: dict[str, str]) -> Outcomes:
    """With the policy to refuse a file of unknown build."""
    return read_all(shared, list(expected), None)


@pytest.fixture(scope="module")
def assumed(shared: Path, expected: dict[str, str]) -> Outcomes:
    """With the policy to take such a file as GRCh37, so that nothing is refused for its build alone."""
    return read_all(shared, list(expected), Build.GRCh37)


def test_every_file_that_must_be_rejected_is_refused(
    expected: dict[str, str], silent: Outcomes, assumed: Outcomes
) -> None:
    rejects = [name for name, said in expected.items() if said == "reject"]
    assert len(rejects) >= 320
    assert [name for name in rejects if silent[name] is None or assumed[name] is None] == []
    assert not any(assumed[name].reason in UNSEEN for name in rejects)  # type: ignore[union-attr]


def test_every_file_that_must_be_accepted_is_taken_or_refused_by_a_named_policy(
    expected: dict[str, str], silent: Outcomes, assumed: Outcomes
) -> None:
    accepts = [name for name, said in expected.items() if said == "accept"]
    for outcomes in (silent, assumed):
        broken = {
            name: refused for name in accepts if (refused := outcomes[name]) and not refused.reason.is_policy
        }
        assert {name: refused.reason for name, refused in broken.items()} == OWN_WAY
    assert {name for name in accepts if silent[name] is None} == TAKEN
    assert {name for name in accepts if assumed[name] is None} == TAKEN | TAKEN_IF_ASSUMED


def test_the_reasons_and_lines_are_the_right_ones(silent: Outcomes) -> None:
    refused = {name: silent[name] for name in REASONS}
    assert {name: (one.reason, one.line) for name, one in refused.items() if one} == REASONS


def test_no_file_of_the_whole_corpus_does_worse_than_be_refused(shared: Path) -> None:
    """Every other file, of every kind: none may crash the reader, and no must-reject may slip in unread."""
    others = {name: said for name, said in expectations(shared).items() if not name.startswith(CLAIMED)}
    files = [name for name in others if (shared / "corpus" / name).is_file()]
    outcomes = read_all(shared, files, None)
    counts = Counter(
        (others[name], "taken" if outcome is None else "refused") for name, outcome in outcomes.items()
    )
    assert counts["reject", "taken"] == 0
    assert counts["accept", "taken"] >= 35
