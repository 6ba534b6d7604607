"""What the database says of thousands at once: which files there are, where rows lie, and wrapped keys.

Asked in its own words, as a search asks it of everybody: models would cost more than opening a sketch does.
The values travel as one list, for SQLite takes no more than some thousand one by one. Nothing is opened here.
"""

import json
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from django.db import connection

Lies = tuple[str, int, bytes]  # the place on the shelf, where in it, and the hash that vouches for it

# In the order in which they are given: the list is gone through once, and each looked up by its index.
_LISTED = {
    "sqlite": "json_each(%s) AS asked CROSS JOIN",  # its columns are called key, from 0 on, and value
    "postgresql": "unnest(%s::{kind}[]) WITH ORDINALITY AS asked(value, key) JOIN",
}
_STANDING = """
    SELECT asked.key
    FROM {asked} genomics_genomicfile file ON file.id = asked.value
    WHERE file.build = %s ORDER BY asked.key
"""
_LYING = """
    SELECT asked.key, sealed.place, sealed.begins, sealed.manifest_sha256
    FROM {asked} genomics_sealed sealed ON sealed.name = asked.value
    WHERE sealed.version = 3  -- parts.VERSION
"""
_WRAPS = """
    SELECT asked.value, person.pseudonym, kept.wrapped, kept.epoch
    FROM {asked} genomics_participantkey kept ON kept.participant_id = asked.value
    JOIN consent_participant person ON person.ordinal = asked.value
    WHERE person.erased_at IS NULL
"""


def standing(files: Sequence[UUID], build: str) -> list[int]:
    """The places of those of these files that there are, in this build."""
    lite = connection.vendor == "sqlite"
    ids = [file.hex for file in files] if lite else list(files)
    return [key - _first() for (key,) in _asked(_STANDING, ids, "uuid", build)]


def lying(names: Sequence[str]) -> dict[int, Lies]:
    """Where what is sealed under these names lies, by the place of the name among them; nothing of a name
    that is not recorded, or in an older format."""
    first, asked = _first(), _asked(_LYING, list(names), "text")
    return {n - first: (place, begins, sha256) for n, place, begins, sha256 in asked}


def wraps(ordinals: Collection[int]) -> list[tuple[int, str, bytes, int]]:
    """Of each of these participants who has a key and was not erased: ordinal, pseudonym, the wrapped key and
    its epoch."""
    return _asked(_WRAPS, list(ordinals), "bigint")


def _first() -> int:
    """The one counts from nought, the other does not."""
    return 0 if connection.vendor == "sqlite" else 1


def _asked(question: str, values: list[Any], kind: str, *more: str) -> list[Any]:
    listed = _LISTED[connection.vendor].format(kind=kind)
    given: Any = json.dumps(values) if connection.vendor == "sqlite" else values
    with connection.cursor() as cursor:
        cursor.execute(question.format(asked=listed), [given, *more])
        return list(cursor.fetchall())
