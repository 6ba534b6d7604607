"""A biobank moves in: every file is told of, a second run goes on, and nothing is allowed by it."""

import csv
import hashlib
import os
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from broker import moving_in
from consent.models import Participant, Statement
from genomics.models import GenomicFile
from tests.builders import vcf
from tests.world import World

pytestmark = pytest.mark.django_db
GOOD = [vcf([("20", 1000 + n, "A", "T", "0/1")]) for n in range(4)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    for n, data in enumerate(GOOD):
        (folder / f"{n}.vcf").write_bytes(data)
    (folder / "bad.vcf").write_bytes(GOOD[0].replace(b"0/1", b"0/x"))
    return folder


COLUMNS = "participant file sha256 assume born_on"


def listed(folder: Path, *rows: tuple[str, ...], header: str = COLUMNS) -> Path:
    path = folder.parent / "manifest.tsv"
    lines = [header.split(), *rows]
    path.write_text("".join("\t".join(line) + "\n" for line in lines))
    return path


def ran(folder: Path, manifest: Path, capsys: Any, *options: str) -> list[str]:
    call_command("import_files", str(folder), "--manifest", str(manifest), "--by", "operator", *options)
    return capsys.readouterr().out.splitlines()


def reported(manifest: Path) -> list[dict[str, str]]:
    with manifest.with_name(f"{manifest.name}.report.tsv").open(newline="") as text:
        return list(csv.DictReader(text, delimiter="\t"))


def test_every_file_is_told_of_and_nothing_is_allowed(folder, capsys):
    ada = World().join("Dov")
    manifest = listed(
        folder,
        (ada.pseudonym, "0.vcf", hashlib.sha256(GOOD[0]).hexdigest(), "", ""),
        ("BB-17", "1.vcf", "", "", "1970-02-03"),
        ("BB-17", "2.vcf", "", "GRCh37", "1970-02-03"),
        ("BB-18", "bad.vcf", "", "", "1971-01-01"),
        ("BB-18", "gone.vcf", "", "", "1971-01-01"),
        (ada.pseudonym, "3.vcf", "0" * 64, "", ""),
        ("P-AAAA-AAAA", "3.vcf", "", "", ""),
        ("BB-19", "3.vcf", "", "", ""),
    )
    assert ran(folder, manifest, capsys)[-1] == "3 taken, 5 refused, 0 already here"
    told = {(row["participant"], row["file"]): row for row in reported(manifest)}
    reasons = [row["reason"] for row in told.values() if row["outcome"] == "refused"]
    assert reasons == ["genotype", "not_there", "not_as_listed", "nobody", "nobody"]
    assert told["BB-18", "bad.vcf"]["at_line"] == str(GOOD[0].count(b"\n"))
    person = Participant.objects.get(pseudonym=told["BB-17", "1.vcf"]["pseudonym"])
    assert person.genomic_files.count() == 2
    assert not person.identity_verified
    assert not Statement.objects.exists()
    assert ada.genomic_files.count() == 2


def test_references_are_kept_in_the_report_alone_and_it_is_private(folder, capsys, django_db_blocker):
    manifest = listed(folder, ("BB-17-SECRET", "1.vcf", "", "", "1970-02-03"))
    ran(folder, manifest, capsys)
    report = manifest.with_name(f"{manifest.name}.report.tsv")
    assert report.stat().st_mode & 0o077 == 0
    call_command("dumpdata", "consent", "genomics")
    assert "BB-17-SECRET" not in capsys.readouterr().out


def test_a_second_run_goes_on_where_the_first_was_cut(folder, capsys, monkeypatch):
    rows = [("BB-1", f"{n}.vcf", "", "", "1970-02-03") for n in range(4)]
    manifest = listed(folder, *rows)
    taken, receive = [], moving_in.receive

    def cut(*args: Any, **facts: Any) -> Any:
        if len(taken) == 2:
            receive(*args, **facts)  # taken in, and the light goes out before it is written down
            raise KeyboardInterrupt
        taken.append(1)
        return receive(*args, **facts)

    with monkeypatch.context() as patch:
        patch.setattr(moving_in, "receive", cut)
        with pytest.raises(KeyboardInterrupt):
            ran(folder, manifest, capsys)
    report = manifest.with_name(f"{manifest.name}.report.tsv")
    with report.open("a") as out:
        out.write("BB-1\tP-")  # a line that was cut
    assert ran(folder, manifest, capsys)[-1] == "3 taken, 0 refused, 1 already here"
    assert Participant.objects.count() == 1
    assert GenomicFile.objects.count() == 4
    assert ran(folder, manifest, capsys)[-1] == "3 taken, 0 refused, 1 already here"


def test_what_was_refused_is_tried_again_when_asked(folder, capsys):
    manifest = listed(folder, ("BB-1", "bad.vcf", "", "", "1970-02-03"))
    assert ran(folder, manifest, capsys)[-1] == "0 taken, 1 refused, 0 already here"
    (folder / "bad.vcf").write_bytes(GOOD[0])
    assert ran(folder, manifest, capsys)[-1] == "0 taken, 1 refused, 0 already here"
    assert ran(folder, manifest, capsys, "--again")[-1] == "1 taken, 0 refused, 0 already here"
    assert Participant.objects.count() == 1


def test_a_dry_run_reads_and_stores_nothing(folder, capsys):
    manifest = listed(
        folder,
        ("BB-1", "0.vcf", "", "", "1970-02-03"),
        ("BB-1", "bad.vcf", "", "", "1970-02-03"),
        ("BB-2", "1.vcf", "", "", ""),
        ("P-AAAA-AAAA", "1.vcf", "", "", ""),
    )
    said = ran(folder, manifest, capsys, "--dry-run")
    assert said[-1] == "1 would be taken, 3 would be refused, 0 already here"
    assert any(line.startswith("bad.vcf: genotype. Line") for line in said)
    assert not Participant.objects.exists()
    assert not manifest.with_name(f"{manifest.name}.report.tsv").exists()


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("BB-1", "../manifest.tsv"), "leads out of the folder"),
        (("BB-1", "/etc/passwd"), "leads out of the folder"),
        (("", "0.vcf"), "names no participant"),
        (("BB-1", "0.vcf", "xyz"), "sha256"),
        (("BB-1", "0.vcf", "", "hg17"), "build"),
        (("BB-1", "0.vcf", "", "", "tomorrow"), "date of birth"),
        (("BB-1", "0.vcf", "", "", "2935-01-01"), "date of birth"),
        (("BB-1", "0.vcf", "", "", "1900-01-01"), "date of birth"),
        (("BB-0", "0.vcf", "", "", "1970-03-02"), "line 2 another day of birth"),
    ],
)
def test_a_wrong_manifest_is_told_by_its_line_and_nothing_is_taken(folder, capsys, row, words):
    manifest = listed(folder, ("BB-0", "1.vcf", "", "", "1970-02-03"), row)
    with pytest.raises(CommandError, match=f"line 3 .*{words}"):
        ran(folder, manifest, capsys)
    assert not Participant.objects.exists()


def test_a_link_that_leads_out_of_the_folder_is_refused(folder, capsys):
    (folder / "link.vcf").symlink_to("/etc/passwd")
    with pytest.raises(CommandError, match="leads out"):
        ran(folder, listed(folder, ("BB-1", "link.vcf")), capsys)


@pytest.mark.parametrize("header", ["who file", "participant file consent", ""])
def test_a_manifest_with_other_columns_is_refused(folder, capsys, header):
    with pytest.raises(CommandError, match="needs a header"):
        ran(folder, listed(folder, ("a", "b", "c"), header=header), capsys)


def test_the_same_line_twice_is_refused(folder, capsys):
    row = ("BB-1", "0.vcf", "", "", "1970-02-03")
    with pytest.raises(CommandError, match="twice"):
        ran(folder, listed(folder, row, row), capsys)


def test_two_runs_at_once_do_not_register_the_same_people_twice(folder, capsys):
    manifest = listed(folder, ("BB-1", "0.vcf", "", "", "1970-02-03"))
    report = manifest.with_name(f"{manifest.name}.report.tsv")
    with moving_in.Report(report), pytest.raises(CommandError, match="Another run"):
        ran(folder, manifest, capsys)
    assert not Participant.objects.exists()
    assert ran(folder, manifest, capsys)[-1] == "1 taken, 0 refused, 0 already here"


def test_what_another_run_wrote_before_this_one_began_is_known(folder, capsys):
    manifest = listed(folder, ("BB-1", "0.vcf", "", "", "1970-02-03"))
    early = moving_in.Report(manifest.with_name(f"{manifest.name}.report.tsv"))
    ran(folder, manifest, capsys)
    with early:
        assert len(early.results) == 1
        assert early.pseudonyms["BB-1"]


def test_nobody_is_registered_for_a_file_that_is_missing_or_another_one_or_a_pipe(folder, capsys):
    os.mkfifo(folder / "pipe.vcf")
    rows = [("BB-1", "gone.vcf", ""), ("BB-2", "0.vcf", "0" * 64), ("BB-3", "pipe.vcf", "")]
    manifest = listed(folder, *((*row, "", "1970-02-03") for row in rows))
    assert ran(folder, manifest, capsys)[-1] == "0 taken, 3 refused, 0 already here"
    assert [row["reason"] for row in reported(manifest)] == ["not_there", "not_as_listed", "not_there"]
    assert not Participant.objects.exists()
