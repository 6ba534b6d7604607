"""Rows of panels, each under its participant's own key: what they are called, and how one is made and sealed.

A row has two parts: its planes, and its sketch where the house compares sketches first (SKETCHES). With the
planes lies what every comparison asks of them first, her probes and how far she is to be believed: reckoned
once, when a row is sealed. How many are read at a time is in lending, how they come to lie side by side in
tiles. A file without a row, or with one in an older format, is read from its column.
"""

import hashlib
import math
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
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
from genomics.matching.probes import probes_of, shape_of
from genomics.matching.segments import ground_of
from genomics.matching.setting import Setting
from genomics.matching.sketch import Lines, Sketch
from genomics.models import GenomicFile, PanelVersion, Sealed
from genomics.panel import Panel, PanelRow
from genomics.row_bytes import Shape, split

PLANES, SKETCH = "planes", f"sketch{sketch.VERSION}"
SKETCH_LENGTHS = (8 * sketch.LINE,)
SETTING = "<f8"  # drop-out, and the share of sites known: the last piece beside the planes


@dataclass(frozen=True, eq=False)
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
        ground = ground_of(panel)
        return cls(
            panel, version.build, bytes(version.sha256), shape, frequency, ground.promised, ground.probes
        )

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
        if part == SKETCH:
            return SKETCH_LENGTHS
        return (*self.shape.lengths, 8 * math.prod(shape_of(self.probes)), 16)

    def pieces(self, row: PanelRow) -> tuple[bytes, ...]:
        """The planes of a row as they are sealed."""
        return (*split(row, self.shape), *self._beside(row))

    def tail(self, part: str) -> str:
        """What the names of a part end with. Rows beside which something else was reckoned are called
        otherwise: to who reads today they are not there, and are made anew."""
        return f"{_suffix(self.digest)}-{part}{self._mark if part == PLANES else ''}"

    def _beside(self, row: PanelRow) -> tuple[bytes, bytes]:
        one = kernels.stack([row], sites=self.shape.autosomal)
        found = Setting.of(one, self.frequency, promised=self.promised)
        told = np.concatenate([found.dropout, found.called]).astype(SETTING)
        return probes_of(one, self.probes).tobytes(), told.tobytes()

    @cached_property
    def _mark(self) -> str:
        """Of how what lies beside the planes is reckoned, by what comes of a row that is drawn: no change of
        it can be forgotten to be numbered."""
        drawn = np.random.default_rng(0).bytes(2 * ((self.shape.sites + 7) // 8))
        row = PanelRow(self.shape.sites, *np.split(np.frombuffer(drawn, dtype=np.uint8), 2))
        probes, told = self._beside(row)
        # Processors may add in another order: what differs by that is the same.
        rounded = np.round(np.frombuffer(told, dtype=SETTING), 3).tobytes()
        return hashlib.sha256(self.probes.tobytes() + probes + rounded).hexdigest()[:8]


def newest() -> InUse | None:
    """The panel in use; None before the first one is loaded."""
    digest = PanelVersion.objects.order_by("loaded_at", "id").values_list("sha256", flat=True).last()
    return None if digest is None else _in_use(bytes(digest))


def name_of(file: UUID, used: InUse, part: str = PLANES) -> str:
    """Of a part of a file's row."""
    (name,) = names_of([file], used, part)
    return name


def names_of(files: Iterable[UUID], used: InUse, part: str = PLANES) -> list[str]:
    """The same of many."""
    tail = used.tail(part)
    return [f"files/{file}/{tail}" for file in files]


def parts_of(used: InUse) -> tuple[Part, ...]:
    """What lies of each row, part by part, to be laid side by side."""
    return tuple(
        Part(suffix=used.tail(part), size=parts.length(used.lengths(part))) for part in (PLANES, SKETCH)
    )


def is_there(file: GenomicFile, used: InUse) -> bool:
    """Whether its row is recorded, with all the parts that the house asks for."""
    asked = [PLANES] if used.sketch is None else [PLANES, SKETCH]
    names = [name_of(file.id, used, part) for part in asked]
    return Sealed.objects.filter(name__in=names, version=parts.VERSION).count() == len(names)


def sealed(file: GenomicFile, used: InUse, row: PanelRow, key: bytes) -> list[Sealed]:
    """Seal and shelve a row, all parts of it at one place of its own; opened once they are recorded."""
    pieces: dict[str, tuple[bytes, ...]] = {PLANES: used.pieces(row)}
    if used.sketch is not None:
        pieces[SKETCH] = (used.drawn(row, used.sketch).tobytes(),)
    cipher, place = AESGCM(key), f"{name_of(file.id, used)}@{secrets.token_hex(4)}"
    made, blobs = list[Sealed](), list[bytes]()
    for part, some in pieces.items():
        name = name_of(file.id, used, part)
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
