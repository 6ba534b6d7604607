"""Tiles: sealed rows of many people side by side in one object of the shelf, so that one read fetches many.

Packing needs no key and reads none: what is laid together is ciphertext, each person's under her own key and
bound to her file (parts), and opens there as it did before. A row that was just made lies by itself; who
leaves leaves a hole that opens no more; the next packing takes in the one and closes the other. A tile is
never written to: another takes its place, and a read that comes too late is told so and reads there.
"""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from uuid import UUID

from django.db import transaction
from django.db.models import Count

from genomics._vault import parts, shelf
from genomics._vault.files import TILES
from genomics.errors import VaultSealed
from genomics.models import GenomicFile, RowTile, Sealed

BYTES = 8 * 1024 * 1024  # of a tile that is full
LEAST = 8  # rows that lie by themselves before it is worth a tile


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of all rows of a panel: what its names end with, and how long each is when it is sealed."""

    suffix: str
    size: int

    @property
    def full(self) -> int:
        """Rows of a full tile."""
        return max(BYTES // self.size, 1)


def pack(part: Part) -> Iterator[int]:
    """Lay rows side by side; yields how many lie in each new tile. May be cut off and begun again: a tile is
    recorded whole or not at all."""
    names = _to_pack(part)
    for first in range(0, len(names), part.full):
        yield _laid(part, names[first : first + part.full])
    _clear(RowTile.objects.filter(part=part.suffix).values_list("place", flat=True))


def give_up_unread(read: Iterable[Part]) -> int:
    """Let go of rows in tiles of other parts than these, which nobody reads any more: an older panel's, and
    what was reckoned otherwise. Returns how many."""
    unread = RowTile.objects.exclude(part__in=[part.suffix for part in read])
    places = list(unread.values_list("place", flat=True))
    gone, _ = Sealed.objects.filter(place__in=places).delete()
    _clear(places)
    return gone


def holes(part: Part) -> int:
    """Rows that are recorded no more, and whose sealed bytes lie in a tile still."""
    live = _live(part)
    tiles = RowTile.objects.filter(part=part.suffix).values_list("place", "length")
    return sum(length // part.size - live.get(place, 0) for place, length in tiles)


def forget_lost() -> int:
    """After a restore: let go of rows whose bytes lie on the shelf no more, for they were packed since. They
    are made again from their columns. Returns how many."""
    lying = set(shelf.names())
    derived = Sealed.objects.filter(version=parts.VERSION)
    places = derived.order_by().values_list("place", flat=True).distinct()
    lost = [place for place in places if place not in lying]
    RowTile.objects.filter(place__in=lost).delete()
    return derived.filter(place__in=lost).delete()[0]


def _to_pack(part: Part) -> list[str]:
    """The names to be laid anew, in the order of their people: those that lie alone, if there are enough of
    them, those in tiles with holes, and those in small tiles, where two or more make a larger one."""
    live = _live(part)
    holed, small = list[str](), list[str]()
    for place, length in RowTile.objects.filter(part=part.suffix).values_list("place", "length"):
        if live.get(place, 0) < length // part.size:
            holed.append(place)
        elif 2 * length // part.size < part.full:
            small.append(place)
    rows = Sealed.objects.filter(version=parts.VERSION, name__endswith=f"/{part.suffix}")
    alone = list(rows.exclude(place__startswith=TILES).values_list("name", flat=True))
    if len(alone) < LEAST and not (alone and holed):
        alone = []
    if not (alone or holed) and len(small) < 2:
        return []
    together = Sealed.objects.filter(place__in=[*holed, *small]).values_list("name", flat=True)
    return _in_order([*alone, *together])


def _in_order(names: Sequence[str]) -> list[str]:
    whose = dict(GenomicFile.objects.order_by().values_list("id", "participant"))
    files = {name: UUID(name.split("/")[1]) for name in names}
    return sorted((name for name in names if files[name] in whose), key=lambda name: whose[files[name]])


def _laid(part: Part, names: Sequence[str]) -> int:
    rows = Sealed.objects.filter(name__in=names).order_by("place", "begins")
    found = dict(_blobs(part, list(rows)))
    order = [found[name] for name in names if name in found]
    if not order:
        return 0
    place = f"{TILES}{secrets.token_hex(12)}"
    shelf.put(place, (blob for _, blob in order))
    with transaction.atomic():
        RowTile.objects.create(place=place, part=part.suffix, length=part.size * len(order))
        for n, (row, _) in enumerate(order):
            # Who left meanwhile, or was sealed anew, is not brought back: there her bytes are a hole.
            as_it_was = Sealed.objects.filter(name=row.name, place=row.place, begins=row.begins)
            as_it_was.update(place=place, begins=n * part.size)
        _clear({row.place for row, _ in order})
    return len(order)


def _blobs(part: Part, rows: Sequence[Sealed]) -> Iterator[tuple[str, tuple[Sealed, bytes]]]:
    """What is sealed of each; nothing of what is not there whole, which whoever asks for it is told."""
    for place, group in groupby(rows, key=lambda row: row.place):
        together = list(group)
        try:
            for row, blob in zip(
                together, shelf.spans(place, [(row.begins, part.size) for row in together]), strict=True
            ):
                if len(blob) == part.size:
                    yield row.name, (row, bytes(blob))
        except VaultSealed:
            continue


def _clear(places: Iterable[str]) -> None:
    """Take from the shelf those in which nothing is recorded any more."""
    asked = set(places)
    used = Sealed.objects.filter(place__in=asked).order_by().values_list("place", flat=True).distinct()
    empty = asked - set(used)
    with transaction.atomic():
        RowTile.objects.filter(place__in=empty).delete()
        for place in empty:
            transaction.on_commit(partial(shelf.remove, place), robust=True)


def _live(part: Part) -> dict[str, int]:
    """How many rows are recorded in each tile."""
    tiles = RowTile.objects.filter(part=part.suffix).values("place")
    counted = Sealed.objects.filter(place__in=tiles).order_by().values("place").annotate(rows=Count("name"))
    return {one["place"]: one["rows"] for one in counted}
