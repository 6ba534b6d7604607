"""Real people, counted by us through the gate and by bcftools from the files: the same, or suppressed."""

import shutil

import pytest
from django.utils import timezone

from tests.bench.against_bcftools import compare

pytestmark = [pytest.mark.oracle, pytest.mark.shared, pytest.mark.django_db, pytest.mark.timeout(900)]


def test_carrier_counts_of_203_real_people_equal_bcftools(shared):
    if shutil.which("bcftools") is None:
        pytest.skip("no bcftools on this machine")
    vcfs = sorted((shared / "data").glob("1000genomes_*_203_people.vcf.gz"))
    compared = compare(vcfs, sites=20, seed=7, now=timezone.now())
    assert len(compared) == 60
    assert [one for one in compared if not one.agrees] == []
    told = [one for one in compared if one.said is not None]
    assert len(told) > 5, "too few numbers were large enough to compare anything"
    assert len({one.permitted for one in compared}) == 3
