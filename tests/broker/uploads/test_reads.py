"""Reads that are sent, as BAM and as CRAM: the same genotypes are kept of both."""

from pathlib import Path

import pytest

from broker import checks
from broker.models import Upload, UploadState
from genomics.coordinates import Build
from genomics.intake import materials
from genomics.models import GenomicFile
from tests.broker.uploads.sending import arrived
from tests.genomics.crams import cram, panel_of, reads, whole_genome
from tests.genomics.genome import bases, written
from tests.genomics.reads import packed
from tests.world import NOW, with_panel

pytestmark = pytest.mark.django_db


def checked(upload: Upload) -> Upload:
    checks.run(upload.pk, clock=lambda: NOW)
    upload.refresh_from_db()
    return upload


def test_of_a_cram_is_kept_what_is_kept_of_the_same_reads_as_bam(eve, stranger, settings, tmp_path: Path):
    settings.REFERENCE_DIR = tmp_path / "reference"
    genome = written(bases(), tmp_path / "mt.fa")
    materials.load_reference(genome.path, build=Build.GRCh37)
    with_panel(panel_of(genome))
    text = reads(bases(), header=whole_genome())
    one = checked(arrived(eve, packed(text, tmp_path, "wb")))
    other = checked(arrived(stranger, cram(text, genome.path, tmp_path)))
    assert (one.state, other.state) == (UploadState.TAKEN, UploadState.TAKEN), other.told
    bam, as_cram = (GenomicFile.objects.get(pk=upload.file) for upload in (one, other))
    assert (bam.kind, as_cram.kind) == ("bam", "cram")
    assert bytes(as_cram.column_sha256) == bytes(bam.column_sha256)
    assert as_cram.quality == bam.quality


def test_a_cram_of_another_genome_is_refused_and_leaves_nothing(eve, folder, settings, tmp_path: Path):
    settings.REFERENCE_DIR = tmp_path / "reference"
    genome = written(bases(), tmp_path / "mt.fa")
    materials.load_reference(genome.path, build=Build.GRCh37)
    with_panel(panel_of(genome))
    elsewhere = written(bases(seed=4), tmp_path / "elsewhere.fa")
    upload = checked(arrived(eve, cram(reads(bases(seed=4)), elsewhere.path, tmp_path)))
    assert (upload.state, upload.reason) == (UploadState.REFUSED, "build_unknown")
    text = reads(bases(seed=4), header=whole_genome())
    upload = checked(arrived(eve, cram(text, elsewhere.path, tmp_path)))
    assert (upload.state, upload.reason) == (UploadState.REFUSED, "other_reference")
    assert not GenomicFile.objects.exists()
    assert not list(folder.iterdir())
