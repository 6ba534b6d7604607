"""Erasing a person, seen from the top floor: her login, her scans, and the one act below that does the rest.

What the act destroys beneath is in genomics.intake.erasure and consent.erasure. Whoever has another role here
keeps the login for it; nothing of it leads to the participant any more.
"""

from datetime import datetime

from knox.models import AuthToken

from broker import leftovers
from broker.models import (
    Appointment,
    Channel,
    DeathReport,
    Delivery,
    HandoverCode,
    HandoverStep,
    LegalConcern,
    Notice,
    OwnRecord,
    PaperScan,
    ParticipantPermission,
    Passkey,
    RecoveryCode,
    Totp,
    User,
)
from broker.roles import Role
from broker.walls import leases
from consent.models import Erasure, Participant
from genomics.intake import erasure
from genomics.models import GenomicFile

EMPTY = "erased:"  # how the name of an emptied login begins


def erase(participant: Participant, *, by: str, at: datetime) -> Erasure:
    """Erase her everywhere, in one transaction. Raises RegistrationRefused if she was erased before."""
    with leases.record(participant):
        return erasure.erase(participant, by=by, at=at, also=lambda: _destroy(participant, at))


def erase_file(file: GenomicFile, *, by: str, at: datetime) -> None:
    """Erase one of her files; the others stay."""
    with leases.record(file.participant):
        erasure.erase_file(file, by=by, at=at)


def _destroy(participant: Participant, at: datetime) -> dict[str, int]:
    scans, _ = PaperScan.objects.filter(paper__participant=participant).delete()
    leftovers.forget(participant, at=at)
    DeathReport.objects.filter(participant=participant).delete()
    HandoverCode.objects.filter(participant=participant).delete()
    HandoverStep.objects.filter(participant=participant).erase()
    LegalConcern.objects.filter(participant=participant).erase()
    own = OwnRecord.objects.filter(participant=participant).select_related("user")
    logins = [record.user for record in own]
    own.delete()
    ParticipantPermission.objects.filter(content_object=participant).delete()
    emptied = sum(_leave(user, at) for user in logins)
    return {"scans": scans, "logins": emptied}


def _leave(user: User, at: datetime) -> bool:
    """She is no participant any more; a login with no other role is emptied. True if it was."""
    standing = Appointment.objects.filter(user=user, ended_at__isnull=True)
    standing.filter(role=Role.PARTICIPANT).update(ended_at=at)
    if standing.exists():
        return False
    Delivery.objects.filter(notice__user=user).delete()
    for of_login in (Channel, AuthToken, Totp, Passkey, RecoveryCode):
        of_login.objects.filter(user=user).delete()
    user.username, user.first_name, user.last_name, user.email = f"{EMPTY}{user.public_id}", "", "", ""
    user.is_active = False
    user.set_unusable_password()
    user.save()
    Notice.objects.filter(user=user).erase()
    return True
