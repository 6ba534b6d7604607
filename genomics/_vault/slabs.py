"""Slabs on the shelf: each under a key of its own, one sealed piece a chromosome, read under a Clearance.

Its name binds slab, version and chromosome, and the sealed roster says whose each slot is. Files join many at
a time; when some leave, the slab is sealed anew without them under another key, or given up with its key:
then, as before they joined, its files are read from their columns. So is a slab of another version.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

import numpy as np
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import transaction
from django.db.models import Count, F, QuerySet, Sum

from consent.clearance import Clearance
from genomics._vault import files as vault
from genomics._vault import keys, shelf
from genomics._vault.keys import Wrap
from genomics.coordinates import CHROMOSOMES, Region
from genomics.errors import ColumnDamaged, SlabDamaged, VaultSealed
from genomics.models import GenomicFile, Sealed, SlabMember, VariantSlab
from genomics.slab_bytes import VERSION, Kept, pack
from genomics.slabs import EDGE, ROW, WIDTH, Calls, Slab, View, calls_of

SEGMENT = 64 * 1024  # of the seal: about what a look at one variant has to open
READY = 64 * 1024 * 1024  # bytes: a larger slab is given up, and not sealed anew, before a file goes

Saying = tuple[GenomicFile, dict[int, Calls]]  # a file, and what its column says by chromosome


def piece_name(slab: VariantSlab, chromosome: int) -> str:
    return f"{_folder(slab)}/{slab.version}/{chromosome}"


# --- reading ---


def views(files: Sequence[GenomicFile], region: Region, proof: Clearance) -> Iterator[View]:
    """Of each slab that some of these files lie in, what it has around a region, and the mask of these files
    alone. Files that lie in none are left to the caller. A slab of none of them is not opened.

    Raises NotCleared when a file is not covered, VaultSealed when a slab is not as it was sealed."""
    vault.require_covered(files, proof)
    asked = SlabMember.objects.filter(file__in=[file.pk for file in files], slab__version=VERSION)
    members = asked.select_related("slab").order_by("slab_id", "slot")
    for slab, group in groupby(members, key=lambda one: one.slab):
        try:
            yield _view(slab, list(group), region)
        except VaultSealed:
            # Sealed anew while it was read? Then its files are read from their columns, this once.
            if _unchanged(slab).exists():
                raise


def _view(slab: VariantSlab, members: Sequence[SlabMember], region: Region) -> View:
    rows, edges = np.zeros(0, ROW), np.zeros(0, EDGE)
    there = [one for one in members if one.chromosomes >> region.chromosome & 1]
    if there:
        kept = _kept(slab, region.chromosome)
        if any(kept.roster[one.slot] != one.file_id for one in there):
            raise VaultSealed(
                f"Slab {slab.id} has another file in a slot than is recorded. Nothing was read."
            )
        rows, edges = kept.within(region.start, region.end)
    files = {one.slot: one.file_id for one in members}
    return View(files=files, mask=sum(1 << one.slot for one in there), rows=rows, edges=edges)


def _kept(slab: VariantSlab, chromosome: int) -> Kept:
    name = piece_name(slab, chromosome)
    opened = vault.opened_at(name, keys.of_slab(slab))
    if opened is None:
        raise VaultSealed(
            f"{name} is not recorded. Nothing was read. `manage.py rebuild_rows` makes it anew."
        )
    try:
        return Kept(opened.read, opened.length)
    except SlabDamaged as damaged:
        raise VaultSealed(f"{name}: {damaged}") from None


# --- joining ---


def with_room(build: str, *, at: datetime) -> tuple[VariantSlab, int]:
    """The newest slab of a build that has room, begun if there is none, and for how many more."""
    standing = VariantSlab.objects.filter(build=build, version=VERSION).annotate(size=Count("members"))
    newest = standing.filter(size__lt=WIDTH).order_by("begun_at", "id").last()
    if newest is not None:
        return newest, WIDTH - newest.size
    slab = VariantSlab(build=build, version=VERSION, begun_at=at)
    wrap = keys.wrapped(AESGCM.generate_key(256), keys.slab_holder(slab), at=at)
    slab.wrapped, slab.epoch = wrap.wrapped, wrap.epoch
    slab.save(force_insert=True)
    return slab, WIDTH


def join(slab: VariantSlab, files: Iterable[GenomicFile]) -> list[GenomicFile]:
    """Lay files into a slab, from their columns; no more than there is room for. Returns those that are in it
    now: without any whose column does not open, and none when the slab or a file changed meanwhile."""
    taken = set(SlabMember.objects.filter(slab=slab).values_list("slot", flat=True))
    joining = list(zip((slot for slot in range(WIDTH) if slot not in taken), _sayings(files), strict=False))
    try:
        sealed = list(_sealed_with(slab, joining))
    except VaultSealed:
        if _unchanged(slab).exists():
            raise
        return []
    members = [
        SlabMember(file=file, slab=slab, slot=slot, chromosomes=sum(1 << code for code in calls))
        for slot, (file, calls) in joining
    ]
    with transaction.atomic():
        # The files first, as an erasure does. What was sealed for nothing is cleared by the next sweep.
        locked = GenomicFile.objects.select_for_update(of=("self",)).order_by("pk")
        ids = [one.file_id for one in members]
        standing = list(locked.filter(pk__in=ids, participant__erased_at__isnull=True))
        if len(standing) < len(ids) or not _changed(slab):
            return []
        SlabMember.objects.bulk_create(members)
        for one in sealed:
            vault.keep(one)
    return [file for _, (file, _) in joining]


def _sealed_with(slab: VariantSlab, joining: Sequence[tuple[int, Saying]]) -> Iterator[Sealed]:
    key, recorded = keys.of_slab(slab), _chromosomes(slab)
    for chromosome in sorted({code for _, (_, calls) in joining for code in calls}):
        piece = _kept(slab, chromosome).whole() if chromosome in recorded else Slab.empty()
        for slot, (file, calls) in joining:
            if chromosome in calls:
                piece = piece.with_file(slot, file.id, calls[chromosome])
        yield vault.put(piece_name(slab, chromosome), pack(piece), key, segment=SEGMENT)


def _sayings(files: Iterable[GenomicFile]) -> Iterator[Saying]:
    for file in files:
        try:
            yield file, calls_of(vault.own_column(file))
        except (VaultSealed, ColumnDamaged):  # erased a moment ago; or damaged, which whoever asks is told
            continue


# --- leaving ---


@dataclass(frozen=True, slots=True)
class Ready:
    """A slab sealed anew without some files, under another key: opened once it is recorded."""

    slab: VariantSlab
    leaving: frozenset[UUID]
    wrap: Wrap
    sealed: list[Sealed]


def sealed_without(files: Sequence[GenomicFile], *, at: datetime) -> list[Ready]:
    """Make the slabs that these files lie in anew without them, before the transaction in which they go. A
    slab that is large, of another version, without anybody else, or damaged is left out: it is given up."""
    ready = []
    for slab, leaving in _by_slab(files):
        size = _recorded(slab).aggregate(all=Sum("length", default=0))["all"]
        alone = not SlabMember.objects.filter(slab=slab).exclude(file__in=[one.file_id for one in leaving])
        if slab.version == VERSION and not alone and size <= READY:
            try:
                ready.append(_without(slab, leaving, at=at))
            except VaultSealed:
                continue
    return ready


def leave(files: Sequence[GenomicFile], ready: Sequence[Ready]) -> None:
    """Take files, whose rows are locked, out of their slabs, in the transaction in which they go. A slab that
    was made anew, and has not changed since, is that one from now on; any other is given up. Either way the
    old key is gone."""
    made = {one.slab.pk: one for one in ready}
    for slab, leaving in _by_slab(files):
        new = made.get(slab.pk)
        if new is None or {one.file_id for one in leaving} != new.leaving or not _changed(new.slab):
            give_up(slab)
            continue
        SlabMember.objects.filter(slab=slab, file__in=new.leaving).delete()
        VariantSlab.objects.filter(pk=slab.pk).update(wrapped=new.wrap.wrapped, epoch=new.wrap.epoch)
        for one in new.sealed:
            vault.keep(one)


def outdated() -> QuerySet[VariantSlab]:
    """Slabs of another version than today's: passed over until they are made again."""
    return VariantSlab.objects.exclude(version=VERSION)


def give_up(slab: VariantSlab) -> None:
    """Destroy a slab and its key. Its files are read from their columns until they lie in another one."""
    with transaction.atomic():
        list(VariantSlab.objects.select_for_update().filter(pk=slab.pk))  # first: nobody joins it any more
        SlabMember.objects.filter(slab=slab).delete()
        VariantSlab.objects.filter(pk=slab.pk).delete()
        _recorded(slab).delete()
        transaction.on_commit(lambda: shelf.remove(_folder(slab)), robust=True)


def _without(slab: VariantSlab, leaving: Sequence[SlabMember], *, at: datetime) -> Ready:
    key, sealed = AESGCM.generate_key(256), []
    for chromosome in _chromosomes(slab):
        piece = _kept(slab, chromosome).whole()
        for one in leaving:
            piece = piece.without(one.slot)
        sealed.append(vault.put(piece_name(slab, chromosome), pack(piece), key, segment=SEGMENT))
    wrap = keys.wrapped(key, keys.slab_holder(slab), at=at)
    return Ready(slab, frozenset(one.file_id for one in leaving), wrap, sealed)


def _by_slab(files: Sequence[GenomicFile]) -> Iterator[tuple[VariantSlab, list[SlabMember]]]:
    members = SlabMember.objects.filter(file__in=[file.pk for file in files]).select_related("slab")
    for slab, group in groupby(members.order_by("slab_id"), key=lambda one: one.slab):
        yield slab, list(group)


def _changed(slab: VariantSlab) -> bool:
    """Count a change of the slab; False when there was another since it was read."""
    return bool(_unchanged(slab).update(revision=F("revision") + 1))


def _unchanged(slab: VariantSlab) -> QuerySet[VariantSlab]:
    return VariantSlab.objects.filter(pk=slab.pk, revision=slab.revision)


def _recorded(slab: VariantSlab) -> QuerySet[Sealed]:
    """What is recorded of its pieces."""
    return Sealed.objects.filter(name__in=[piece_name(slab, chromosome) for chromosome in CHROMOSOMES])


def _chromosomes(slab: VariantSlab) -> list[int]:
    """Those of which it has a piece."""
    names = set(_recorded(slab).values_list("name", flat=True))
    return [chromosome for chromosome in CHROMOSOMES if piece_name(slab, chromosome) in names]


def _folder(slab: VariantSlab) -> str:
    return f"slabs/{slab.id}"
