"""The manifest of a released job, opened: whom it read, and whom not and why. Written in broker.gates.

Whoever cannot go on without one that does not open says so, and rings.
"""

import json
from datetime import datetime
from typing import Any

from django.db import transaction

from broker import notices, people, staging
from broker.models import Job
from broker.roles import Role
from consent import alarms
from consent import events as consent_events
from consent.ledger import log
from consent.models import LedgerOpening


def manifest_of(job: Job) -> dict[str, list[Any]]:
    """{"permitted": [ordinal], "left_out": [[ordinal, [reason]]], ...}; the rest is for broker.explaining.
    Raises StagedBroken if it is not as it was written."""
    manifest: dict[str, list[Any]] = json.loads(
        staging.unseal(bytes(job.manifest or b""), f"{job.pk}/manifest")
    )
    return manifest


def considered(job: Job) -> set[int]:
    """Everybody it considered. Raises StagedBroken as manifest_of does."""
    manifest = manifest_of(job)
    return {*manifest["permitted"], *(ordinal for ordinal, _ in manifest["left_out"])}


def ring(job: Job, *, at: datetime) -> None:
    """Auditors hear, once, that the manifest of this job does not open: an event and a notice."""
    subject, what = f"job:{job.pk}", f"The manifest of job {job.pk} is not as it was written."
    with transaction.atomic():
        told = LedgerOpening.objects.filter(subject=subject, event__kind=consent_events.UNSOUND.tag)
        if not told.filter(event__at__gte=job.ended).exists():
            log.append(consent_events.UNSOUND, at=at, by=alarms.WHO, subject=subject, what=what)
            notices.tell(people.holding(Role.AUDITOR), "unsound", at=at)
