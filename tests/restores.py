"""Yesterday's database put back, as an operator would: only SQLite's is one file."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connection

on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="only sqlite is put back as a file")
Restore = Callable[[], None]


def backup(to: Path) -> Restore:
    """Keep the database as it is now; calling the answer puts it back."""
    name = str(connection.settings_dict["NAME"])
    connection.close()
    with closing(sqlite3.connect(name)) as now, closing(sqlite3.connect(to)) as kept:
        now.backup(kept)

    def put_back() -> None:
        connection.close()
        with closing(sqlite3.connect(to)) as kept, closing(sqlite3.connect(name)) as now:
            kept.backup(now)

    return put_back
