"""Panels, genomes and chains: how they are loaded, and that files are read by them from then on."""

import gzip
import hashlib
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from genomics import formats
from genomics.coordinates import Build
from genomics.errors import FileReason, FileRefused, GenomicsError
from genomics.intake import materials, sandbox
from genomics.models import PanelVersion
from genomics.panel import PanelRefused
from genomics.panel_sites import read_panel
from genomics.reference import Reference
from tests.genomics.genome import bases, written
from tests.genomics.reads import over, sam
from tests.genomics.test_carrying import CHAIN

VCF = """\
##fileformat=VCFv4.2
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO
chr20\t1010\t.\tC\tT\t.\t.\tAC=1;AF=0.25
chr20\t1000\t.\tA\tG\t.\t.\tAF=0.5;AN=2
chr20\t2000\t.\tA\tG,T\t.\t.\tAF=0.5
chr20\t2001\t.\tAC\tA\t.\t.\tAF=0.5
chr20\t3000\t.\tA\tG\t.\t.\tAF=0.5
chr20\t3000\t.\tA\tT\t.\t.\tAF=0.5
chrUn\t5\t.\tA\tG\t.\t.\tAF=0.5
"""
TITLE = "IlmnID,Name,IlmnStrand,SNP,GenomeBuild,Chr,MapInfo,RefStrand\n"


def manifest(*rows: str) -> list[str]:
    head = "Illumina, Inc.\n[Heading]\nLoci Count,2\n[Assay]\n"
    return (head + TITLE + "".join(f"{row}\n" for row in rows) + "[Controls],,\n9,x\n").splitlines(
        keepends=True
    )


@pytest.fixture
def folder(settings, tmp_path: Path) -> Path:
    settings.REFERENCE_DIR = tmp_path / "reference"
    return settings.REFERENCE_DIR


def sites(lines: list[str], **terms) -> tuple[list[tuple[int, str, str]], int]:
    panel, left_out = read_panel(lines, name="p", version="1", build=Build.GRCh37, **terms)
    return [
        (int(place) + 1, ref.decode(), alt.decode())
        for place, ref, alt in zip(panel.position, panel.ref, panel.alt, strict=True)
    ], left_out


def test_sites_come_from_a_vcf_with_their_frequencies() -> None:
    panel, left_out = read_panel(VCF.splitlines(), name="p", version="1", build=Build.GRCh37)
    assert sites(VCF.splitlines()) == ([(1000, "A", "G"), (1010, "C", "T")], 5)
    assert panel.frequency is not None
    assert (panel.frequency.tolist(), left_out) == ([0.5, 0.25], 5)


def test_sites_come_from_a_list(tmp_path: Path) -> None:
    assert sites(["chromosome\tposition\tref\talt\n", "20\t1000\tA\tG\n"]) == ([(1000, "A", "G")], 0)


def test_sites_come_from_a_manifest_along_the_genome(tmp_path: Path) -> None:
    text = "ACGT" + bases()[4:]
    genome = written(text, tmp_path / "a.fa")
    rows = [
        "a,a,TOP,[A/G],37,MT,1,+",
        "b,b,TOP,[A/G],37,MT,2,-",  # T/C along the genome, which has C
        "c,c,TOP,[A/T],37,MT,3,+",  # the genome has G: of no use
        "d,d,PLUS,[D/I],37,MT,4,+",
        "e,e,TOP,[A/G],37,0,0,+",
    ]
    assert sites(manifest(*rows), reference=genome) == ([(1, "A", "G"), (2, "C", "T")], 3)
    with pytest.raises(PanelRefused, match="load the genome of GRCh37 first"):
        sites(manifest(*rows))
    with pytest.raises(PanelRefused, match="not of GRCh37"):
        sites(manifest("a,a,TOP,[A/G],38,MT,1,+"), reference=genome)
    with pytest.raises(PanelRefused, match="columns"):
        sites(["[Heading]\n", "[Assay]\n", "a,b\n"], reference=genome)


@pytest.mark.parametrize("lines", [[], ["hello\n"], VCF.splitlines()[:2], [*VCF.splitlines()[:2], "20\tx"]])
def test_what_lists_no_sites_is_refused(lines: list[str]) -> None:
    with pytest.raises(GenomicsError, match="Nothing was loaded"):
        sites(lines)


@pytest.mark.django_db
def test_a_loaded_panel_lets_reads_be_counted(folder: Path, tmp_path: Path, capsys) -> None:
    (tmp_path / "sites.vcf.gz").write_bytes(gzip.compress(VCF.encode()))
    assert materials.loaded().home is None
    call_command("load_panel", tmp_path / "sites.vcf.gz", "--name", "p", "--panel-version", "1")
    assert "5 sites are not single bases" in capsys.readouterr().out
    assert PanelVersion.objects.get().sites == 2
    found = materials.loaded()
    assert found.home is Build.GRCh37
    reads = sam(*over(999, "A" * 9), *over(1009, "T" * 9))
    column = formats.read(reads, loaded=found).column
    assert column.copies.tolist() == [0, 2]
    assert sandbox.read(reads, laid_out=materials.laid_out()).column.sha256 == column.sha256
    with pytest.raises(FileRefused) as bare:
        sandbox.read(reads)
    assert bare.value.reason is FileReason.NO_PANEL
    call_command(
        *("load_panel", tmp_path / "sites.vcf.gz", "--name", "p", "--panel-version", "1", "--build", "GRCh38")
    )
    assert set(materials.loaded().panels) == set(Build)
    assert materials.loaded().home is Build.GRCh38


@pytest.mark.django_db
def test_a_chain_is_kept_and_read_by(folder: Path, tmp_path: Path, capsys) -> None:
    assert materials.way_from(Build.GRCh37) is None
    (tmp_path / "a.chain.gz").write_bytes(gzip.compress(CHAIN.encode()))
    call_command("load_chain", tmp_path / "a.chain.gz")
    assert capsys.readouterr().out == "From GRCh37 to GRCh38: 4 blocks.\n"
    assert list(materials.loaded().chains) == [Build.GRCh37]
    assert [path.name for path in folder.iterdir()] == ["from_GRCh37.chain"]
    there, back = materials.way_from(Build.GRCh37), materials.way_from(Build.GRCh38)
    assert there is not None
    assert back is not None
    assert (there.target, back.target) == (Build.GRCh38, Build.GRCh37)
    (tmp_path / "no.chain").write_text("hello\n")
    with pytest.raises(CommandError, match="not of a chain file"):
        call_command("load_chain", tmp_path / "no.chain")
    assert [path.name for path in folder.iterdir()] == ["from_GRCh37.chain"]


@pytest.mark.django_db
def test_a_genome_is_kept_only_when_it_is_one_of_ours(
    folder: Path, tmp_path: Path, monkeypatch, capsys
) -> None:
    (tmp_path / "short.fa").write_text(">1\nACGT\n")
    (tmp_path / "no.fa").write_text("hello\n")
    (tmp_path / "cut.fa.gz").write_bytes(gzip.compress(b">1\nACGT\n")[:-4])
    for name, what in (
        ("cut.fa.gz", "cut short"),
        ("short.fa", "lengths"),
        ("no.fa", "not a FASTA"),
        ("none.fa", "No such file"),
    ):
        with pytest.raises(CommandError, match=what):
            call_command("load_reference", tmp_path / name)
    assert not folder.exists() or not list(folder.iterdir())
    monkeypatch.setattr(Build, "length", lambda build, _code: 4 if build is Build.GRCh38 else 5)
    (tmp_path / "good.fa.gz").write_bytes(gzip.compress(b">1\nACGT\n"))
    call_command("load_reference", tmp_path / "good.fa.gz")
    assert capsys.readouterr().out == "GRCh38: 1 contigs.\n"
    found = materials.loaded().references[Build.GRCh38]
    assert found.bases(1, 0, 9) == "ACGT"
    assert materials.reference(Build.GRCh38) is found
    assert materials.reference(Build.GRCh37) is None


@pytest.mark.django_db
def test_a_part_of_a_genome_is_kept_for_what_it_has(folder: Path, tmp_path: Path, capsys) -> None:
    """The mitochondrion is as long in both builds: which one it is has to be said."""
    text = bases()
    written(text, tmp_path / "mt.fa")
    with pytest.raises(CommandError, match=r"the same lengths in GRCh37 and GRCh38.*--build"):
        call_command("load_reference", tmp_path / "mt.fa")
    call_command("load_reference", tmp_path / "mt.fa", "--build", "GRCh38")
    assert capsys.readouterr().out == "GRCh38: 1 contigs.\n"
    kept = Reference.of(folder / "GRCh38.fa", build=Build.GRCh38)
    assert kept.digests == {"MT": hashlib.md5(text.encode()).hexdigest()}  # noqa: S324
    assert {path.name for path in folder.iterdir()} == {"GRCh38.fa", "GRCh38.fa.fai", "GRCh38.dict"}
