"""The way in: a file is read, checked, normalised, sealed, and only then recorded.

What a file may look like is in formats; how sealed bytes lie is the vault's. A refusal (FileRefused) leaves
nothing behind, and so does a crash: bytes on the shelf without a row are cleared by `sweep`.
"""

import uuid
from dataclasses import asdict
from datetime import datetime
from typing import BinaryIO

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import transaction

from consent import holdings
from consent.ledger import log
from consent.models import Holding, Participant
from genomics import events
from genomics._vault import files as vault
from genomics._vault import keys, shelf
from genomics.coordinates import Build
from genomics.errors import FileReason, FileRefused
from genomics.intake.sandbox import read
from genomics.models import EvidenceProfile, GenomicFile, PanelVersion
from genomics.panel import Panel


def receive(
    participant: Participant,
    data: bytes | BinaryIO,
    *,
    by: str,
    at: datetime,
    assume: Build | None = None,
    state: Holding.State = Holding.State.ACTIVE,
) -> GenomicFile:
    """Take in one file of a participant. `assume` is the policy for a file that does not say its build;
    a file may be taken in QUARANTINED, and then nothing is asked of it. Raises FileRefused with a reason and
    a line."""
    data = data if isinstance(data, bytes) else data.read()
    profile = read(data, assume=assume)
    file = GenomicFile(
        id=uuid.uuid4(),
        participant=participant,
        kind=str(profile.kind),
        build=str(profile.build),
        build_evidence=profile.build_evidence,
        size=len(data),
        column_sha256=profile.column.sha256,
        quality=asdict(profile.quality),
        notes=list(profile.notes),
        received_at=at,
    )
    with transaction.atomic():
        key = keys.of_or_new(participant)
    file.fingerprint = keys.fingerprint(key, data)
    _refuse_twice(file)
    try:
        # Sealing comes before the transaction: whoever holds the gate lock keeps withdrawals waiting.
        vault.put(file, key, upload=data, column=profile.column)
        version = _panel()
        if version is not None and version.build == file.build:
            panel = Panel.from_bytes(bytes(version.data))
            vault.put_row(file, version, vault.row_of(profile.column, panel), key)
        with transaction.atomic():
            # First, for it takes the gate lock: to become searchable is a change of consent.
            holdings.add(participant, file.id, by=by, at=at, state=state)
            _refuse_twice(file)
            file.save(force_insert=True)
            log.append(
                events.FILE_RECEIVED,
                at=at,
                by=by,
                subject=participant.pseudonym,
                file=str(file.id),
                file_kind=file.kind,
                build=file.build,
                column_sha256=profile.column.sha256.hex(),
            )
    except BaseException:
        vault.remove(file)
        raise
    return file


def receive_evidence(
    case: str, data: bytes | BinaryIO, *, by: str, at: datetime, assume: Build | None = None
) -> EvidenceProfile:
    """Take in the profile of an unknown person for a case. It lies apart and is never searched for."""
    data = data if isinstance(data, bytes) else data.read()
    profile = read(data, assume=assume)
    key = AESGCM.generate_key(256)
    evidence = EvidenceProfile(
        id=uuid.uuid4(),
        case=case,
        kind=str(profile.kind),
        build=str(profile.build),
        quality=asdict(profile.quality),
        notes=list(profile.notes),
        master_key=settings.MASTER_KEY.id,
        received_at=at,
    )
    evidence.wrapped = keys.wrap(key, f"evidence:{evidence.id}")
    try:
        with transaction.atomic():
            vault.put_evidence(evidence, key, profile.column)
            evidence.save(force_insert=True)
            log.append(
                events.EVIDENCE_RECEIVED,
                at=at,
                by=by,
                subject=case,
                evidence=str(evidence.id),
                file_kind=evidence.kind,
                build=evidence.build,
            )
    except BaseException:
        vault.remove_evidence(evidence)
        raise
    return evidence


def discard_evidence(case: str) -> None:
    """Destroy every profile that was taken in for a case, and its key."""
    for evidence in EvidenceProfile.objects.filter(case=case):
        EvidenceProfile.objects.filter(id=evidence.id).delete()  # the key first: without it bytes are noise
        vault.remove_evidence(evidence)


def load_panel(panel: Panel, *, by: str, at: datetime) -> PanelVersion:
    """Make `panel` the one at which people are compared, and make every file's row of it."""
    data = panel.to_bytes()
    with transaction.atomic():
        version, new = PanelVersion.objects.get_or_create(
            sha256=panel.sha256,
            defaults={
                "name": panel.name,
                "version": panel.version,
                "build": str(panel.build),
                "sites": len(panel),
                "data": data,
                "loaded_at": at,
            },
        )
        if new:
            log.append(
                events.PANEL_LOADED,
                at=at,
                by=by,
                subject=str(version),
                sites=version.sites,
                build=version.build,
                sha256=panel.sha256.hex(),
            )
    for file in GenomicFile.objects.filter(build=version.build).select_related("participant").iterator():
        vault.derive_row(file, version, panel)
    return version


def sweep(*, before: datetime) -> list[str]:
    """Clear the shelf of files written `before` that no row speaks of: what a crash between two steps left.
    Leave an hour, for an intake under way has written its bytes and not yet its row. Returns names."""
    known = {str(one) for one in GenomicFile.objects.values_list("id", flat=True)}
    known |= {str(one) for one in EvidenceProfile.objects.values_list("id", flat=True)}
    orphans = [name for name in shelf.names(before=before) if name.split("/")[1] not in known]
    for name in orphans:
        shelf.remove(name)
    return orphans


def _refuse_twice(file: GenomicFile) -> None:
    same = GenomicFile.objects.filter(participant=file.participant, fingerprint=file.fingerprint)
    if same.exists():
        raise FileRefused(FileReason.DUPLICATE, "This very file is here already.")


def _panel() -> PanelVersion | None:
    return PanelVersion.objects.order_by("loaded_at", "id").last()
