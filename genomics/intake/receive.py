"""The way in: a file is read, checked, normalised, sealed, and only then recorded.

What a file may look like is in formats; how sealed bytes lie is the vault's. A refusal (FileRefused) leaves
nothing behind, and so does a crash: bytes on the shelf without a row are cleared by `sweep`.
"""

import io
import uuid
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import BinaryIO

from django.db import IntegrityError, transaction

from consent import holdings
from consent.ledger import log
from consent.models import Holding, Participant
from genomics import events, holds
from genomics._vault import files as vault
from genomics._vault import keys, readings, rows, shelf
from genomics._vault.readings import Purpose
from genomics.columns import Column
from genomics.coordinates import Build
from genomics.errors import FileReason, FileRefused
from genomics.intake import exchange, materials, sandbox, screen, turns
from genomics.matching import plausible
from genomics.matching.plausible import Doubt
from genomics.models import EvidenceProfile, GenomicFile, PanelVersion, Sealed
from genomics.panel import Panel

PIECE = 1024 * 1024


def receive(
    participant: Participant,
    data: bytes | BinaryIO,
    *,
    by: str,
    at: datetime,
    assume: Build | None = None,
    state: Holding.State = Holding.State.ACTIVE,
) -> GenomicFile:
    """Take in one file of a participant: bytes, or a stream that can be read from its start more than once.
    `assume` is the policy for a file that does not say its build; a file may be taken in QUARANTINED, and
    then nothing is asked of it. What is kept of it is a copy without what may name somebody. Raises
    FileRefused with a reason and a line."""
    stream = exchange.opened(io.BytesIO(data) if isinstance(data, bytes) else data)
    with turns.taken():
        laid_out = materials.laid_out()
        profile = sandbox.read(stream, assume=assume, laid_out=laid_out)
        size, copy = stream.seek(0, io.SEEK_END), sandbox.cleaned(stream, of=profile, laid_out=laid_out)
    with transaction.atomic():
        key = keys.of_or_new(participant, at=at)
    # Of the copy: it can be reckoned again when her key changes.
    fingerprint = keys.fingerprint_of(pieces(copy), key)
    file = GenomicFile(
        id=uuid.uuid4(),
        participant=participant,
        kind=str(profile.kind),
        build=str(profile.build),
        build_evidence=profile.build_evidence,
        size=size,
        fingerprint=fingerprint,
        column_sha256=profile.column.sha256,
        quality=asdict(profile.quality),
        notes=[*profile.notes, *screen.told(profile.findings)],
        received_at=at,
    )
    _refuse_twice(file)
    try:
        # Sealing comes before the transaction: whoever holds the gate lock keeps withdrawals waiting.
        copy.seek(0)
        upload = vault.put(vault.upload_name(file), copy, key)
        column = vault.put(vault.column_name(file), profile.column.to_bytes(), key)
        derived = _derived(file, profile.column, key)
        with transaction.atomic():
            # First, for it takes the gate lock: to become searchable is a change of consent.
            holdings.add(participant, file.id, by=by, at=at, state=state)
            keys.of(participant)  # she may have been erased while the file was read
            _refuse_twice(file)
            file.save(force_insert=True)
            Sealed.objects.bulk_create([upload, column, *derived])
            log.append(
                events.FILE_RECEIVED,
                at=at,
                by=by,
                subject=participant.pseudonym,
                file=str(file.id),
                file_kind=file.kind,
                build=file.build,
                column_sha256=profile.column.sha256.hex(),
                upload_manifest=upload.manifest_sha256.hex(),
                column_manifest=column.manifest_sha256.hex(),
            )
    except BaseException:
        vault.remove(file)
        raise
    return file


def receive_evidence(
    case: str,
    data: bytes | BinaryIO,
    *,
    by: str,
    at: datetime,
    assume: Build | None = None,
    owner: str = "",
) -> EvidenceProfile:
    """Take in the profile of an unknown person for a case. It lies apart, under the case's own key, and is
    never searched for. It ends in genomics.intake.evidence.

    Where an `owner` brings it, it is looked at before anything can be asked with it: bytes that she brought
    before, another build than the panel's and too few of its sites are refused; what does not look like one
    person's genome is held (genomics.holds)."""
    data = data if isinstance(data, bytes) else data.read()
    fingerprint = keys.evidence_print(data, owner) if owner else None
    if fingerprint is not None:
        _refuse_brought(fingerprint)
    profile = sandbox.read(data, assume=assume, laid_out=materials.laid_out())
    doubts = _doubts(profile.column, profile.build) if owner else ()
    with transaction.atomic():
        key = keys.of_case_or_new(case, at=at)
    evidence = EvidenceProfile(
        id=uuid.uuid4(),
        case=case,
        kind=str(profile.kind),
        build=str(profile.build),
        quality=asdict(profile.quality),
        notes=list(profile.notes),
        received_at=at,
        fingerprint=fingerprint,
    )
    sealed = vault.put(vault.evidence_name(evidence), profile.column.to_bytes(), key)
    try:
        with transaction.atomic():
            keys.require_of_case(case, key)
            if fingerprint is not None:
                _refuse_brought(fingerprint)
            evidence.save(force_insert=True)
            sealed.save(force_insert=True)
            log.append(
                events.EVIDENCE_RECEIVED,
                at=at,
                by=by,
                subject=case,
                evidence=str(evidence.id),
                file_kind=evidence.kind,
                build=evidence.build,
                column_manifest=sealed.manifest_sha256.hex(),
            )
            if doubts:
                holds.hold(evidence, doubts, by=by, at=at)
    except BaseException as trouble:
        shelf.remove(sealed.place)
        if fingerprint is not None and isinstance(trouble, IntegrityError):
            _refuse_brought(fingerprint)  # it came twice at once
        raise
    return evidence


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
    used = rows.InUse.of(version)
    for file in GenomicFile.objects.filter(build=version.build).select_related("participant").iterator():
        with readings.under(Purpose.UPKEEP):
            rows.derive(file, used)
    return version


def sweep(*, before: datetime) -> list[str]:
    """Clear the shelf of files written `before` that no row speaks of: what a crash between two steps left.
    Leave an hour, for an intake under way has written its bytes and not yet its row. Returns names."""
    lying = shelf.names(before=before)
    known = {str(one) for one in GenomicFile.objects.values_list("id", flat=True)}
    known |= {str(one) for one in EvidenceProfile.objects.values_list("id", flat=True)}
    recorded = dict(Sealed.objects.values_list("name", "place"))
    places = set(recorded.values())
    orphans = [
        name
        for name in lying
        if name not in places and (name.split("/")[1] not in known or "@" in name or name in recorded)
    ]
    for name in orphans:
        shelf.remove(name)
    return orphans


def pieces(stream: BinaryIO) -> Iterator[bytes]:
    """A stream from its start."""
    stream.seek(0)
    while piece := stream.read(PIECE):
        yield piece


def _derived(file: GenomicFile, column: Column, key: bytes) -> list[Sealed]:
    """Its row of the panel in use, if they count along the same build."""
    used = rows.newest()
    if used is None or used.build != file.build:
        return []
    return rows.sealed(file, used, vault.row_of(column, used.panel), key)


def _refuse_twice(file: GenomicFile) -> None:
    same = GenomicFile.objects.filter(participant=file.participant, fingerprint=file.fingerprint)
    if same.exists():
        raise FileRefused(FileReason.DUPLICATE, "This very file is here already.")


def _refuse_brought(fingerprint: bytes) -> None:
    if EvidenceProfile.objects.filter(fingerprint=fingerprint).exists():
        raise FileRefused(
            FileReason.DUPLICATE,
            "Your organisation brought this very file before, for this case or another; search with it.",
        )


def _doubts(column: Column, build: Build) -> tuple[Doubt, ...]:
    """What speaks against evidence at the sites of the panel in use. Raises FileRefused for what cannot be
    compared there at all."""
    version = _panel()
    if version is None:
        return ()  # the search looks again (genomics.gate)
    if version.build != str(build):
        what = f"It counts along {build}, and people are compared along {version.build}."
        raise FileRefused(FileReason.OTHER_BUILD, what)
    panel = Panel.from_bytes(bytes(version.data))
    looked = plausible.seen(vault.row_of(column, panel), panel)
    if Doubt.TOO_FEW in looked.doubts:
        what = (
            f"It tells {looked.look.sites:,} of the {len(panel):,} sites at which people are compared: too"
            " few to say who is related; or it is no person's, or not of the reference genome that it says."
        )
        raise FileRefused(FileReason.TOO_FEW_SITES, what)
    return looked.doubts


def _panel() -> PanelVersion | None:
    return PanelVersion.objects.order_by("loaded_at", "id").last()
