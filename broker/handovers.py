"""From a child's record to an adult's: the code with which she takes it over, and the steps as they come due.

When the steps fall is in consent.handover. The law lapses a guardian's power to the second by itself; the
sweep only writes down that it has, and lets people know.
"""

import hashlib
import secrets
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, Min

from broker import events, notices, people, rights, uses, wards
from broker.errors import NotAllowed, Refused
from broker.models import HandoverCode, HandoverStep, OwnRecord, User
from broker.roles import Right, Role
from consent import handover, kin
from consent.handover import Moment, Step
from consent.ledger import log
from consent.models import KinLink, Participant
from consent.models.kin import OVER, Why
from consent.models.people import ALPHABET
from consent.participants import subject_of
from consent.terms import Capacity

GOOD_FOR = timedelta(days=30)
TRIES = 5  # so often may the date of birth not match
BY = "handover"  # who ends a guardianship at majority, in the ledger's words
YOUNGEST = timedelta(days=365 * 12)  # nobody younger is on the way

# What she is told at a step, by the kind of notice. Her guardians are told that there is one.
TOLD = {
    Moment.FIRST_INVITATION: "invitation_16",
    Moment.SECOND_INVITATION: "invitation_17",
    Moment.MAJORITY: "majority",
}

WRONG = "This code and this date of birth do not belong together, or the code is used up. Nothing was opened."


def steps(participant: Participant, *, at: datetime) -> tuple[Step, ...]:
    """The way of one participant, under the policy in force."""
    return handover.steps(subject_of(participant), uses.dials(at))


def invite(participant: Participant, *, by: User, at: datetime) -> str:
    """A code for the young person, told once and kept as a hash. Her guardian gives it from the first step of
    the way until majority; a steward who has seen her papers, from the first step on."""
    steward = rights.has(by, Right.VERIFY_PEOPLE)
    ward = wards.child(by, participant.pseudonym, at=at)
    if not steward and (ward is None or not ward.authority.verified):
        raise NotAllowed("Only a verified guardian, or a steward, gives this code. Nothing was made.")
    if at < handover.invites_from(steps(participant, at=at)):
        raise Refused("It is too early for a login of her own. Nothing was made.")
    if OwnRecord.objects.filter(participant=participant).exists():
        raise Refused("She has a login of her own already. Nothing was made.")
    code = "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(4))
    with transaction.atomic():
        # One code at a time: an older one that was lost opens nothing.
        HandoverCode.objects.filter(participant=participant, used_at__isnull=True).update(expires_at=at)
        HandoverCode.objects.create(
            participant=participant,
            digest=_digest(code),
            issued_by=by.reference,
            issued_at=at,
            expires_at=at + GOOD_FOR,
            seen_by=by.reference if steward and ward is None else "",
        )
        log.append(events.HANDOVER_INVITED, at=at, by=by.reference, subject=participant.pseudonym)
    return code


def accept(
    code: str, username: str, password: str, *, born_on: date, language: str = "en", at: datetime
) -> User:
    """The young person takes over. Nothing is shown before the date of birth she types is the record's."""
    waiting = HandoverCode.objects.filter(
        digest=_digest(code), used_at__isnull=True, expires_at__gt=at, wrong__lt=TRIES
    )
    found = waiting.select_related("participant").first()
    if found is None:
        raise Refused(WRONG)
    if found.participant.born_on != born_on:
        waiting.update(wrong=F("wrong") + 1)
        raise Refused(WRONG)
    with transaction.atomic():
        if OwnRecord.objects.filter(participant=found.participant).exists():
            raise Refused(WRONG)
        user = User.objects.create_user(username, password=password, language=language)
        if not waiting.update(used_by=user, used_at=at):
            raise Refused(WRONG)
        OwnRecord.objects.create(user=user, participant=found.participant)
        rights.entrust(user, people.ACT, found.participant)
        people.admit(user, Role.PARTICIPANT, at=at)
        log.append(events.HANDOVER_ACCEPTED, at=at, by=user.reference, subject=found.participant.pseudonym)
    return user


def to_confirm() -> Iterator[HandoverCode]:
    """Logins that a guardian's code has opened, and whose owner no steward has seen."""
    yield from HandoverCode.objects.filter(used_at__isnull=False, seen_by="").select_related("participant")


def confirm(code: HandoverCode, *, by: User, at: datetime) -> None:
    """A steward has seen that the login is the young person's own, and not her guardian's."""
    rights.require(by, Right.VERIFY_PEOPLE)
    if by.reference == code.issued_by or by.pk == code.used_by_id:
        raise NotAllowed("Somebody else has to see these papers. Nothing was recorded.")
    with transaction.atomic():
        if HandoverCode.objects.filter(pk=code.pk, used_at__isnull=False, seen_by="").update(
            seen_by=by.reference
        ):
            log.append(events.HANDOVER_CONFIRMED, at=at, by=by.reference, subject=code.participant.pseudonym)


def begin_afresh(participant: Participant, *, at: datetime) -> bool:
    """Whether she has come of age here and has not yet said a word of her own since."""
    of_age = handover.at_of(Moment.MAJORITY, steps(participant, at=at))
    guarded = participant.kin_links.filter(capacity=Capacity.GUARDIAN).exists()
    return guarded and of_age is not None and at >= of_age and not _spoke(participant, of_age)


def sweep(*, at: datetime) -> int:
    """Take every step that has come due, once, and end guardianships of who is of age. Returns how many."""
    taken = 0
    for person, since in _on_the_way(at):
        way = steps(person, at=at)
        of_age = handover.at_of(Moment.MAJORITY, way)
        if of_age is not None and at >= of_age:
            for link in person.kin_links.filter(capacity=Capacity.GUARDIAN).exclude(state__in=OVER):
                kin.end(link, why=Why.MAJORITY, by=BY, at=at)
        due = [step for step in way if step.at <= at]
        # What came due before anybody brought the child is past; of that only the last still matters.
        fresh = [step for step in due if step.at >= since] or due[-1:]
        taken += sum(_take(person, step, of_age, at=at) for step in fresh)
    return taken


def _take(person: Participant, step: Step, of_age: datetime | None, *, at: datetime) -> bool:
    if step.moment is Moment.ERASURE_OFFERED and of_age is not None and _spoke(person, of_age):
        return False
    if HandoverStep.objects.filter(participant=person, moment=step.moment).exists():
        return False
    try:
        with transaction.atomic():
            HandoverStep.objects.create(participant=person, moment=step.moment, at=at)
            log.append(events.HANDOVER_STEP, at=at, by=BY, subject=person.pseudonym, moment=str(step.moment))
            _tell(person, step.moment, at=at)
    except IntegrityError:  # another sweep was quicker
        return False
    return True


def _tell(person: Participant, moment: Moment, *, at: datetime) -> None:
    """Tell her, if she has a login, and whoever was her guardian until this step."""
    if (kind := TOLD.get(moment)) is None:
        return
    her = User.objects.filter(own_record__participant=person)
    links = person.kin_links.filter(capacity=Capacity.GUARDIAN, verified_at__isnull=False)
    claimants = links.filter(ended_why__in=("", Why.MAJORITY)).values_list("claimant", flat=True)
    ids = [one.removeprefix("user:") for one in claimants if one.startswith("user:")]
    guardians = User.objects.filter(public_id__in=ids)
    for users, said in ((her, kind), (guardians, "growing_up")):
        entrusted = [user for user in users if rights.may(user, people.ACT, person)]
        notices.tell(entrusted, said, at=at, whose=person.pseudonym)


def _on_the_way(at: datetime) -> Iterator[tuple[Participant, datetime]]:
    """Everybody old enough who has or had a guardian here, with when the first of them came."""
    links = KinLink.objects.filter(
        capacity=Capacity.GUARDIAN,
        person__born_on__lte=(at - YOUNGEST).date(),
        person__died_at__isnull=True,
        person__erased_at__isnull=True,
    ).exclude(person__handover_steps__moment=Moment.ERASURE_OFFERED)
    since = dict(links.values_list("person").annotate(since=Min("claimed_at")))
    for person in Participant.objects.filter(ordinal__in=list(since)).iterator():
        yield person, since[person.ordinal]


def _spoke(person: Participant, since: datetime) -> bool:
    return bool(person.statements.filter(recorded_at__gte=since).exists())


def _digest(code: str) -> str:
    return hashlib.sha256(code.strip().upper().encode()).hexdigest()
