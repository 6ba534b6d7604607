"""The verbs of a consent record: give, deny, withdraw, uphold.

Each is one transaction with its ledger event, and advances the consent position of the person it touches.
What a yes must be to be recorded is in giving, what a record then permits in decision; who may press the
button is decided upstairs.
"""

import secrets
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import transaction

from consent import events, fence, giving, policies, powers, purposes, seals, terms
from consent.errors import SealBroken, StatementRefused
from consent.exchange import ts27560
from consent.giving import Offer, Wording
from consent.ledger import log
from consent.ledger.kinds import EventKind
from consent.models import FormVersion, Participant, Statement

__all__ = [
    "EVERYTHING",
    "Offer",
    "Wording",
    "broken_seals",
    "deny",
    "give",
    "give_as_weighed",
    "of",
    "read",
    "uphold",
    "weigh",
    "withdraw",
]

EVERYTHING = "*"  # the family that can only narrow
_FOR_ANOTHER = frozenset((terms.Capacity.GUARDIAN, terms.Capacity.PROXY))

_EVENT_OF: dict[terms.Verb, EventKind] = {
    terms.Verb.GRANT: events.GIVEN,
    terms.Verb.DENY: events.DENIED,
    terms.Verb.WITHDRAW: events.WITHDRAWN,
    terms.Verb.CONTINUE: events.CONTINUED,
}


def give(
    participant: Participant,
    family: str,
    *,
    form: FormVersion,
    by: str,
    at: datetime,
    wording: Wording | None = None,
    sign_in: terms.SignIn | None = None,
) -> Statement:
    """`give_as_weighed`, for whoever need not tell what came of it."""
    said, _ = give_as_weighed(participant, family, form=form, by=by, at=at, wording=wording, sign_in=sign_in)
    return said


def give_as_weighed(
    participant: Participant,
    family: str,
    *,
    form: FormVersion,
    by: str,
    at: datetime,
    wording: Wording | None = None,
    sign_in: terms.SignIn | None = None,
) -> tuple[Statement, Offer]:
    """Say yes to one family; and how that was weighed, under the gate lock. What may widen needs a fresh
    sign-in, and holds when its cooling-off time is over; until then an earlier yes goes on. What only narrows
    takes the place of the earlier yes at once.

    Raises, with nothing recorded, StatementRefused for a yes that cannot mean anything (giving), and
    KinRefused for one in somebody else's name by who may not say it (powers)."""
    wording = wording or Wording()
    policy = policies.in_force(at=at)
    giving.refuse_unfit(participant, family, form=form, wording=wording, policy=policy, at=at)
    with transaction.atomic():
        seq = fence.advance([participant.ordinal])
        offer = giving.weigh(
            participant, of(participant), family, form=form, wording=wording, policy=policy, at=at, seq=seq
        )
        _require_power(participant, offer.statement, by=by, policy=policy, at=at)
        signed_in = ""
        if offer.widens and wording.paper is None:
            signed_in = giving.fresh(sign_in, policy, at).method
        return _write(participant, offer.statement, form=form, by=by, signed_in=signed_in), offer


def weigh(
    participant: Participant,
    family: str,
    *,
    form: FormVersion,
    at: datetime,
    wording: Wording | None = None,
) -> Offer:
    """What `give` would record now, and whether it may widen; nothing is recorded. Raises as `give` does."""
    wording = wording or Wording()
    policy = policies.in_force(at=at)
    giving.refuse_unfit(participant, family, form=form, wording=wording, policy=policy, at=at)
    said, seq = of(participant), fence.position() + 1
    return giving.weigh(participant, said, family, form=form, wording=wording, policy=policy, at=at, seq=seq)


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


def uphold(
    participant: Participant,
    grant: Statement,
    *,
    by: str,
    at: datetime,
    sign_in: terms.SignIn | None = None,
) -> Statement:
    """A verified next of kin continues the grant that the participant left to them to decide. It widens, so
    it needs a fresh sign-in and holds when its cooling-off time is over. Raises StatementRefused, KinRefused.
    """
    if grant.participant_id != participant.ordinal:
        raise StatementRefused("That statement is somebody else's. Nothing was recorded.")
    policy = policies.in_force(at=at)
    powers.require_next_of_kin(by, participant, at=at, policy=policy)
    signed_in = giving.fresh(sign_in, policy, at).method
    wording = Wording(
        authority=terms.Authority(capacity=terms.Capacity.NEXT_OF_KIN, verified=True),
        effective_at=at + policy.cooling_off(grant.family),
    )
    return _record(
        terms.Verb.CONTINUE,
        participant,
        grant.family,
        by=by,
        at=at,
        wording=wording,
        continues=grant.seq,
        signed_in=signed_in,
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


def _require_power(
    participant: Participant, grant: terms.Statement, *, by: str, policy: terms.Policy, at: datetime
) -> None:
    """Who says yes for another needs the link for it now, and no more than the link gives."""
    capacity = grant.authority.capacity
    if capacity in _FOR_ANOTHER:
        until = grant.valid_to
        powers.require(by, participant, grant.family, capacity=capacity, until=until, at=at, policy=policy)


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
    continues: int | None = None,
    **fields: str,
) -> Statement:
    giving.refuse_foreign_file(participant, wording)
    with transaction.atomic():
        seq = fence.advance([participant.ordinal])
        value = giving.value(verb, family, seq=seq, at=at, wording=wording, continues=continues)
        return _write(participant, value, form=None, by=by, **fields)


def _write(
    participant: Participant, value: terms.Statement, *, form: FormVersion | None, by: str, **fields: str
) -> Statement:
    """The row and its event, in the caller's transaction."""
    body = terms.canonical({"participant": participant.pseudonym, "statement": value.as_json()})
    salt = secrets.token_bytes(32)
    commitment = seals.commit(salt, body)
    paper = ts27560.record(
        value,
        participant=participant.pseudonym,
        commitment=commitment,
        texts=form.texts if form else {},
        signed_in=fields.get("signed_in", ""),
    )
    event = log.append(
        _EVENT_OF[value.decision],
        at=value.recorded_at,
        by=by,
        subject=participant.pseudonym,
        seq=value.seq,
        family=value.family,
        commitment=commitment.hex(),
        seal_key=settings.SEAL_KEY.id,
        receipt=ts27560.digest(paper),
        **fields,
    )
    return Statement.objects.create(
        seq=value.seq,
        participant=participant,
        family=value.family,
        recorded_at=value.recorded_at,
        form=form,
        actor=by,
        body=body.decode(),
        salt=salt,
        commitment=commitment,
        seal=seals.seal(value.seq, participant.pseudonym, commitment),
        seal_key=settings.SEAL_KEY.id,
        event=event.uid,
    )
