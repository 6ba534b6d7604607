"""The one door to claims and leases: PostgreSQL claims and draws itself, elsewhere it is one guarded UPDATE.

    claimed = leases.claim_job(job, at=now, lasts=now + lease)      # None: somebody else's, or over
    with leases.held(claimed.lease): ...                            # keys can be read in here

Inside, every statement that touches a walled table runs in a transaction with its lease SET LOCAL, so that a
connection that is used again carries nothing along. What a lease opens is settled in walls.policies.
"""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Model, Q, QuerySet

from broker.errors import LostClaim
from broker.models import Job, JobRange, JobState, RangeState, Upload, UploadState, all_read
from broker.walls.lease_functions import SETTING
from broker.walls.tables import WALLED
from consent.models import Participant
from genomics.errors import QuestionRefused, VaultSealed

RENEW_AFTER = 60.0  # seconds; a lease lives for some minutes


@dataclass(frozen=True, slots=True)
class Claimed:
    """The token that stands in the row, and what opens keys meanwhile: None where there are no walls."""

    token: UUID
    lease: UUID | None


def claim_job(job: UUID, *, at: datetime, lasts: datetime) -> Claimed | None:
    """The right to run a job that waits, whose worker fell silent, or whose ranges are all done."""
    silent = Q(state__in=[JobState.RUNNING, JobState.RELEASING], lease_until__lt=at)
    free = Job.objects.filter(Q(state=JobState.QUEUED) | silent | all_read(), pk=job)
    # What another attempt had staged is nobody's.
    return _claim("claim_job", free, job, at, lasts, state=JobState.RUNNING, answer=None, manifest=None)


def claim_range(part: UUID, *, at: datetime, lasts: datetime) -> Claimed | None:
    """The right to read a range that waits, or whose worker fell silent, while its job is cut."""
    silent = Q(state=RangeState.RUNNING, lease_until__lt=at)
    free = JobRange.objects.filter(
        Q(state=RangeState.WAITING) | silent, pk=part, job__in=Job.objects.filter(state=JobState.CUT)
    )
    return _claim("claim_range", free, part, at, lasts, state=RangeState.RUNNING)


def claim_upload(upload: UUID, *, at: datetime, lasts: datetime) -> Claimed | None:
    """The right to check an upload that is whole, or whose worker fell silent."""
    silent = Q(state=UploadState.CHECKING, lease_until__lt=at)
    free = Upload.objects.filter(Q(state=UploadState.ARRIVED) | silent, pk=upload)
    return _claim("claim_upload", free, upload, at, lasts, state=UploadState.CHECKING, read=0)


@contextmanager
def record(participant: Participant) -> Iterator[None]:
    """Her own record is open in here: to be handed back to her, or erased. That it was is written down."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT walls.open_record(%s)", [participant.pk])
        lease = cursor.fetchone()[0]
    with held(lease):
        yield


@contextmanager
def evidence(case: str) -> Iterator[None]:
    """The key of this case's evidence is open in here, for more of it to be taken in. That it was is written
    down. Raises VaultSealed when the case has ended."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT walls.open_evidence(%s)", [case])
        lease = cursor.fetchone()[0]
    if lease is None:
        raise VaultSealed(f"{case} has ended. Nothing was stored.")
    try:
        with connection.execute_wrapper(_Shown(lease)):
            yield
    except LostClaim as over:
        raise VaultSealed(f"{case} has ended. Nothing was stored.") from over


@contextmanager
def held(lease: UUID | None) -> Iterator[None]:
    """Keys can be read in here. Raises LostClaim when what was claimed is over meanwhile."""
    if lease is None:
        yield
        return
    shown = _Shown(lease)
    try:
        with connection.execute_wrapper(shown):
            yield
    except (VaultSealed, QuestionRefused) as trouble:
        # A wall that shut in the middle looks like a key, or a profile, that is gone.
        if not shown.stands():
            raise LostClaim(f"The lease ended meanwhile ({trouble})") from trouble
        raise


@dataclass(slots=True)
class _Shown:
    """Shows the lease to the database with each statement that needs it."""

    lease: UUID
    renewed: float = field(default_factory=time.monotonic)

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        if not any(table in sql for table in WALLED):
            return execute(sql, params, many, context)
        if time.monotonic() - self.renewed > RENEW_AFTER and not self.stands():
            raise LostClaim("The lease is over: another worker has this now, or it was stopped.")
        with nullcontext() if connection.in_atomic_block else transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config(%s, %s, true)", [SETTING, str(self.lease)])  # SET LOCAL
            return execute(sql, params, many, context)

    def stands(self) -> bool:
        """Renews it as well."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT walls.renew(%s)", [self.lease])
            stands = bool(cursor.fetchone()[0])
        self.renewed = time.monotonic()
        return stands


def _claim(
    function: str, free: QuerySet[Any, Model], pk: UUID, at: datetime, lasts: datetime, **facts: Any
) -> Claimed | None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT token, lease FROM walls.{function}(%s, %s, %s)", [pk, at, lasts])
            row = cursor.fetchone()
        return Claimed(*row) if row else None
    token = uuid.uuid4()
    facts |= {"token": token, "lease_until": lasts, "attempt": F("attempt") + 1, "rung_at": at}
    return Claimed(token, None) if free.update(**facts) else None
