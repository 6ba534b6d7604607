"""A house with keys and a shelf of its own."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def keys_dir(settings, tmp_path: Path) -> Path:
    settings.STORAGE_URL = (tmp_path / "shelf").as_uri()
    settings.KEYS_DIR = tmp_path / "epochs"
    return settings.KEYS_DIR
