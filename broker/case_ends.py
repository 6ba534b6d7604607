"""The end of a case: closed, or lapsed because its time or its last judicial paper has run out.

With it everything under it ends at once: searches and disclosures that wait, runs that have not been
released, and the evidence, with a line in the ledger that certifies it. What was disclosed stays disclosed.
"""

from datetime import datetime
from typing import TypedDict

from django.db import transaction
from django.db.models import QuerySet

from broker import cases, disclosures, events, stopping, submissions, uses
from broker.models import Case, Job, Query, QueryState, Reviewed, User
from broker.roles import Role
from consent import fence
from consent.decision import request_reasons
from consent.ledger import log
from consent.ledger.kinds import EventKind
from consent.models import LedgerOpening
from consent.reasons import Reason
from genomics import events as genomics_events
from genomics.intake import evidence
from genomics.models import EvidenceKey, EvidenceProfile

BY = "clock"  # who ends what has run out
OPEN = (Reviewed.SUBMITTED, Reviewed.APPROVED)
MOST_AT_ONCE = 100


class Certificate(TypedDict):
    """That a case's evidence is gone: what the ledger says, and what a look finds now."""

    case: str
    destroyed_at: str
    by: str
    gone_from_backups: str
    profiles: list[evidence.Destroyed]
    event: int
    commitment: str  # of the event, as the ledger's tree holds it
    sealed: bool  # whether it lies under a signed checkpoint yet
    left: evidence.Left


def close(case: Case, *, by: User, at: datetime) -> Case:
    """The searching is over: from now on nothing is asked, released or disclosed under the case."""
    cases.require_works_on(by, case)
    return _end(case, events.CASE_CLOSED, by=by.reference, at=at)


def end_again(case: Case, *, by: str, at: datetime) -> None:
    """After a restore: a case that ended since the backup ends again, with everything under it."""
    _end(case, events.CASE_CLOSED, by=by, at=at)


def lapse_due(*, at: datetime) -> int:
    """End what has run out, and what of an ended case's evidence is still here. Returns how many it did."""
    due = [case for case in Case.objects.filter(state__in=OPEN).order_by("valid_to") if _ran_out(case, at)]
    for case in due[:MOST_AT_ONCE]:
        _end(case, events.CASE_LAPSED, by=BY, at=at, why=_ran_out(case, at))
    return len(due[:MOST_AT_ONCE]) + _clear(at)


def has_run_out(case: Case, *, at: datetime) -> bool:
    """Whether nothing may be done under it any more though nobody has ended it yet."""
    return bool(_ran_out(case, at))


def certificates(case: Case) -> list[Certificate]:
    """What certifies that the evidence of a case is gone; usually one, none before its end."""
    told = LedgerOpening.objects.filter(
        subject=cases.reference(case), event__kind=genomics_events.EVIDENCE_DESTROYED.tag
    )
    return [_certificate(case, opening) for opening in told.select_related("event").order_by("event_id")]


def _end(case: Case, kind: EventKind, *, by: str, at: datetime, **fields: str) -> Case:
    with transaction.atomic():
        fence.advance([])  # a release that has begun comes first, and none comes after
        cases.move(case, Reviewed.CLOSED, closed_at=at)
        stopping.stop(Job.objects.filter(query__case=case), by=by, at=at)
        for query in Query.objects.filter(case=case, state=QueryState.SUBMITTED):
            submissions.refuse(query, [str(Reason.REQ_PROJECT_NOT_APPROVED)], by=by, at=at)
        for waiting in disclosures.waiting().filter(job__query__case=case):
            disclosures.lapse(waiting, because="the case has ended", by=by, at=at)
        evidence.destroy(cases.reference(case), by=by, at=at)
        log.append(kind, at=at, by=by, subject=cases.reference(case), **fields)
    case.refresh_from_db()
    return case


def _ran_out(case: Case, at: datetime) -> str:
    """Why it lapses; empty while it does not. A paper that the law does not ask for may run out."""
    if case.valid_to <= at:
        return "its time is over"
    papers = case.authorisations.all()
    if not papers.exists() or papers.filter(valid_to__gt=at).exists():
        return ""
    asked = Query(case=case, authorisation=papers.latest("recorded_at"), asked_by=case.opened_by)
    asked.purposes, asked.question, asked.role = [case.purpose], {"kind": "relatives"}, Role.INVESTIGATOR
    reasons = request_reasons(uses.of_case(asked, case), uses.dials(at), at)
    return "its judicial paper has run out" if Reason.REQ_JUDICIAL_AUTH_INVALID in reasons else ""


def _clear(at: datetime) -> int:
    """Evidence that came while its case was ending goes, too."""
    keyed = set(EvidenceKey.objects.values_list("case", flat=True))
    keyed |= set(EvidenceProfile.objects.values_list("case", flat=True))
    ended = _named(keyed).exclude(state__in=OPEN)
    return sum(bool(evidence.destroy(cases.reference(case), by=BY, at=at)) for case in ended)


def _named(references: set[str]) -> QuerySet[Case]:
    ids = [name.removeprefix("case:") for name in references if name.startswith("case:")]
    return Case.objects.filter(pk__in=ids)


def _certificate(case: Case, opening: LedgerOpening) -> Certificate:
    said, event = opening.said, opening.event
    fields = said["fields"]
    return {
        "case": cases.reference(case),
        "destroyed_at": said["at"],
        "by": said["by"],
        "gone_from_backups": fields["gone_from_backups"],
        "profiles": fields["profiles"],
        "event": event.pk,
        "commitment": bytes(event.commitment).hex(),
        "sealed": log.is_sealed(event),
        "left": evidence.left(cases.reference(case), fields["profiles"]),
    }
