"""What the ledger remembers folds into what the rows say; and a row that was edited by hand is found."""

from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from hypothesis import given, settings
from hypothesis import strategies as st

from consent import erasure, events, fence, history, holdings, kin, participants, records, remembered
from consent.append_only import brick_up
from consent.apps import append_only_tables
from consent.errors import EventRefused, LedgerBroken, NotRemembered
from consent.ledger import audit, log
from consent.models import Freeze, Holding, KinLink, LedgerEvent, LedgerOpening, Participant
from consent.models.kin import Kind
from consent.participants import subject_of
from consent.terms import File, FileState
from consent.terms import Freeze as Hold
from tests.unsafe import unsafe_without_triggers

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
MIGRATION = "0010_fill_the_subject_of_openings"
P = "P-1"


def told(kind, hours=0, position=None, **fields):
    """One event as its opening says it."""
    at = (NOW + hours * HOUR).isoformat()
    fields |= {} if position is None else {"position": position}
    return {"kind": kind, "at": at, "by": "x", "subject": P, "fields": fields}


BORN = told(
    events.REGISTERED.tag, 0, 1, born_on="1980-03-15", home_region="US-UT", home_zone="America/Denver"
)
VERIFIED = told(events.IDENTITY_VERIFIED.tag, 1, 2)
ADDED = told(events.HOLDING_CHANGED.tag, 2, 3, file="F1", state="ACTIVE")


def test_a_trail_is_folded_up_to_a_position():
    trail = [BORN, VERIFIED, ADDED, told(events.HOLDING_CHANGED.tag, 3, 9, file="F1", state="ERASED")]
    before = history.until(trail, at=NOW + 99 * HOUR, position=3)
    assert history.files(before) == (File("F1"),)
    assert history.files(trail) == (File("F1", FileState.ERASED),)
    early = history.subject(history.until(trail, at=NOW, position=1), P)
    assert (early.dob, early.zone, early.region) == (date(1980, 3, 15), "America/Denver", "US-UT")
    assert not early.identity_verified
    assert history.subject(before, P).identity_verified
    assert history.steps(trail) == [1, 2, 3, 9]
    assert history.facts(before).position == 3


def test_without_a_position_the_instant_decides():
    assert history.until([BORN, VERIFIED], at=NOW) == [BORN]
    late = told(events.DIED.tag, 5, died_at=(NOW + HOUR).isoformat())
    assert history.until([BORN, late], at=NOW, position=99) == [BORN]  # it names no position
    assert history.until([BORN, late], at=NOW + 5 * HOUR, position=99) == [BORN, late]


def test_death_erasure_dissent_and_holds_are_remembered():
    trail = [
        BORN,
        told(events.DISSENT.tag, 1, 2, dissents=True),
        told(events.FROZEN.tag, 1, 3, until=None),  # as it was written before it said since when
        told(events.FROZEN.tag, 2, 4, since=NOW.isoformat(), until=(NOW + HOUR).isoformat()),
        told(events.DIED.tag, 3, died_at=NOW.isoformat()),
        told(events.ERASED.tag, 4),
        told("consent:paper:keyed", 5),  # says nothing about how she stands
    ]
    folded = history.subject(trail, P)
    assert folded.minor_dissent
    assert folded.freezes == (Hold(NOW + HOUR), Hold(NOW, NOW + HOUR))
    assert (folded.died_at, folded.erased_at) == (NOW, NOW + 4 * HOUR)


def test_nothing_is_made_up_where_nothing_is_remembered():
    with pytest.raises(NotRemembered, match="does not remember P-1"):
        history.subject([], P)
    old = {**BORN, "fields": {}}  # registered before the ledger kept birthdays
    with pytest.raises(NotRemembered):
        history.subject([old, VERIFIED], P)


# What may happen to a participant, as orders to the verbs.
acts = st.lists(
    st.one_of(
        st.tuples(st.just("verify"), st.none()),
        st.tuples(st.just("freeze"), st.none() | st.integers(1, 50)),
        st.tuples(st.just("dissent"), st.booleans()),
        st.tuples(st.just("add"), st.none()),
        st.tuples(st.just("state"), st.sampled_from(list(Holding.State))),
        st.tuples(st.just("other"), st.none()),
    ),
    max_size=8,
)


def act(person: Participant, what: str, how, at: datetime) -> None:
    match what:
        case "verify":
            participants.verify_identity(person, by="x", at=at)
        case "freeze":
            until = None if how is None else at + how * HOUR
            participants.freeze(person, until=until, by="x", at=at)
        case "dissent":
            participants.record_dissent(person, dissents=how, by="x", at=at)
        case "add":
            holdings.add(person, uuid4(), by="x", at=at)
        case "state":
            if (held := person.holdings.order_by("file").first()) is not None:
                holdings.set_state(held, how, by="x", at=at)
        case "other":
            participants.register(born_on=date(1990, 1, 1), by="x", at=at)


def as_held(person: Participant) -> tuple[File, ...]:
    held = person.holdings.order_by("file").values_list("file", "state")
    return tuple(File(str(file), FileState(state)) for file, state in held)


@pytest.mark.server
@pytest.mark.django_db
@settings(max_examples=20, deadline=None)
@given(doings=acts)
def test_folding_what_happened_gives_what_the_rows_say_at_every_step(doings):
    person = participants.register(
        born_on=date(2010, 2, 28), home_region="US-NE", home_zone="Asia/Jakarta", by="x", at=NOW
    )
    seen = {fence.position(): (subject_of(person), as_held(person))}
    for number, (what, how) in enumerate(doings):
        act(person, what, how, NOW - number * HOUR)  # clocks may go back; positions do not
        person = Participant.objects.get(pk=person.pk)
        seen[fence.position()] = (subject_of(person), as_held(person))
    trail = remembered.trail(person)
    for position, (subject, files) in seen.items():
        then = history.until(trail, at=NOW, position=position)
        assert history.subject(then, person.pseudonym) == subject
        assert history.files(then) == files
    assert list(remembered.altered_rows()) == []


@pytest.fixture
def person(db) -> Participant:
    one = participants.register(born_on=date(2012, 1, 1), by="x", at=NOW)
    participants.verify_identity(one, by="x", at=NOW)
    participants.freeze(one, until=NOW + HOUR, by="x", at=NOW)
    holdings.add(one, uuid4(), by="x", at=NOW)
    link = kin.claim("user:1", one, at=NOW)
    kin.verify(link, by="user:2", at=NOW)
    kin.end(link, by="user:2", at=NOW)
    kin.claim("user:1", one, at=NOW)
    assert list(remembered.altered_rows()) == []
    return one


@pytest.mark.server
@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (lambda one: Participant.objects.update(born_on=date(1990, 1, 1)), "born_on of P-"),
        (lambda one: Participant.objects.update(home_zone="Asia/Tokyo"), "home_zone of P-"),
        (lambda one: Participant.objects.update(minor_dissent=True), "minor_dissent of P-"),
        (lambda one: Participant.objects.update(died_at=NOW), "died_at of P-"),
        (lambda one: Participant.objects.update(erased_at=NOW), "erased_at of P-"),
        (lambda one: Participant.objects.update(epoch=1), "The last change of P-"),
        (lambda one: Freeze.objects.all().delete(), "The freezes of P-"),
        (lambda one: Freeze.objects.update(until=None), "The freezes of P-"),
        (lambda one: Holding.objects.update(state="ERASED"), "File "),
        (lambda one: Holding.objects.all().delete(), "not hers"),
        (lambda one: KinLink.objects.filter(state="CLAIMED").update(claimant="user:9"), "Who acts"),
        (lambda one: KinLink.objects.filter(state="ENDED").update(ended_at=None), "Who acts"),
        (lambda one: KinLink.objects.all().delete(), "Who acts"),
    ],
)
def test_a_row_that_was_edited_by_hand_is_found(person, edit, says):
    edit(person)
    problems = list(remembered.altered_rows())
    assert len(problems) == 1
    assert says in problems[0]
    assert "in the ledger" in problems[0]


@pytest.mark.server
@pytest.mark.parametrize(
    "edit",
    [{"seen_by": "user:9"}, {"verified_by": "user:9"}, {"verified_at": NOW + HOUR}, {"valid_to": NOW + HOUR}],
)
def test_who_saw_a_proxys_papers_and_until_when_she_acts_is_remembered(db, edit):
    adult = participants.register(born_on=date(1950, 1, 1), by="x", at=NOW)
    said = {"kind": Kind.NAMED, "papers": "C-1", "valid_to": NOW + 9 * HOUR, "at": NOW}
    link = kin.verify(kin.claim_proxy("user:1", adult, **said), by="user:2", at=NOW)
    assert list(remembered.altered_rows()) == []
    kin.verify(link, by="user:3", at=NOW)
    assert list(remembered.altered_rows()) == []
    KinLink.objects.update(**edit)
    (problem,) = remembered.altered_rows()
    assert f"Who acts for {adult}" in problem


@pytest.mark.server
def test_what_a_court_took_from_a_guardian_is_remembered(person):
    link = kin.limit(KinLink.objects.get(state="CLAIMED"), ["QC"], by="user:2", at=NOW)
    assert list(remembered.altered_rows()) == []
    KinLink.objects.filter(pk=link.pk).update(limits=[])
    (problem,) = remembered.altered_rows()
    assert "Who acts for" in problem


@pytest.mark.server
def test_a_file_that_was_given_to_somebody_else_is_found_on_both(person):
    other = participants.register(born_on=date(1990, 1, 1), by="x", at=NOW)
    Holding.objects.update(participant=other)
    assert len(list(remembered.altered_rows())) == 2


@pytest.mark.server
def test_a_participant_whom_no_verb_registered_is_found(db):
    stranger = Participant.objects.create(born_on=date(1990, 1, 1))
    assert list(remembered.altered_rows()) == [
        f"The ledger does not remember that {stranger} was registered."
    ]


@pytest.mark.server
def test_whoever_was_erased_has_nothing_left_to_be_compared(person):
    erasure.erase(person, also=dict, gone_from_backups=NOW + HOUR, by="x", at=NOW)
    assert list(remembered.altered_rows()) == []
    assert not remembered.is_told(remembered.trail(person))


def test_a_row_that_only_says_it_was_erased_is_found(person):
    Participant.objects.filter(pk=person.pk).update(erased_at=NOW)
    LedgerOpening.objects.filter(subject=person.pseudonym).erase()
    assert list(remembered.altered_rows()) == [f"The ledger does not remember that {person} was erased."]


@pytest.mark.server
def test_the_ledger_knows_which_statements_there_must_be(person):
    assert remembered.said_by_ledger(person) == set()
    row = records.deny(person, "AI", by="x", at=NOW)
    assert remembered.said_by_ledger(person) == {row.seq}


@pytest.mark.server
def test_an_opening_that_was_changed_is_not_read(person):
    log.sequence(at=NOW)
    assert len(remembered.trail(person)) == 4
    row = LedgerOpening.objects.filter(event__kind=events.REGISTERED.tag).get()
    younger = row.body.replace("2012-01-01", "1992-01-01")
    with unsafe_without_triggers(connection), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE consent_ledgeropening SET body = %s WHERE event_id = %s", [younger, row.event_id]
        )
    with pytest.raises(LedgerBroken, match="not as it was recorded"):
        remembered.trail(person)
    changed = LedgerOpening.objects.get(pk=row.pk)
    commitment = remembered.commit(bytes(changed.salt), younger)
    with unsafe_without_triggers(connection), connection.cursor() as cursor:  # and its commitment, too
        cursor.execute(
            "UPDATE consent_ledgerevent SET commitment = %s WHERE id = %s", [commitment, row.event_id]
        )
    with pytest.raises(LedgerBroken, match="not as it was recorded"):
        remembered.trail(person)


@pytest.mark.server
def test_an_opening_that_is_kept_under_somebody_else_is_found_by_the_audit(person):
    log.sequence(at=NOW)
    assert audit.verify().ok
    event = LedgerEvent.objects.get(kind=events.FROZEN.tag)
    with unsafe_without_triggers(connection), connection.cursor() as cursor:
        cursor.execute("UPDATE consent_ledgeropening SET subject = 'P-2' WHERE event_id = %s", [event.pk])
    (problem,) = audit.verify().problems
    assert f"Event {event.uid} is kept under 'P-2'" in problem


@pytest.mark.server
def test_what_changes_while_the_audit_looks_is_no_alarm(person, monkeypatch):
    """A change that comes between the row and the ledger is looked at once more, with all others kept out."""
    looks = []
    differences = remembered._differences

    def at_first_torn(ordinals):
        looks.append(len(ordinals))
        yield from ["torn"] if len(looks) == 1 else differences(ordinals)

    monkeypatch.setattr(remembered, "_differences", at_first_torn)
    assert list(remembered.altered_rows()) == []
    assert looks == [1, 1]


def test_a_subject_is_written_beside_the_opening_and_is_not_endless(db):
    with transaction.atomic():
        fence.advance([])
        event = log.append(events.POLICY_ADOPTED, at=NOW, by="x", subject="2027.1", sha256="00")
        assert event.opening.subject == "2027.1"
        with pytest.raises(EventRefused, match="longer than 200"):
            log.append(events.POLICY_ADOPTED, at=NOW, by="x", subject="x" * 201, sha256="00")


@pytest.mark.server
def test_the_migration_fills_in_whom_every_opening_is_about(person):
    """As on the day when the column was new and empty."""
    fill = import_module(f"consent.migrations.{MIGRATION}").fill
    before = dict(LedgerOpening.objects.values_list("event_id", "subject"))
    with unsafe_without_triggers(connection), connection.cursor() as cursor:
        cursor.execute("UPDATE consent_ledgeropening SET subject = ''")
    connection.check_constraints()  # what is put off to the end of the transaction would hold the table
    state = MigrationExecutor(connection).loader.project_state(("consent", MIGRATION))
    fill(state.apps, SimpleNamespace(connection=connection))
    connection.check_constraints()
    brick_up(connection, append_only_tables())
    assert dict(LedgerOpening.objects.values_list("event_id", "subject")) == before
