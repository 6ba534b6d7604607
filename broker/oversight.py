"""What an auditor looks at: events, found or one by one, the whole ledger verified, one job with what was
decided about everybody, and why one participant was read or not. Each look is an event itself. What she takes
home is in broker.exports.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from broker import events, explaining, gates, job_files, ledger_rows, rights, staging, usage
from broker.explaining import Replay
from broker.ledger_search import Search
from broker.models import Job, JobGate, JobState, User
from broker.roles import Right
from consent import policies, records, remembered, roll
from consent.canonical import canonical, written
from consent.ledger import archive, audit, log
from consent.ledger.counting import Verification
from consent.ledger.kinds import EventKind
from consent.models import LedgerEvent, Participant
from consent.reasons import Reason
from genomics.intake import upkeep

OF_A_JOB = [tag for tag in events.BY_TAG if tag.split(":")[1] in {"job", "result", "query", "vault"}]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many a job considered and read, and why not the others: each once, by her gravest reason."""

    considered: int
    permitted: int
    left_out: tuple[tuple[Reason, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One job in full, and whether what is kept of it is what the ledger vouches for (None: nothing is)."""

    counts: Counts | None
    manifest_holds: bool | None
    snapshot_holds: bool | None
    gates_hold: bool | None


# What is held against the ledger besides the ledger itself: every statement, every row about a person,
# every policy, and what is recorded of every sealed file.
ALSO = (
    *(records.broken_seals, remembered.altered_rows, roll.missing, policies.altered),
    upkeep.altered_files,
)


# How an auditor walks through the pages. The plain list leaves them out, for they would soon fill it.
STEPS = (events.PAGE_LOOKED.tag, events.EVENT_LOOKED.tag, events.LEDGER_SEARCHED.tag)


def turn(page: str, *, by: User, at: datetime) -> None:
    """She looks at a page that is about many."""
    _looks(by, events.PAGE_LOOKED, at=at, page=page)


def found(search: Search, *, by: User, at: datetime) -> QuerySet[LedgerEvent]:
    """The events that fit a search; without one everything but the steps of auditors through their pages."""
    if not search.terms:
        turn("ledger", by=by, at=at)
        return LedgerEvent.objects.exclude(kind__in=STEPS)
    _looks(by, events.LEDGER_SEARCHED, at=at, sought=search.text)
    return ledger_rows.narrow(LedgerEvent.objects.all(), search)


def open_event(event: LedgerEvent, *, by: User, at: datetime) -> None:
    """She looks at one event, with what it says."""
    _looks(by, events.EVENT_LOOKED, at=at, event=str(event.uid))


def verify(*, by: User, at: datetime) -> Verification:
    """Recompute the ledger, and hold every consent statement and every row about a person against it."""
    _looks(by, events.LEDGER_READ, at=at, what="verify")
    return audit.verify(also=ALSO)


def explain(
    job: Job, participant: Participant, *, as_of: datetime | None = None, by: User, at: datetime
) -> Replay:
    """Why a job read this participant or did not, decided again. Raises as explaining.of does; the look is
    recorded all the same."""
    person, instant = participant.pseudonym, None if as_of is None else written(as_of)
    _looks(by, events.JOB_EXPLAINED, at=at, subject=f"job:{job.pk}", person=person, as_of=instant)
    return explaining.of(job, participant, as_of=as_of, at=at)


def take_job(job: Job, *, by: User, at: datetime) -> str:
    """A job's file for the verifier, as JSON. Raises as job_files.of does, the look being recorded."""
    _looks(by, events.JOB_AUDITED, at=at, subject=f"job:{job.pk}")
    return canonical(job_files.of(job)).decode()


def verifier(*, by: User, at: datetime) -> bytes:
    """The verifier as one file, its fingerprint in the ledger."""
    rights.require(by, Right.READ_LEDGER)
    return archive.ship(by=by.reference, at=at)


def look(job: Job, *, by: User, at: datetime) -> Look:
    """Raises StagedBroken, the look being recorded all the same, if what is kept of it was changed."""
    _looks(by, events.JOB_AUDITED, at=at, subject=f"job:{job.pk}")
    said = {opening["kind"]: opening["fields"] for opening in _openings(job)}
    cleared, released = said.get(events.JOB_CLEARED.tag), said.get(events.JOB_RELEASED.tag)
    return Look(
        counts=counts(job),
        manifest_holds=_holds(job.manifest, released and released["manifest_commitment"]),
        snapshot_holds=_holds(job.snapshot, cleared and cleared["snapshot_sha256"]),
        gates_hold=_gates_hold(job),
    )


def counts(job: Job) -> Counts | None:
    """From the manifest of a job that was released; None for any other."""
    if job.state not in {JobState.RELEASED, JobState.EXPIRED} or not job.manifest:
        return None
    manifest = usage.manifest_of(job)
    first = Counter(Reason(reasons[0]) for _, reasons in manifest["left_out"])
    return Counts(
        considered=len(manifest["permitted"]) + len(manifest["left_out"]),
        permitted=len(manifest["permitted"]),
        left_out=tuple(first.most_common()),
    )


def events_of(job: Job) -> QuerySet[LedgerEvent]:
    """What the ledger says of a job and its query, oldest first."""
    subjects = [f"job:{job.pk}", f"query:{job.query_id}"]
    return LedgerEvent.objects.filter(opening__subject__in=subjects, kind__in=OF_A_JOB).order_by("id")


def _openings(job: Job) -> list[dict[str, Any]]:
    return [event.opening.said for event in events_of(job).select_related("opening")]


def _holds(kept: bytes | memoryview | None, committed: str | None) -> bool | None:
    if not kept or committed is None:
        return None
    return staging.commitment(bytes(kept)) == committed


def _gates_hold(job: Job) -> bool | None:
    kept = list(JobGate.objects.filter(job=job).order_by("number"))
    return not any(gates.altered(job, kept)) if kept else None


def _looks(by: User, kind: EventKind, *, at: datetime, subject: str = "", **fields: str | None) -> None:
    rights.require(by, Right.READ_LEDGER)
    with transaction.atomic():
        log.append(kind, at=at, by=by.reference, subject=subject, **fields)
