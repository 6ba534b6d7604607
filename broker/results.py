"""Reading a released answer: unsealed, with what makes it citable. Reading is an event; so was the release,
and until that lies under a signed checkpoint there is nothing to read.
"""

import json
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from broker import disclosures, events, rechecking, staging, vouched
from broker.errors import NotAllowed, Refused
from broker.models import Job, JobState, User
from consent import fence
from consent.errors import LedgerBroken, NotSealed
from consent.ledger import log


def too_old(at: datetime) -> datetime:
    """Whatever ended by this instant is read by nobody any more."""
    return at - timedelta(days=settings.RESULT_DAYS)


def snapshot_of(job: Job) -> str:
    """Names what an answer rests on, for a citation. The consent position would tell how many changed their
    minds between two answers; this tells nothing."""
    return staging.commitment(bytes(job.snapshot or b""))[:16]


def is_sealed(job: Job) -> bool:
    """Whether a released job's answer can be read yet."""
    try:
        require_sealed(job)
    except NotSealed:
        return False
    except (LedgerBroken, staging.StagedBroken):
        pass  # whoever reads it is told
    return True


def require_sealed(job: Job) -> None:
    """Raises NotSealed until the release lies under a checkpoint; LedgerBroken or StagedBroken if it, or the
    answer, is not what the ledger recorded."""
    vouched.require(f"job:{job.pk}", events.JOB_RELEASED, "answer_commitment", bytes(job.answer or b""))


def read(job: Job, *, by: User, at: datetime) -> dict[str, Any]:
    """The answer of a released job for somebody who works on its project or case, without those who have left
    it since; of a search, how many leads it has, until a second pair has disclosed them. Raises as
    rechecking.standing does."""
    if not Job.objects.visible_to(by).filter(pk=job.pk).exists():
        raise NotAllowed("This result is not yours to read.")
    if job.state != JobState.RELEASED:
        raise Refused(f"This job is {job.state_told.label}; there is no result to read.")
    if job.ended_at is None or job.ended_at <= too_old(at):  # though nobody has swept it away yet
        raise Refused("The answer was kept for its time, and that is over. Ask again if it is still needed.")
    require_sealed(job)
    whole: dict[str, Any] = json.loads(staging.unseal(bytes(job.answer or b""), f"{job.pk}/answer"))
    answer = disclosures.told(job, whole)
    _ = rechecking.lost(job, at=at)  # reads the population, if this process has not, before anybody waits
    with transaction.atomic():
        fence.hold()  # a no that was answered before this moment is seen
        answer = rechecking.standing(job, answer, at=at)
        log.append(events.RESULT_READ, at=at, by=by.reference, subject=f"job:{job.pk}")
    return {
        "query_id": str(job.query_id),
        "question": job.query.question,
        "policy_version": job.policy_version,
        "consent_snapshot": snapshot_of(job),
        **{name: value for name, value in answer.items() if name != "question"},
    }
