"""The register of what courts and agencies demand: entered on receipt, answered, told to those concerned.

Nothing is taken out of it, and nothing in it reaches a decision: an order that compels people who never
agreed is written down, answered ("this system has no such function") and reported. When a case is told, and
what belongs to it, is in broker.tellings.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, QuerySet

from broker import cases, events, notices, paper_scans, people, rights, staging, uses, wards
from broker.errors import NotAllowed, Refused
from broker.models import (
    ANSWERED,
    LEGAL_TRANSITIONS,
    Case,
    LegalConcern,
    LegalProcess,
    LegalStep,
    OwnRecord,
    User,
)
from broker.roles import Right, Role
from consent import fence
from consent.ledger import log
from consent.models import Participant

State, Kind, Step = LegalProcess.State, LegalProcess.Kind, LegalStep.Kind
ANSWER_WITHIN = timedelta(days=14)  # where the paper itself names no day
LONGEST_ANSWER = timedelta(days=366)  # a later day would be overdue when nobody remembers it
MOST_BYTES = 20 * 1024 * 1024
AGAIN = timedelta(days=1)  # what is overdue is told again every day
HEARD_BY = (Role.LEGAL_REVIEWER, Role.STEWARD, Role.AUDITOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """What stands on the paper."""

    kind: LegalProcess.Kind
    issuer: str
    number: str
    issued_on: date
    asks: str
    concerned: Sequence[Participant] | None  # None: everybody here
    compels_non_consenting: bool
    received_at: datetime
    due_at: datetime | None = None
    case: Case | None = None
    gag_until: datetime | None = None


def reference(process: LegalProcess) -> str:
    """How the ledger names it."""
    return f"process:{process.id}"


def receive(said: Particulars, document: bytes, *, by: User, at: datetime) -> LegalProcess:
    """Enter a paper that has come. It is in the register for good, and its notices are queued with it."""
    rights.require(by, Right.ENTER_PROCESSES)
    due = said.due_at or said.received_at + ANSWER_WITHIN
    scan = paper_scans.described(document)
    _require_whole(said, due, scan.media_type, len(document), at)
    if said.concerned is not None and _own(by) & {one.pk for one in said.concerned}:
        raise NotAllowed("This paper names you. Nothing was entered; somebody else has to enter it.")
    if LegalProcess.objects.filter(issuer=said.issuer, number=said.number).exists():
        raise Refused("This paper is in the register already. Nothing was entered; go on with that entry.")
    with transaction.atomic():
        fence.advance([])  # a restore may lose it, but not that it was there
        process = LegalProcess(
            kind=said.kind,
            issuer=said.issuer,
            number=said.number,
            issued_on=said.issued_on,
            asks=said.asks,
            concerns_all=said.concerned is None,
            among=Participant.objects.aggregate(newest=Max("pk"))["newest"] or 0,
            compels_non_consenting=said.compels_non_consenting,
            case=said.case,
            gag_until=said.gag_until,
            received_at=said.received_at,
            due_at=due,
            received_by=by.reference,
            document_sha256=scan.sha256,
            document_type=scan.media_type,
        )
        process.document = staging.seal(document, _place(process))
        process.save()
        LegalConcern.objects.bulk_create(
            [LegalConcern(process=process, participant=one) for one in said.concerned or ()]
        )
        log.append(
            events.PROCESS_RECEIVED,
            at=at,
            by=by.reference,
            subject=reference(process),
            process_kind=str(process.kind),
            concerns="all" if said.concerned is None else str(len(said.concerned)),
            compels_non_consenting=process.compels_non_consenting,
            case=cases.reference(said.case) if said.case else "",
            gag_until=said.gag_until.isoformat() if said.gag_until else "",
            received=said.received_at.isoformat(),
            due=due.isoformat(),
            document_sha256=scan.sha256,
        )
        if may_be_told(process, at=at):
            tell(process, at=at)
    return process


def move(process: LegalProcess, state: LegalProcess.State, reason: str, *, by: User, at: datetime) -> None:
    """The next step: looked into, challenged, narrowed, refused, answered within consent, closed."""
    _answers(by, process)
    if not reason.strip():
        raise Refused("A step needs its reason in words. Nothing was changed.")
    before = state_of(process)
    if state not in LEGAL_TRANSITIONS[before]:
        raise Refused(f"What is {before.label} cannot be {state.label} next. Nothing was changed.")
    if state is State.ACTED and process.compels_non_consenting and not _was(process, State.NARROWED):
        raise Refused(
            "This paper demands people who never agreed, and there is no function for that. Nothing was "
            "changed; have it narrowed to those who agreed, or refuse it."
        )
    with transaction.atomic():
        _step(process, by=by.reference, at=at, state=str(state), reason=reason)
        log.append(events.PROCESS_MOVED, at=at, by=by.reference, subject=reference(process), state=str(state))


def end_gag(process: LegalProcess, reason: str, *, by: User, at: datetime) -> None:
    """A court lifted the ban on speaking of it, before its end. It cannot be made longer: that is a new
    paper, with an end of its own."""
    _answers(by, process)
    until = gag_end(process)
    if until is None or until <= at:
        raise Refused("No ban on speaking of this paper is in force. Nothing was changed.")
    if not reason.strip():
        raise Refused("A step needs its reason in words. Nothing was changed.")
    with transaction.atomic():
        _step(process, by=by.reference, at=at, kind=Step.GAG_ENDED, reason=reason)
        log.append(events.PROCESS_GAG_ENDED, at=at, by=by.reference, subject=reference(process))
        if may_be_told(process, at=at):
            tell(process, at=at)


def gag_end(process: LegalProcess) -> datetime | None:
    """Until when nobody may speak of it: its own end, or when it was lifted; None without a ban."""
    if process.gag_until is None:
        return None
    lifted = process.steps.filter(kind=Step.GAG_ENDED).values_list("at", flat=True)
    return min([process.gag_until, *lifted])


def may_be_told(process: LegalProcess, *, at: datetime) -> bool:
    """Whether it may be told by itself. One that belongs to a case is told with the case."""
    until = gag_end(process)
    return process.case_id is None and (until is None or until <= at)


def tell(process: LegalProcess, *, at: datetime) -> None:
    """Everybody concerned hears of it, together, and only once."""
    with transaction.atomic():
        if process.steps.filter(kind=Step.TOLD).exists():
            return
        _step(process, by="house", at=at, kind=Step.TOLD)
        log.append(events.PROCESS_TOLD, at=at, by="house", subject=reference(process))
        received = process.received_at.isoformat()
        notices.tell_each(
            (
                (user, {"whose": person.pseudonym, "received": received})
                for user, person in wards.acting_for_each(concerned(process), at=at)
            ),
            "demanded",
            at=at,
        )


def tell_due(*, at: datetime) -> None:
    """Tell what waited for the end of a ban and belongs to no case."""
    for process in untold().filter(case__isnull=True):
        if may_be_told(process, at=at):
            tell(process, at=at)


def alarm_overdue(*, at: datetime) -> None:
    """Whoever can answer hears of what nobody answered in time, every day until somebody has."""
    for process in unanswered().filter(due_at__lt=at):
        last = process.steps.filter(kind=Step.OVERDUE).order_by("-at").first()
        if last is not None and last.at > at - AGAIN:
            continue
        with transaction.atomic():
            _step(process, by="house", at=at, kind=Step.OVERDUE)
            log.append(events.PROCESS_OVERDUE, at=at, by="house", subject=reference(process))
            heard = [user for role in HEARD_BY for user in people.holding(role)]
            notices.tell(heard, "demand_overdue", at=at, number=str(process), due=process.due_at.isoformat())


def look(process: LegalProcess, *, by: User, at: datetime) -> bytes:
    """The paper itself. Each look has its line in the ledger, or shows nothing."""
    _works_with(by, process)
    data = staging.unseal(bytes(process.document), _place(process))
    with transaction.atomic():
        log.append(events.PROCESS_SEEN, at=at, by=by.reference, subject=reference(process))
    return data


def on_the_desk(user: User) -> QuerySet[LegalProcess]:
    """Every entry, newest first, but those that name herself."""
    naming = LegalConcern.objects.filter(process=OuterRef("pk"), participant__in=_own(user))
    return LegalProcess.objects.exclude(Exists(naming)).order_by("-received_at", "-id")


def unanswered() -> QuerySet[LegalProcess]:
    """What waits for an answer, the most urgent first."""
    answers = LegalStep.objects.filter(process=OuterRef("pk"), state__in=ANSWERED)
    return LegalProcess.objects.exclude(Exists(answers)).order_by("due_at", "id")


def untold() -> QuerySet[LegalProcess]:
    """Whose notices are still queued."""
    told = LegalStep.objects.filter(process=OuterRef("pk"), kind=Step.TOLD)
    return LegalProcess.objects.exclude(Exists(told)).order_by("received_at", "id")


def concerned(process: LegalProcess) -> QuerySet[Participant]:
    """Whom it concerns, of those who were here when it came."""
    here = Participant.objects.filter(erased_at__isnull=True, pk__lte=process.among)
    return here if process.concerns_all else here.filter(pk__in=process.concerned.values("participant"))


def state_of(process: LegalProcess) -> LegalProcess.State:
    """The newest step's, or RECEIVED. Of many, fetch their steps with them."""
    moves = [(step.order, step.state) for step in process.steps.all() if step.kind == Step.MOVE]
    return State(max(moves)[1]) if moves else State.RECEIVED


def _was(process: LegalProcess, state: LegalProcess.State) -> bool:
    return process.steps.filter(kind=Step.MOVE, state=state).exists()


def _step(process: LegalProcess, *, by: str, at: datetime, **said: str) -> None:
    LegalStep.objects.create(process=process, order=process.steps.count() + 1, by=by, at=at, **said)


def _answers(user: User, process: LegalProcess) -> None:
    rights.require(user, Right.ANSWER_PROCESSES)
    _works_with(user, process)


def _works_with(user: User, process: LegalProcess) -> None:
    rights.require(user, Right.ENTER_PROCESSES)
    if not on_the_desk(user).filter(pk=process.pk).exists():
        raise NotAllowed("This paper names you. Nothing was shown or changed; it is for somebody else.")


def _own(user: User) -> set[int]:
    return set(OwnRecord.objects.filter(user=user).values_list("participant", flat=True))


def _place(process: LegalProcess) -> str:
    return f"process/{process.id}/{process.document_sha256}"


def _require_whole(said: Particulars, due: datetime, media_type: str, size: int, at: datetime) -> None:
    missing = [name for name in ("issuer", "number", "asks") if not getattr(said, name).strip()]
    if missing:
        raise Refused(f"An entry needs its {', '.join(missing)}. Nothing was entered.")
    if not media_type or size > MOST_BYTES:
        raise Refused("The paper is a PDF, PNG or JPEG of at most 20 MB. Nothing was entered.")
    if said.concerned is not None and not said.concerned:
        raise Refused("Say whom it concerns: everybody, or by reference. Nothing was entered.")
    if said.received_at > at:
        raise Refused("It cannot have come later than now. Nothing was entered.")
    if due <= said.received_at:
        raise Refused("It has to be answered by a day after it came. Nothing was entered.")
    if said.gag_until is not None and said.gag_until <= said.received_at:
        raise Refused("A ban on speaking of it ends after the paper came. Nothing was entered.")
    longest = uses.dials(at).gag_latest_days
    if said.gag_until is not None and said.gag_until > said.received_at + timedelta(days=longest):
        raise Refused(
            f"A ban on speaking of it lasts {longest} days at most, from the day the paper came. Nothing was "
            "entered; a longer one takes another paper in its time."
        )
    if due > said.received_at + LONGEST_ANSWER:
        raise Refused("It has to be answered within a year of the day it came. Nothing was entered.")
