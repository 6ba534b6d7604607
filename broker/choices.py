"""A choice as people make it: the statement, and the notices to everybody who may act, in one transaction.

What was said counts by the law alone (consent); that others are told asks nobody's permission.
"""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import transaction

from broker import notices, wards
from broker.models import User
from broker.wards import Ward
from consent import kin, participants, records
from consent.models import FormVersion, KinLink, Statement
from consent.records import EVERYTHING, Wording
from consent.terms import SignIn


def say_yes(
    ward: Ward,
    family: str,
    *,
    user: User,
    form: FormVersion,
    wording: Wording,
    sign_in: SignIn | None,
    at: datetime,
) -> Statement:
    """Say yes. Raises StatementRefused, with nothing recorded and nobody told, for what cannot be."""
    person, wording = ward.participant, replace(wording, authority=ward.authority)
    with transaction.atomic():
        # Told as it was weighed under the gate lock: a no may have come since anybody looked.
        said, offer = records.give_as_weighed(
            person, family, form=form, by=user.reference, at=at, wording=wording, sign_in=sign_in
        )
        if offer.widens:
            begins = offer.statement.effective_at.isoformat()
            _tell(ward, user, "widened", family, at=at, begins=begins)
        else:
            _tell(ward, user, "narrowed", family, at=at)
    return said


def uphold(
    ward: Ward, link: KinLink, grant: Statement, *, user: User, sign_in: SignIn, at: datetime
) -> Statement:
    """Continue what somebody who died left to her next of kin. Raises KinRefused or StatementRefused, with
    nothing recorded and nobody told."""
    with transaction.atomic():
        said = kin.uphold(link, grant, at=at, sign_in=sign_in)
        begins = records.read(said, ward.participant.pseudonym).effective_at
        _tell(ward, user, "widened", grant.family, at=at, begins=begins.isoformat())
    return said


def take_objection_back(ward: Ward, *, user: User, at: datetime) -> None:
    """A young person no longer objects: what her guardians allow for research holds again, once the time to
    think it over has passed."""
    with transaction.atomic():
        participants.record_dissent(ward.participant, dissents=False, by=user.reference, at=at)
        begins = ward.participant.dissent_until or at
        _tell(ward, user, "widened", "RESEARCH", at=at, begins=begins.isoformat())


def say_no(ward: Ward, family: str, *, user: User, at: datetime, file: UUID | None = None) -> Statement:
    """Say no, or take a yes back, a pending one too: at once, for everything she has or for one file."""
    wording = Wording(authority=ward.authority, file=file)
    with transaction.atomic():
        verb = records.withdraw if _has_said_yes(ward, family, file) else records.deny
        said = verb(ward.participant, family, by=user.reference, at=at, wording=wording)
        _tell(ward, user, "narrowed", family, at=at)
    return said


def stop_everything(ward: Ward, *, user: User, at: datetime) -> Statement:
    """Take everything back, at once."""
    wording = Wording(authority=ward.authority)
    with transaction.atomic():
        said = records.withdraw(ward.participant, by=user.reference, at=at, wording=wording)
        _tell(ward, user, "narrowed", EVERYTHING, at=at)
    return said


def _has_said_yes(ward: Ward, family: str, file: UUID | None) -> bool:
    """Whether the last word on this family, for this file or for all, was a yes. The rows say it, so that a
    record whose seal is broken can be stopped all the same."""
    rows = ward.participant.statements.filter(family__in=(family, EVERYTHING)).order_by("-seq")
    about = f'"file":"{file}"' if file else '"level":"participant"'
    last = next((row for row in rows if about in row.body), None)
    return last is not None and last.family == family and '"decision":"grant"' in last.body


def _tell(ward: Ward, user: User, kind: str, family: str, *, at: datetime, **fields: object) -> None:
    people = [user, *wards.acting_for(ward.participant, at=at)]
    notices.tell(people, kind, at=at, family=family, whose=ward.participant.pseudonym, **fields)
