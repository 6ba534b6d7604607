"""Paper consents: a crossed-out yes counts at once, a yes only when two people read it alike.

    paper = receive(participant, form, scan, language="id", by="clara", at=at)
    key(paper, reading, by="clara", at=at)     # every no holds from here
    key(paper, reading, by="carl", at=at)      # blind; alike: the yeses are given; else DISCREPANT
    settle(paper, sides, by="cora", at=at)     # the third person, where the two differ

Each verb is one transaction with its ledger events. Which step may follow which is in paper_steps, what a
reading means in readings, which yes of a paper may still be given in paper_yes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction

from consent import events, fence, forms, paper_yes, readings, records
from consent.errors import PaperRefused, SealBroken
from consent.ledger import log
from consent.models import FormVersion, PaperEntry, PaperImport, Participant
from consent.paper_steps import State, state_of, take
from consent.readings import Reading, Side
from consent.terms import Level, Modifier, Paper, Permission, Statement, Verb

Order = PaperEntry.Order
MEDIA_TYPES = ("application/pdf", "image/png", "image/jpeg")
MOST_BYTES = 20 * 1024 * 1024
UNSIGNED = "There is no signature with a date on it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What this floor knows of a scan: its hash, how large it is, and what its content shows it to be."""

    sha256: str
    size: int
    media_type: str


# --- the verbs ---


def receive(
    participant: Participant, form: FormVersion, scan: Scan, *, language: str, by: str, at: datetime
) -> PaperImport:
    """A scanned form has come. It says nothing until somebody has read it."""
    if scan.media_type not in MEDIA_TYPES:
        raise PaperRefused("A scan is a PDF, a PNG or a JPEG; this is none. Nothing was recorded.")
    if not 0 < scan.size <= MOST_BYTES:
        most = MOST_BYTES // (1024 * 1024)
        raise PaperRefused(f"A scan has at most {most} MB, and is not empty. Nothing was recorded.")
    if participant.erased_at is not None:
        raise PaperRefused(f"{participant} has left and was erased. Nothing was recorded.")
    forms.text_of(form, language)  # whoever reads it needs its words, in her language
    with transaction.atomic():
        fence.advance([])  # one at a time: the same scan twice is seen, not run into
        known = PaperImport.objects.filter(participant=participant, sha256=scan.sha256).first()
        if known is not None:
            raise PaperRefused(
                f"This very scan of {participant} is here already, as paper {known}. Nothing was recorded; "
                "go on with that one."
            )
        paper = PaperImport.objects.create(
            participant=participant,
            form=form,
            language=language,
            sha256=scan.sha256,
            size=scan.size,
            media_type=scan.media_type,
            received_by=by,
            received_at=at,
        )
        told = {"form": str(form), "sha256": scan.sha256, "size": scan.size, "media_type": scan.media_type}
        take(paper, State.RECEIVED, by=by, at=at, tell=told)
    return paper


def key(paper: PaperImport, reading: Reading, *, by: str, at: datetime) -> PaperEntry:
    """Enter what one person read. Her noes hold at once, whatever the other reader saw; the yeses hold when a
    second person, who was not shown the first entry, reads the same."""
    _check(paper, reading, at)
    with transaction.atomic():
        fence.advance([paper.participant_id])
        first = _entries(paper).get(Order.FIRST)
        if first is not None and first.keyed_by == by:
            raise PaperRefused(
                "You keyed this form before; a second person has to read it. Nothing was recorded."
            )
        if state_of(paper) not in (State.RECEIVED, State.KEYED):
            raise PaperRefused("This form is not waiting for a reader. Nothing was recorded.")
        order = Order.FIRST if first is None else Order.SECOND
        entry = _enter(paper, order, reading, by=by, at=at)
        if first is None:
            take(paper, State.KEYED, by=by, at=at, tell={"order": 1})
            return entry
        log.append(
            events.PAPER_KEYED,
            at=at,
            by=by,
            subject=paper.participant.pseudonym,
            paper=str(paper.paper),
            order=int(order),
        )
        if readings.differences(reading_of(first), reading):
            take(paper, State.DISCREPANT, by=by, at=at)
        elif not reading.signature.is_whole:
            _reject(paper, UNSIGNED, by=by, at=at)
        else:
            take(paper, State.VERIFIED, by=by, at=at)
            _apply(paper, reading, {}, by=by, at=at)
        return entry


def settle(paper: PaperImport, sides: Mapping[str, Side], *, by: str, at: datetime) -> PaperEntry:
    """A third person, who saw both entries and the scan, sides with one of them at each difference, or finds
    it unreadable. What is so read by two is applied."""
    with transaction.atomic():
        fence.advance([paper.participant_id])
        if state_of(paper) != State.DISCREPANT:
            raise PaperRefused("There is nothing to settle on this form. Nothing was recorded.")
        entries = _entries(paper)
        first, second = entries[Order.FIRST], entries[Order.SECOND]
        if by in (first.keyed_by, second.keyed_by):
            raise PaperRefused(
                "You read this form yourself; a third person has to settle it. Nothing was recorded."
            )
        reading = readings.settled(reading_of(first), reading_of(second), sides)
        entry = _enter(paper, Order.THIRD, reading, by=by, at=at)
        if not reading.signature.is_whole:
            _reject(paper, UNSIGNED, by=by, at=at)
        else:
            take(paper, State.ADJUDICATED, by=by, at=at)
            _apply(paper, reading, sides, by=by, at=at)
        return entry


def reject(paper: PaperImport, reason: str, *, by: str, at: datetime) -> None:
    """This form counts for nothing more: the wrong person's, unsigned, torn. Noes that were read stay."""
    if not reason.strip():
        raise PaperRefused("A form is rejected for a reason; none was given. Nothing was recorded.")
    with transaction.atomic():
        fence.advance([])
        _reject(paper, reason.strip(), by=by, at=at)


# --- how it stands ---


def reading_of(entry: PaperEntry) -> Reading:
    return Reading.from_json(entry.answers, entry.signature)


def differences(paper: PaperImport) -> list[str]:
    """The parts that two readers saw differently, for a third to settle."""
    entries = _entries(paper)
    if Order.SECOND not in entries:
        return []
    return readings.differences(reading_of(entries[Order.FIRST]), reading_of(entries[Order.SECOND]))


# --- one step ---


def _check(paper: PaperImport, reading: Reading, at: datetime) -> None:
    readings.check(reading, forms.clauses(paper.form))
    signed, zone = reading.signature.on, ZoneInfo(paper.participant.home_zone)
    if signed is not None and signed > at.astimezone(zone).date():
        raise PaperRefused(f"{signed} has not come yet, so nobody signed on it. Nothing was recorded.")
    if signed is not None and signed < paper.form.published_at.astimezone(zone).date():
        raise PaperRefused(f"On {signed} there was no {paper.form} to sign. Nothing was recorded.")


def _entries(paper: PaperImport) -> dict[PaperEntry.Order, PaperEntry]:
    return {Order(entry.order): entry for entry in PaperEntry.objects.filter(paper=paper.paper)}


def _enter(
    paper: PaperImport, order: PaperEntry.Order, reading: Reading, *, by: str, at: datetime
) -> PaperEntry:
    """Keep an entry, and say its noes."""
    made = [records.deny(paper.participant, family, by=by, at=at).seq for family in _denied(paper, reading)]
    try:
        with transaction.atomic():
            return PaperEntry.objects.create(
                paper=paper.paper,
                order=order,
                participant=paper.participant,
                form=paper.form,
                answers=reading.as_json(),
                signature=reading.signature.as_json(),
                made=made,
                keyed_by=by,
                keyed_at=at,
            )
    except IntegrityError:
        raise PaperRefused(
            "You have read this form before, or somebody was quicker. Nothing was recorded; look again."
        ) from None


def _denied(paper: PaperImport, reading: Reading) -> list[str]:
    """The families that a reading closes: all that was asked of one was crossed out; or something that is
    allowed today was, and only a part of it is asked for now; or what is allowed today lacks a condition that
    she sets now. What this paper closed already stays closed."""
    clauses = forms.clauses(paper.form)
    wanted = forms.said(paper.form, readings.ticked(reading, clauses))
    crossed, conditions = readings.refused(reading, clauses), readings.conditions(reading, clauses)
    closed = []
    for family in sorted(crossed | conditions.keys()):
        said, standing = wanted.get(family), _standing(paper.participant, family)
        if isinstance(standing, bool):
            closes = standing
        elif family in crossed and said is None:
            closes = True
        else:
            asked = said.permissions if said is not None and family in crossed else None
            closes = any(_exceeds(one, asked, conditions.get(family, set())) for one in standing)
        if closes:
            closed.append(family)
    return closed


def _standing(participant: Participant, family: str) -> list[Statement] | bool:
    """What is allowed of a family today: its yeses, True for a record that cannot be read, False when a no to
    all of it stands last."""
    try:
        record = records.of(participant)
    except SealBroken:
        return True
    allowed: list[Statement] = []
    denied = False
    for one in record:
        if one.family in (family, records.EVERYTHING) and one.decision in (Verb.DENY, Verb.WITHDRAW):
            if one.level is Level.PARTICIPANT:
                allowed, denied = [], True
        elif one.family == family and one.decision is Verb.GRANT:
            allowed, denied = [*allowed, one], False
    return False if denied else allowed


def _exceeds(standing: Statement, asked: tuple[Permission, ...] | None, conditions: set[Modifier]) -> bool:
    """Whether a yes allows what is not asked for any more, or lacks a condition; where nothing was crossed
    out, nothing but the conditions is weighed."""
    if not conditions <= set(standing.modifiers):
        return True
    named = {one.code: set(one.diseases) for one in asked or ()}
    return asked is not None and any(
        one.code not in named or not set(one.diseases) <= named[one.code] for one in standing.permissions
    )


def _apply(paper: PaperImport, reading: Reading, sides: Mapping[str, Side], *, by: str, at: datetime) -> None:
    """Give every yes that two people read, in the words of the form, and say why each other was not given."""
    entries = _entries(paper)
    clauses = forms.clauses(paper.form)
    readers = {
        clause.family: _two(
            entries, [sides[c.id] for c in clauses if c.family == clause.family and c.id in sides]
        )
        for clause in clauses
    }
    own = {seq for entry in entries.values() for seq in entry.made}
    given, left = paper_yes.give(paper, reading, readers=readers, own=own, by=by, at=at)
    signed = reading.signature.on
    assert signed is not None  # an unsigned form is rejected before
    told = {"signed_on": signed.isoformat(), "given": given, "left": left}
    take(paper, State.APPLIED, by=by, at=at, facts=told, tell=told)


def _two(entries: Mapping[PaperEntry.Order, PaperEntry], sides: list[Side]) -> Paper:
    """The two who read a family alike. Where the third person sided with both, each on some clause, she and
    the first are named; the entries keep the rest."""
    first, second = entries[Order.FIRST].keyed_by, entries[Order.SECOND].keyed_by
    if not sides:
        return Paper(keyed_by=first, verified_by=second, match=True)
    with_second = Side.SECOND in sides and Side.FIRST not in sides
    third = entries[Order.THIRD].keyed_by
    return Paper(keyed_by=second if with_second else first, verified_by=third, match=True)


def _reject(paper: PaperImport, reason: str, *, by: str, at: datetime) -> None:
    take(paper, State.REJECTED, by=by, at=at, reason=reason, tell={"reason": reason})
