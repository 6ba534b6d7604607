"""How a run ends without a release: refused, failed or paused, each with its event; what auditors hear then.

    with job_ends.told(claim): ...        # what goes wrong inside becomes an end of the job

Whoever carries the run, a job's worker or a range's, moves it while its claim holds. Nothing that was staged
outlives an end. When a job is released is in broker.jobs, what is said of an end in broker.job_words.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Protocol

from django.db import transaction

from broker import events, job_words, notices, people, staging, uses
from broker.errors import TookTooLong
from broker.gates import Passage
from broker.models import Job, JobGate, JobState
from broker.roles import Role
from consent import alarms, fence
from consent.errors import LedgerBroken, SealBroken
from consent.ledger import log
from consent.ledger.kinds import EventKind
from consent.terms import DataUse
from genomics.errors import GenomicsError, QuestionRefused, RequestLapsed


class Run(Protocol):
    """A job in somebody's hands."""

    @property
    def job(self) -> Job: ...
    @property
    def subject(self) -> str: ...
    @property
    def clock(self) -> Callable[[], datetime]: ...
    @property
    def passage(self) -> Passage: ...

    def use(self) -> DataUse: ...

    def move(self, after: JobState, **facts: Any) -> None:
        """One arrow of the job's table, taken only while the claim holds. Raises LostClaim."""


@contextmanager
def told(run: Run) -> Iterator[None]:
    """What goes wrong in here ends the job. Raises LostClaim when it is not this worker's any more."""
    try:
        yield
    except RequestLapsed as lapsed:
        refuse(run, [str(reason) for reason in lapsed.reasons])
    except (SealBroken, LedgerBroken, staging.StagedBroken) as broken:
        end(run, JobState.PAUSED, events.JOB_PAUSED, trouble=str(broken), told=job_words.UNSOUND)
        _ring(run, str(broken))
    except (QuestionRefused, TookTooLong) as trouble:
        end(run, JobState.FAILED, events.JOB_FAILED, trouble=str(trouble))
    except GenomicsError as trouble:
        end(run, JobState.FAILED, events.JOB_FAILED, trouble=str(trouble), told=job_words.UNREADABLE)


def refuse(run: Run, reasons: list[str]) -> None:
    now = run.clock()
    with transaction.atomic():
        run.move(JobState.REFUSED, reasons=reasons, ended_at=now, answer=None, manifest=None)
        version = uses.policy(now).version
        last = run.passage.close(
            JobGate.Kind.REFUSED,
            at=now,
            position=fence.position(),
            policy_version=version,
            use=run.use(),
        )
        told = {"reasons": reasons, "gate_sha256": last.sha256}
        log.append(events.JOB_REFUSED, at=now, by="worker", subject=run.subject, **told)


def end(run: Run, after: JobState, kind: EventKind, *, trouble: str, told: str = "") -> None:
    with transaction.atomic():
        run.move(after, trouble=told or trouble, ended_at=run.clock(), answer=None, manifest=None)
        log.append(kind, at=run.clock(), by="worker", subject=run.subject, trouble=trouble)


def park(run: Run) -> None:
    """It ended its workers, one after the other: nobody takes it up before an operator has looked."""
    end(run, JobState.PAUSED, events.JOB_PAUSED, trouble=job_words.PARKED)


def _ring(run: Run, trouble: str) -> None:
    """Auditors hear of what is not as it was recorded, and why this job waits for them."""
    with transaction.atomic():
        at = run.clock()
        told = alarms.rang(trouble, at=at)  # by another job that came upon the same
        if alarms.unsound(trouble, at=at, subject=run.subject) is not None and not told:
            notices.tell(people.holding(Role.AUDITOR), "unsound", at=at)
