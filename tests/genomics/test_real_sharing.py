"""The scan on real people's haplotypes (1000 Genomes, chr20:1-4 Mb): families planted among strangers."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from broker.demo.founders import Founders, Sites
from broker.demo.simulator import populate
from genomics.coordinates import Build
from genomics.genetic_map import GeneticMap
from genomics.matching import segments
from genomics.matching.kinship import Relationship

REGION_CM = 5.0  # of the 6.7 that the region has


def real_founders(path: Path) -> Founders:
    """The phased haplotypes of one file at its common SNPs."""
    with gzip.open(path, "rt") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines if not line.startswith("##")]
    names, rows = rows[0][9:], rows[1:]
    letters = np.array([row[9:] for row in rows], dtype="S3").view("S1").reshape(len(rows), -1, 3)
    haplotypes = (letters[:, :, [0, 2]] == b"1").reshape(len(rows), -1)
    position = np.array([int(row[1]) - 1 for row in rows])
    frequency = haplotypes.mean(axis=1)
    kept = np.array([len(row[3]) == len(row[4]) == 1 for row in rows])
    kept &= (frequency >= 0.05) & (frequency <= 0.95)
    kept &= np.concatenate([[True], np.diff(position) > 0]) & np.concatenate([np.diff(position) > 0, [True]])
    chosen = np.flatnonzero(kept)
    sites = Sites(
        build=Build.GRCh37,
        chromosome=np.full(len(chosen), 20, dtype=np.uint8),
        position=position[chosen].astype(np.uint32),
        ref=np.array([rows[n][3] for n in chosen], dtype="S1"),
        alt=np.array([rows[n][4] for n in chosen], dtype="S1"),
        rsid=np.arange(len(chosen)),
        cm=GeneticMap.load(Build.GRCh37).cm(20, position[chosen]),
    )
    return Founders(sites, np.ascontiguousarray(haplotypes[chosen].T).astype(np.uint8), tuple(names))


@pytest.mark.shared
def test_planted_families_stand_out_among_real_strangers_and_no_kinship_is_claimed(shared: Path) -> None:
    founders = real_founders(shared / "data" / "1000genomes_GRCh37_chr20_1-4Mb_203_people.vcf.gz")
    here = populate(founders, families=12, rng=np.random.default_rng(1))
    panel = here.panel()
    rows = [panel.row_of(person.copies) for person in here.people]
    stacked = segments.rows_of(rows, panel)
    truth = {(pair.a, pair.b): pair for pair in here.pairs}
    sharing = found = strangers = told = 0
    for a in range(0, 156, 2):
        for b, one in enumerate(segments.compare(rows[a], stacked, panel, min_cm=REGION_CM)):
            pair = truth.get((min(a, b), max(a, b)))
            assert one.relationship == Relationship.UNKNOWN.value
            assert one.kinship == 0.0
            if pair and pair.ibd1_cm + pair.ibd2_cm >= REGION_CM + 1:
                sharing += 1
                found += one.total_cm >= REGION_CM
            elif pair is None and a != b:
                strangers += 1
                told += one.total_cm > 0
    assert sharing > 200
    assert found >= 0.9 * sharing
    assert strangers > 20_000
    assert told <= strangers / 5_000  # real people: some do share that much
