"""Real people's files read as pysam reads them: each row against the record it came from."""

from pathlib import Path

import numpy as np
import pysam
import pytest

from genomics import formats
from genomics.columns import KNOWN_REFERENCE, MISSING, UNKNOWN, Carriage, State
from genomics.coordinates import Build, parse_region
from genomics.variants import Variant
from tests.builders import bgzipped

pytestmark = [pytest.mark.shared, pytest.mark.oracle]

FILES = {
    "1000genomes_GRCh37_chr20_1-4Mb_203_people.vcf.gz": ("NA06989", "contig lengths"),
    "1000genomes_GRCh37_chr20_1-4Mb_300_people.vcf.gz": ("HG00096", "assumed by policy"),
}


@pytest.fixture(scope="module", params=FILES)
def person(request: pytest.FixtureRequest, shared: Path) -> tuple[str, str, bytes, list[pysam.VariantRecord]]:
    """(sample, evidence, her file, pysam's records)."""
    sample, evidence = FILES[request.param]
    with pysam.VariantFile(str(shared / "data" / request.param)) as source:
        source.subset_samples([sample])
        records = [record.copy() for record in source]
        text = str(source.header) + "".join(map(str, records))
    return sample, evidence, text.encode(), records


def test_every_record_is_there_with_its_genotype(person) -> None:
    sample, evidence, data, records = person
    profile = formats.read(bgzipped(data), assume=Build.GRCh37)
    column = profile.column
    assert profile.build is Build.GRCh37
    assert evidence in profile.build_evidence
    assert len(records) > 20_000
    wanted = {}
    for record in records:
        calls = record.samples[sample]["GT"]
        for index, alt in enumerate(record.alts, start=1):
            copies = MISSING if None in calls else calls.count(index)
            variant = Variant(20, record.pos - 1, record.ref, alt).trimmed()
            wanted[variant.position, variant.ref, variant.alt] = copies
    rows = zip(
        column.position.tolist(),
        column.ref.tolist(),
        column.alt.tolist(),
        column.copies.tolist(),
        strict=True,
    )
    assert {
        (place, column.alleles[ref], column.alleles[alt]): copies for place, ref, alt, copies in rows
    } == wanted
    assert len(column) == len(wanted)


def test_questions_are_answered_as_the_records_say(person) -> None:
    sample, _, data, records = person
    column = formats.read(data, assume=Build.GRCh37).column
    some = records[:: len(records) // 400]
    copies = column.genotype_at(
        np.full(len(some), 20, dtype=np.uint8),
        np.array([record.pos - 1 for record in some], dtype=np.uint32),
        [record.ref for record in some],
        [record.alts[0] for record in some],
    )
    for record, found in zip(some, copies.tolist(), strict=True):
        count = record.samples[sample]["GT"].count(1)
        expected = Carriage(State.CARRIER, count) if count else KNOWN_REFERENCE
        assert column.carries(Variant(20, record.pos - 1, record.ref, record.alts[0])) == expected
        if len(record.ref) == len(record.alts[0]) == 1:  # genotype_at takes alleles as they are, untrimmed
            assert found == count
    assert column.carries(Variant(20, 10_000_000, "A", "T")) == UNKNOWN


def test_regions_are_answered_by_pos_for_snps(person) -> None:
    sample, _, data, records = person
    snps = [record for record in records if {len(allele) for allele in record.alleles} == {1}]
    text = data[: data.index(b"\n20\t") + 1].decode() + "".join(map(str, snps))
    column = formats.read(text.encode(), assume=Build.GRCh37).column
    for start in range(1_000_000, 4_000_000, 60_000):
        inside = [record for record in snps if start <= record.pos <= start + 499]
        carried = any(any(record.samples[sample]["GT"]) for record in inside)
        state = State.CARRIER if carried else State.KNOWN_REFERENCE if inside else State.UNKNOWN
        assert column.carries_any(parse_region(f"20:{start}-{start + 499}")).state is state
