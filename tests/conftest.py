"""What every test may lean on."""

from pathlib import Path

import pytest
from django.conf import settings


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared material beside the project; a clone without it skips, and says so."""
    if not settings.SHARED_DIR.is_dir():
        pytest.skip("no shared material here (SHARED_DIR)")
    return settings.SHARED_DIR
