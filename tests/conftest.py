"""What every test may lean on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db.backends.base.operations import BaseDatabaseOperations
from django.test import override_settings, testcases
from django.utils import translation
from whitenoise.middleware import WhiteNoiseMiddleware

from genomics._vault import memory
from tests.unsafe import flush_without_migrating, unsafe_flush


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared material beside the project; a clone without it skips, and says so."""
    if not settings.SHARED_DIR.is_dir():
        pytest.skip("no shared material here (SHARED_DIR)")
    return settings.SHARED_DIR


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Hashing a password well takes a third of a second; the tests' passwords guard nothing."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(scope="session", autouse=True)
def unsafe_flush_past_the_triggers():
    """Transactional tests empty every table afterwards; append-only tables would refuse. In tests only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseDatabaseOperations, "execute_sql_flush", unsafe_flush)
        patch.setattr(testcases, "call_command", flush_without_migrating)
        yield


@pytest.fixture(scope="session", autouse=True)
def static_files_looked_for_once():
    """Each client loads the middleware anew, and WhiteNoise then looks through every folder of files."""
    found: dict[str, Any] = {}
    look = WhiteNoiseMiddleware.add_files_from_finders

    def once(middleware: WhiteNoiseMiddleware) -> None:
        if not found:
            look(middleware)
            found.update(middleware.files)
        middleware.files.update(found)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", once)
        yield


@pytest.fixture(autouse=True)
def language() -> Iterator[None]:
    """A request leaves its language behind in this thread; the next test begins in none."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def no_rows_in_memory() -> Iterator[None]:
    """Of an earlier test's people nothing is remembered."""
    yield
    memory.forget()


@pytest.fixture(autouse=True)
def checkpoint_file(settings, tmp_path: Path) -> Path:
    """A checkpoint file for each test: that of an earlier test vouches for events that are gone."""
    settings.CHECKPOINT_FILE = tmp_path / "checkpoints.txt"
    return settings.CHECKPOINT_FILE
