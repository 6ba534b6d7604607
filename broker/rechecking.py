"""Whether those whom an old answer rests on still permit it, asked whenever the answer is read.

Who no longer does is cut out of records, and of whatever else names her, and the answer says so. A number is
not shown any more: what is counted again without her would name her by the difference, so whoever needs it
asks anew. So it is with how many leads a search has, until they are disclosed: it goes when anybody leaves
whom the search read, found or not, for were it kept for the others its going would tell that somebody was
found. The law is asked in consent; what is kept of the answer is in results.
"""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_noop

from broker import cases, disclosures, explaining, staging, usage, uses
from broker.errors import Refused
from broker.models import Job, JobGate
from consent import absence, eligibility
from consent import clearance as proofs
from consent.models import Holding, Participant
from consent.reasons import Reason
from genomics.answers import Granularity, only

CUT = gettext_noop(
    "Since this was released, somebody in it has changed what she allows. She is left out here, and must be "
    "left out of whatever was made of it."
)
NOT_SHOWN = gettext_noop(
    "Since this was released, somebody of whom it was asked has changed what she allows, so it is no longer "
    "shown. Nothing else is lost: ask the question again, and it is answered by those who allow it now."
)


def standing(job: Job, answer: dict[str, Any], *, at: datetime) -> dict[str, Any]:
    """The answer of a released job as it may be shown at this instant. Ask inside a transaction that holds
    the gate lock.

    Raises Refused when what it was asked under no longer stands, or when it is a number that rests on
    somebody who is gone; HeadMissing when a change that was recorded is gone from the database."""
    gone = lost(job, at=at)
    if not gone:
        return answer | {"since_release": ""}
    if answer["granularity"] != Granularity.RECORD:
        raise Refused(NOT_SHOWN)
    undertaking = cases.undertaking(job.query)
    names = {staging.alias(undertaking, ordinal) for ordinal in gone}
    stays = only(answer, lambda person: person not in names)
    is_cut = len(stays["records"]) < len(answer["records"])
    return stays | {"since_release": CUT if is_cut else ""}


def lost(job: Job, *, at: datetime) -> set[int]:
    """The ordinals of those whom a released job read and whom it may not read now. Costs by the population
    as arrays, and one by one only for those whose record changed since."""
    use, policy = uses.of(job.query), uses.policy(at)
    made = disclosures.living(job)
    if made is not None and disclosures.is_disclosed(made):
        use = uses.after_the_end(use, at=at)
    relations = proofs.relations(uses.asker(job.query))
    people = set(usage.manifest_of(job)["permitted"])
    released = JobGate.objects.filter(job=job, kind=JobGate.Kind.RELEASE).order_by("number").last()
    position = released.position if released is not None else job.position or 0
    found = eligibility.eligible(use, policy=policy, at=at, relations=relations)
    if found.reasons:
        told = " ".join(Reason(one).sentence for one in found.reasons)
        raise Refused(f"What this was asked under no longer stands, so the answer is not shown. {told}")
    gone = people - set(found.people.tolist())
    changed = (absence.changed_since(position) & people) - gone
    for one in eligibility.survey(
        use, policy=policy, at=at, only=changed, relations=relations, whole=True
    ):  # on her own sealed statements; and a file that was read then must be one that may be read now
        files = {str(file) for file in one.files}
        if not one.permitted or not _read(job, one.ordinal, files, at) <= files:
            gone.add(one.ordinal)
    return gone


def _read(job: Job, ordinal: int, files: set[str], at: datetime) -> set[str]:
    """Which of her files the job read, as far as it is not plain that all of them may still be read."""
    held = {str(file) for file in Holding.objects.filter(participant=ordinal).values_list("file", flat=True)}
    if held <= files:
        return set()
    then = explaining.of(job, Participant.objects.get(ordinal=ordinal), at=at)
    return set(then.then.verdict.files) if then.then is not None and then.equal else held
