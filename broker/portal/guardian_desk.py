"""How somebody who acts for another is seated at the record: only where she acts at this instant."""

from datetime import datetime

from django.http import Http404, HttpRequest
from django.utils import timezone

from broker import wards
from broker.models import User
from broker.portal.desk import Desk
from broker.wards import Ward

FOR_A_CHILD, FOR_AN_ADULT = "F-GUARDIAN", "F-ADULT"


def desk_of(request: HttpRequest, pseudonym: str) -> Desk:
    """The record of somebody she acts for, or a 404."""
    user, now = request.user, timezone.now()
    ward = wards.other(user, pseudonym, at=now) if isinstance(user, User) else None
    if ward is None or not isinstance(user, User):
        raise Http404
    return sit(request, user, ward, now)


def sit(request: HttpRequest, user: User, ward: Ward, at: datetime) -> Desk:
    """At the form that fits: the guardian's for a child, the adult's for everybody else."""
    return Desk(request, user, "guardian", FOR_A_CHILD if ward.is_child else FOR_AN_ADULT, ward, at)
