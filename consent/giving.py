"""What a yes must be before it is recorded, and when it takes hold. The verbs themselves are in records.

A yes that could never mean anything is refused with the reason. One that may widen waits for its
cooling-off time; one that only narrows keeps the instant from which the yes before it held, and so takes
its place at once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from consent import duo, forms, participants, purposes, terms
from consent.errors import FormRefused, StatementRefused
from consent.models import FormVersion, Holding, Participant
from consent.reasons import Reason
from consent.rules import authority, modifiers, precedence
from consent.widening import widens

FRESH_BY = frozenset(("passkey", "totp"))  # a password alone proves too little
RESEARCH = "RESEARCH"
FARTHEST = timedelta(days=200 * 366)  # a day beyond is a slip, and the last days of all are told in no zone

# A grant with one of these is dead for good, whatever comes later; dissent, say, may be taken back.
_NEVER: dict[Reason, str] = {
    Reason.AUTH_MINOR_SELF: "It would begin before the participant is of age, so it would never hold",
    Reason.AUTH_GUARDIAN_UNVERIFIED: "Nobody has verified that this person may say yes for the participant",
    Reason.AUTH_GUARDIAN_CANNOT_GRANT: "Nobody can say yes to this for somebody else",
    Reason.AUTH_GUARDIAN_LAPSED_AT_MAJORITY: "It would begin when the participant is grown and decides alone",
    Reason.AUTH_DECEASED_STOP: "The participant has died, so nobody can say a new yes",
    Reason.AUTH_NOK_CANNOT_WIDEN: "The next of kin can go on with a yes, and not say a new one",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What a yes says beyond its family: DUO permissions and modifiers, until when, for which file."""

    permissions: Sequence[terms.Permission] = ()
    modifiers: Sequence[terms.Modifier] = ()
    effective_at: datetime | None = None  # None: as soon as may be
    valid_to: datetime | None = None  # None: no end
    after_death: terms.AfterDeath = terms.AfterDeath.UNSPECIFIED
    file: UUID | None = None  # None: all files of the participant
    authority: terms.Authority = field(
        default_factory=lambda: terms.Authority(capacity=terms.Capacity.SELF, verified=True)
    )
    paper: terms.Paper | None = None  # None: given in the portal
    signed_on: date | None = None  # the day on a paper; None: today


@dataclass(frozen=True, slots=True)
class Offer:
    """A yes as it would be recorded, and whether it may permit what was not permitted before."""

    statement: terms.Statement
    widens: bool


def refuse_unfit(
    participant: Participant,
    family: str,
    *,
    form: FormVersion,
    wording: Wording,
    policy: terms.Policy,
    at: datetime,
) -> None:
    """Raise StatementRefused, in a sentence, for a yes that cannot mean anything."""
    if family not in purposes.FAMILIES:
        raise _refused(f"There is no family called {family!r}")
    if family not in form.offers:
        raise _refused(f"Form {form} does not ask about {family}, so nobody agreed to it there")
    if not _stood(form, wording, at):
        raise _refused(f"Form {form} is not the one in force; read the new words, and say yes to those")
    _refuse_others_words(form, wording)
    for fault in (*_permissions(family, wording, policy), *_modifiers(wording, policy), *_days(wording, at)):
        raise _refused(fault)
    paper = wording.paper
    if paper is not None and paper.keyed_by == paper.verified_by:
        raise _refused("A yes on paper is read by two different people, and this one was not")
    refuse_foreign_file(participant, wording)


def _refuse_others_words(form: FormVersion, wording: Wording) -> None:
    """A guardian agrees to the words for guardians, and nobody else does."""
    try:
        audience = forms.audience(form)
    except FormRefused as refused:
        raise StatementRefused(f"{refused} Nothing was recorded.") from None
    is_guardian = wording.authority.capacity is terms.Capacity.GUARDIAN
    if audience is not None and (audience == "guardian") is not is_guardian:
        raise _refused(f"Form {form} is written for {audience}s, and this yes is not one of theirs")


def refuse_foreign_file(participant: Participant, wording: Wording) -> None:
    """Nobody decides about somebody else's file, and nothing is decided about one that is gone."""
    if wording.file is None:
        return
    held = Holding.objects.filter(file=wording.file, participant=participant)
    if not held.exclude(state=Holding.State.ERASED).exists():
        raise _refused("This participant has no such file")


def weigh(
    participant: Participant,
    said: Sequence[terms.Statement],
    family: str,
    *,
    form: FormVersion,
    wording: Wording,
    policy: terms.Policy,
    at: datetime,
    seq: int,
) -> Offer:
    """The yes as it would stand after `said`, and whether it may widen. Raises StatementRefused for one that
    would never hold."""
    offered = value(terms.Verb.GRANT, family, seq=seq, at=at, wording=wording, form=form)
    spoken = precedence.heads(said, family, offered.file, at).all
    before = next((head for head in spoken if head.level is offered.level), None)
    if before is not None and offered.effective_at <= at:
        narrowed = replace(offered, effective_at=before.effective_at)
        if not widens(before, narrowed, policy, at):
            _refuse_dead(participant, narrowed, said, policy, at)
            return Offer(narrowed, widens=False)
    begins = max(offered.effective_at, at + policy.cooling_off(family))
    widened = replace(offered, effective_at=begins)
    _refuse_dead(participant, widened, said, policy, begins)
    return Offer(widened, widens=True)


def is_fresh(sign_in: terms.SignIn, policy: terms.Policy, at: datetime) -> bool:
    """Whether a proof of who says yes is strong and new enough."""
    within = timedelta(minutes=policy.fresh_minutes)
    if sign_in.at.utcoffset() is None:  # a clock of nobody knows where tells no time
        return False
    return sign_in.method in FRESH_BY and at - within <= sign_in.at <= at


def fresh(sign_in: terms.SignIn | None, policy: terms.Policy, at: datetime) -> terms.SignIn:
    """The proof of who says yes, if it is good enough."""
    if sign_in is None or not is_fresh(sign_in, policy, at):
        raise _refused(
            "A yes needs a passkey or a second factor, shown in the last "
            f"{policy.fresh_minutes} minutes; show it, and say yes again"
        )
    return sign_in


def value(
    verb: terms.Verb,
    family: str,
    *,
    seq: int,
    at: datetime,
    wording: Wording,
    form: FormVersion | None = None,
    continues: int | None = None,
) -> terms.Statement:
    """The statement as a value, from the instant that was asked for."""
    return terms.Statement(
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


def _permissions(family: str, wording: Wording, policy: terms.Policy) -> Iterator[str]:
    if family == RESEARCH and not wording.permissions:
        yield "A yes to research names the kind of research; this one names none"
    if family != RESEARCH and wording.permissions:
        yield f"A kind of research says nothing about {family}"
    for permission in wording.permissions:
        code = permission.code
        if code in duo.RETIRED or code in duo.RETIRED.values():
            yield f"{code!r} is a DUO code that was retired, and nobody knows what it would permit"
        elif code not in duo.PERMISSIONS:
            yield f"{code!r} is not a DUO permission that is honoured here"
        elif code == "DS" and not permission.diseases:
            yield "A yes to research on named diseases names at least one"
        elif code != "DS" and permission.diseases:
            yield f"{code} is not about named diseases, and this one names some"
        for disease in permission.diseases:
            if not policy.disease_parents.knows(disease):
                yield f"{disease!r} is no disease that is known here"


def _days(wording: Wording, at: datetime) -> Iterator[str]:
    for day in (wording.effective_at, wording.valid_to):
        if day is not None and day - at > FARTHEST:
            yield f"The year {day.year} is too far away; a yes without an end names no last day"


def _modifiers(wording: Wording, policy: terms.Policy) -> Iterator[str]:
    for modifier in wording.modifiers:
        code = modifier.code
        if code in duo.RETIRED or code in duo.RETIRED.values() or code not in duo.MODIFIERS:
            yield f"{code!r} is not a known condition"
        elif not modifiers.is_whole(modifier):
            parameter = duo.MODIFIERS[code].parameter
            yield f"The condition {code} needs its {parameter}, and nobody could meet it without"
        elif modifiers.too_long(modifier):
            yield f"The condition {code} can name {modifiers.MOST_MONTHS} months at most"
        elif code == "GS":
            for region in sorted(modifiers.listed_of(modifier)):
                if not policy.region_parents.knows(region):
                    yield f"{region!r} is no place that is known here"


def _stood(form: FormVersion, wording: Wording, at: datetime) -> bool:
    """Whether the form was in force: now, or on the day that a paper was signed."""
    newest = forms.current(form.form)
    if newest is not None and newest.pk == form.pk:
        return True
    if wording.paper is None or wording.signed_on is None or wording.signed_on > at.date():
        return False
    if not forms.takes_yes(form):
        return False
    begins = datetime.combine(wording.signed_on, time.min, tzinfo=UTC)
    later = FormVersion.objects.filter(
        form=form.form, published_at__gt=form.published_at, published_at__lte=begins
    )
    return form.published_at < begins + timedelta(days=1) and not later.exists()


def _refuse_dead(
    participant: Participant,
    grant: terms.Statement,
    said: Sequence[terms.Statement],
    policy: terms.Policy,
    begins: datetime,
) -> None:
    if grant.valid_to is not None and grant.valid_to <= begins:
        raise _refused(f"This yes would end before it begins, on {begins:%-d %B %Y at %H:%M} UTC")
    subject = participants.subject_of(participant)
    for reason in authority.check(grant, subject, said, policy, begins):
        if reason in _NEVER:
            raise _refused(_NEVER[reason])


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


def _refused(why: str) -> StatementRefused:
    return StatementRefused(f"{why}. Nothing was recorded.")
