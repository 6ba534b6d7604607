"""The second step of a case: a search, which waits until a steward and a legal reviewer have signed it.

What is signed is the question with its evidence and the judicial paper it was submitted under. The request
gates are asked again with the second signature, then by its job at each of its three checks.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from broker import events, reopening, signatures, submissions, tasks, uses
from broker.errors import NotAllowed
from broker.models import Query, QueryState, User
from broker.roles import Role
from broker.signatures import Standing
from consent import fence
from consent.decision import request_reasons
from consent.ledger import log


def waiting() -> QuerySet[Query]:
    """Every search that waits for signatures, who came first coming first."""
    rows = Query.objects.filter(state=QueryState.SUBMITTED, case__isnull=False)
    return rows.select_related("case__organisation").order_by("submitted_at")


def decide(query: Query, *, role: Role, approves: bool, reason: str, by: User, at: datetime) -> Query:
    """One of the two signatures under a search. A refusal by either is a refusal."""
    if query.case is None:
        raise NotAllowed("This is no search of a case. Nothing was decided.")
    if approves:
        reopening.require_open()
    with transaction.atomic():
        if not approves:
            fence.advance([])
        standing = signatures.give(query, role=role, approves=approves, reason=reason, by=by, at=at)
        log.append(
            events.SEARCH_DECIDED,
            at=at,
            by=by.reference,
            subject=f"query:{query.pk}",
            approves=approves,
            role=str(role),
        )
        if standing is Standing.REFUSED:
            submissions.refuse(query, [], by=by.reference, at=at)
        elif standing is Standing.APPROVED:
            reasons = [str(one) for one in request_reasons(uses.of(query), uses.policy(at), at)]
            if reasons:
                submissions.refuse(query, reasons, by=by.reference, at=at)
            else:
                tasks.ring_on_commit(submissions.begin(query, at=at))
    query.refresh_from_db()
    return query
