"""What was taken out of a record, put in, or put back: nothing rests on it, though every seal holds."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from consent import absence, alarms, fence, participants, records, roll
from consent.errors import HeadMissing, LedgerBroken
from consent.ledger import checkpoints, heads, log, moves
from consent.ledger.heads import Heads
from consent.models import (
    Freeze,
    LedgerCheckpoint,
    LedgerEvent,
    Participant,
    Statement,
)
from consent.terms import Permission
from tests.unsafe import unsafe_without_triggers
from tests.world import NOW, World

pytestmark = [pytest.mark.server, pytest.mark.django_db]

GRU = Permission(code="GRU")
HOUR = timedelta(hours=1)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture(params=["sequenced", "waiting"])
def settle(request: pytest.FixtureRequest) -> Callable[[], None]:
    """What was said lies under a checkpoint; or the sequencer has not come by yet."""
    return (lambda: log.sequence(at=NOW) and None) if request.param == "sequenced" else lambda: None


def sql(text: str, *values: Any) -> None:
    """As an intruder with the database's own password would."""
    with unsafe_without_triggers(connection), connection.cursor() as cursor:
        cursor.execute(text, values)


def read(person: Participant) -> roll.Person:
    return next(roll.people([person.ordinal], whole=True))


def refused(person: Participant) -> bool:
    try:
        read(person)
    except HeadMissing:
        return True
    return False


def test_a_record_as_it_was_recorded_is_read(world: World, settle: Callable[[], None]):
    people = [world.join(name) for name in ("Ada", "Cleo", "Dov")]
    settle()
    assert [one.ordinal for one in roll.people([p.ordinal for p in people], whole=True)] == [
        p.ordinal for p in people
    ]
    assert list(roll.missing()) == []


def test_what_is_said_between_two_checkpoints_goes_on_from_the_first(world: World):
    ada = world.join("Ada")
    log.sequence(at=NOW)
    records.withdraw(ada, "RESEARCH", by="self", at=NOW)
    participants.freeze(ada, until=NOW + HOUR, by="self", at=NOW)
    assert len(read(ada).statements) == 2
    log.sequence(at=NOW)
    assert len(read(ada).statements) == 2


def test_a_deleted_withdrawal_is_missed(world: World, settle: Callable[[], None]):
    ada = world.join("Ada")
    records.withdraw(ada, "RESEARCH", by="self", at=NOW)
    world.give(ada, "QC", at=NOW)  # not the last word
    settle()
    assert not refused(ada)
    sql(
        "DELETE FROM consent_statement WHERE participant_id = %s AND body LIKE '%%\"withdraw\"%%'",
        ada.ordinal,
    )
    assert refused(ada)
    [told] = roll.missing()
    assert "is not all that was recorded" in told


def test_a_withdrawal_deleted_with_its_event_is_missed_once_it_was_sequenced(world: World):
    ada = world.join("Ada")
    records.withdraw(ada, "RESEARCH", by="self", at=NOW)
    log.sequence(at=NOW)
    last = Statement.objects.latest("seq")
    event = LedgerEvent.objects.get(uid=last.event)
    for table, column in (("ledgeropening", "event_id"), ("ledgerleaf", "event_id"), ("ledgerevent", "id")):
        sql(f"DELETE FROM consent_{table} WHERE {column} = %s", event.pk)  # noqa: S608
    sql("DELETE FROM consent_statement WHERE seq = %s", last.seq)
    assert refused(ada)


def test_an_old_sealed_row_put_over_a_newer_one_is_missed(world: World, settle: Callable[[], None]):
    ada = world.join("Ada")
    records.withdraw(ada, "RESEARCH", by="self", at=NOW)
    settle()
    old, new = Statement.objects.filter(participant=ada).order_by("seq")
    columns = ("body", "salt", "seal", "seal_key")
    sql("DELETE FROM consent_statement WHERE seq = %s", new.seq)
    sql(
        "INSERT INTO consent_statement "
        "(seq, participant_id, family, recorded_at, actor, body, salt, commitment, "
        "seal, seal_key, event) SELECT %s, participant_id, family, recorded_at, actor, body, salt, %s, seal, "
        "seal_key, %s FROM consent_statement WHERE seq = %s",
        new.seq,
        b"x" * 32,
        new.event if connection.vendor == "postgresql" else new.event.hex,
        old.seq,
    )
    with pytest.raises(Exception, match="tell an auditor"):  # the seal says whose place it is
        read(ada)
    assert columns


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM consent_freeze",
        "UPDATE consent_freeze SET since = '2030-01-01 00:00:00+00:00', until = '2031-01-01 00:00:00+00:00'",
        "UPDATE consent_participant SET minor_dissent = false",
        "UPDATE consent_participant SET born_on = '1950-01-01'",
        "UPDATE consent_holding SET state = 'ACTIVE'",
        "UPDATE consent_participant SET home_region = 'US-UT'",
    ],
)
def test_facts_turned_by_hand_are_missed(world: World, settle: Callable[[], None], change: str):
    ada = world.join("Ada")
    participants.freeze(ada, until=None, by="steward", at=NOW)
    participants.record_dissent(ada, dissents=True, by="self", at=NOW)
    (file,) = ada.holdings.all()
    from consent import holdings  # noqa: PLC0415

    holdings.set_state(file, file.State.QUARANTINED, by="steward", at=NOW)
    settle()
    assert not refused(ada)
    sql(change)
    assert refused(ada)


def test_a_hold_whose_event_went_too_is_missed(world: World):
    ada = world.join("Ada")
    participants.freeze(ada, until=None, by="steward", at=NOW)
    log.sequence(at=NOW)
    frozen = LedgerEvent.objects.get(kind="consent:participant:frozen")
    for table, column in (("ledgeropening", "event_id"), ("ledgerleaf", "event_id"), ("ledgerevent", "id")):
        sql(f"DELETE FROM consent_{table} WHERE {column} = %s", frozen.pk)  # noqa: S608
    Freeze.objects.all().delete()
    assert refused(ada)
    participants.verify_identity(ada, by="steward", at=NOW)  # a new event does not whitewash it
    assert refused(ada)
    with pytest.raises((HeadMissing, LedgerBroken)):
        log.sequence(at=NOW)


def test_a_change_that_a_release_should_have_seen_is_missed(world: World):
    ada = world.join("Ada")
    position = fence.position()
    records.withdraw(ada, "RESEARCH", by="self", at=NOW)
    log.sequence(at=NOW)
    assert absence.changed_since(position) == {ada.ordinal}
    sql("DELETE FROM consent_statement WHERE seq > %s", position)
    sql("UPDATE consent_participant SET epoch = %s", position)
    with pytest.raises(HeadMissing, match="gone from the database"):
        absence.changed_since(position)


class TestTheFile:
    def test_another_copy_of_it_is_refused_for_reading_and_for_growing(self, world: World):
        ada = world.join("Ada")
        log.sequence(at=NOW)
        old = heads.path().read_bytes()
        records.withdraw(ada, "RESEARCH", by="self", at=NOW)
        log.sequence(at=NOW)
        new = heads.path().read_bytes()
        bent = bytearray(new)
        bent[heads.ENTRY.itemsize + 20] ^= 1
        for wrong in (old, bytes(bent), new[:-1], b""):
            self.put(wrong)
            with pytest.raises(LedgerBroken, match="file of heads"):
                absence.vouched()
            world.give(ada, "QC", at=NOW)
            with pytest.raises(LedgerBroken, match="file of heads"):
                log.sequence(at=NOW)
        self.put(new)
        log.sequence(at=NOW)
        assert not refused(ada)

    def test_one_that_is_gone_is_refused(self, world: World):
        world.join("Ada")
        log.sequence(at=NOW)
        heads.path().unlink()
        assert heads.begun() == 0
        with pytest.raises(LedgerBroken, match="is not there"):
            absence.vouched()
        assert ["is not there" in told for told in roll.missing()] == [True], "the audit tells of it"
        rang = alarms.walk(NOW)
        assert rang is not None
        assert "is not there" in rang.opening.said["fields"]["what"]

    def test_what_a_crash_left_behind_its_end_is_written_over(self, world: World):
        ada = world.join("Ada")
        log.sequence(at=NOW)
        with heads.path().open("ab") as file:
            file.write(b"half an entry")
        assert not refused(ada)
        records.withdraw(ada, "RESEARCH", by="self", at=NOW)
        log.sequence(at=NOW)
        assert not refused(ada)
        assert heads.path().stat().st_size % heads.ENTRY.itemsize == 0

    def test_it_is_bound_by_a_line_of_the_checkpoint_and_the_audit_passes(self, world: World):
        world.join("Ada")
        log.sequence(at=NOW)
        newest = checkpoints.newest_published()
        assert newest is not None
        bound = Heads.bound_by(newest)
        assert bound is not None
        assert bound[0] == 1
        assert log.verify().problems == ()

    def test_a_house_from_before_there_was_one_begins_it_with_all_that_was_said(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ):
        ada, cleo = world.join("Ada"), world.join("Cleo")
        with monkeypatch.context() as before:
            before.setattr(moves, "extend", lambda *_facts: "")
            log.sequence(at=NOW)
        assert not heads.path().exists()
        assert not refused(ada)
        records.withdraw(ada, "RESEARCH", by="self", at=NOW)
        log.sequence(at=NOW)
        assert heads.begun() == LedgerCheckpoint.objects.order_by("size").first().size  # type: ignore[union-attr]
        assert not refused(ada)
        assert not refused(cleo)

    @staticmethod
    def put(content: bytes) -> None:
        fresh = heads.path().with_suffix(".copy")
        fresh.write_bytes(content)
        fresh.replace(heads.path())


def test_the_walk_through_the_house_rings_once_for_a_record_that_is_not_whole(world: World):
    ada = world.join("Ada")
    records.withdraw(ada, "RESEARCH", by="self", at=NOW)
    assert alarms.walk(NOW) is None
    sql("DELETE FROM consent_statement WHERE seq = %s", Statement.objects.latest("seq").seq)
    rang = alarms.walk(NOW)
    assert rang is not None
    assert rang.kind == "consent:alarm:unsound"
    assert alarms.walk(NOW + HOUR / 2) is None
    assert alarms.walk(NOW + 2 * HOUR) is not None


def test_who_says_something_while_she_is_read_is_read_again_and_not_missed(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    ada = world.join("Ada")
    plainly = roll._read

    def said_meanwhile(ordinals: Any) -> Any:
        if Statement.objects.count() == 1:
            records.withdraw(ada, "RESEARCH", by="self", at=NOW)
        return plainly(ordinals)

    monkeypatch.setattr(roll, "_read", said_meanwhile)
    assert len(read(ada).statements) == 2


def test_an_erased_person_leaves_nothing_to_be_missed(world: World):
    ada, ben = world.join("Ada"), world.join("Ben")
    log.sequence(at=NOW)
    from broker import erasing  # noqa: PLC0415

    erasing.erase(ada, by="self", at=NOW)
    assert list(roll.missing()) == []
    log.sequence(at=NOW)
    assert list(roll.missing()) == []
    assert not refused(ben)
