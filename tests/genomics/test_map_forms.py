"""Genetic maps in the forms in use: each reads to the same map, and what is no map is refused by its line."""

import gzip
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from genomics.coordinates import Build, X
from genomics.genetic_map import GeneticMap, MapRefused
from genomics.map_forms import read_maps
from genomics.models import PanelVersion
from genomics.panel import Panel

HAPMAP = """\
Chromosome\tPosition(bp)\tRate(cM/Mb)\tMap(cM)
chr20\t1001\t10.0\t0.0
chr20\t2001\t5.0\t0.01
chr20\t4001\t0\t0.02
"""
PLINK = "20 rs1 0 1001\n20\trs2\t0.01\t2001\n20 rs2b 0.01 2001\n20 rs3 0.02 4001\n"
SHAPEIT2 = "position COMBINED_rate(cM/Mb) Genetic_Map(cM)\n1001 10.0 0.0\n2001 5.0 0.01\n4001 0 0.02\n"
SHAPEIT4 = "pos\tchr\tcM\n1001\t20\t0.0\n2001\t20\t0.01\n4001\t20\t0.02\n"
OURS = "chromosome\tposition\tcentimorgan\n20\t1001\t0\n20\t2001\t0.01\n20\t4001\t0.02\n"


def read(text: str, name: str = "genetic_map_chr20_combined_b37.txt") -> GeneticMap:
    return read_maps([(name, text.splitlines())], Build.GRCh37)


@pytest.mark.parametrize("text", [HAPMAP, PLINK, SHAPEIT2, SHAPEIT4, OURS])
def test_all_forms_say_the_same(text: str) -> None:
    told = read(text)
    assert list(told.courses) == [20]
    assert told.courses[20].position.tolist() == [1000, 2000, 4000]
    assert told.cm(20, [1000, 1500, 3000]).tolist() == pytest.approx([0.0, 0.005, 0.015])


@pytest.mark.parametrize("name", ["chr20.b37.gmap", "maps/chr20.map", "x_chr20_y.txt", "CHROMOSOME_20.txt"])
def test_a_file_without_chromosomes_is_of_the_one_in_its_name(name: str) -> None:
    assert list(read(SHAPEIT2, name).courses) == [20]


def test_the_x_has_a_map_of_its_own() -> None:
    both = [("a", PLINK.splitlines()), ("chrX.gmap", SHAPEIT2.splitlines())]
    assert list(read_maps(both, Build.GRCh38).courses) == [20, X]


@pytest.mark.parametrize(
    ("text", "name", "sentence"),
    [
        ("", "m", "m has no rows"),
        (HAPMAP.splitlines()[0], "m", "m has no rows"),
        (SHAPEIT2, "genetic_map.txt", "its name does not say which it is"),
        (SHAPEIT2, "chr31.txt", "names no place|does not say"),
        ("20 rs1 0 1001\n20 rs2 0 2001\n", "m.map", "centimorgans: all are 0"),
        ("20 rs1 0 1001\n20 rs2 0.2 900\n", "m.map", "Line 2 of m.map goes backwards"),
        ("20 rs1 0.3 1001\n20 rs2 0.2 1900\n", "m.map", "Line 2 of m.map goes backwards"),
        ("20 rs1 0.3 1001\n20 rs2 0.2\n", "m.map", "Line 2 of m.map has not the columns"),
        ("20 rs1 0.3 1001\n20 rs2 many 1900\n", "m.map", "Line 2 of m.map has not the columns"),
        ("20 rs1 0.3 1001\nUn rs2 0.4 1900\n", "m.map", "Line 2 of m.map names no place"),
        ("20 rs1 nan 1001\n", "m.map", "Line 1 of m.map names no place"),
        ("20 rs1 -1 1001\n", "m.map", "Line 1 of m.map names no place"),
        ("#CHROM POS ID REF ALT\n", "m.vcf", "neither a heading"),
    ],
)
def test_what_is_no_map_is_refused_with_what_to_do(text: str, name: str, sentence: str) -> None:
    with pytest.raises(MapRefused, match=sentence) as refused:
        read(text, name)
    assert "Nothing was loaded" in str(refused.value)


def test_a_chromosome_twice_is_refused_and_so_is_nothing_at_all() -> None:
    with pytest.raises(MapRefused, match=r"b\.map has chromosome 20"):
        read_maps([("a.map", PLINK.splitlines()), ("b.map", PLINK.splitlines())], Build.GRCh37)
    with pytest.raises(MapRefused, match="No map was given"):
        read_maps([], Build.GRCh37)


@pytest.mark.django_db
class TestTheCommand:
    def load(self, tmp_path: Path, *maps: Path) -> Panel:
        sites = tmp_path / "sites.tsv"
        sites.write_text("20\t1501\tA\tG\n21\t9000001\tA\tG\n")
        call_command("load_panel", sites, name="p", panel_version="1", map=list(maps) or None)
        return Panel.from_bytes(bytes(PanelVersion.objects.latest().data))

    def test_a_panel_lies_on_the_map_that_is_given(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        packed = tmp_path / "chr20.gmap.gz"
        packed.write_bytes(gzip.compress(SHAPEIT4.encode()))
        assert self.load(tmp_path, packed).cm.tolist() == pytest.approx([0.005, 0.0])
        assert "Nobody is compared on what the genetic map does not have: chromosome 21." in (
            capsys.readouterr().out
        )

    def test_and_on_the_shipped_one_otherwise(self, tmp_path: Path) -> None:
        shipped = GeneticMap.load(Build.GRCh37).along([20, 21], [1500, 9_000_000])
        assert self.load(tmp_path).cm.tolist() == pytest.approx(shipped.tolist())

    def test_what_is_no_map_loads_no_panel(self, tmp_path: Path) -> None:
        wrong = tmp_path / "m.map"
        wrong.write_text("not a map\n")
        with pytest.raises(CommandError, match="No panel was loaded"):
            self.load(tmp_path, wrong)
        assert not PanelVersion.objects.exists()
