"""The verbs of kin at the top floor: claim, see the papers, reject, end; a death that relatives tell of.

What a link gives is the law's (consent.powers). A record that somebody else opened is not shown to who claims
it before her papers were seen; saying no for it she may where the law lets her (halt).
"""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from broker import events, notices, people, rights, uses, wards
from broker.errors import NotAllowed, Refused
from broker.models import DeathReport, OwnRecord, User
from broker.roles import Right, Role
from consent import kin, participants, powers, records, twins
from consent.ledger import log
from consent.models import KinLink, Participant, Statement, TwinLink
from consent.models.kin import Kind, State, Why

LONGEST_AGO = 100  # years: no record is older, and the first days of all are told in no zone
NOBODY = "Nobody here fits what you wrote. Nothing was recorded; look at the reference number again."


def claim_child(
    user: User, pseudonym: str, *, born_on: date, kind: Kind = Kind.PARENT, papers: str = "", at: datetime
) -> KinLink:
    """A second guardian asks to act for a child that has a record already."""
    child = _somebody(user, pseudonym, born_on)
    with transaction.atomic():
        link = kin.claim(user.reference, child, kind=kind, papers=papers, at=at)
        _become_guardian(user, at=at)
        return link


def claim_proxy(
    user: User, pseudonym: str, *, born_on: date, kind: Kind, papers: str, until: date, at: datetime
) -> KinLink:
    """Somebody asks to act for an adult who cannot, until the end of a day where that adult is at home."""
    person = _somebody(user, pseudonym, born_on)
    # kin refuses what is over or too long; nearer to its bounds the calendar has no such instant.
    soonest, latest = at.date() - timedelta(days=2), at.date() + kin.LONGEST_PROXY + timedelta(days=2)
    end = _began(min(max(until, soonest), latest) + timedelta(days=1), person)
    with transaction.atomic():
        link = kin.claim_proxy(user.reference, person, kind=kind, papers=papers, valid_to=end, at=at)
        _become_guardian(user, at=at)
        return link


def claim_next_of_kin(
    user: User, pseudonym: str, *, died_on: date, kind: Kind, papers: str, at: datetime
) -> DeathReport | KinLink:
    """A relative of somebody who died: a claim where the death is on record, else two stewards see to that
    first."""
    person = _somebody(user, pseudonym, None)
    with transaction.atomic():
        if person.died_at is None:
            return _report_death(user, person, died_on=died_on, kind=kind, papers=papers, at=at)
        link = kin.claim_next_of_kin(user.reference, person, kind=kind, papers=papers, at=at)
        _become_guardian(user, at=at)
        return link


def see_death(report: DeathReport, *, by: User, at: datetime) -> bool:
    """A steward has seen the paper of a death; with the second the death is recorded, and whoever told of it
    is a claimed next of kin. Returns whether that is so now."""
    rights.require(by, Right.VERIFY_PEOPLE)
    if by.pk in {report.reported_by_id, report.seen_by_id}:
        raise NotAllowed("A death takes two others who see the paper. Nothing was recorded.")
    waiting = DeathReport.objects.filter(pk=report.pk, settled_at__isnull=True)
    if report.seen_by is None:
        if not waiting.filter(seen_by__isnull=True).update(seen_by=by):
            raise Refused("Somebody else has just seen this paper. Nothing was recorded; look again.")
        report.refresh_from_db()
        return False
    person, teller = report.participant, report.reported_by
    acted = wards.acting_for(person, at=at)  # whose power may end with the death
    with transaction.atomic():
        if not waiting.update(settled_by=by, settled_at=at, confirmed=True):
            raise Refused("This report was settled by somebody else already. Nothing was recorded.")
        if person.died_at is None:
            participants.record_death(
                person,
                died_at=_began(report.died_on, person),
                papers=report.papers,
                by=report.seen_by.reference,
                second=by.reference,
                at=at,
            )
        kind = Kind(report.relation)
        kin.claim_next_of_kin(teller.reference, person, kind=kind, papers=report.papers, at=at)
        _become_guardian(teller, at=at)
        told = [*acted, *wards.acting_for(person, at=at), teller]
        notices.tell(told, "death_recorded", at=at, whose=person.pseudonym)
    report.refresh_from_db()
    return True


def refuse_death(report: DeathReport, *, by: User, at: datetime) -> None:
    """The paper does not show it."""
    rights.require(by, Right.VERIFY_PEOPLE)
    with transaction.atomic():
        waiting = DeathReport.objects.filter(pk=report.pk, settled_at__isnull=True)
        if waiting.exclude(reported_by=by).update(settled_by=by, settled_at=at):
            person = report.participant
            log.append(events.DEATH_REFUSED, at=at, by=by.reference, subject=person.pseudonym)
            told = [*wards.acting_for(person, at=at), report.reported_by]
            notices.tell(told, "death_refused", at=at, whose=person.pseudonym)


def verify(link: KinLink, *, by: User, at: datetime) -> KinLink:
    """A steward has seen the papers of a link. Once it stands, the record opens to who acts."""
    _judge(link, by)
    with transaction.atomic():
        link = kin.verify(link, by=by.reference, at=at)
        if link.state == State.VERIFIED:
            rights.entrust(_login(link), people.ACT, link.person)
        return link


def reject(link: KinLink, *, by: User, at: datetime) -> KinLink:
    _judge(link, by)
    return kin.reject(link, by=by.reference, at=at)


def end(link: KinLink, *, why: Why, by: User, at: datetime) -> KinLink:
    """A steward ends it; and whoever acts may lay it down herself."""
    if not (why == Why.LAID_DOWN and link.claimant == by.reference):
        _judge(link, by)
    return kin.end(link, why=why, by=by.reference, at=at)


def limit(link: KinLink, families: list[str], *, by: User, at: datetime) -> KinLink:
    _judge(link, by)
    return kin.limit(link, families, by=by.reference, at=at)


def halt(user: User, pseudonym: str, *, at: datetime) -> Statement:
    """Say no to everything for somebody one acts for, also before the papers were seen."""
    person = Participant.objects.filter(pseudonym=pseudonym).first()
    power = powers.may_act(user.reference, person, at=at, policy=uses.dials(at)) if person else None
    if person is None or power is None:
        raise NotAllowed("You do not act for this person. Nothing was changed.")
    wording = records.Wording(authority=power.authority)
    with transaction.atomic():
        said = records.withdraw(person, by=user.reference, at=at, wording=wording)
        told = [user, *wards.acting_for(person, at=at)]
        notices.tell(told, "narrowed", at=at, family=records.EVERYTHING, whose=person.pseudonym)
    return said


def propose_twins(a: Participant, b: Participant, *, by: User, at: datetime) -> TwinLink:
    rights.require(by, Right.VERIFY_PEOPLE)
    return twins.propose(a, b, by=by.reference, at=at)


def confirm_twins(link: TwinLink, *, by: User, at: datetime) -> TwinLink:
    rights.require(by, Right.VERIFY_PEOPLE)
    return twins.confirm(link, by=by.reference, at=at)


def propose_parting(link: TwinLink, why: str, *, by: User, at: datetime) -> TwinLink:
    """One steward has seen that they are no twins after all."""
    rights.require(by, Right.VERIFY_PEOPLE)
    return twins.propose_parting(link, why=why, by=by.reference, at=at)


def part_twins(link: TwinLink, *, by: User, at: datetime) -> TwinLink:
    """Another steward has seen it too."""
    rights.require(by, Right.VERIFY_PEOPLE)
    return twins.part(link, by=by.reference, at=at)


def keep_twins(link: TwinLink, *, by: User, at: datetime) -> TwinLink:
    """A steward sees that they are twins all the same; the one who said otherwise may take it back so."""
    rights.require(by, Right.VERIFY_PEOPLE)
    return twins.keep(link, by=by.reference, at=at)


def _report_death(
    user: User, person: Participant, *, died_on: date, kind: Kind, papers: str, at: datetime
) -> DeathReport:
    if not papers.strip():
        raise Refused("Say where the paper of the death is to be found. Nothing was recorded.")
    # Held against the calendar alone: an answer that knew her birthday would tell it to whoever tries days.
    if died_on > at.date():
        raise Refused("This day has not come yet. Nothing was recorded; correct the date.")
    if at.year - died_on.year > LONGEST_AGO:
        raise Refused("Nobody who died then can have a record here. Nothing was recorded; correct the date.")
    if DeathReport.objects.filter(participant=person, reported_by=user, settled_at__isnull=True).exists():
        raise Refused("You have told us already, and it waits for a steward. Nothing was recorded.")
    # Whoever is alive after all reads it here, before anybody has believed it.
    notices.tell(wards.acting_for(person, at=at), "death_reported", at=at, whose=person.pseudonym)
    log.append(events.DEATH_REPORTED, at=at, by=user.reference, subject=person.pseudonym)
    return DeathReport.objects.create(
        participant=person,
        reported_by=user,
        relation=kind,
        died_on=died_on,
        papers=papers.strip(),
        reported_at=at,
    )


def _somebody(user: User, pseudonym: str, born_on: date | None) -> Participant:
    """The person a claim is about: not herself, and where a birth date is asked it has to fit."""
    found = Participant.objects.filter(pseudonym=pseudonym.strip().upper(), erased_at__isnull=True).first()
    if found is None or (born_on is not None and found.born_on != born_on):
        raise Refused(NOBODY)
    if OwnRecord.objects.filter(user=user, participant=found).exists():
        raise Refused("This is your own record. Nothing was recorded.")
    return found


def _began(day: date, person: Participant) -> datetime:
    """The first instant of a day where she was at home."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(person.home_zone)).astimezone(UTC)


def _become_guardian(user: User, *, at: datetime) -> None:
    if Role.GUARDIAN not in user.roles:
        people.admit(user, Role.GUARDIAN, at=at)


def _judge(link: KinLink, by: User) -> None:
    rights.require(by, Right.VERIFY_PEOPLE)
    if link.claimant == by.reference:
        raise NotAllowed("Nobody judges her own claim. Ask another steward.")


def _login(link: KinLink) -> User:
    return User.objects.get(public_id=UUID(link.claimant.removeprefix("user:")))
