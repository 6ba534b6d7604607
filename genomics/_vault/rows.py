"""Rows of panels, each under its participant's own key: what they are called, and how one is made and sealed.

A row has two parts: its planes, and its sketch where the house compares sketches first (SKETCHES). How many
are read at a time is in lending, how they come to lie side by side in tiles. A file without a row, or with
one in an older format, is read from its column.
"""

import secrets
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Self
from uuid import UUID

import numpy as np
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import transaction
from numpy.typing import NDArray

from genomics._vault import files as vault
from genomics._vault import keys, parts, shelf
from genomics._vault.tiles import Part
from genomics.matching import kernels, sketch
from genomics.matching.segments import ground_of
from genomics.matching.setting import Setting, promises
from genomics.matching.sketch import Lines, Sketch
from genomics.models import GenomicFile, PanelVersion, Sealed
from genomics.panel import Panel, PanelRow
from genomics.row_bytes import Shape, split

PLANES, SKETCH = "planes", f"sketch{sketch.VERSION}"
SKETCH_LENGTHS = (8 * sketch.LINE,)


@dataclass(frozen=True, slots=True, eq=False)
class InUse:
    """A panel, with what is reckoned from it once."""

    panel: Panel
    build: str
    digest: bytes
    shape: Shape
    frequency: NDArray[np.float64] | None  # along the autosomes
    promised: NDArray[np.float64]  # heterozygotes, word by word (setting)
    probes: NDArray[np.int32]  # the sites that are looked at first (probes)

    @classmethod
    def of(cls, version: PanelVersion) -> Self:
        panel = Panel.from_bytes(bytes(version.data))
        shape, stated = Shape.of(panel), panel.frequency
        frequency = None if stated is None else stated[: shape.autosomal].astype(np.float64)
        promised = promises(frequency, shape.autosomal)
        probes = ground_of(panel).probes
        return cls(panel, version.build, bytes(version.sha256), shape, frequency, promised, probes)

    @property
    def sketch(self) -> Sketch | None:
        """The sites that are compared first, where the house says so."""
        return sketch.sketch_of(self.panel) if settings.SKETCHES else None

    def drawn(self, row: PanelRow, by: Sketch) -> Lines:
        """The sketch of one row."""
        one = kernels.stack([row], sites=self.shape.autosomal)
        return by.drawn(one, Setting.of(one, self.frequency).dropout)

    def lengths(self, part: str) -> tuple[int, ...]:
        """Bytes of each piece of a part."""
        return SKETCH_LENGTHS if part == SKETCH else self.shape.lengths


def newest() -> InUse | None:
    """The panel in use; None before the first one is loaded."""
    digest = PanelVersion.objects.order_by("loaded_at", "id").values_list("sha256", flat=True).last()
    return None if digest is None else _in_use(bytes(digest))


def name_of(file: UUID, panel: bytes, part: str = PLANES) -> str:
    """Of a part of a file's row; `panel` is the panel's digest."""
    return f"files/{file}/{_suffix(panel)}-{part}"


def parts_of(used: InUse) -> tuple[Part, ...]:
    """What lies of each row, part by part, to be laid side by side."""
    return tuple(
        Part(suffix=f"{_suffix(used.digest)}-{part}", size=parts.length(used.lengths(part)))
        for part in (PLANES, SKETCH)
    )


def is_there(file: GenomicFile, used: InUse) -> bool:
    """Whether its row is recorded, with all the parts that the house asks for."""
    asked = [PLANES] if used.sketch is None else [PLANES, SKETCH]
    names = [name_of(file.id, used.digest, part) for part in asked]
    return Sealed.objects.filter(name__in=names, version=parts.VERSION).count() == len(names)


def sealed(file: GenomicFile, used: InUse, row: PanelRow, key: bytes) -> list[Sealed]:
    """Seal and shelve a row, all parts of it at one place of its own; opened once they are recorded."""
    pieces: dict[str, tuple[bytes, ...]] = {PLANES: split(row, used.shape)}
    if used.sketch is not None:
        pieces[SKETCH] = (used.drawn(row, used.sketch).tobytes(),)
    cipher, place = AESGCM(key), f"{name_of(file.id, used.digest)}@{secrets.token_hex(4)}"
    made, blobs = list[Sealed](), list[bytes]()
    for part, some in pieces.items():
        name = name_of(file.id, used.digest, part)
        blob, sha256 = parts.seal(some, cipher, name)
        one = Sealed(name=name, place=place, manifest_sha256=sha256, version=parts.VERSION)
        one.begins, one.length = sum(map(len, blobs)), sum(map(len, some))
        made.append(one)
        blobs.append(blob)
    shelf.put(place, blobs)
    return made


def derive(file: GenomicFile, used: InUse) -> None:
    """Make a file's row of a panel from its column. Nothing leaves the vault."""
    key = keys.of(file.participant)
    new = sealed(file, used, vault.row_of(vault.own_column(file), used.panel), key)
    with transaction.atomic():
        # Whatever is not made anew lies where the old one lay, and goes with it.
        others = vault.recorded_of(file, _suffix(used.digest)).exclude(name__in=[one.name for one in new])
        for older in others:
            if not older.place.startswith(vault.TILES):
                transaction.on_commit(partial(shelf.remove, older.place), robust=True)
        others.delete()
        for one in new:
            vault.keep(one)


@lru_cache(maxsize=1)
def _in_use(digest: bytes) -> InUse:
    """Read once a process: a panel is nobody's."""
    return InUse.of(PanelVersion.objects.get(sha256=digest))


def _suffix(panel: bytes) -> str:
    return f"row-{panel.hex()[:16]}"
