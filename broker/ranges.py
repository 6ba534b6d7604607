"""Reading one range of a job: claim it, ask the law anew about its people, look, keep what was found, sealed.

Claimed as a job is, with a token and a lease; its effects are in the one transaction that finishes it, and a
range whose worker fell silent is done again. Nothing is concluded here, and nothing released: whoever
finishes the last one rings for the job. What is wrong with a range ends its job (broker.job_ends).
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from broker import canaries, cutting, job_ends, job_words, joining, reopening, staging, submissions, uses
from broker.errors import LostClaim, TookTooLong
from broker.gates import Passage, Watch
from broker.models import Job, JobGate, JobRange, JobState, RangeState
from broker.walls import leases
from consent import clearance as proofs
from consent import policies
from consent.terms import DataUse
from genomics import gate
from genomics.errors import RequestLapsed
from genomics.matching import parse

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to read a range for as long as the token stands in its row, and its job is cut."""

    part: JobRange
    token: UUID
    clock: Clock
    passage: Passage  # the job's own, for a range that ends it
    begun: datetime
    lease: UUID | None = None  # opens keys meanwhile, where the database has walls

    @property
    def job(self) -> Job:
        return self.part.job

    @property
    def subject(self) -> str:
        return f"job:{self.job.pk}"

    def use(self) -> DataUse:
        return uses.of(self.job.query)

    def move(self, after: JobState, **facts: Any) -> None:
        """End the job. Its row first, then the range's: so does everybody, and nobody waits for ever."""
        facts |= {"cut_into": 0} if after == JobState.PAUSED else {}
        if not Job.objects.filter(pk=self.job.pk, state=JobState.CUT).update(state=after, **facts):
            raise LostClaim(f"Job {self.job.pk} has ended, or is read no more.")
        _held(self)
        cutting.clear_away(self.job)


def run(range_id: UUID, *, clock: Clock, batch: int) -> UUID | None:
    """Read the range, unless it is done, somebody else's, or its job has ended. The job to ring for, when
    this was the last of its ranges."""
    if reopening.is_held() or not policies.is_usable(at=clock()):
        return None  # it waits; the sweeper rings for it again
    try:
        claim = _claim(range_id, clock)
        if claim is None:
            return None
        with job_ends.told(claim), leases.held(claim.lease):
            return _read(claim, batch)
    except LostClaim:
        logger.info("range %s went on without this worker", range_id)
    return None


def _claim(range_id: UUID, clock: Clock) -> Claim | None:
    now = clock()
    claimed = leases.claim_range(range_id, at=now, lasts=_lease(now))
    part = JobRange.objects.select_related("job__query").filter(pk=range_id).first()
    if claimed is None or part is None:
        return None
    claim = Claim(part, claimed.token, clock, Passage(part.job), now, claimed.lease)
    if part.attempt > job_words.MOST_ATTEMPTS:
        job_ends.park(claim)
        return None
    return claim


def _read(claim: Claim, batch: int) -> UUID | None:
    job, now = claim.job, claim.clock()
    question, policy = parse(job.query.question), uses.policy(now)
    submissions.require_told(question, job.query.purposes, policy)
    share = cutting.Share.of(claim.part)
    asker = uses.asker(job.query)
    clearance = proofs.clear(claim.use(), policy=policy, at=now, asker=asker, only=share.people)
    if clearance.reasons:
        raise RequestLapsed(clearance.reasons)
    canaries.guard(claim.subject, clearance, at=now)
    passage = Passage.apart(job)
    first = passage.asked(JobGate.Kind.RANGE, clearance)
    clearance = proofs.narrowed(clearance, share.people, lambda _ordinal: (joining.LOST,))
    passage.lost = dict.fromkeys(
        set(share.people) - {one.ordinal for one in clearance.permitted}, first.number
    )
    batch = gate.at_once(question, batch)
    watch = Watch(passage, policy.version, claim.use, claim.clock, partial(_went_on, claim))
    part = gate.look(
        question,
        clearance,
        asking=gate.Asking(watch.use, policy, watch.clock),
        seal=partial(staging.seal, place=cutting.place(job.pk, claim.part.number, "found")),
        batch=batch,
        on_batch=watch.batch_done,
    )
    canaries.guard(claim.subject, part.clearance, opened=part.opened, at=claim.clock())
    passage.read(clearance, part.clearance, batch)
    asked = joining.Asked.of(passage, part.clearance)
    return _finish(
        claim, staging.seal(asked.as_bytes(), cutting.place(job.pk, claim.part.number, "asked")), part
    )


def _finish(claim: Claim, asked: bytes, part: gate.Part) -> UUID | None:
    """What the law said and what was found is written, and how far the job is; one after the other."""
    job, now = claim.job, claim.clock()
    with transaction.atomic():
        if not Job.objects.select_for_update().filter(pk=job.pk, state=JobState.CUT).exists():
            raise LostClaim(f"Job {job.pk} has ended, or is read no more.")
        _held(claim, state=RangeState.DONE, lease_until=None, asked=asked, found=part.sealed)
        done = JobRange.objects.filter(job=job, state=RangeState.DONE).count()
        facts: dict[str, Any] = {"progress": Greatest(F("progress"), 100 * done // job.cut_into)}
        if done == job.cut_into:
            facts["rung_at"] = now
        Job.objects.filter(pk=job.pk).update(**facts)
    return job.pk if done == job.cut_into else None


def _went_on(claim: Claim, _done: int, _total: int) -> None:
    """Another batch is through: keep the lease, and stop if the job was stopped."""
    now = claim.clock()
    if now - claim.begun > job_words.LONGEST:
        raise TookTooLong(job_words.TOO_LONG)
    _held(claim, lease_until=_lease(now))


def _held(claim: Claim, **facts: Any) -> None:
    """Write to the range's row if the token still stands in it. Raises LostClaim if it does not."""
    facts = facts or {"state": RangeState.RUNNING}
    row = JobRange.objects.filter(pk=claim.part.pk, token=claim.token, state=RangeState.RUNNING)
    if not row.update(**facts):
        raise LostClaim(f"Range {claim.part.pk} is no longer this worker's.")


def _lease(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.LEASE_SECONDS)
