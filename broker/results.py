"""Reading a released answer: unsealed, with what makes it citable. Reading is an event."""

import json
from datetime import datetime
from typing import Any

from django.db import transaction

from broker import events, staging
from broker.errors import NotAllowed, Refused
from broker.models import Job, JobState, User
from consent.ledger import log


def snapshot_of(job: Job) -> str:
    """Names what an answer rests on, for a citation. The consent position would tell how many changed their
    minds between two answers; this tells nothing."""
    return staging.commitment(bytes(job.snapshot or b""))[:16]


def read(job: Job, *, by: User, at: datetime) -> dict[str, Any]:
    """The answer of a released job for somebody who works on its project or case."""
    if not Job.objects.visible_to(by).filter(pk=job.pk).exists():
        raise NotAllowed("This result is not yours to read.")
    if job.state != JobState.RELEASED:
        raise Refused(f"This job is {job.state_told.label}; there is no result to read.")
    answer: dict[str, Any] = json.loads(staging.unseal(bytes(job.answer or b""), f"{job.pk}/answer"))
    with transaction.atomic():
        log.append(events.RESULT_READ, at=at, by=by.reference, subject=f"job:{job.pk}")
    return {
        "query_id": str(job.query_id),
        "question": job.query.question,
        "policy_version": job.policy_version,
        "consent_snapshot": snapshot_of(job),
        **{name: value for name, value in answer.items() if name != "question"},
    }
