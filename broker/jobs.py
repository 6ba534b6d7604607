"""Running a job: claim, clear, ask, release.

A job is claimed by one guarded UPDATE with a token and a lease; every later step is conditional on that
token, so a second delivery, a late worker and a killed one change nothing. Its effects are in the one
transaction that releases it. What may be read is decided in consent and read in genomics; in a large house
many workers read, and here it is joined and released.
"""

import json
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

from broker import (
    canaries,
    cases,
    cutting,
    events,
    job_ends,
    job_words,
    joining,
    releasing,
    reopening,
    staging,
    submissions,
    supervised,
    uses,
)
from broker import gates as kept
from broker.errors import LostClaim, TookTooLong
from broker.gates import Passage, Watch
from broker.job_words import LONGEST, MOST_ATTEMPTS, MOST_ROUNDS
from broker.models import TRANSITIONS, Job, JobGate, JobState, Project
from broker.releasing import Look, Ready
from broker.walls import leases
from consent import clearance as proofs
from consent import fence, policies
from consent.clearance import Clearance
from consent.ledger import log
from consent.terms import DataUse
from genomics import gate
from genomics.errors import PartsDiffer, RequestLapsed
from genomics.matching import parse
from genomics.matching.question import Question

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to run a job for as long as the token stands in its row."""

    job: Job
    token: UUID
    clock: Clock
    passage: Passage  # what this attempt asks the law with
    begun: datetime
    lease: UUID | None = None  # opens keys meanwhile, where the database has walls

    @property
    def subject(self) -> str:
        return f"job:{self.job.pk}"

    def use(self) -> DataUse:
        return uses.of(self.job.query)

    def alias(self, ordinal: int) -> str:
        return staging.alias(cases.undertaking(self.job.query), ordinal)

    def move(self, after: JobState, **facts: Any) -> None:
        _move(self, after, **facts)


def run(job_id: UUID, *, clock: Clock, batch: int) -> list[UUID]:
    """Run the job to its end, unless it has ended, is somebody else's, or was cancelled; or until it is cut:
    the ranges to ring for then."""
    if reopening.is_held() or not policies.is_usable(at=clock()):
        return []  # it waits in the queue; the sweeper rings for it again
    try:
        claim = _claim(job_id, clock)
        if claim is not None:
            with job_ends.told(claim), leases.held(claim.lease):
                return _run(claim, batch)
    except LostClaim:
        logger.info("job %s went on without this worker", job_id)
    return []


def _claim(job_id: UUID, clock: Clock) -> Claim | None:
    now = clock()
    claimed = leases.claim_job(job_id, at=now, lasts=_lease(now))
    if claimed is None:
        return None
    job = Job.objects.select_related("query").get(pk=job_id)
    Job.objects.filter(pk=job_id, started_at__isnull=True).update(started_at=now)
    claim = Claim(job, claimed.token, clock, Passage(job), now, claimed.lease)
    if job.attempt > MOST_ATTEMPTS:
        job_ends.park(claim)
        return None
    return claim


def _run(claim: Claim, batch: int) -> list[UUID]:
    question, whole = parse(claim.job.query.question), joining.Whole.of(claim.job)
    submissions.require_told(question, claim.job.query.purposes, uses.policy(claim.clock()))
    if whole is not None:
        whole.adopt(claim.passage)
    clearance = _cleared(claim)
    if whole is None and cutting.ranges_of(clearance) > 1:
        return cutting.cut(claim, clearance)
    changed = 0
    for _ in range(MOST_ROUNDS):
        try:
            asked = _asked(claim, whole, question, clearance, batch)
        except PartsDiffer:
            return cutting.cut(claim, clearance)
        ready = _stage(claim, asked)
        released = supervised.run(partial(_release, claim, ready), first=partial(_look, claim, ready))
        if released:
            return []
        changed += released is False
        # Somebody changed her mind since, or the release stood still and was ended: the answer is made again
        # from nothing, for the difference of two answers would name her.
        _move(claim, JobState.RUNNING, answer=None, manifest=None)
        if whole is not None:
            whole.let_go(claim.passage, asked.clearance)
            clearance = _cleared(claim)
            continue
        now = claim.clock()
        clearance = proofs.recut(asked.clearance, use=claim.use(), policy=uses.policy(now), at=now)
        if clearance.reasons:
            raise RequestLapsed(clearance.reasons)
        claim.passage.cut(asked.clearance, clearance)
    trouble = job_words.unsettled(changed)
    job_ends.end(claim, JobState.PAUSED, events.JOB_PAUSED, trouble=trouble, told=job_words.UNSETTLED)
    return []


def _cleared(claim: Claim) -> Clearance:
    """The law is asked about everybody."""
    now, asker = claim.clock(), uses.asker(claim.job.query)
    clearance = proofs.clear(claim.use(), policy=uses.policy(now), at=now, asker=asker)
    if clearance.reasons:
        raise RequestLapsed(clearance.reasons)
    canaries.guard(claim.subject, clearance, at=now)
    return _within_snapshot(claim, clearance)


def _asked(
    claim: Claim, whole: joining.Whole | None, question: Question, clearance: Clearance, batch: int
) -> gate.Asked:
    """Everybody is read here, or was by others."""
    policy = uses.policy(clearance.at)
    if whole is not None:
        standing = whole.standing(claim, clearance, policy, size=batch, on_part=partial(_renew, claim))
        asking = gate.Asking(claim.use, policy, claim.clock)
        on_each = partial(_renew, claim)
        asked = gate.conclude(
            question, standing, whole.found(), asking=asking, alias=claim.alias, on_each=on_each
        )
        canaries.guard(claim.subject, standing, opened=asked.opened, at=claim.clock())
        return asked
    batch = gate.at_once(question, batch)
    watch = Watch(claim.passage, policy.version, claim.use, claim.clock, partial(_went_on, claim))
    asked = gate.ask(
        question,
        clearance,
        asking=gate.Asking(watch.use, policy, watch.clock),
        alias=claim.alias,
        batch=batch,
        on_batch=watch.batch_done,
    )
    canaries.guard(claim.subject, asked.clearance, opened=asked.opened, at=claim.clock())
    claim.passage.read(clearance, asked.clearance, batch)
    return asked


def _within_snapshot(claim: Claim, clearance: Clearance) -> Clearance:
    """The first attempt takes the snapshot; a later one is held to it and never takes a new one."""
    place = f"{claim.job.pk}/snapshot"
    if claim.job.snapshot is not None:
        claim.passage.asked(JobGate.Kind.AGAIN, clearance)
        return proofs.within(clearance, proofs.from_bitmap(staging.unseal(bytes(claim.job.snapshot), place)))
    asked = claim.passage.asked(JobGate.Kind.SNAPSHOT, clearance)
    sealed = staging.seal(proofs.bitmap(one.ordinal for one in clearance.permitted), place)
    with transaction.atomic():
        _move(
            claim,
            JobState.RUNNING,
            snapshot=sealed,
            position=clearance.position,
            policy_version=clearance.policy_version,
        )
        claim.passage.write()
        log.append(
            events.JOB_CLEARED,
            at=clearance.at,
            by="worker",
            subject=claim.subject,
            snapshot_sha256=staging.commitment(sealed),
            gate_sha256=asked.sha256,
            asker=uses.named(clearance.asker),
            **kept.summary(clearance),
        )
    return clearance


def _stage(claim: Claim, asked: gate.Asked) -> Ready:
    """Seal the answer and who it rests on, before the transaction that makes them readable."""
    manifest = kept.written(claim.passage, asked.clearance, at=claim.clock())
    answer = staging.seal(json.dumps(asked.answer.as_json()).encode(), f"{claim.job.pk}/answer")
    sealed = staging.seal(manifest.text, f"{claim.job.pk}/manifest")
    with transaction.atomic():
        _move(claim, JobState.RELEASING, answer=answer, manifest=sealed)
        claim.passage.write()
    return Ready.of(claim.passage, asked.clearance, manifest, answer=answer, sealed=sealed)


def _look(claim: Claim, ready: Ready) -> Look:
    return releasing.look(ready, use=claim.use, clock=claim.clock)


def _release(claim: Claim, ready: Ready, seen: Look) -> bool:
    """What is done in the one short transaction: the gate lock, whether anything relied on has changed since
    the look, the flip, the event. False, with nothing changed, when the answer no longer rests on what holds.
    """
    fence.hold()  # before anything is read
    if not releasing.holds(seen):
        seen = _look(claim, ready)
    now, use, policy = claim.clock(), claim.use(), seen.policy
    if not (seen.stood and ready.footing.lasts(use=use, policy=policy, at=now)):
        return False
    _move(claim, JobState.RELEASED, ended_at=now, lease_until=None, progress=100)
    last = claim.passage.close(
        JobGate.Kind.RELEASE, at=now, position=seen.position, policy_version=policy.version, use=use
    )
    log.append(
        events.JOB_RELEASED,
        at=now,
        by="worker",
        subject=claim.subject,
        gates_sha256=kept.together((*ready.gates, last.sha256)),
        **ready.said,
    )
    ready.manifest.bind(claim.subject, at=now)
    request = claim.job.query.request_id
    if request is not None and use.project.first_access_at is None:
        Project.objects.filter(requests=request, first_access_at__isnull=True).update(first_access_at=now)
    return True


def _went_on(claim: Claim, done: int, total: int) -> None:
    """Another batch is through: show it. Progress never goes back, for that would tell the asker that
    somebody changed her mind."""
    _renew(claim, progress=Greatest(F("progress"), 100 * done // max(total, 1)))


def _renew(claim: Claim, **facts: Any) -> None:
    """Keep the lease, and stop if somebody stopped it, or it takes too long."""
    if claim.clock() - claim.begun > LONGEST:
        raise TookTooLong(job_words.TOO_LONG)
    _held(claim, lease_until=_lease(claim.clock()), **facts)


def _move(claim: Claim, after: JobState, **facts: Any) -> None:
    """One arrow of the table, taken only while the claim holds."""
    before = [state for state, next_ in TRANSITIONS.items() if after in next_]
    if claim.job.cut_into and after == JobState.PAUSED:
        facts["cut_into"] = 0
    _held(claim, before, state=after, **facts)
    if claim.job.cut_into and after not in cutting.UNDER_WAY:
        cutting.clear_away(claim.job)


def _held(claim: Claim, states: list[JobState] | None = None, **facts: Any) -> None:
    """Write to the job's row if the token still stands in it. Raises LostClaim if it does not."""
    row = Job.objects.filter(pk=claim.job.pk, token=claim.token)
    if not (row if states is None else row.filter(state__in=states)).update(**facts):
        raise LostClaim(f"Job {claim.job.pk} is no longer this worker's.")


def _lease(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.LEASE_SECONDS)
