"""The way out of the house for good: a person, or one of her files, erased in one act.

Her key goes with the commit, and with it everything sealed under it, in every process: no key is remembered
anywhere. So does the key of each slab that she lies in among others: it stands anew without her, or not until
it is filled again. What lies on the shelf goes right after; a crash between the two is cleared by `sweep`.
Backups lose her when the epochs of that time are destroyed (genomics.intake.upkeep).
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connection, transaction

from consent import erasure, holdings
from consent.erasure import Counts
from consent.ledger import log
from consent.models import Erasure, Holding, Participant
from genomics import events
from genomics._vault import files as vault
from genomics._vault import keys, readings, slabs
from genomics._vault.readings import Purpose
from genomics._vault.slabs import Ready
from genomics.intake import upkeep
from genomics.intake.receive import pieces
from genomics.models import GenomicFile, ParticipantKey


def erase(participant: Participant, *, by: str, at: datetime, also: Callable[[], Counts] = dict) -> Erasure:
    """Erase her: key, uploads, columns, rows, and what the ground floor keeps of her. `also` destroys what
    the floor above keeps, in the same transaction. Raises RegistrationRefused if she was erased before."""
    with readings.under(Purpose.ERASURE):
        ready = slabs.sealed_without(list(GenomicFile.objects.filter(participant=participant)), at=at)
    with transaction.atomic():
        certificate = erasure.erase(
            participant,
            also=lambda: {**also(), **_destroy(participant, ready)},
            gone_from_backups=upkeep.gone_from_backups(at),
            by=by,
            at=at,
        )
        transaction.on_commit(_settle)
    return certificate


def erase_file(file: GenomicFile, *, by: str, at: datetime) -> None:
    """Erase one file. Her other files are then sealed under a new key, so that backups lose this one, too."""
    person = file.participant
    with readings.under(Purpose.ERASURE):
        ready = slabs.sealed_without([file], at=at)
    with transaction.atomic():
        holding = Holding.objects.select_related("participant").get(file=file.id)
        holdings.set_state(holding, Holding.State.ERASED, by=by, at=at)
        slabs.leave(list(GenomicFile.objects.select_for_update().filter(pk=file.pk)), ready)
        vault.remove(file)
        GenomicFile.objects.filter(pk=file.pk).delete()
        ParticipantKey.objects.filter(participant=person).update(spent=True)
        log.append(
            events.FILE_ERASED,
            at=at,
            by=by,
            subject=person.pseudonym,
            file=str(file.id),
            gone_from_backups=upkeep.gone_from_backups(at).isoformat(),
        )
        transaction.on_commit(_settle)
    rekey(person, by=by, at=at)


def rekey(participant: Participant, *, by: str, at: datetime) -> bool:
    """Seal her files under a new key if a file was erased under the old one. May be cut off and begun again;
    False when another file came meanwhile, and it has to be."""
    row = ParticipantKey.objects.filter(participant=participant, spent=True).first()
    if row is None:
        return True
    key = AESGCM.generate_key(256)
    files = list(GenomicFile.objects.filter(participant=participant).order_by("received_at", "id"))
    with readings.under(Purpose.ERASURE):
        sealed = {file.id: vault.copy(file, key) for file in files}
        prints = {file.id: keys.fingerprint_of(pieces(vault.own_upload(file)), key) for file in files}
    wrap = keys.wrapped(key, keys.holder_of(participant), at=at)
    with transaction.atomic():
        held = ParticipantKey.objects.select_for_update().filter(pk=row.pk, wrapped=row.wrapped).first()
        now = set(GenomicFile.objects.filter(participant=participant).values_list("id", flat=True))
        if held is None or now != set(sealed):
            return False  # the copies lie beside, recorded nowhere; the next sweep takes them
        ParticipantKey.objects.filter(pk=row.pk).update(wrapped=wrap.wrapped, epoch=wrap.epoch, spent=False)
        for file in files:
            for one in sealed[file.id]:
                vault.keep(one)
            vault.recorded_of(file, "row-").delete()  # made again from columns
            GenomicFile.objects.filter(pk=file.pk).update(fingerprint=prints[file.id])
            upkeep.note_resealed(file, by=by, at=at)
    return True


def rekey_all(*, by: str, at: datetime) -> None:
    """Finish what was cut off."""
    for row in ParticipantKey.objects.filter(spent=True).select_related("participant"):
        rekey(row.participant, by=by, at=at)


def _destroy(participant: Participant, ready: Sequence[Ready]) -> dict[str, int]:
    files = list(GenomicFile.objects.select_for_update().filter(participant=participant).order_by("pk"))
    slabs.leave(files, ready)
    for file in files:
        vault.remove(file)
    GenomicFile.objects.filter(participant=participant).delete()
    keys_gone, _ = ParticipantKey.objects.filter(participant=participant).delete()
    return {"files": len(files), "keys": keys_gone}


def _settle() -> None:
    """SQLite: what the write-ahead log still shows of removed rows goes from the disk now. (Removed rows are
    written over in the database file itself: secure_delete.)"""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
