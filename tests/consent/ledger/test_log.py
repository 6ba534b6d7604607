"""Appending, placing and proving."""

import threading
from datetime import datetime, timedelta, timezone
from enum import StrEnum

import pytest
from django.db import connection, transaction

from consent.errors import EventRefused, LedgerBroken, LedgerUnavailable, NotSealed, OutsideTransaction
from consent.ledger import checkpoints, log, note, tree
from consent.ledger.leaves import commit
from consent.models import LedgerCheckpoint, LedgerEvent, LedgerLeaf, LedgerOpening
from tests.consent.ledger.build import AT, ENDED, HAPPENED, grow, happen, minute, unsafe_rows
from tests.unsafe import unsafe_drop_triggers


class Colour(StrEnum):
    RED = "red"


@pytest.mark.server
@pytest.mark.django_db(transaction=True)
def test_an_event_outside_a_transaction_is_refused():
    with pytest.raises(OutsideTransaction, match="test:thing:ended was to be written outside a transaction"):
        log.append(ENDED, at=AT, by="user:7")
    assert LedgerEvent.objects.count() == LedgerOpening.objects.count() == 0


@pytest.mark.server
@pytest.mark.django_db(transaction=True)
def test_an_event_goes_back_with_its_transaction():
    with transaction.atomic():
        log.append(ENDED, at=AT, by="user:7")
        transaction.set_rollback(True)  # the act failed
    assert LedgerEvent.objects.count() == LedgerOpening.objects.count() == 0


ONLY_READ = {"sqlite": "PRAGMA query_only = 1", "postgresql": "SET LOCAL transaction_read_only = on"}


@pytest.mark.server
@pytest.mark.django_db
def test_what_the_database_does_not_take_is_told_as_a_ledger_that_cannot_be_written():
    @transaction.atomic
    def append_where_one_may_only_read() -> None:
        with connection.cursor() as cursor:
            cursor.execute(ONLY_READ[connection.vendor])
        log.append(ENDED, at=AT, by="user:7")

    with pytest.raises(LedgerUnavailable, match="Nothing is lost"):
        append_where_one_may_only_read()
    if connection.vendor == "sqlite":  # on PostgreSQL it ended with the transaction
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA query_only = 0")
    assert LedgerEvent.objects.count() == LedgerOpening.objects.count() == 0
    log.append(ENDED, at=AT, by="user:7")


@pytest.mark.django_db
def test_an_event_says_what_happened_and_commits_to_it_with_salt():
    first, second = (
        log.append(HAPPENED, at=AT, by="user:7", subject="P-1", what="it", times={"a": [1, Colour.RED]})
        for _ in range(2)
    )
    assert first.opening.said == {
        "at": "2026-05-01T08:00:00Z",
        "by": "user:7",
        "fields": {"times": {"a": [1, "red"]}, "what": "it"},
        "kind": "test:thing:happened",
        "subject": "P-1",
    }
    assert HAPPENED.tell(first.opening.said) == "user:7 did it to P-1."
    assert bytes(first.commitment) == commit(bytes(first.opening.salt), first.opening.body)
    assert len(bytes(first.opening.salt)) == 32
    assert bytes(first.commitment) != bytes(second.commitment), "equal events must not look equal"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"what": "it"}, "it lacks times"),
        ({"what": "it", "times": 1, "more": 2, "less": 3}, "no place for less, more"),
        ({"what": 1.5, "times": 1}, "what is not text"),
        ({"what": "it", "times": b"raw"}, "times is not text"),
        ({"what": "it", "times": AT}, "times is not text"),
        ({"what": "it", "times": {1: "a"}}, "times is not text"),
        ({"what": "it", "times": [{"a": {2.0}}]}, "times is not text"),
        ({"what": "half \ud800", "times": 1}, "what is not text"),
        ({"what": "it", "times": 1, "by": ""}, "nobody is named"),
        ({"what": "it", "times": 1, "by": 7}, "nobody is named"),
        ({"what": "it", "times": 1, "subject": None}, "its subject is not text"),
        ({"what": "it", "times": 1, "at": datetime(2026, 5, 1)}, "its time has no zone"),  # noqa: DTZ001
    ],
)
def test_an_event_that_does_not_fit_its_kind_is_refused_with_the_reason(said, why):
    with pytest.raises(EventRefused, match=why):
        log.append(HAPPENED, **{"at": AT, "by": "user:7", **said})
    assert LedgerEvent.objects.count() == 0


@pytest.mark.django_db
def test_a_time_in_another_zone_is_the_same_instant():
    jakarta = AT.astimezone(timezone(timedelta(hours=7)))
    event = log.append(ENDED, at=jakarta, by="user:7")
    assert event.opening.said["at"] == "2026-05-01T08:00:00Z"
    log.sequence(at=jakarta)
    assert log.verify().ok


@pytest.mark.django_db
def test_openings_of_some_kinds_are_read_by_uid():
    happened = happen(2)
    with transaction.atomic():
        ended = log.append(ENDED, at=AT, by="user:7")
    assert [*log.openings([HAPPENED.tag])] == [str(event.uid) for event in happened]
    assert log.openings([ENDED.tag])[str(ended.uid)]["by"] == "user:7"
    assert log.openings([]) == {}


@pytest.mark.django_db
def test_the_sequencer_places_every_event_in_order_and_signs(checkpoint_file):
    assert log.sequence(at=AT) is None
    assert log.checkpoint() is None
    events = happen(5)
    made = log.sequence(at=AT)
    leaves = list(LedgerLeaf.objects.order_by("position"))
    assert [(leaf.position, leaf.event_id) for leaf in leaves] == [
        (n, event.id) for n, event in enumerate(events)
    ]
    assert made == log.checkpoint()
    assert (made.size, made.root) == (5, tree.root([bytes(leaf.leaf_hash) for leaf in leaves]))
    instant, heads = made.extensions
    assert instant == "at 2026-05-01T08:00:00Z"
    assert heads.startswith("heads 0 ")  # nothing was said by or about anybody
    assert note.split(checkpoint_file.read_text()) == ([LedgerCheckpoint.newest().note], "")
    assert log.sequence(at=AT) is None


@pytest.mark.django_db
def test_heads_are_looked_for_where_the_house_keeps_them_now(settings, tmp_path):
    grow(1)
    settings.CHECKPOINT_FILE = tmp_path / "elsewhere" / "checkpoints.txt"
    settings.CHECKPOINT_FILE.parent.mkdir()
    happen(1)
    with pytest.raises(LedgerBroken, match="is not there"):
        log.sequence(at=AT)
    assert LedgerCheckpoint.objects.count() == 1


@pytest.mark.django_db
def test_the_tree_that_grew_in_batches_is_the_tree_of_all(monkeypatch):
    monkeypatch.setattr(log, "BATCH", 3)
    grow(1, 7, 10)  # 1 | 3 3 1 | 3 3 3 1
    sizes = list(LedgerCheckpoint.objects.order_by("size").values_list("size", flat=True))
    assert sizes == [1, 4, 7, 8, 11, 14, 17, 18]
    hashes = [bytes(h) for h in LedgerLeaf.objects.order_by("position").values_list("leaf_hash", flat=True)]
    assert bytes(LedgerCheckpoint.newest().root) == tree.root(hashes)
    found = log.verify()
    assert (found.problems, found.events, found.size, found.unplaced) == ((), 18, 18, 0)


@pytest.mark.django_db
def test_a_quick_run_looks_at_the_newest_ids_and_a_thorough_run_at_all(monkeypatch):
    monkeypatch.setattr(log, "LOOKBACK", 2)
    late, *_ = happen(6)
    others = LedgerEvent.objects.exclude(id=late.id)
    with monkeypatch.context() as patch:  # as if `late` had committed after the others were placed
        patch.setattr(log, "_unplaced", lambda after: others.filter(leaf=None).order_by("id"))
        assert log.sequence(at=AT).size == 5
    assert log.sequence(at=AT, thorough=False) is None
    assert not log.is_sealed(late)
    assert log.sequence(at=AT).size == 6
    assert log.is_sealed(late)
    assert log.verify().ok


@pytest.mark.django_db
def test_every_sealed_event_has_a_proof_that_holds_for_nothing_else(monkeypatch):
    monkeypatch.setattr(log, "BATCH", 4)
    events = happen(11)
    assert not any(map(log.is_sealed, events))
    with pytest.raises(NotSealed, match="no proof of it"):
        log.proof(events[0])
    log.sequence(at=AT)
    assert all(map(log.is_sealed, events))
    us = checkpoints.signer()
    proofs = [log.proof(event) for event in events]
    assert all(each.holds(us) for each in proofs)
    hashes = [each.leaf_hash for each in proofs]
    assert [list(each.path) for each in proofs] == [tree.inclusion_proof(hashes, n) for n in range(11)]
    stranger = note.Signer.of(us.name, bytes(32))
    assert not any(each.holds(stranger) for each in proofs)
    first, second = proofs[:2]
    assert not log.Proof(index=0, leaf_hash=second.leaf_hash, path=first.path, note=first.note).holds(us)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "harm",
    [
        lambda: unsafe_rows(LedgerEvent).update(kind=ENDED.tag),
        lambda: unsafe_rows(LedgerEvent).update(commitment=bytes(32)),
        lambda: unsafe_rows(LedgerLeaf).update(leaf_hash=bytes(32)),
        lambda: unsafe_rows(LedgerCheckpoint).update(note="a note\n"),
    ],
    ids=["kind", "commitment", "leaf", "note"],
)
def test_nothing_may_rest_on_an_event_that_is_not_the_one_that_was_placed(harm):
    [event] = happen(1)
    log.sequence(at=AT)
    log.require_sealed(event)
    unsafe_drop_triggers(connection)
    harm()
    event.refresh_from_db()
    with pytest.raises(LedgerBroken, match="does not lie where the signed tree says"):
        log.require_sealed(event)


@pytest.mark.django_db
def test_a_proof_reads_few_rows_however_large_the_ledger(django_assert_num_queries):
    grow(200, 57)
    event = LedgerEvent.objects.order_by("id")[77]
    with django_assert_num_queries(3):
        proof = log.proof(event)
    assert (len(proof.path), proof.holds(checkpoints.signer())) == (9, True)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("harm", "why"),
    [
        (lambda: unsafe_rows(LedgerCheckpoint).update(root=bytes(32)), "two histories"),
        (lambda: unsafe_rows(LedgerCheckpoint).update(note="a note\n"), "not as it was signed"),
        (lambda: unsafe_rows(LedgerCheckpoint).update(frontier=bytes(64)), "not as it was signed"),
        (lambda: unsafe_rows(LedgerCheckpoint).update(frontier=bytes(31)), "not as it was signed"),
        (lambda: unsafe_rows(LedgerCheckpoint).update(size=2, frontier=bytes(32)), "older than the file"),
        (lambda: LedgerLeaf(position=3, event_id=happen(1)[0].id, leaf_hash=b"").save(), "behind position 3"),
    ],
    ids=["root", "note", "edge", "short edge", "size", "leaf behind"],
)
def test_the_sequencer_adds_nothing_to_a_tree_it_did_not_sign(harm, why):
    grow(3)
    unsafe_drop_triggers(connection)
    harm()
    happen(1)
    with pytest.raises(LedgerBroken, match=why) as broken:
        log.sequence(at=AT)
    assert "Nothing was added" in str(broken.value)
    assert LedgerCheckpoint.objects.count() == 1


@pytest.mark.server
@pytest.mark.django_db(transaction=True)
def test_two_sequencers_at_once_beside_writers_leave_no_gap():
    faults, written = [], threading.Event()

    def in_thread(work) -> threading.Thread:
        def guarded() -> None:
            try:
                work()
            except Exception as fault:
                faults.append(fault)
            finally:
                connection.close()

        thread = threading.Thread(target=guarded)
        thread.start()
        return thread

    def sequencer() -> None:
        while not written.is_set():
            log.sequence(at=AT, thorough=False)

    writers = [
        in_thread(lambda start=start: [happen(3, start=start + n) for n in range(15)]) for start in (0, 50)
    ]
    sequencers = [in_thread(sequencer) for _ in range(2)]
    for thread in writers:
        thread.join()
    written.set()
    for thread in sequencers:
        thread.join()
    log.sequence(at=minute(1))
    assert faults == []
    assert list(LedgerLeaf.objects.order_by("position").values_list("position", flat=True)) == list(range(90))
    found = log.verify()
    assert (found.problems, found.size, found.unplaced) == ((), 90, 0)
    assert note.split(checkpoints.settings.CHECKPOINT_FILE.read_text())[1] == ""


@pytest.mark.django_db(transaction=True)
def test_placing_inside_somebody_elses_transaction_is_refused():
    happen(1)
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        log.sequence(at=AT)
    assert LedgerLeaf.objects.count() == 0


@pytest.mark.django_db
def test_what_another_sequencer_placed_meanwhile_is_not_placed_again(monkeypatch):
    happen(2)
    place = log._place_batch

    def after_another(after: int, **given: datetime):
        assert place(after, **given)
        return place(after, **given)

    monkeypatch.setattr(log, "_place_batch", after_another)
    assert log.sequence(at=AT) is None
    assert log.checkpoint().size == LedgerLeaf.objects.count() == 2
    assert LedgerCheckpoint.objects.count() == 1


@pytest.mark.server
@pytest.mark.django_db(transaction=True)
def test_on_postgresql_a_second_sequencer_stands_aside():
    if connection.vendor != "postgresql":
        pytest.skip("on SQLite the transaction itself is the lock")
    happen(1)
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [log.LOCK])
        assert log.sequence(at=AT) is None
    finally:
        other.close()
    assert log.sequence(at=AT).size == 1
