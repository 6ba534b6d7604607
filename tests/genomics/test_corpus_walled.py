"""Every seventh file of the shared corpus reads the same behind the walls, and so does the copy to keep."""

import csv
from pathlib import Path

import pytest

from genomics import formats
from genomics.coordinates import Build
from genomics.errors import FileRefused
from genomics.formats import Profile
from genomics.intake import sandbox

pytestmark = [pytest.mark.shared, pytest.mark.xdist_group("corpus")]
EVERY = 7


def here(data: bytes) -> Profile | FileRefused:
    try:
        return formats.read(data, assume=Build.GRCh37)
    except FileRefused as refused:
        return refused


def test_files_read_the_same_behind_the_walls(shared: Path) -> None:
    with (shared / "corpus" / "MANIFEST.tsv").open(encoding="utf-8", newline="") as manifest:
        names = [row["file"] for row in csv.DictReader(manifest, delimiter="\t")]
    taken = 0
    for name in names[::EVERY]:
        path = shared / "corpus" / name
        usual, outcome = here(path.read_bytes()), sandbox.measured(path.read_bytes(), assume=Build.GRCh37)
        assert outcome.seconds < 10, name
        assert outcome.memory < 300 << 20, name
        if isinstance(usual, FileRefused):
            assert isinstance(outcome.said, FileRefused), name
            assert outcome.said.args == usual.args, name
            continue
        assert isinstance(outcome.said, Profile), name
        assert outcome.said.column.sha256 == usual.column.sha256, name
        assert (outcome.said.quality, outcome.said.notes) == (usual.quality, usual.notes), name
        kept = here(sandbox.cleaned(path.read_bytes()).read())
        assert isinstance(kept, Profile), name
        assert kept.column.sha256 == usual.column.sha256, name
        taken += 1
    assert taken > 3
