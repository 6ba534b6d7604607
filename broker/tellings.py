"""When the searches of a case are told: rows, proofs, counts, notices and mails at once, to everybody it
considered, reached or not, when its searching has ended. Until then nothing tells that there is one.

At the earliest `hold_days` after the search, at the latest `hold_latest_days` after it unless a ban on
speaking names a later end (consent.policy). A case that goes on so long is told in parts, by the same rule,
and by it that leads were disclosed.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet, Subquery

from broker import cases, events, manifests, notices, processes, uses, wards
from broker.models import Case, Disclosure, DisclosureState, Job, JobState, LegalProcess, Telling
from broker.staging import StagedBroken
from consent.ledger import log
from consent.models import Participant

TOLD = (JobState.RELEASED, JobState.EXPIRED)


def is_told(job: Job, *, at: datetime) -> bool:
    """Whether those whom a case's job considered may see it."""
    return _is_told(job, job.ended, at)


def is_disclosure_told(job: Job, *, at: datetime) -> bool:
    """Whether they may see that its leads were disclosed, too; whether there were any is told to nobody."""
    made = job.disclosures.filter(state=DisclosureState.DISCLOSED, decided_at__lte=at).first()
    return made is not None and made.decided_at is not None and _is_told(job, made.decided_at, at)


def _is_told(job: Job, when: datetime, at: datetime) -> bool:
    if not is_held(job.ended):
        return True
    return Telling.objects.filter(case=job.query.case, upto__gte=when, at__lte=at).exists()


def is_held(ended: datetime) -> bool:
    """Whether searches were held at all when this one ended; the demo holds nothing, and says so."""
    return uses.dials(ended).hold_latest_days > 0


def due(case: Case) -> datetime | None:
    """When what is still untold of a case is told; None where there is nothing. It may yet move: another
    search, a ban, or the end of the case come first."""
    touches = _touches(case)
    if touches:
        first = touches[0]
    elif _newest(case) is None:
        first = case.opened_at  # it never searched: told all the same once it is over, for the report
    else:
        return None
    policy = uses.dials(first)
    hold = timedelta(days=policy.hold_days)
    latest = first + timedelta(days=policy.hold_latest_days)
    ripe = [touch for touch in touches or [first] if touch + hold <= latest]
    when = max(searching_ends(case), ripe[-1] + hold)
    if touches:
        when = min(when, latest)
    for process in case.legal_processes.order_by("received_at", "id"):
        until = processes.gag_end(process)
        if until is not None and process.received_at < when:
            when = max(when, until)  # never past the end that the ban itself names
    return when


def searching_ends(case: Case) -> datetime:
    """When it was closed, lapsed or was refused; otherwise its last day."""
    if case.closed_at is not None:
        return case.closed_at
    refused = case.approvals.filter(approves=False).aggregate(at=Max("at"))["at"]
    return refused or case.valid_to


def tell_due(*, at: datetime) -> list[Telling]:
    """Tell every case whose time has come."""
    made = []
    for case in _with_something_untold():
        when = due(case)
        if when is not None and when <= at and (telling := _tell(case, at=at)) is not None:
            made.append(telling)
    return made


def overdue(*, at: datetime) -> int:
    """Cases that should have been told by now, and were not: nobody rings the minute's look."""
    late = at - timedelta(hours=1)
    return sum((when := due(case)) is not None and when < late for case in _with_something_untold())


def _tell(case: Case, *, at: datetime) -> Telling | None:
    with transaction.atomic():
        Case.objects.select_for_update().get(pk=case.pk)  # of two at once the second finds it done
        when = due(case)
        if when is None or when > at:
            return None
        before, touches = _newest(case), _touches(case)
        hold = timedelta(days=uses.dials(touches[0] if touches else case.opened_at).hold_days)
        upto = max((touch for touch in touches if touch + hold <= at), default=case.opened_at)
        if searching_ends(case) <= at and all(touch <= upto for touch in touches):
            upto = max(upto, searching_ends(case))  # with all that was refused until then
        jobs = [job for job in _released(case, before) if job.ended <= upto]
        disclosed = [one.job for one in _disclosed(case, before) if _decided(one) <= upto]
        telling = Telling.objects.create(case=case, upto=upto, at=at)
        subject, until = cases.reference(case), upto.isoformat()
        log.append(events.CASE_TOLD, at=at, by="house", subject=subject, upto=until, searches=len(jobs))
        considered = Participant.objects.filter(
            pk__in=_considered([*jobs, *disclosed], at=at), erased_at__isnull=True
        )
        told = wards.acting_for_each(considered, at=at)
        notices.tell_each(((user, {"whose": one.pseudonym}) for user, one in told), "searched", at=at)
        for process in processes.untold().filter(case=case, received_at__lte=upto):
            processes.tell(process, at=at)
    return telling


def _with_something_untold() -> QuerySet[Case]:
    newest = Telling.objects.filter(case=OuterRef("pk")).order_by("-upto").values("upto")[:1]
    ran = Job.objects.filter(query__case=OuterRef("pk"), state__in=TOLD, ended_at__gt=OuterRef("told"))
    came = LegalProcess.objects.filter(case=OuterRef("pk"), received_at__gt=OuterRef("told"))
    made = Disclosure.objects.filter(job__query__case=OuterRef("pk"), state=DisclosureState.DISCLOSED)
    made = made.filter(decided_at__gt=OuterRef("told"))
    rows = Case.objects.annotate(told=Subquery(newest)).order_by("opened_at", "id")
    return rows.filter(Q(told__isnull=True) | Exists(ran) | Exists(made) | Exists(came))


def _considered(jobs: list[Job], *, at: datetime) -> set[int]:
    """Everybody whom one of them considered. One whose manifest does not open keeps nothing from the others'
    people; auditors hear of it, for its own cannot be told."""
    found: set[int] = set()
    for job in jobs:
        try:
            found |= manifests.considered(job)
        except StagedBroken:
            manifests.ring(job, at=at)
    return found


def _touches(case: Case) -> list[datetime]:
    """The instants at which something happened that is still to be told, oldest first."""
    before = _newest(case)
    received = case.legal_processes.values_list("received_at", flat=True)
    ended = [job.ended for job in _released(case, before)]
    decided = [_decided(one) for one in _disclosed(case, before)]
    return sorted([*ended, *decided, *(one for one in received if before is None or one > before)])


def _released(case: Case, after: datetime | None) -> Iterator[Job]:
    rows = Job.objects.filter(query__case=case, state__in=TOLD).order_by("ended_at")
    yield from rows if after is None else rows.filter(ended_at__gt=after)


def _disclosed(case: Case, after: datetime | None) -> Iterator[Disclosure]:
    rows = Disclosure.objects.filter(job__query__case=case, state=DisclosureState.DISCLOSED)
    rows = rows.select_related("job").order_by("decided_at")
    yield from rows if after is None else rows.filter(decided_at__gt=after)


def _decided(made: Disclosure) -> datetime:
    assert made.decided_at is not None  # a constraint of the table
    return made.decided_at


def _newest(case: Case) -> datetime | None:
    newest: datetime | None = case.tellings.aggregate(upto=Max("upto"))["upto"]
    return newest
