"""Writing a query down: the request gates are asked, and it is saved and ledgered with its job, or with the
reasons why not. Who may ask is settled before; the queue is rung afterwards (broker.queries).
"""

import hashlib
from datetime import datetime
from typing import Any

from django.db import transaction

from broker import cases, events, uses
from broker.models import AccessRequest, Case, Job, Query, QueryState, User
from broker.roles import Role
from consent.decision import request_reasons
from consent.ledger import log
from consent.terms import canonical


def record(
    asked: dict[str, Any], *, under: AccessRequest | Case, by: User, role: Role, at: datetime, key: str = ""
) -> Query:
    """The query, with a job that waits unless a request gate refused it."""
    with transaction.atomic():
        query = Query.objects.create(
            request=under if isinstance(under, AccessRequest) else None,
            case=under if isinstance(under, Case) else None,
            question=asked,
            purposes=purposes(under),
            asked_by=by,
            role=role,
            submitted_at=at,
            idempotency_key=key,
        )
        reasons = [str(reason) for reason in request_reasons(uses.of(query), uses.policy(at), at)]
        query.state = QueryState.REFUSED if reasons else QueryState.APPROVED
        query.reasons = reasons
        query.save(update_fields=["state", "reasons"])
        if reasons:
            log.append(
                events.QUERY_REFUSED,
                at=at,
                by=by.reference,
                subject=f"query:{query.id}",
                reasons=reasons,
                purposes=query.purposes,
                under=_name(under),
            )
            return query
        job = Job.objects.create(query=query, created_at=at, rung_at=at)
        log.append(
            events.QUERY_SUBMITTED,
            at=at,
            by=by.reference,
            subject=f"query:{query.id}",
            job=str(job.id),
            question_kind=asked["kind"],
            question_sha256=hashlib.sha256(canonical(asked)).hexdigest(),
            purposes=query.purposes,
            under=_name(under),
        )
    return query


def purposes(under: AccessRequest | Case) -> list[str]:
    return sorted(under.purposes) if isinstance(under, AccessRequest) else [under.purpose]


def _name(under: AccessRequest | Case) -> str:
    return f"request:{under.id}" if isinstance(under, AccessRequest) else cases.reference(under)
