"""The third step of a case: leads are disclosed when a second pair has signed, and consent was asked again.

Before that whoever searches learns that the search has ended and how many leads it has, as any small number
is told: fewer than ten is fewer than ten, nobody among them. What goes out is case names and shared cM.
"""

import json
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from broker import cases, events, reopening, signatures, staging, uses, vouched
from broker.errors import NotAllowed, Refused
from broker.models import (
    DISCLOSURE_TRANSITIONS,
    Disclosure,
    DisclosureState,
    Job,
    JobState,
    Query,
    Reviewed,
    User,
)
from broker.roles import Role
from broker.signatures import Standing
from broker.usage import manifest_of
from consent import afterwards, fence, standing
from consent import clearance as proofs
from consent.clearance import Clearance
from consent.errors import NotSealed
from consent.ledger import log
from genomics.answers import counted, only

Answer = dict[str, Any]

GONE = "the answer is no longer kept"  # why it lapses: what it would let out is not there
NOT_YET = "A lead only. Whom it found, under case names, is told when a second pair has signed."


def propose(job: Job, *, reason: str, by: User, at: datetime) -> Disclosure:
    """Ask for the leads of a search that has ended. It opens nothing; a second pair decides."""
    case = job.query.case
    if case is None:
        raise NotAllowed("This is no search of a case. Nothing was proposed.")
    cases.require_works_on(by, case)
    if case.state != Reviewed.APPROVED:
        raise Refused(f"This case is {case.state}. Nothing was proposed.")
    if job.state != JobState.RELEASED:
        raise Refused("This search has no answer, so there is nothing to disclose.")
    if not reason.strip():
        raise Refused("Say what the leads are needed for. Nothing was proposed.")
    vouched.require(f"job:{job.pk}", events.JOB_RELEASED, "answer_commitment", bytes(job.answer or b""))
    with transaction.atomic():
        # Of two at once the second sees the first. The run has ended, so nobody may lock that any more.
        Query.objects.select_for_update().get(pk=job.query_id)
        if living(job) is not None:
            raise Refused("A disclosure of this search was proposed already. Nothing was changed.")
        if not _is_kept(job):
            raise Refused("The answer of this search is no longer kept. Nothing was proposed.")
        made = Disclosure.objects.create(job=job, reason=reason, proposed_by=by, proposed_at=at)
        log.append(
            events.DISCLOSURE_PROPOSED,
            at=at,
            by=by.reference,
            subject=_subject(made),
            job=str(job.pk),
            under=cases.reference(case),
        )
    return made


def decide(
    disclosure: Disclosure, *, role: Role, approves: bool, reason: str, by: User, at: datetime
) -> Disclosure:
    """One of the two signatures. With the second, consent is asked again of everybody it would name; whoever
    has withdrawn since the search is not disclosed, and nothing tells that there was somebody. Where the
    answer is no longer kept it lapses."""
    if approves:
        reopening.require_open()
    kept = _is_kept(disclosure.job)
    found = _found(disclosure.job) if approves and kept else {}
    first = _asked(disclosure, found, at) if approves and kept else None
    with transaction.atomic():
        fence.advance([])  # before anything is read; and a no is written under it
        afterwards.require_current()
        standing = signatures.give(disclosure, role=role, approves=approves, reason=reason, by=by, at=at)
        log.append(
            events.DISCLOSURE_DECIDED,
            at=at,
            by=by.reference,
            subject=_subject(disclosure),
            approves=approves,
            role=str(role),
        )
        if standing is Standing.REFUSED:
            _move(disclosure, DisclosureState.REFUSED, at=at)
        elif not kept:
            lapse(disclosure, because=GONE, by=by.reference, at=at)
        elif standing is Standing.APPROVED:
            assert first is not None  # approved by this very signature
            _disclose(disclosure, first, found, by=by, at=at)
    disclosure.refresh_from_db()
    return disclosure


def lapse(disclosure: Disclosure, *, because: str, by: str, at: datetime) -> None:
    """It cannot be disclosed any more, and nothing of it goes out. Call inside a transaction, under the gate
    lock."""
    _move(disclosure, DisclosureState.LAPSED, at=at)
    log.append(events.DISCLOSURE_LAPSED, at=at, by=by, subject=_subject(disclosure), because=because)


def lapse_again(disclosure: Disclosure, *, by: str, at: datetime) -> None:
    """After a restore: one that was refused or lapsed since the backup lets nothing out."""
    with transaction.atomic():
        fence.advance([])
        lapse(disclosure, because="it was refused, or lapsed, before a restore", by=by, at=at)


def waiting() -> QuerySet[Disclosure]:
    """Every disclosure that waits for signatures, who came first coming first."""
    rows = Disclosure.objects.filter(state=DisclosureState.PROPOSED)
    return rows.select_related("job__query__case__organisation").order_by("proposed_at")


def living(job: Job) -> Disclosure | None:
    """The disclosure of a search that waits or was made; a refused or lapsed one can be proposed again."""
    return job.disclosures.exclude(state__in=[DisclosureState.REFUSED, DisclosureState.LAPSED]).first()


def is_disclosed(made: Disclosure) -> bool:
    """Whether its leads may be read: it lies under a checkpoint, and both signatures stand. Raises
    StagedBroken or LedgerBroken when it is not what two signed, or not what the ledger recorded."""
    if made.state != DisclosureState.DISCLOSED:
        return False
    if not signatures.stand(made):
        raise staging.StagedBroken(
            "This disclosure does not bear both signatures, so it is not shown. Tell an auditor."
        )
    try:
        vouched.require(_subject(made), events.DISCLOSURE_MADE, "leads_commitment", bytes(made.leads or b""))
    except NotSealed:  # in a moment
        return False
    return True


def told(job: Job, answer: Answer) -> Answer:
    """What of a search's answer may be said now. Raises StagedBroken or LedgerBroken when what was disclosed
    is not what two signed and the ledger recorded."""
    if job.query.case is None:
        return answer
    made = living(job)
    if made is None or not is_disclosed(made):
        return answer | number(answer)
    leads = _leads(made)
    return only(answer, leads.__contains__)


def number_of(made: Disclosure) -> int:
    """How many leads it let out, for who counts them all."""
    return len(_leads(made))


def _leads(made: Disclosure) -> set[str]:
    return set(json.loads(staging.unseal(bytes(made.leads or b""), _place(made))))


def _disclose(
    disclosure: Disclosure, first: Clearance, found: dict[int, str], *, by: User, at: datetime
) -> None:
    query = disclosure.job.query
    use, policy = uses.of(query), uses.policy(at)
    again = proofs.recut(first, use=use, policy=policy, at=at)
    reasons = again.reasons or first.reasons
    if reasons or not standing.stands(again, use=use, policy=policy, at=at):
        lapse(disclosure, because=", ".join(map(str, reasons)) or "consent", by=by.reference, at=at)
        return
    # A name that another one happens to share goes only if both allow it.
    lost = set(found) - {one.ordinal for one in again.permitted}
    leads = sorted(set(found.values()) - {found[ordinal] for ordinal in lost})
    sealed = staging.seal(json.dumps(leads).encode(), _place(disclosure))
    _move(disclosure, DisclosureState.DISCLOSED, at=at, leads=sealed)
    log.append(
        events.DISCLOSURE_MADE,
        at=at,
        by=by.reference,
        subject=_subject(disclosure),
        job=str(disclosure.job_id),
        leads=len(leads),
        purposes=query.purposes,
        leads_commitment=staging.commitment(sealed),
    )


def _asked(disclosure: Disclosure, found: dict[int, str], at: datetime) -> Clearance:
    """The law asked about everybody whom it would name. It costs by the house's people, so it comes before
    the gate lock; what changes until then is seen under the lock."""
    use = uses.of(disclosure.job.query)
    return proofs.within(proofs.clear(use, policy=uses.policy(at), at=at), found)


def _is_kept(job: Job) -> bool:
    return Job.objects.filter(pk=job.pk, state=JobState.RELEASED).exists()


def _found(job: Job) -> dict[int, str]:
    """Whom a released search found: ordinal -> case name."""
    under = cases.undertaking(job.query)
    named = {one["person"] for one in _answer(job)["records"]}
    names = {ordinal: staging.alias(under, ordinal) for ordinal in manifest_of(job)["permitted"]}
    return {ordinal: name for ordinal, name in names.items() if name in named}


def _answer(job: Job) -> Answer:
    answer: Answer = json.loads(staging.unseal(bytes(job.answer or b""), f"{job.pk}/answer"))
    return answer


def number(answer: Answer) -> Answer:
    """How many leads, as a number of people is told to anybody: of who permitted it nothing comes in."""
    leads = len(answer["records"])
    number = counted(answer["question"], leads, asked_of=leads).as_json()
    said = {name: value for name, value in number.items() if name != "question"}
    return said | {"notes": [*number["notes"], NOT_YET]}


def _move(disclosure: Disclosure, after: DisclosureState, *, at: datetime, **facts: Any) -> None:
    before = [state for state, next_ in DISCLOSURE_TRANSITIONS.items() if after in next_]
    row = Disclosure.objects.filter(pk=disclosure.pk, state__in=before)
    if not row.update(state=after, decided_at=at, **facts):
        raise Refused("This disclosure was decided already. Nothing was changed.")


def _subject(disclosure: Disclosure) -> str:
    return f"disclosure:{disclosure.pk}"


def _place(disclosure: Disclosure) -> str:
    return f"{disclosure.pk}/leads"
