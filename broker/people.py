"""The verbs of people: sign up, enrol, appoint, verify organisations. Nobody makes another powerful alone."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet

from broker import events, rights
from broker.errors import NotAllowed, Refused
from broker.models import Appointment, Organisation, OwnRecord, User
from broker.roles import SELF_TAKEN, Right, Role
from consent import fence, kin, participants
from consent.ledger import log
from consent.models import KinLink, Participant
from consent.models.kin import Kind

ACT = "change_participant"  # guardian's row for acting on a participant's record


def sign_up(
    username: str,
    password: str,
    *,
    born_on: date,
    home_region: str = "",
    home_zone: str = "UTC",
    language: str = "en",
    at: datetime,
) -> User:
    """A new participant with a login of her own. Nothing is allowed until she says so."""
    with transaction.atomic():
        user = User.objects.create_user(username, password=password, language=language)
        participant = participants.register(
            born_on=born_on, home_region=home_region, home_zone=home_zone, by=user.reference, at=at
        )
        OwnRecord.objects.create(user=user, participant=participant)
        rights.entrust(user, ACT, participant)
        admit(user, Role.PARTICIPANT, at=at)
    return user


def add_child(
    guardian: User,
    *,
    born_on: date,
    home_region: str = "",
    home_zone: str = "UTC",
    kind: Kind = Kind.PARENT,
    at: datetime,
) -> Participant:
    """A guardian brings a child. Until the link is verified she can say no for it, and nothing more."""
    with transaction.atomic():
        child = participants.register(
            born_on=born_on, home_region=home_region, home_zone=home_zone, by=guardian.reference, at=at
        )
        kin.claim(guardian.reference, child, kind=kind, at=at)
        rights.entrust(guardian, ACT, child)
        if Role.GUARDIAN not in guardian.roles:
            admit(guardian, Role.GUARDIAN, at=at)
    return child


def verify_identity(participant: Participant, *, by: User, at: datetime) -> None:
    rights.require(by, Right.VERIFY_PEOPLE)
    if OwnRecord.objects.filter(user=by, participant=participant).exists():
        raise NotAllowed("Nobody verifies herself. Ask another steward.")
    participants.verify_identity(participant, by=by.reference, at=at)


def verify_guardian(link: KinLink, *, by: User, at: datetime) -> None:
    rights.require(by, Right.VERIFY_PEOPLE)
    if link.claimant == by.reference:
        raise NotAllowed("Nobody verifies her own guardianship. Ask another steward.")
    kin.verify(link, by=by.reference, at=at)


def staff() -> QuerySet[User]:
    """Every login that is not a participant's: whoever works here, or belongs to an organisation. What a
    participant calls herself is nobody's to read."""
    return User.objects.filter(own_record__isnull=True, is_active=True)


def holding(role: Role) -> QuerySet[User]:
    """Everybody who has this role now."""
    standing = Appointment.objects.filter(role=role, confirmed_by__isnull=False, ended_at__isnull=True)
    return User.objects.filter(is_active=True, pk__in=standing.values("user"))


def enrol(
    username: str, password: str, *, organisation: Organisation | None = None, by: User, at: datetime
) -> User:
    """A login for somebody who works here or belongs to an organisation. It has no role: that takes two."""
    rights.require(by, Right.APPOINT)
    if organisation is not None and not organisation.verified:
        raise Refused(f"{organisation} is not verified yet. No login was made.")
    if User.objects.filter(username=User.normalize_username(username)).exists():
        raise Refused("Somebody has this user name. No login was made: choose another.")
    with transaction.atomic():
        user = User.objects.create_user(username, password=password, organisation=organisation)
        log.append(
            events.ENROLLED,
            at=at,
            by=by.reference,
            subject=user.reference,
            organisation=str(organisation.public_id) if organisation else None,
        )
    return user


def propose(user: User, role: Role, *, by: User, at: datetime) -> Appointment:
    """Name somebody for a role; a second administrator has to confirm it."""
    rights.require(by, Right.APPOINT)
    if Appointment.objects.filter(user=user, role=role, ended_at__isnull=True).exists():
        raise Refused(f"{user} is {role} already, or waits to be confirmed. Nothing was changed.")
    with transaction.atomic():
        log.append(events.PROPOSED, at=at, by=by.reference, subject=user.reference, role=str(role))
        return Appointment.objects.create(user=user, role=role, proposed_by=by, proposed_at=at)


def confirm(appointment: Appointment, *, by: User, at: datetime) -> Appointment:
    """The second signature. It is neither the proposer's nor that of who is appointed."""
    rights.require(by, Right.APPOINT)
    if by.pk in {appointment.proposed_by_id, appointment.user_id}:
        raise NotAllowed("A role takes two: somebody else has to confirm it. Nothing was changed.")
    with transaction.atomic():
        row = Appointment.objects.filter(pk=appointment.pk, confirmed_by__isnull=True, ended_at__isnull=True)
        # Asked of the row, not of what a page remembers of it.
        moved = row.exclude(proposed_by=by).exclude(user=by).update(confirmed_by=by, confirmed_at=at)
        if moved:
            log.append(
                events.CONFIRMED,
                at=at,
                by=by.reference,
                subject=appointment.user.reference,
                role=appointment.role,
            )
    appointment.refresh_from_db()
    return appointment


def dismiss(appointment: Appointment, *, by: User, at: datetime) -> None:
    """End a role, at once and by one: taking power away needs no second signature."""
    rights.require(by, Right.APPOINT)
    end_role(appointment, by=by.reference, at=at)


def end_role(appointment: Appointment, *, by: str, at: datetime) -> None:
    """What dismissing does, whoever has the word: an administrator, or a restore that ends it again."""
    with transaction.atomic():
        fence.advance([])  # a release that has begun comes first, and none comes after
        ended = Appointment.objects.filter(pk=appointment.pk, ended_at__isnull=True).update(ended_at=at)
        if ended:
            user, role = appointment.user.reference, appointment.role
            log.append(events.ENDED, at=at, by=by, subject=user, role=role)


def propose_organisation(
    name: str, kind: Organisation.Kind, *, region: str, by: User, at: datetime
) -> Organisation:
    rights.require(by, Right.APPOINT)
    if Organisation.objects.filter(name=name).exists():
        raise Refused(f"{name} is known already. Nothing was changed.")
    with transaction.atomic():
        log.append(events.ORGANISATION_PROPOSED, at=at, by=by.reference, subject=name, org_kind=str(kind))
        return Organisation.objects.create(name=name, kind=kind, region=region, proposed_by=by)


def confirm_organisation(organisation: Organisation, *, by: User, at: datetime) -> Organisation:
    rights.require(by, Right.APPOINT)
    if by.pk == organisation.proposed_by_id:
        raise NotAllowed("An organisation takes two: somebody else has to confirm it. Nothing was changed.")
    with transaction.atomic():
        # Asked of the row: since the page was read, she may have proposed it anew herself.
        row = Organisation.objects.filter(
            pk=organisation.pk, confirmed_by__isnull=True, proposed_by__isnull=False
        )
        moved = row.exclude(proposed_by=by).update(confirmed_by=by)
        if moved:
            log.append(events.ORGANISATION_CONFIRMED, at=at, by=by.reference, subject=organisation.name)
    organisation.refresh_from_db()
    return organisation


def withdraw_organisation(organisation: Organisation, *, why: str, by: User, at: datetime) -> None:
    """It is not verified any more, at once and by one: what its people ask is refused from now on, and what
    runs is not released. To verify it again takes two."""
    rights.require(by, Right.APPOINT)
    if not why.strip():
        raise Refused("A withdrawal needs its reason in words. Nothing was changed.")
    unverify(organisation, why=why, by=by.reference, at=at)


def unverify(organisation: Organisation, *, why: str, by: str, at: datetime) -> None:
    """The same, whoever has the word: an administrator, or a restore that withdraws it again."""
    with transaction.atomic():
        fence.advance([])  # a release that has begun comes first, and none comes after
        row = Organisation.objects.filter(pk=organisation.pk, confirmed_by__isnull=False)
        if not row.update(confirmed_by=None, proposed_by=None):
            raise Refused(f"{organisation} is not verified. Nothing was changed.")
        name = organisation.name
        log.append(events.ORGANISATION_WITHDRAWN, at=at, by=by, subject=name, why=why)
    organisation.refresh_from_db()


def propose_again(organisation: Organisation, *, by: User, at: datetime) -> Organisation:
    """Name an organisation that lost its verification; a second administrator has to confirm it."""
    rights.require(by, Right.APPOINT)
    with transaction.atomic():
        row = Organisation.objects.filter(pk=organisation.pk, proposed_by__isnull=True)
        if not row.update(proposed_by=by):
            raise Refused(f"{organisation} is verified, or waits to be confirmed. Nothing was changed.")
        kind, name = str(organisation.kind), organisation.name
        log.append(events.ORGANISATION_PROPOSED, at=at, by=by.reference, subject=name, org_kind=kind)
    organisation.refresh_from_db()
    return organisation


def found(names: tuple[str, str], passwords: tuple[str, str], *, at: datetime) -> tuple[User, User]:
    """The first two administrators of a house that has none: each confirms the other, this once."""
    with transaction.atomic():
        if Appointment.objects.filter(role=Role.ADMINISTRATOR).exists():
            raise Refused("This house has administrators. They appoint the next ones, two together.")
        for name in map(User.normalize_username, names):
            if not name or User.objects.filter(username=name).exists():
                raise Refused(f"{name!r} is somebody's user name, or none. Nothing was changed.")
        first, second = (
            User.objects.create_user(name, password=password)
            for name, password in zip(names, passwords, strict=True)
        )
        for user, other in ((first, second), (second, first)):
            log.append(
                events.CONFIRMED, at=at, by="founding", subject=user.reference, role=str(Role.ADMINISTRATOR)
            )
            Appointment.objects.create(
                user=user,
                role=Role.ADMINISTRATOR,
                proposed_by=user,
                proposed_at=at,
                confirmed_by=other,
                confirmed_at=at,
            )
    return first, second


def admit(user: User, role: Role, *, at: datetime) -> None:
    """She takes a role herself: one that gives power over nobody else's record."""
    if role not in SELF_TAKEN:
        raise NotAllowed(f"Nobody makes herself {role}.")
    log.append(events.CONFIRMED, at=at, by=user.reference, subject=user.reference, role=str(role))
    Appointment.objects.create(
        user=user, role=role, proposed_by=user, proposed_at=at, confirmed_by=user, confirmed_at=at
    )
