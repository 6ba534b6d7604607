"""Running a job: claim, clear, ask, release.

A job is claimed by one guarded UPDATE with a token and a lease; every later step is conditional on that
token, so a second delivery, a late worker and a killed one change nothing. Its effects are in the one
transaction that releases it. What may be read is decided in consent and read in genomics.
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
    events,
    job_words,
    notices,
    people,
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
from broker.job_words import LONGEST, MOST_ROUNDS
from broker.models import TRANSITIONS, Job, JobGate, JobState, Project
from broker.releasing import Look, Ready
from broker.roles import Role
from broker.sweeping import MOST_ATTEMPTS
from broker.walls import leases
from consent import alarms, fence, policies
from consent import clearance as proofs
from consent.clearance import Clearance
from consent.errors import LedgerBroken, SealBroken
from consent.ledger import log
from consent.ledger.kinds import EventKind
from consent.terms import DataUse
from genomics import gate
from genomics.errors import GenomicsError, QuestionRefused, RequestLapsed
from genomics.matching import parse

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


def run(job_id: UUID, *, clock: Clock, batch: int) -> None:
    """Run the job to its end, unless it has ended, is somebody else's, or was cancelled."""
    if reopening.is_held() or not policies.is_usable(at=clock()):
        return  # it waits in the queue; the sweeper rings for it again
    claim = _claim(job_id, clock)
    if claim is None:
        return
    try:
        _carry_out(claim, batch)
    except LostClaim:
        logger.info("job %s went on without this worker", job_id)


def _carry_out(claim: Claim, batch: int) -> None:
    try:
        with leases.held(claim.lease):
            _run(claim, batch)
    except RequestLapsed as lapsed:
        _refuse(claim, [str(reason) for reason in lapsed.reasons])
    except (SealBroken, LedgerBroken, staging.StagedBroken) as broken:
        _end(claim, JobState.PAUSED, events.JOB_PAUSED, trouble=str(broken), told=job_words.UNSOUND)
        _ring(claim, str(broken))
    except (QuestionRefused, TookTooLong) as trouble:
        _end(claim, JobState.FAILED, events.JOB_FAILED, trouble=str(trouble))
    except GenomicsError as trouble:
        _end(claim, JobState.FAILED, events.JOB_FAILED, trouble=str(trouble), told=job_words.UNREADABLE)


def _claim(job_id: UUID, clock: Clock) -> Claim | None:
    now = clock()
    claimed = leases.claim_job(job_id, at=now, lasts=_lease(now))
    if claimed is None:
        return None
    job = Job.objects.select_related("query").get(pk=job_id)
    Job.objects.filter(pk=job_id, started_at__isnull=True).update(started_at=now)
    claim = Claim(job, claimed.token, clock, Passage(job), now, claimed.lease)
    if job.attempt > MOST_ATTEMPTS:
        _end(claim, JobState.PAUSED, events.JOB_PAUSED, trouble=job_words.PARKED)
        return None
    return claim


def _run(claim: Claim, batch: int) -> None:
    question = parse(claim.job.query.question)
    now = claim.clock()
    submissions.require_told(question, claim.job.query.purposes, uses.policy(now))
    asker = uses.asker(claim.job.query)
    clearance = proofs.clear(claim.use(), policy=uses.policy(now), at=now, asker=asker)
    if clearance.reasons:
        raise RequestLapsed(clearance.reasons)
    canaries.guard(claim.subject, clearance, at=now)
    clearance = _within_snapshot(claim, clearance)
    changed = 0
    for _ in range(MOST_ROUNDS):
        policy = uses.policy(now)
        watch = Watch(claim.passage, policy.version, claim.use, claim.clock, partial(_went_on, claim))
        asked = gate.ask(
            question,
            clearance,
            use=watch.use,
            policy=policy,
            clock=watch.clock,
            alias=lambda ordinal: staging.alias(cases.undertaking(claim.job.query), ordinal),
            batch=batch,
            on_batch=watch.batch_done,
        )
        canaries.guard(claim.subject, asked.clearance, opened=asked.opened, at=claim.clock())
        claim.passage.read(clearance, asked.clearance, batch)
        ready = _stage(claim, asked)
        released = supervised.run(partial(_release, claim, ready), first=partial(_look, claim, ready))
        if released:
            return
        changed += released is False
        # Somebody changed her mind since, or the release stood still and was ended: the answer is made again
        # from nothing, for the difference of two answers would name her.
        _move(claim, JobState.RUNNING, answer=None, manifest=None)
        now = claim.clock()
        clearance = proofs.recut(asked.clearance, use=claim.use(), policy=uses.policy(now), at=now)
        if clearance.reasons:
            raise RequestLapsed(clearance.reasons)
        claim.passage.cut(asked.clearance, clearance)
    trouble = job_words.unsettled(changed)
    _end(claim, JobState.PAUSED, events.JOB_PAUSED, trouble=trouble, told=job_words.UNSETTLED)


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
    """Another batch is through: show it, keep the lease, and stop if somebody stopped it. Progress never goes
    back, for that would tell the asker that somebody changed her mind."""
    if claim.clock() - claim.begun > LONGEST:
        raise TookTooLong(job_words.TOO_LONG)
    further = Greatest(F("progress"), 100 * done // max(total, 1))
    _held(claim, progress=further, lease_until=_lease(claim.clock()))


def _refuse(claim: Claim, reasons: list[str]) -> None:
    now = claim.clock()
    with transaction.atomic():
        _move(claim, JobState.REFUSED, reasons=reasons, ended_at=now, answer=None, manifest=None)
        version = uses.policy(now).version
        last = claim.passage.close(
            JobGate.Kind.REFUSED,
            at=now,
            position=fence.position(),
            policy_version=version,
            use=claim.use(),
        )
        told = {"reasons": reasons, "gate_sha256": last.sha256}
        log.append(events.JOB_REFUSED, at=now, by="worker", subject=claim.subject, **told)


def _end(claim: Claim, after: JobState, kind: EventKind, *, trouble: str, told: str = "") -> None:
    with transaction.atomic():
        _move(claim, after, trouble=told or trouble, ended_at=claim.clock(), answer=None, manifest=None)
        log.append(kind, at=claim.clock(), by="worker", subject=claim.subject, trouble=trouble)


def _ring(claim: Claim, trouble: str) -> None:
    """Auditors hear of what is not as it was recorded, and why this job waits for them."""
    with transaction.atomic():
        at = claim.clock()
        told = alarms.rang(trouble, at=at)  # by another job that came upon the same
        if alarms.unsound(trouble, at=at, subject=claim.subject) is not None and not told:
            notices.tell(people.holding(Role.AUDITOR), "unsound", at=at)


def _move(claim: Claim, after: JobState, **facts: Any) -> None:
    """One arrow of the table, taken only while the claim holds."""
    before = [state for state, next_ in TRANSITIONS.items() if after in next_]
    _held(claim, before, state=after, **facts)


def _held(claim: Claim, states: list[JobState] | None = None, **facts: Any) -> None:
    """Write to the job's row if the token still stands in it. Raises LostClaim if it does not."""
    row = Job.objects.filter(pk=claim.job.pk, token=claim.token)
    if not (row if states is None else row.filter(state__in=states)).update(**facts):
        raise LostClaim(f"Job {claim.job.pk} is no longer this worker's.")


def _lease(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.LEASE_SECONDS)
