"""Rows of panels, each under its participant's own key: what they are called, and how one is made and sealed.

How many are read at a time is in lending, how they come to lie side by side in tiles. A file without a row,
or with one in an older format, is read from its column.
"""

import secrets
from dataclasses import dataclass
from functools import partial
from typing import Self
from uuid import UUID

import numpy as np
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import transaction
from numpy.typing import NDArray

from genomics._vault import files as vault
from genomics._vault import keys, parts, shelf
from genomics._vault.tiles import Part
from genomics.models import GenomicFile, PanelVersion, Sealed
from genomics.panel import Panel, PanelRow
from genomics.row_bytes import Shape, split

PLANES = "planes"


@dataclass(frozen=True, slots=True, eq=False)
class InUse:
    """The panel in use, with what is reckoned from it once."""

    panel: Panel
    build: str
    digest: bytes
    shape: Shape
    frequency: NDArray[np.float64] | None  # along the autosomes

    @classmethod
    def of(cls, version: PanelVersion) -> Self:
        panel = Panel.from_bytes(bytes(version.data))
        shape, stated = Shape.of(panel), panel.frequency
        frequency = None if stated is None else stated[: shape.autosomal].astype(np.float64)
        return cls(panel, version.build, bytes(version.sha256), shape, frequency)


def name_of(file: UUID, panel: bytes) -> str:
    """Of the planes of a file's row; `panel` is the panel's digest."""
    return f"files/{file}/{_suffix(panel)}-{PLANES}"


def parts_of(used: InUse) -> tuple[Part, ...]:
    """What lies of each row, part by part, to be laid side by side."""
    return (Part(suffix=f"{_suffix(used.digest)}-{PLANES}", size=parts.length(used.shape.lengths)),)


def sealed(file: GenomicFile, digest: bytes, row: PanelRow, shape: Shape, key: bytes) -> Sealed:
    """Seal and shelve a row at a place of its own; opened once it is recorded."""
    name = name_of(file.id, digest)
    pieces = split(row, shape)
    blob, sha256 = parts.seal(pieces, AESGCM(key), name)
    place = f"{name}@{secrets.token_hex(4)}"
    shelf.put(place, [blob])
    length = sum(map(len, pieces))
    return Sealed(name=name, place=place, manifest_sha256=sha256, length=length, version=parts.VERSION)


def derive(file: GenomicFile, version: PanelVersion, panel: Panel) -> None:
    """Make a file's row of a panel from its column. Nothing leaves the vault."""
    key = keys.of(file.participant)
    row = vault.row_of(vault.own_column(file), panel)
    new = sealed(file, bytes(version.sha256), row, Shape.of(panel), key)
    with transaction.atomic():
        vault.keep(new)
        for older in vault.recorded_of(file, _suffix(bytes(version.sha256))).filter(
            version__lt=parts.VERSION
        ):
            older.delete()
            transaction.on_commit(partial(shelf.remove, older.place), robust=True)


def _suffix(panel: bytes) -> str:
    return f"row-{panel.hex()[:16]}"
