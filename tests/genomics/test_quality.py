"""The few numbers a participant is told of her file."""

from genomics import formats
from genomics.column_rows import Rows, assemble
from genomics.intake.quality import Quality, measure
from tests.builders import array, vcf


def test_sites_are_counted_once_however_many_rows_they_have() -> None:
    records = [("20", 100, "A", "T,G", "1/2"), ("20", 200, "A", "T", "0/0"), ("20", 300, "A", "T", "./.")]
    records += [("X", 5, "A", "T", "1"), ("X", 9, "A", "T", "0/1")]
    assert measure(formats.read(vcf(records)).column) == Quality(
        sites=5, called=4, call_rate=0.8, heterozygosity=0.5, chromosomes=(20, 23)
    )


def test_letters_and_records_are_measured_alike() -> None:
    letters = array([("a", "1", 1, "AG"), ("b", "1", 2, "AA"), ("c", "1", 3, "--"), ("d", "Y", 4, "C")])
    quality = formats.read(letters).quality
    assert (quality.sites, quality.called, quality.heterozygosity) == (4, 3, 0.5)


def test_an_empty_column_has_rates_of_nothing() -> None:
    nothing, _ = assemble(Rows.join([]), [""])
    assert measure(nothing) == Quality(sites=0, called=0, call_rate=0.0, heterozygosity=0.0, chromosomes=())
    only_y = formats.read(vcf([("Y", 5, "A", "T", "1")])).quality
    assert only_y.heterozygosity == 0.0
