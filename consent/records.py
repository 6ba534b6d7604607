"""The verbs of a consent record: give, deny, withdraw, uphold.

Each is one transaction with its ledger event, and advances the consent position of the person it touches.
What a record then permits is decided in decision; who may press the button is decided upstairs.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from consent import duo, events, fence, purposes, seals, terms
from consent.errors import SealBroken, StatementRefused
from consent.ledger import log
from consent.ledger.kinds import EventKind
from consent.models import FormVersion, Participant, Statement

EVERYTHING = "*"  # the family that can only narrow

_EVENT_OF: dict[terms.Verb, EventKind] = {
    terms.Verb.GRANT: events.GIVEN,
    terms.Verb.DENY: events.DENIED,
    terms.Verb.WITHDRAW: events.WITHDRAWN,
    terms.Verb.CONTINUE: events.CONTINUED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What a yes says beyond its family: DUO permissions and modifiers, until when, for which file."""

    permissions: Sequence[terms.Permission] = ()
    modifiers: Sequence[terms.Modifier] = ()
    effective_at: datetime | None = None  # None: at once
    valid_to: datetime | None = None  # None: no end
    after_death: terms.AfterDeath = terms.AfterDeath.UNSPECIFIED
    file: UUID | None = None  # None: all files of the participant
    authority: terms.Authority = field(
        default_factory=lambda: terms.Authority(capacity=terms.Capacity.SELF, verified=True)
    )
    paper: terms.Paper | None = None  # None: given in the portal


def give(
    participant: Participant,
    family: str,
    *,
    form: FormVersion,
    by: str,
    at: datetime,
    wording: Wording | None = None,
) -> Statement:
    """Say yes to one family. Raises StatementRefused, with nothing recorded, for a yes that cannot mean
    anything: an unknown family or code, an interval that ends before it begins, a form without the family."""
    wording = wording or Wording()
    if family not in purposes.FAMILIES:
        raise StatementRefused(f"There is no family called {family!r}. Nothing was recorded.")
    if family not in form.offers:
        raise StatementRefused(
            f"Form {form} does not ask about {family}, so nobody agreed to it there. Nothing was recorded."
        )
    for permission in wording.permissions:
        if permission.code not in duo.PERMISSIONS:
            raise StatementRefused(
                f"{permission.code!r} is not a DUO permission that is honoured here. Nothing was recorded."
            )
    if family == "RESEARCH" and not wording.permissions:
        raise StatementRefused(
            "A yes to research names the kind of research; this one names none. Nothing was recorded."
        )
    for modifier in wording.modifiers:
        if modifier.code not in duo.MODIFIERS:
            raise StatementRefused(f"{modifier.code!r} is not a known condition. Nothing was recorded.")
    starts = wording.effective_at or at
    if wording.valid_to is not None and wording.valid_to <= starts:
        raise StatementRefused("This yes would end before it begins. Nothing was recorded.")
    return _record(terms.Verb.GRANT, participant, family, form=form, by=by, at=at, wording=wording)


def deny(
    participant: Participant, family: str, *, by: str, at: datetime, wording: Wording | None = None
) -> Statement:
    """Say no to one family, at once."""
    return _narrow(terms.Verb.DENY, participant, family, by=by, at=at, wording=wording)


def withdraw(
    participant: Participant,
    family: str = EVERYTHING,
    *,
    by: str,
    at: datetime,
    wording: Wording | None = None,
) -> Statement:
    """Take back one family, or everything, at once. Needs no form, no authority and no reason."""
    return _narrow(terms.Verb.WITHDRAW, participant, family, by=by, at=at, wording=wording)


def uphold(participant: Participant, grant: Statement, *, by: str, at: datetime) -> Statement:
    """A verified next of kin continues the grant that the participant left to them to decide."""
    wording = Wording(authority=terms.Authority(capacity=terms.Capacity.NEXT_OF_KIN, verified=True))
    if grant.participant_id != participant.ordinal:
        raise StatementRefused("That statement is somebody else's. Nothing was recorded.")
    return _record(
        terms.Verb.CONTINUE, participant, grant.family, by=by, at=at, wording=wording, continues=grant.seq
    )


def of(participant: Participant) -> tuple[terms.Statement, ...]:
    """The whole record, oldest first. Raises SealBroken for a row that was not written by these verbs."""
    return tuple(read(row, participant.pseudonym) for row in participant.statements.order_by("seq"))


def read(row: Statement, pseudonym: str) -> terms.Statement:
    """The value behind a row, if commitment and seal hold for this very person."""
    return seals.unseal(
        row.seq,
        pseudonym,
        row.body,
        bytes(row.salt),
        bytes(row.commitment),
        bytes(row.seal),
        row.seal_key,
    )


def broken_seals() -> Iterable[str]:
    """A sentence for every statement that is not as it was recorded, or whose ledger event says otherwise."""
    events_by_uid = log.openings(kind.tag for kind in _EVENT_OF.values())
    for row in Statement.objects.select_related("participant").order_by("seq").iterator():
        try:
            read(row, row.participant.pseudonym)
        except SealBroken as broken:
            yield str(broken)
            continue
        event = events_by_uid.pop(str(row.event), None)
        if event is None or event["fields"]["commitment"] != bytes(row.commitment).hex():
            yield f"Statement {row.seq} has no ledger event that carries its commitment."
    for event in events_by_uid.values():
        yield f"The ledger records statement {event['fields']['seq']}, and it is gone from the record."


def _narrow(
    verb: terms.Verb, participant: Participant, family: str, *, by: str, at: datetime, wording: Wording | None
) -> Statement:
    if family != EVERYTHING and family not in purposes.FAMILIES:
        raise StatementRefused(f"There is no family called {family!r}. Nothing was recorded.")
    return _record(verb, participant, family, by=by, at=at, wording=wording or Wording())


def _record(
    verb: terms.Verb,
    participant: Participant,
    family: str,
    *,
    by: str,
    at: datetime,
    wording: Wording,
    form: FormVersion | None = None,
    continues: int | None = None,
) -> Statement:
    with transaction.atomic():
        seq = fence.advance([participant.ordinal])
        value = terms.Statement(
            seq=seq,
            level=terms.Level.FILE if wording.file else terms.Level.PARTICIPANT,
            file=str(wording.file) if wording.file else None,
            family=family,
            decision=verb,
            recorded_at=at,
            effective_at=wording.effective_at or at,
            valid_to=wording.valid_to,
            authority=wording.authority,
            form=_as_value(form),
            source=terms.Source.PAPER if wording.paper else terms.Source.PORTAL,
            paper=wording.paper,
            permissions=tuple(wording.permissions),
            modifiers=tuple(wording.modifiers),
            after_death=wording.after_death,
            continues=continues,
        )
        body = terms.canonical({"participant": participant.pseudonym, "statement": value.as_json()})
        salt = secrets.token_bytes(32)
        commitment = seals.commit(salt, body)
        event = log.append(
            _EVENT_OF[verb],
            at=at,
            by=by,
            subject=participant.pseudonym,
            seq=seq,
            family=family,
            commitment=commitment.hex(),
            seal_key=settings.SEAL_KEY.id,
        )
        return Statement.objects.create(
            seq=seq,
            participant=participant,
            family=family,
            recorded_at=at,
            form=form,
            actor=by,
            body=body.decode(),
            salt=salt,
            commitment=commitment,
            seal=seals.seal(seq, participant.pseudonym, commitment),
            seal_key=settings.SEAL_KEY.id,
            event=event.uid,
        )


def _as_value(form: FormVersion | None) -> terms.Form:
    if form is None:
        return terms.Form(id="", version="", offers=frozenset(), le_notice=False, reconsent_due=None)
    return terms.Form(
        id=form.form,
        version=form.version,
        offers=frozenset(form.offers),
        le_notice=form.le_notice,
        reconsent_due=form.reconsent_due,
    )
