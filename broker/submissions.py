"""Writing a query down: the request gates are asked, and it is saved and ledgered with its job, or with the
reasons why not; a search under a case waits without a job until two have signed it (broker.searches). Who may
ask is settled before; the queue is rung afterwards (broker.queries).
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from broker import cases, events, uses
from broker.errors import Refused
from broker.models import (
    QUERY_TRANSITIONS,
    AccessRequest,
    Authorisation,
    Case,
    Job,
    Query,
    QueryState,
    User,
)
from broker.roles import Role
from consent import fence
from consent.decision import request_reasons
from consent.ledger import log
from consent.purposes import PURPOSES
from consent.terms import Policy, canonical
from genomics.matching.question import Question
from genomics.matching.relatives import Relatives

BY_A_REVIEWER = "a reviewer refused it"  # where the reasons of a refused query are none of a gate

# Which kinds of question a domain of purposes may ask: police never learn a trait, research never a relative.
ASKABLE: dict[str, frozenset[str]] = {
    "R": frozenset({"carriers", "frequencies"}),
    "A": frozenset(),
    "C": frozenset(),
    "Q": frozenset({"identity"}),
    "L": frozenset({"relatives", "identity"}),
    "E": frozenset({"relatives", "identity"}),
    "G": frozenset({"relatives"}),
}


def record(
    asked: dict[str, Any], *, under: AccessRequest | Case, by: User, role: Role, at: datetime, key: str = ""
) -> Query:
    """The query, with a job that waits unless a request gate refused it."""
    with transaction.atomic():
        query = Query.objects.create(
            request=under if isinstance(under, AccessRequest) else None,
            case=under if isinstance(under, Case) else None,
            authorisation=court_paper(under) if isinstance(under, Case) else None,
            question=asked,
            purposes=purposes(under),
            asked_by=by,
            role=role,
            submitted_at=at,
            idempotency_key=key,
        )
        use = uses.unsigned(query)
        reasons = [str(reason) for reason in request_reasons(use, uses.policy(at), at)]
        if reasons:
            refuse(query, reasons, by=by.reference, at=at)
        elif query.case is None:
            begin(query, at=at)
        else:
            log.append(
                events.SEARCH_SUBMITTED,
                at=at,
                by=by.reference,
                subject=f"query:{query.id}",
                question_kind=asked["kind"],
                question_sha256=_digest(query),
                purposes=query.purposes,
                under=cases.undertaking(query),
                paper=query.authorisation_id,
            )
    return query


def begin(query: Query, *, at: datetime) -> Job:
    """It may be asked: its job waits from now on. Call inside a transaction."""
    _move(query, QueryState.APPROVED)
    job = Job.objects.create(query=query, created_at=at, rung_at=at)
    log.append(
        events.QUERY_SUBMITTED,
        at=at,
        by=query.asked_by.reference,
        subject=f"query:{query.id}",
        job=str(job.id),
        question_kind=query.question["kind"],
        question_sha256=_digest(query),
        purposes=query.purposes,
        under=cases.undertaking(query),
    )
    return job


def refuse(query: Query, reasons: list[str], *, by: str, at: datetime) -> None:
    """A request gate says no, with its codes; without any, somebody who reviewed it does. Call inside a
    transaction."""
    _move(query, QueryState.REFUSED, reasons=reasons)
    log.append(
        events.QUERY_REFUSED,
        at=at,
        by=by,
        subject=f"query:{query.id}",
        reasons=reasons or [BY_A_REVIEWER],
        purposes=query.purposes,
        under=cases.undertaking(query),
    )


def refuse_again(query: Query, *, role: str, by: str, at: datetime) -> None:
    """After a restore: a search that a reviewer refused since the backup is refused again."""
    with transaction.atomic():
        fence.advance([])
        subject = f"query:{query.pk}"
        log.append(events.SEARCH_DECIDED, at=at, by=by, subject=subject, approves=False, role=role)
        refuse(query, [], by=by, at=at)


def court_paper(case: Case) -> Authorisation | None:
    """The paper that a search submitted now rests on: the newest."""
    return case.authorisations.order_by("-recorded_at", "-pk").first()


def _move(query: Query, after: QueryState, **facts: Any) -> None:
    before = [state for state, next_ in QUERY_TRANSITIONS.items() if after in next_]
    if not Query.objects.filter(pk=query.pk, state__in=before).update(state=after, **facts):
        raise Refused("This query was decided already. Nothing was changed.")
    query.refresh_from_db()


def purposes(under: AccessRequest | Case) -> list[str]:
    return sorted(under.purposes) if isinstance(under, AccessRequest) else [under.purpose]


def require_told(asked: Question, purposes: Iterable[str], policy: Policy) -> None:
    """Raises QuestionRefused for a question about shorter pieces of DNA than are told for these purposes."""
    if isinstance(asked, Relatives):
        asked.require(shortest_segment(purposes, policy))


def shortest_segment(purposes: Iterable[str], policy: Policy) -> int:
    """In centimorgans: of several purposes the strictest decides."""
    return max(policy.shortest_segment(PURPOSES[purpose].family) for purpose in purposes)


def _digest(query: Query) -> str:
    return hashlib.sha256(canonical(query.question)).hexdigest()
