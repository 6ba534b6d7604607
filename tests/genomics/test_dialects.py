"""The dialects of raw data: the same person in each of them is the same column."""

import gzip

import pytest

from genomics import formats
from genomics.columns import MISSING
from genomics.errors import FileRefused
from genomics.formats import Kind
from tests.builders import array, zipped

# One marker of each sort: (id, chromosome, position, genotype).
CALLS = [
    ("rs3131972", "1", 752721, "AG"),
    ("rs2", "1", 900000, "CC"),
    ("rs3", "1", 900100, "--"),
    ("rs4", "2", 1000, "II"),
    ("rs5", "X", 70000000, "TT"),
    ("rs6", "MT", 100, "GG"),
]
PLUS_TITLE = (
    "SNP Name\tSample ID\tAllele1 - Top\tAllele2 - Top\tAllele1 - Plus\tAllele2 - Plus\tChr\tPosition\tGC"
)


def two(line: str, separator: str, no_call: str = "0", codes: dict[str, str] | None = None) -> str:
    name, chromosome, position, genotype = line.split("|")
    one, other = genotype.replace("-", no_call)
    return separator.join((name, (codes or {}).get(chromosome, chromosome), position, one, other))


def written(template) -> str:
    return "".join(template("|".join(map(str, call))) + "\n" for call in CALLS)


def quoted(line: str) -> str:
    return ",".join(f'"{part}"' for part in line.split("|"))


def report(line: str, sample: str = "7") -> str:
    name, chromosome, position, genotype = line.split("|")
    return "\t".join((name, sample, "A", "A", *genotype, chromosome, position, "0.9"))


def decode(line: str) -> str:
    name, chromosome, position, genotype = line.split("|")
    return f"{name},A/G,{chromosome},{position},-,{genotype.translate(str.maketrans('ACGT', 'TGCA'))}"


def transposed(line: str) -> str:
    name, chromosome, position, genotype = line.split("|")
    return " ".join((NUMBERED.get(chromosome, chromosome), name, "0", position, *genotype.replace("-", "0")))


NUMBERED = {"X": "23", "MT": "26"}
ANCESTRY = "#AncestryDNA raw data download\nrsid\tchromosome\tposition\tallele1\tallele2\n"
DIALECTS = {
    "ancestry": ANCESTRY + written(lambda line: two(line, "\t", codes=NUMBERED)),
    "ancestry_spaced": ANCESTRY + written(lambda line: two(line, " \t\t", codes=NUMBERED)),
    "myheritage": "# MyHeritage DNA raw data.\nRSID,CHROMOSOME,POSITION,RESULT\n" + written(quoted),
    "myheritage_odd": "# MyHeritage\nRSID,CHROMOSOME,POSITION,RESULT\n" + written(quoted).replace(",", '",'),
    "ftdna": "RSID,CHROMOSOME,POSITION,RESULT\n" + written(quoted),
    "living_dna": "# Living DNA customer genotype data download\n# rsid\tchromosome\tposition\tgenotype\n"
    + written(lambda line: line.replace("|", "\t")),
    "commas": "rsid,chromosome,position,genotype\n" + written(lambda line: line.replace("|", ",")),
    "sano": "rsid\tchromosome\tposition\tallele_1\tallele_2\n" + written(lambda line: two(line, "\t", "-")),
    "circle": "# Circle\n# MARKERNAME\tCHROM\tPOS\tGT\n"
    + written(lambda line: "\t".join((*line.split("|")[:3], "/".join(line.split("|")[3])))),
    "decode": "Name,Variation,Chromosome,Position,Strand,YourCode\n" + written(decode),
    "report": f"[Header]\nContent\tx\n[Data]\n{PLUS_TITLE}\n" + written(report),
    "report_bare": f"{PLUS_TITLE}\n" + written(report),
    "tped": written(transposed),
}


@pytest.mark.parametrize("name", DIALECTS)
def test_the_same_person_in_every_dialect_is_the_same_column(name: str) -> None:
    usual = formats.read(array(CALLS))
    profile = formats.read(DIALECTS[name].encode())
    assert profile.kind is Kind.ARRAY
    assert profile.build == "GRCh37"
    assert profile.column.sha256 == usual.column.sha256
    assert profile.notes == usual.notes


@pytest.mark.parametrize("name", DIALECTS)
def test_every_wrapping_and_line_end_is_forgiven(name: str) -> None:
    text = DIALECTS[name].encode()
    usual = formats.read(text).column.sha256
    odd = b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n")
    for wrapped in (odd, text.replace(b"\n", b"\r"), gzip.compress(odd), zipped(("a.csv", odd))):
        assert formats.read(wrapped).column.sha256 == usual


def test_a_second_title_in_the_middle_is_passed_over() -> None:
    """FamilyTreeDNA's autosomes and X, put together by hand."""
    text = DIALECTS["ftdna"] + DIALECTS["ftdna"].replace("rs", "rt").replace("RSID", "RSID")
    assert formats.read(text.encode()).column.sha256 == formats.read(DIALECTS["ftdna"].encode()).column.sha256


@pytest.mark.parametrize("no_call", ["00", "--", "NN", "??", "-", "0", "..", ""])
def test_every_way_to_write_a_no_call_is_missing(no_call: str) -> None:
    text = f"RSID,CHROMOSOME,POSITION,RESULT\nrs3131972,1,752721,AA\nrs2,1,900000,{no_call}\n"
    assert formats.read(text.encode()).column.copies.tolist() == [2, MISSING]


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        (DIALECTS["ftdna"] + '"rs9","1","5"\n', "columns", 8),
        (DIALECTS["ftdna"] + '"rs9","1","5","AB"\n', "genotype", 8),
        (DIALECTS["ftdna"] + '"rs9","1","5","A\tG"\n', "columns", 8),
        (DIALECTS["ftdna"] + '"rs9","1","-5","AG"\n', "position", 8),
        (DIALECTS["ftdna"] + "\n" + '"rs9","1","5","AG"\n', "blank_line", 8),
        (DIALECTS["ftdna"] + '"rs2","1","900000","CG"\n', "duplicate_id", 8),
        (DIALECTS["ancestry"] + "rs9\t1\t5\tA\n", "columns", 9),
        (DIALECTS["ancestry"] + "rs9\t1\t5\tA\tX\n", "genotype", 9),
        (DIALECTS["decode"] + "rs9,A/G,1,5,*,AG\n", "strand", 8),
        (DIALECTS["report"] + report("rs9|1|5|AG", sample="8") + "\n", "multi_sample", 11),
        (DIALECTS["report"].replace("Plus", "Forward"), "strand", None),
    ],
)
def test_a_line_that_is_not_of_its_dialect_is_refused(text: str, reason: str, line: int | None) -> None:
    with pytest.raises(FileRefused) as refused:
        formats.read(text.encode())
    assert (refused.value.reason, refused.value.line) == (reason, line)
