"""The verbs of a query: submit, cancel.

submit asks whether she may, whether the question is well formed and fits its purpose, saves it, ledgers it,
and rings the queue once all that is committed. A search under a case is not rung for: it waits until two have
signed it (searches). Running it is in jobs.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from broker import access, budgets, cases, events, reopening, rights, stopping, submissions, tasks, uses
from broker.errors import BudgetSpent, NotAllowed, Refused
from broker.models import AccessRequest, Case, Job, Query, User
from broker.roles import Right, Role
from consent.ledger import log
from consent.purposes import PURPOSES
from genomics import holds
from genomics.errors import GenomicsError
from genomics.matching import parse
from genomics.models import EvidenceProfile


def submit(
    question: Mapping[str, Any],
    *,
    under: AccessRequest | Case,
    by: User,
    at: datetime,
    idempotency_key: str = "",
) -> Query:
    """Ask a question. The same idempotency key from the same person returns the query it made before.

    Raises NotAllowed or Refused, with nothing saved, when she may not ask or nobody could answer; BudgetSpent
    when her organisation has searched with as many profiles as it may. A query
    that fails a request gate is saved as refused, with its reasons: that somebody tried is worth knowing."""
    rights.require(by, Right.ASK)
    reopening.require_open()
    role = _role(by, under)
    asked = _well_formed(question, under, at)
    if (before := _asked_before(asked, under=under, by=by, key=idempotency_key)) is not None:
        return before
    try:
        return _save(asked, under=under, by=by, role=role, at=at, key=idempotency_key)
    except IntegrityError:  # the same was sent twice at once, and the other came first
        if (before := _asked_before(asked, under=under, by=by, key=idempotency_key)) is not None:
            return before
        raise


def cancel(job: Job, *, by: User, at: datetime) -> bool:
    """Stop a job that has not been released. Whoever runs it notices at its next step. True if it stopped."""
    if not Job.objects.visible_to(by).filter(pk=job.pk).exists():
        raise NotAllowed("This job is not yours to cancel.")
    stopped = stopping.stop(Job.objects.filter(pk=job.pk), by=by.reference, at=at)
    job.refresh_from_db()
    return bool(stopped)


def _save(
    asked: dict[str, Any], *, under: AccessRequest | Case, by: User, role: Role, at: datetime, key: str
) -> Query:
    with transaction.atomic():
        spent = _spent(asked, under, at)
        if spent is None:
            query = submissions.record(asked, under=under, by=by, role=role, at=at, key=key)
            if (job := query.job) is not None:
                tasks.ring_on_commit(job)
            return query
        log.append(
            events.BUDGET_SPENT,
            at=at,
            by=by.reference,
            subject=spent.owner,
            profiles=spent.used,
            days=spent.days,
        )
    raise BudgetSpent(spent.sentence)


def _spent(asked: dict[str, Any], under: AccessRequest | Case, at: datetime) -> budgets.Budget | None:
    """The budget that this search would exceed; None where it exceeds none."""
    if not isinstance(under, Case) or asked.get("evidence") is None:
        return None
    budget = budgets.of(under, UUID(asked["evidence"]), policy=uses.policy(at), at=at, hold=True)
    return budget if budget.is_spent else None


def _asked_before(asked: dict[str, Any], *, under: AccessRequest | Case, by: User, key: str) -> Query | None:
    before = Query.objects.filter(asked_by=by, idempotency_key=key).first() if key else None
    if before is not None and (before.question != asked or under not in (before.request, before.case)):
        raise Refused("This idempotency key was used for another question. Nothing was submitted.")
    return before


def _role(user: User, under: AccessRequest | Case) -> Role:
    """The role in which she asks: it follows from what she asks under."""
    if isinstance(under, AccessRequest):
        if not rights.may(user, access.ASK, under.project):
            raise NotAllowed("You do not work on this project. Nothing was submitted.")
        wanted = Role.RESEARCHER
    else:
        if not cases.works_on(user, under):
            raise NotAllowed("You do not work on this case. Nothing was submitted.")
        wanted = Role.COUNSEL if PURPOSES[under.purpose].domain == "E" else Role.INVESTIGATOR
    if wanted not in user.roles:
        raise NotAllowed(f"You are not {wanted} here. Nothing was submitted.")
    return wanted


def _well_formed(question: Mapping[str, Any], under: AccessRequest | Case, at: datetime) -> dict[str, Any]:
    try:
        asked = parse(question)
        submissions.require_told(asked, submissions.purposes(under), uses.policy(at))
    except GenomicsError as wrong:
        raise Refused(f"{wrong} Nothing was submitted.") from None
    for purpose in submissions.purposes(under):
        if asked.kind not in submissions.ASKABLE[PURPOSES[purpose].domain]:
            raise Refused(
                f"A question of kind {asked.kind} cannot be asked for {purpose}. Nothing was submitted."
            )
    if asked.evidence is not None:
        name = cases.reference(under) if isinstance(under, Case) else ""
        profile = EvidenceProfile.objects.filter(id=asked.evidence, case=name).first()
        if profile is None:
            raise Refused("That evidence does not belong to this case. Nothing was submitted.")
        try:
            holds.require_free(profile)
        except GenomicsError as held:
            raise Refused(f"{held} Nothing was submitted.") from None
    return asked.as_json()
