"""The public report of a period, counted from the tables of the house: how often police, defence and courts
came, and what they got. What was told in a period is counted in it, so a report is final when it is over.

No small count is told (consent.ledger.cells). An export of the ledger gives the same report by another way
(consent.ledger.recount_report).
"""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, Min, QuerySet

from broker import cases, disclosures, events, manifests
from broker.errors import BrokerError
from broker.models import (
    ANSWERED,
    Case,
    Disclosure,
    DisclosureState,
    Job,
    JobState,
    LegalProcess,
    LegalStep,
    PublishedReport,
    Query,
    QueryState,
    Telling,
)
from broker.signatures import SIGNATURES
from broker.staging import StagedBroken
from broker.submissions import BY_A_REVIEWER
from consent.canonical import canonical
from consent.ledger import checkpoints, log
from consent.ledger import report_form as form
from consent.ledger.kinds import EventKind
from consent.ledger.report_form import Period
from consent.models import LedgerEvent, LedgerOpening
from consent.purposes import PURPOSES
from genomics import events as genomics_events

Fact = Mapping[str, str]
STAGES = {"pretrial": "defence before trial", "postconviction": "defence after conviction"}


class ReportUnsound(BrokerError):
    """There is no whole report of the period. Nothing was made or published."""


def year(number: int) -> Period:
    return Period(start=datetime(number, 1, 1, tzinfo=UTC), end=datetime(number + 1, 1, 1, tzinfo=UTC))


def of(period: Period, *, at: datetime) -> dict[str, Any]:
    """The report, as it is published. Of a period that is not over: of what was told so far."""
    facts = {
        "cases": _cases(period),
        "searches": _searches(period),
        "disclosures": _disclosures(period),
        "refused questions": _refused(period),
        "orders": _orders(period),
    }
    return {
        "report": "transparency",
        "format": form.FORMAT,
        "ledger": str(checkpoints.signer()),
        "start": period.start.isoformat(),
        "end": period.end.isoformat(),
        "is_final": at >= period.end,
        "k": form.THRESHOLD,
        "groups": form.filled(facts, form.THRESHOLD),
    }


def make(period: Period, *, by: str, at: datetime) -> dict[str, Any]:
    """The same, with its line in the ledger."""
    report = of(period, at=at)
    for job in unreadable(period):
        manifests.ring(job, at=at)
    with transaction.atomic():
        log.append(
            events.REPORT_MADE,
            at=at,
            by=by,
            start=report["start"],
            end=report["end"],
            sha256=hashlib.sha256(canonical(report)).hexdigest(),
        )
    return report


def unreadable(period: Period) -> Iterator[Job]:
    """Searches told in the period whose manifests do not open; their lines in the ledger are counted."""
    for case, after, upto in _tellings(period):
        for job in _ran(case, after, upto):
            try:
                manifests.manifest_of(job)
            except StagedBroken:
                yield job


def publish_due(*, at: datetime) -> PublishedReport | None:
    """Publish the report of last year, once. Only years that are over are public: whoever read a report every
    day would see each small count as it came."""
    last = at.year - 1
    if (
        PublishedReport.objects.filter(year=last).exists()
        or not LedgerEvent.objects.filter(at__lt=year(last).end).exists()
    ):
        return None
    with transaction.atomic():
        return PublishedReport.objects.create(year=last, report=make(year(last), by="house", at=at), at=at)


def _tellings(period: Period) -> Iterator[tuple[Case, datetime | None, datetime]]:
    """Each part of a case that was told in the period: after when, and up to when."""
    rows = Telling.objects.filter(at__gte=period.start, at__lt=period.end)
    for telling in rows.select_related("case").order_by("at", "id"):
        before = Telling.objects.filter(case=telling.case, upto__lt=telling.upto)
        yield telling.case, before.aggregate(upto=Max("upto"))["upto"], telling.upto


def _cases(period: Period) -> Iterator[Fact]:
    first = Case.objects.annotate(told=Min("tellings__at"))
    for case in first.filter(told__gte=period.start, told__lt=period.end):
        outcome, decided = _outcome(case, period)
        reported = case.reports.filter(at__lt=period.end).order_by("-at", "-id").first()
        is_defence = PURPOSES[case.purpose].domain == "E"
        stage = reported.stage if reported else ""

        def known(name: str, of: Any = reported) -> str:
            return form.yes_no(getattr(of, name) if of else None)

        yield {
            "kind": STAGES.get(stage, "defence") if is_defence else "prosecution",
            "offence": case.purpose,
            "jurisdiction": case.jurisdiction,
            "sample": case.sample_origin,
            "outcome": outcome,
            "decided": form.waited(case.opened_at, decided),
            "cold case": known("cold_case"),
            "third-party sample": known("third_party_sample"),
            "identity revealed": known("identity_revealed"),
            "evidence destroyed": _evidence(case, period),
            "arrest": known("arrest"),
            "conviction": known("conviction"),
            "cost": form.cost(reported.cost if reported else None),
        }


def _outcome(case: Case, period: Period) -> tuple[str, datetime | None]:
    given = case.approvals.filter(at__lt=period.end)
    if (refusal := given.filter(approves=False).order_by("at").first()) is not None:
        return "refused", refusal.at
    signed = dict(given.filter(role__in=SIGNATURES).values_list("role", "at"))
    if len(signed) == len(SIGNATURES):
        return "granted", max(signed.values())
    return "not decided", None


def _searches(period: Period) -> Iterator[Fact]:
    for case, after, upto in _tellings(period):
        for job in _ran(case, after, upto):
            considered, permitted = _numbers(job)
            yield {
                "question": job.query.question["kind"],
                "people considered": form.people(considered),
                "people who permitted it": form.people(permitted),
            }


def _numbers(job: Job) -> tuple[int, int]:
    """How many people it considered, and how many permitted it: by its manifest. Of one that does not open
    the line of its release says it, which any recount goes by; without that there is no whole report."""
    try:
        said = manifests.manifest_of(job)
    except StagedBroken:
        line = _line(f"job:{job.pk}", events.JOB_RELEASED)
        return line["considered"], line["permitted"]
    return len(said["permitted"]) + len(said["left_out"]), len(said["permitted"])


def _leads(made: Disclosure) -> int:
    """How many leads it let out: by what it let out, or else by its line, in the same way."""
    try:
        return disclosures.number_of(made)
    except StagedBroken:
        leads: int = _line(f"disclosure:{made.pk}", events.DISCLOSURE_MADE)["leads"]
        return leads


def _line(subject: str, kind: EventKind) -> dict[str, Any]:
    opening = LedgerOpening.objects.filter(subject=subject, event__kind=kind.tag).first()
    if opening is None:
        raise ReportUnsound(
            f"Of {subject} neither what was kept nor its line in the ledger can be read: there is no whole "
            "report. Nothing was made or published; verify the ledger, and tell an auditor."
        )
    fields: dict[str, Any] = opening.said["fields"]
    return fields


def _ran(case: Case, after: datetime | None, upto: datetime) -> QuerySet[Job]:
    states = [JobState.RELEASED, JobState.EXPIRED]
    rows = Job.objects.filter(query__case=case, state__in=states, ended_at__lte=upto)
    return rows.filter(**_since("ended_at", after)).select_related("query")


def _evidence(case: Case, period: Period) -> str:
    """No row outlives it, so the ledger says."""
    here = LedgerOpening.objects.filter(subject=cases.reference(case), event__at__lt=period.end)
    kinds = set(here.values_list("event__kind", flat=True))
    brought, gone = genomics_events.EVIDENCE_RECEIVED.tag, genomics_events.EVIDENCE_DESTROYED.tag
    return form.destroyed(brought in kinds, gone in kinds)


def _disclosures(period: Period) -> Iterator[Fact]:
    for case, after, upto in _tellings(period):
        rows = Disclosure.objects.filter(job__query__case=case, state=DisclosureState.DISCLOSED)
        rows = rows.filter(decided_at__lte=upto, **_since("decided_at", after))
        for made in rows.select_related("job__query"):
            yield {
                "question": made.job.query.question["kind"],
                "leads": form.leads(_leads(made)),
                "disclosed": form.waited(made.proposed_at, made.decided_at),
            }


def _refused(period: Period) -> Iterator[Fact]:
    for case, after, upto in _tellings(period):
        for query in Query.objects.filter(case=case, state=QueryState.REFUSED):
            at = _refused_at(query)  # a search may have waited for long
            if at <= upto and (after is None or at > after):
                yield {"reason": query.reasons[0] if query.reasons else BY_A_REVIEWER}
        ran = Job.objects.filter(query__case=case, state=JobState.REFUSED, ended_at__lte=upto)
        for job in ran.filter(**_since("ended_at", after)):
            yield {"reason": job.reasons[0]}


def _refused_at(query: Query) -> datetime:
    """The row does not say; its event does."""
    said = LedgerOpening.objects.filter(subject=f"query:{query.pk}", event__kind=events.QUERY_REFUSED.tag)
    at: datetime = said.values_list("event__at", flat=True).get()
    return at


def _orders(period: Period) -> Iterator[Fact]:
    told = LegalStep.objects.filter(kind=LegalStep.Kind.TOLD, at__gte=period.start, at__lt=period.end)
    for process in LegalProcess.objects.filter(pk__in=told.values("process")):
        steps = process.steps.filter(state__in=ANSWERED, at__lt=period.end)
        answer = steps.exclude(state=LegalProcess.State.CLOSED).order_by("order").first()
        yield {
            "kind": process.kind,
            "sought people who had not agreed": form.yes_no(process.compels_non_consenting),
            "about everybody": form.yes_no(process.concerns_all),
            "forbidden to speak of": form.yes_no(process.gag_until is not None),
            "answer": answer.state if answer else "not answered yet",
            "answered": form.waited(process.received_at, answer.at if answer else None),
        }


def _since(name: str, after: datetime | None) -> dict[str, datetime]:
    return {} if after is None else {f"{name}__gt": after}
