"""The verb that brings a policy from before the bounds back within them, and lets nothing begin again by it.

    before, after = bounding.look(at=at)       # what it would be turned to: nothing is changed
    bounding.adopt(by="user:..", at=at)        # adopted, and what had ended is withdrawn

Of all dials an age of majority alone could widen: where it rises to its bound, a guardian's yes that ended
with the majority of the old policy would hold again. It is withdrawn with the adoption; her next yes is asked
anew. Which bound is which is in bounds.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import transaction

from consent import fence, participants, policies, records
from consent.errors import PolicyRefused, SealBroken
from consent.models import Participant
from consent.reasons import Reason
from consent.rules import authority, precedence
from consent.terms import Authority, Capacity, Policy, Statement, Subject, Verb

LONGEST_KEPT = 40  # letters of the old version in the new one's, which has 64 at most
LAPSED = Reason.AUTH_GUARDIAN_LAPSED_AT_MAJORITY


def look(*, at: datetime) -> tuple[Policy, Policy]:
    """What is in force, and the same within the bounds; twice the same where it goes beyond none."""
    return policies.as_of(at), policies.within_bounds(at=at)


def adopt(*, by: str, at: datetime) -> tuple[Policy, int]:
    """Adopt what is in force brought back within the bounds, under a version of its own; and how many yeses
    were withdrawn that would have begun again. Raises PolicyRefused where it goes beyond none."""
    with transaction.atomic():
        fence.advance([])  # one at a time: whoever comes second finds nothing beyond
        before, held = look(at=at)
        if held.version == before.version:
            raise PolicyRefused(f"Policy {before.version} goes beyond no bound. Nothing was changed.")
        kept = before.version[:LONGEST_KEPT]
        named = replace(held, version=f"{kept}+bounds.{at:%Y%m%d%H%M%S}")
        after = policies.adopt(named, by=by, at=at)
        people = Participant.objects.filter(kin_links__capacity=Capacity.GUARDIAN, erased_at__isnull=True)
        taken = 0
        for person in people.distinct().order_by("ordinal"):
            for family, file in sorted(_begins_again(person, before, after, at), key=str):
                wording = records.Wording(
                    authority=Authority(Capacity.GUARDIAN, True), file=UUID(file) if file else None
                )
                records.withdraw(person, family, by=by, at=at, wording=wording)
                taken += 1
    return after, taken


def _begins_again(
    person: Participant, before: Policy, after: Policy, at: datetime
) -> set[tuple[str, str | None]]:
    """The families, each with its file, in which a guardian's yes had ended and would hold again."""
    if participants.of_age_at(person, after) <= participants.of_age_at(person, before):
        return set()
    try:
        said = records.of(person)
    except SealBroken:
        return {(records.EVERYTHING, None)}  # nobody can tell, and nothing rests on such a record
    subject = participants.subject_of(person)
    return {
        (one.family, one.file)
        for one in _standing(said, at)
        if one.authority.capacity is Capacity.GUARDIAN
        and _is_over(one, subject, said, before, at)
        and not _is_over(one, subject, said, after, at)
    }


def _standing(said: tuple[Statement, ...], at: datetime) -> Iterator[Statement]:
    """Every yes whose place nothing newer has taken, one that has not begun yet among them."""
    for one in said:
        if one.is_grant and not any(
            later.seq > one.seq
            and later.file == one.file
            and later.family in (one.family, records.EVERYTHING)
            and later.decision is not Verb.CONTINUE
            and not (later.is_grant and precedence.pending(later, at))
            for later in said
        ):
            yield one


def _is_over(
    grant: Statement, subject: Subject, said: tuple[Statement, ...], policy: Policy, at: datetime
) -> bool:
    return LAPSED in authority.check(grant, subject, said, policy, max(at, grant.effective_at))
