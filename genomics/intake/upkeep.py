"""The upkeep of what was taken in: key epochs roll, older formats are sealed anew, rows and slabs are made.

Each verb may be cut off anywhere and begun again, and does a bounded piece between two commits. When they are
called is settled upstairs (broker.tasks, manage.py roll_keys, upgrade_files and rebuild_rows).
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate, pairwise
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

from consent.ledger import log
from consent.models import Statement
from genomics import events
from genomics._vault import epochs, keys, memory, readings, rows, slabs, tiles
from genomics._vault import files as vault
from genomics._vault.readings import Purpose
from genomics.coordinates import Build
from genomics.models import EvidenceProfile, GenomicFile, Sealed, SlabMember, VariantSlab

DAY = timedelta(days=1)
PIECE = 500  # keys wrapped anew in one transaction
AT_ONCE = 32 * 1024 * 1024  # bytes of columns that are open together while a slab is filled
FORMAT = 8  # the first bytes of a kept column, which name its version


@dataclass(frozen=True, slots=True, kw_only=True)
class Rolled:
    """What a roll did: the epoch under which everything is wrapped now, how much, and which epochs went."""

    epoch: int
    rewrapped: int
    destroyed: tuple[int, ...]


def roll(*, by: str, at: datetime, age: timedelta = DAY) -> Rolled:
    """Begin a new epoch when the newest is a day old, wrap every key under it, and destroy the epochs whose
    backups are past their stated life (BACKUP_DAYS)."""
    epoch = epochs.newest(at=at)
    if at - epoch.began_at >= age:
        epoch = epochs.begin(at=at)
        with transaction.atomic():
            log.append(events.EPOCH_BEGAN, at=at, by=by, subject=str(epoch.number))
    rewrapped = 0
    while done := keys.rewrap(epoch, most=PIECE):
        rewrapped += done
    return Rolled(epoch=epoch.number, rewrapped=rewrapped, destroyed=tuple(_destroy_due(by=by, at=at)))


def lost_epochs() -> list[int]:
    """Epochs under which some key is wrapped, and whose own key is gone: what no house should ever see."""
    standing = {epoch.number for epoch in epochs.every()}
    return sorted(keys.in_use() - standing - {epochs.BEFORE})


def newest_began() -> datetime | None:
    """When the newest epoch began; None before the first key is made."""
    standing = epochs.every()
    return standing[-1].began_at if standing else None


def gone_from_backups(at: datetime) -> datetime:
    """When the last backup that can open anything written until `at` opens no more: the epochs of that time
    are succeeded within a day by one that began later, and destroyed a backup's life and a day after."""
    return at + DAY + timedelta(days=settings.BACKUP_DAYS) + DAY


def upgrade(*, by: str, at: datetime) -> Iterator[GenomicFile]:
    """Seal anew every file that lies in an older format, sealed or column; yields each that was."""
    for file in GenomicFile.objects.select_related("participant").order_by("received_at", "id").iterator():
        if _upgrade(file, by=by, at=at):
            yield file
    for profile in EvidenceProfile.objects.order_by("id").iterator():
        with readings.under(Purpose.UPKEEP):
            sealed = vault.renew(vault.evidence_name(profile), keys.of_evidence(profile))
        if sealed is not None:
            vault.keep(sealed)


def rebuild_rows(*, missing_only: bool = False) -> Iterator[GenomicFile]:
    """Make the row of the panel in use from each file's column; yields each file that has a new one."""
    used = rows.newest()
    if used is None:
        return
    files = GenomicFile.objects.filter(build=used.build, participant__erased_at__isnull=True)
    for file in files.select_related("participant").order_by("received_at", "id").iterator():
        there = missing_only and rows.is_there(file, used)
        if not there and GenomicFile.objects.filter(pk=file.pk).exists():
            with readings.under(Purpose.UPKEEP):
                rows.derive(file, used)
            yield file


def pack_rows() -> int:
    """Lay the rows of the panel in use side by side, close the holes of those who left, and let go of what
    nobody reads any more. Needs no key. Returns how many were laid anew."""
    used = rows.newest()
    if used is None:
        return 0
    parts = rows.parts_of(used)
    tiles.give_up_unread(parts)
    return sum(sum(tiles.pack(part)) for part in parts)


def room_for_rows() -> tuple[int, int, int] | None:
    """How many rows of the panel in use there may be to compare, how many of them a worker's memory holds,
    and the megabytes that would hold all; None without a panel. Whoever never said anything permits none."""
    used = rows.newest()
    if used is None:
        return None
    files = GenomicFile.objects.filter(build=used.build, participant__erased_at__isnull=True)
    said = Statement.objects.filter(participant=OuterRef("participant"))
    many, line = files.filter(Exists(said)).count(), memory.bytes_of(used.shape, used.probes)
    return many, settings.ROWS_BYTES // line, -(-many * line // (1024 * 1024))


def fill_slabs(*, at: datetime) -> Iterator[GenomicFile]:
    """Lay every file that lies in no slab into the newest one that has room; yields each that was. Nobody
    waits for it: until then a file is read from its column, and says the same."""
    for build in Build:
        waiting = GenomicFile.objects.filter(build=build, participant__erased_at__isnull=True)
        waiting = waiting.exclude(pk__in=SlabMember.objects.values("file")).order_by("participant", "id")
        ids = list(waiting.values_list("id", flat=True))
        while ids:
            slab, room = slabs.with_room(build, at=at)
            group = _at_once(ids[:room])
            ids = ids[len(group) :]
            files = GenomicFile.objects.filter(pk__in=group).select_related("participant")
            with readings.under(Purpose.UPKEEP):
                joined = slabs.join(slab, files.order_by("participant", "id"))
            yield from joined


def forget_lost_rows() -> int:
    """After a restore: the older database knows rows that were laid elsewhere since. Returns how many."""
    return tiles.forget_lost()


def empty_slabs(*, outdated_only: bool = False) -> int:
    """Give up all slabs, or those in another version than today's, to be filled again. Returns how many."""
    given_up = list(slabs.outdated() if outdated_only else VariantSlab.objects.all())
    for slab in given_up:
        slabs.give_up(slab)
    return len(given_up)


def note_resealed(file: GenomicFile, *, by: str, at: datetime) -> None:
    """Tell the ledger by which manifests a file is vouched for now, in the transaction that records them."""
    names = {"upload": vault.upload_name(file), "column": vault.column_name(file)}
    recorded = dict(Sealed.objects.filter(name__in=names.values()).values_list("name", "manifest_sha256"))
    log.append(
        events.FILE_RESEALED,
        at=at,
        by=by,
        subject=file.participant.pseudonym,
        file=str(file.id),
        column_sha256=bytes(file.column_sha256).hex(),
        upload_manifest=bytes(recorded[names["upload"]]).hex(),
        column_manifest=bytes(recorded[names["column"]]).hex(),
    )


def altered_files() -> Iterator[str]:
    """A sentence for every upload and column whose record says otherwise than the ledger does."""
    said: dict[str, str] = {}
    told = log.openings([events.FILE_RECEIVED.tag, events.FILE_RESEALED.tag])
    for opening in told.values():
        for what in ("upload", "column"):
            manifest = opening["fields"].get(f"{what}_manifest")
            if manifest:
                said[f"files/{opening['fields']['file']}/{what}"] = manifest
    recorded = Sealed.objects.filter(name__startswith="files/").exclude(name__contains="/row-")
    for name, manifest in recorded.values_list("name", "manifest_sha256").iterator():
        if said.pop(name, None) != bytes(manifest).hex():
            yield f"{name} is recorded with another manifest than the ledger vouches for."
    held = {str(file) for file in GenomicFile.objects.values_list("id", flat=True)}
    for name in said:
        if name.split("/")[1] in held:
            yield f"{name} is in the ledger, and not recorded any more."


def _at_once(ids: list[UUID]) -> list[UUID]:
    """The first of these files, as many as may be open together: one at least."""
    names = {f"files/{id}/column": id for id in ids}
    lengths = dict(Sealed.objects.filter(name__in=names).values_list("name", "length"))
    total = list(accumulate(lengths.get(name, 0) for name in names))
    return ids[: max(1, bisect_right(total, AT_ONCE))]


def _upgrade(file: GenomicFile, *, by: str, at: datetime) -> bool:
    key = keys.of(file.participant)
    names = [vault.upload_name(file), vault.column_name(file)]
    with readings.under(Purpose.UPKEEP):
        sealed = [one for one in (vault.renew(name, key) for name in names) if one is not None]
        kept, column = vault.kept_column(file)
    if column.to_bytes()[:FORMAT] != kept[:FORMAT]:
        sealed = [one for one in sealed if one.name != names[1]]
        sealed.append(vault.put(names[1], column.to_bytes(), key))
    if not sealed:
        return False
    with transaction.atomic():
        for one in sealed:
            vault.keep(one)
        file.column_sha256 = column.sha256
        file.save(update_fields=["column_sha256"])
        note_resealed(file, by=by, at=at)
    return True


def _destroy_due(*, by: str, at: datetime) -> Iterator[int]:
    """An epoch may go when a backup's life has passed since it was succeeded, and no key needs it."""
    standing = epochs.every()
    used = keys.in_use()
    for epoch, after in pairwise(standing):
        if epoch.number in used or at - after.began_at < timedelta(days=settings.BACKUP_DAYS):
            continue
        epochs.destroy(epoch)
        with transaction.atomic():
            began = epoch.began_at.isoformat()
            log.append(events.EPOCH_DESTROYED, at=at, by=by, subject=str(epoch.number), began_at=began)
        yield epoch.number
