"""A small corpus of our own making: every outcome there is, and what the command says of it."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from genomics.errors import FileReason, FileRefused
from genomics.intake import corpus, sandbox
from genomics.intake.corpus import Outcome

HEAD = "##fileformat=VCFv4.2\n##contig=<ID=20,length=63025520>\n"
COLUMNS = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS\n"
GOOD = HEAD + COLUMNS + "20\t101\t.\tA\tG\t.\t.\t.\tGT\t0/1\n"
FILES = {
    "vcf/good.vcf": (GOOD, "accept"),
    "vcf/two.vcf": (GOOD.replace("\tS\n", "\tS\tT\n"), "accept"),
    "vcf/silent.vcf": (GOOD.replace(HEAD, "##fileformat=VCFv4.2\n"), "accept"),
    "vcf/bad.vcf": (GOOD.replace("0/1", "0/7"), "reject"),
    "other/locked.c4gh": ("crypt4gh" + "\x01" * 40, "accept"),
    "other/page.html": ("<html></html>\n", "-"),
}


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    lines = ["file\tsource\tlicence\twhat\tsize\texpected"]
    for name, (text, expected) in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        lines.append(f"{name}\tours\tours\ttest\t{len(text)}\t{expected}")
    lines.append("gone.vcf\tours\tours\ttest\t1\taccept")
    path = tmp_path / "MANIFEST.tsv"
    path.write_text("\n".join(lines) + "\n")
    return path


def outcomes(manifest: Path) -> dict[str, tuple[Outcome, str, bool]]:
    return {
        one.sample.name: (one.outcome, one.reason, one.is_right)
        for one in corpus.judge(corpus.files(manifest))
    }


def test_each_outcome_is_told_apart(manifest: Path) -> None:
    assert outcomes(manifest) == {
        "vcf/good.vcf": (Outcome.TAKEN, "", True),
        "vcf/two.vcf": (Outcome.POLICY, "multi_sample", True),
        "vcf/silent.vcf": (Outcome.POLICY, "build_unknown", True),
        "vcf/bad.vcf": (Outcome.REFUSED, "genotype", True),
        "other/locked.c4gh": (Outcome.NOT_CLAIMED, "kind_not_taken", True),
        "other/page.html": (Outcome.POLICY, "html", True),
    }


def test_a_file_without_build_is_judged_by_what_else_is_wrong_with_it(manifest: Path) -> None:
    path = manifest.parent / "vcf/silent.vcf"
    path.write_text(path.read_text().replace("\tA\tG", "\tA\tA"))
    assert outcomes(manifest)["vcf/silent.vcf"] == (Outcome.REFUSED, "alt", False)


def test_a_crash_and_a_hang_are_verdicts(manifest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    came = iter((FileReason.CRASHED, FileReason.TIME))

    def measured(*_: object, **__: object) -> sandbox.Outcome:
        return sandbox.Outcome(said=FileRefused(next(came), "It did not end well."), seconds=1.0)

    monkeypatch.setattr(sandbox, "measured", measured)
    judged = list(corpus.judge(corpus.files(manifest)[:2]))
    assert [one.outcome for one in judged] == [Outcome.CRASHED, Outcome.HUNG]
    assert not any(one.is_right for one in judged)


def test_the_command_prints_the_table_and_counts_what_we_do_not_claim_apart(manifest: Path, capsys) -> None:
    call_command("check_corpus", manifest)
    told = capsys.readouterr().out.splitlines()
    assert told[-1] == "4 passed, 0 failed"
    assert "Apart, 1 files: This is a Crypt4GH file." in told
    assert any(line.startswith("Slowest: ") for line in told)
    assert any(line.startswith("Hungriest: ") for line in told)


def test_the_command_fails_when_a_file_is_judged_wrongly_and_says_which(manifest: Path, capsys) -> None:
    manifest.write_text(manifest.read_text().replace("\treject", "\taccept"))
    with pytest.raises(SystemExit) as ended:
        call_command("check_corpus", manifest)
    told = capsys.readouterr().out.splitlines()
    assert ended.value.code == 1
    assert told[-1] == "3 passed, 1 failed"
    wrong = "WRONG vcf/bad.vcf: accept expected, refused genotype: Line 4"
    assert any(line.startswith(wrong) for line in told)


def test_what_is_no_manifest_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "MANIFEST.tsv"
    path.write_text("name\tsize\n")
    with pytest.raises(CommandError, match="at least the columns file and expected"):
        call_command("check_corpus", path)
    with pytest.raises(CommandError, match="No such file"):
        call_command("check_corpus", tmp_path / "none")
