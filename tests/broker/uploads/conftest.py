"""Eve, who sends files; a stranger; and a folder for what arrives."""

from datetime import date
from pathlib import Path

import pytest

from broker import people
from broker.models import User
from tests.world import EARLIER, World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def eve(world: World) -> User:
    return people.sign_up("eve", "x" * 12, born_on=date(1980, 1, 1), at=EARLIER)


@pytest.fixture
def stranger(world: World) -> User:
    return people.sign_up("stranger", "x" * 12, born_on=date(1980, 1, 1), at=EARLIER)


@pytest.fixture(autouse=True)
def folder(settings, tmp_path: Path) -> Path:
    settings.STAGING_DIR = tmp_path / "arriving"
    return settings.STAGING_DIR
