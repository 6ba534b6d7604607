"""Somebody with the database's own password changes the ledger: whatever she does, verify says so.

Each way of tampering is tried with several seeds, against the rows where they lie and, where the export
carries what was changed, against the offline verifier with the key and the checkpoint file kept elsewhere.
"""

import io
import json
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction

from consent.canonical import canonical
from consent.ledger import checkpoints, counting, log, note, recount, tree
from consent.ledger.leaves import commit, leaf_data
from consent.models import LedgerCheckpoint, LedgerEvent, LedgerLeaf, LedgerOpening
from tests.consent.ledger.build import AT, bent, grow, happen, unsafe_delete, unsafe_rows
from tests.unsafe import unsafe_drop_triggers

BATCHES = (5, 8, 6, 9)
SIZE = sum(BATCHES)
SEEDS = range(6)
THIEF = bytes(range(100, 132))  # a key of the intruder's own


@dataclass(frozen=True)
class Intruder:
    """Her luck, and her hands on the checkpoint file."""

    chance: random.Random
    file: Path

    def event(self) -> LedgerEvent:
        return self.chance.choice(list(LedgerEvent.objects.filter(leaf__isnull=False)))

    def two(self) -> tuple[LedgerEvent, LedgerEvent]:
        return tuple(self.chance.sample(list(LedgerEvent.objects.filter(leaf__isnull=False)), 2))

    def checkpoint(self, *, inner: bool = False) -> LedgerCheckpoint:
        rows = list(LedgerCheckpoint.objects.order_by("size"))
        return self.chance.choice(rows[:-1] if inner else rows)

    def bend(self, row, field: str) -> None:
        unsafe_rows(type(row)).filter(pk=row.pk).update(
            **{field: bent(bytes(getattr(row, field)), self.chance)}
        )

    def set(self, row, **values) -> None:
        unsafe_rows(type(row)).filter(pk=row.pk).update(**values)

    def notes(self) -> list[str]:
        return note.split(self.file.read_text())[0]

    def write_notes(self, notes: list[str]) -> None:
        self.file.write_text(note.join(notes))


def retell(event: LedgerEvent) -> None:
    """Change what an event says, and commit to it anew."""
    said = event.opening.said
    said["fields"] |= {"what": "something else"}
    body, salt = canonical(said).decode(), bytes(range(32))
    unsafe_rows(LedgerOpening).filter(event=event).update(body=body, salt=salt)
    unsafe_rows(LedgerEvent).filter(id=event.id).update(commitment=commit(salt, body))


def remove(events) -> None:
    ids = [event.id for event in events]
    for model in (LedgerLeaf, LedgerOpening):
        unsafe_delete(unsafe_rows(model).filter(event_id__in=ids))
    unsafe_delete(unsafe_rows(LedgerEvent).filter(id__in=ids))


def replant(events: list[LedgerEvent], *, sign_with: bytes | None = None) -> None:
    """Grow the whole tree again over these events, checkpoints and all, as one without the key can."""
    sealed = list(LedgerCheckpoint.objects.order_by("size"))
    unsafe_delete(unsafe_rows(LedgerLeaf))
    unsafe_delete(unsafe_rows(LedgerCheckpoint))
    edge, rows = tree.Frontier(), {}
    for position, event in enumerate(events):
        event.refresh_from_db()
        leaf = tree.leaf_hash(
            leaf_data(uid=str(event.uid), kind=event.kind, commitment=bytes(event.commitment))
        )
        subtrees = b"".join(edge.append(leaf))
        LedgerLeaf(position=position, event=event, leaf_hash=leaf, subtrees=subtrees).save()
        rows[edge.size] = (edge.root(), edge.to_bytes())
    for old in sealed:
        size = min(old.size, len(events))
        if LedgerCheckpoint.objects.filter(size=size).exists():
            continue
        root, frontier = rows[size]
        text = old.note
        if sign_with is not None:
            vouched = counting.vouch(settings.LEDGER_ORIGIN, size=size, root=root, at=old.at)
            text = note.sign(vouched, settings.LEDGER_ORIGIN, sign_with)
        LedgerCheckpoint(size=size, root=root, frontier=frontier, note=text, at=old.at).save()


def placed() -> list[LedgerEvent]:
    return [leaf.event for leaf in LedgerLeaf.objects.select_related("event").order_by("position")]


def rewrite_without_the_key(thief: Intruder) -> None:
    retell(thief.event())
    replant(placed())


def rewrite_under_another_key(thief: Intruder) -> None:
    retell(thief.event())
    replant(placed(), sign_with=THIEF)


def rewrite_under_another_key_and_in_the_file(thief: Intruder) -> None:
    rewrite_under_another_key(thief)
    thief.write_notes(list(LedgerCheckpoint.objects.order_by("size").values_list("note", flat=True)))


def drop_one_and_close_the_gap(thief: Intruder) -> None:
    victim = thief.event()
    rest = [event for event in placed() if event != victim]
    unsafe_delete(unsafe_rows(LedgerLeaf))
    remove([victim])
    replant(rest, sign_with=thief.chance.choice([None, THIEF]))


def slip_one_in(thief: Intruder) -> None:
    (extra,) = happen(1, start=99)
    events = placed()
    events.insert(thief.chance.randrange(SIZE), extra)
    replant(events)


def reorder(thief: Intruder) -> None:
    events = placed()
    a, b = thief.chance.sample(range(SIZE), 2)
    events[a], events[b] = events[b], events[a]
    replant(events)


def put_back_the_database_of_yesterday(thief: Intruder) -> None:
    back_to = thief.checkpoint(inner=True).size
    remove(placed()[back_to:])
    unsafe_delete(unsafe_rows(LedgerCheckpoint).filter(size__gt=back_to))


def put_back_yesterday_and_live_on_without_the_key(thief: Intruder) -> None:
    """The older database grows past the file's newest size: another future of the same past."""
    back_to = thief.checkpoint(inner=True).size
    sizes = {c.size: c for c in LedgerCheckpoint.objects.all()}
    put_back = placed()[back_to:]
    remove(put_back)
    others = happen(len(put_back), start=200)
    unsafe_delete(unsafe_rows(LedgerCheckpoint))
    LedgerCheckpoint.objects.bulk_create(sizes.values())
    replant([*placed(), *others])


def empty_everything(thief: Intruder) -> None:
    for model in (LedgerLeaf, LedgerOpening, LedgerEvent, LedgerCheckpoint):
        unsafe_delete(unsafe_rows(model))


def swap_rows(field: str, model) -> Callable[[Intruder], None]:
    def swap(thief: Intruder) -> None:
        first, second = (model.objects.get(event=event) for event in thief.two())
        values = {name: [getattr(row, name) for row in (first, second)] for name in field.split()}
        thief.set(first, **{name: pair[1] for name, pair in values.items()})
        thief.set(second, **{name: pair[0] for name, pair in values.items()})

    return swap


def swap_places(thief: Intruder) -> None:
    leaves = [LedgerLeaf.objects.get(event=event) for event in thief.two()]
    unsafe_delete(unsafe_rows(LedgerLeaf).filter(pk__in=[leaf.pk for leaf in leaves]))
    first, second = leaves
    for leaf, event in ((first, second.event_id), (second, first.event_id)):
        LedgerLeaf(
            position=leaf.position, event_id=event, leaf_hash=leaf.leaf_hash, subtrees=leaf.subtrees
        ).save()


def swap_notes(thief: Intruder) -> None:
    first, second = thief.chance.sample(list(LedgerCheckpoint.objects.all()), 2)
    thief.set(first, note=second.note)
    thief.set(second, note=first.note)


def bend_a_note(thief: Intruder) -> None:
    row = thief.checkpoint()
    place = thief.chance.randrange(len(row.note))
    other = "y" if row.note[place] == "x" else "x"
    thief.set(row, note=row.note[:place] + other + row.note[place + 1 :])


def a_leaf_behind_the_end(thief: Intruder) -> None:
    (extra,) = happen(1, start=99)
    LedgerLeaf(position=SIZE + thief.chance.randrange(3), event=extra, leaf_hash=bytes(32)).save()


def an_invented_checkpoint(thief: Intruder) -> None:
    size = thief.chance.choice([n for n in range(SIZE + 5) if n not in (5, 13, 19, 28)])
    old = thief.checkpoint()
    LedgerCheckpoint(size=size, root=old.root, frontier=old.frontier, note=old.note, at=old.at).save()


def an_opening_of_nothing(thief: Intruder) -> None:
    LedgerOpening(event_id=10_000 + thief.chance.randrange(99), salt=bytes(32), body="{}").save()


def bend_the_file(thief: Intruder) -> None:
    notes = thief.notes()
    place = thief.chance.randrange(len(notes))
    size, rest = notes[place].split("\n", 2)[1:]
    notes[place] = f"{settings.LEDGER_ORIGIN}\n{int(size) + 1}\n{rest}"
    thief.write_notes(notes)


def take_a_note_out_of_the_file(thief: Intruder) -> None:
    notes = thief.notes()
    del notes[thief.chance.randrange(len(notes) - 1)]
    thief.write_notes(notes)


def rearrange_the_file(thief: Intruder) -> None:
    notes = thief.notes()
    place = thief.chance.randrange(len(notes) - 1)
    thief.write_notes([*notes[:place], notes[place + 1], notes[place], *notes[place + 2 :]])


# way -> what she does, and what the audit says of it
WAYS: dict[str, tuple[Callable[[Intruder], None], str]] = {
    "edit: what an event says": (
        lambda t: t.set(t.event().opening, body='{"kind":"x"}'), "does not say what was committed to"
    ),
    "edit: one letter of what it says": (
        lambda t: (lambda o: t.set(o, body=o.body.replace("thing", "thong", 1)))(t.event().opening),
        "does not say what was committed to",
    ),
    "edit: a salt": (lambda t: t.bend(t.event().opening, "salt"), "does not say what was committed to"),
    "edit: a commitment": (lambda t: t.bend(t.event(), "commitment"), "not the one that was placed"),
    "edit: an event, committed to anew": (lambda t: retell(t.event()), "not the one that was placed"),
    "edit: a kind": (lambda t: t.set(t.event(), kind="test:thing:ended"), "not the one that was placed"),
    "edit: a time": (
        lambda t: (lambda e: t.set(e, at=e.at + timedelta(microseconds=1)))(t.event()), "another kind or time"
    ),
    "edit: a uid": (lambda t: t.set(t.event(), uid=uuid.uuid4()), "not the one that was placed"),
    "edit: a leaf": (lambda t: t.bend(t.event().leaf, "leaf_hash"), "not the one that was placed"),
    "edit: hashes for proofs": (
        lambda t: t.bend(LedgerLeaf.objects.get(position=t.chance.randrange(1, SIZE, 2)), "subtrees"),
        "the hashes kept there for proofs",
    ),
    "edit: a root": (lambda t: t.bend(t.checkpoint(), "root"), "do not hash to the root"),
    "edit: the growing edge": (lambda t: t.bend(t.checkpoint(), "frontier"), "growing edge"),
    "edit: a note": (bend_a_note, "The note of the checkpoint"),
    "edit: the time of a checkpoint": (
        lambda t: (lambda c: t.set(c, at=c.at + timedelta(seconds=1)))(t.checkpoint()),
        "something else than its signed note",
    ),
    "edit: all of it, without the key": (rewrite_without_the_key, "something else than its signed note"),
    "edit: all of it, under another key": (rewrite_under_another_key, "no signature by"),
    "edit: all of it and the file": (rewrite_under_another_key_and_in_the_file, "no signature by"),
    "delete: what an event says": (
        lambda t: unsafe_delete(unsafe_rows(LedgerOpening).filter(event=t.event())), "has lost what it said"
    ),
    "delete: a leaf": (
        lambda t: unsafe_delete(unsafe_rows(LedgerLeaf).filter(event=t.event())), "stands where|vouches for"
    ),
    "delete: an event": (lambda t: remove([t.event()]), "stands where|vouches for"),
    "delete: an event from under its leaf": (
        lambda t: unsafe_delete(unsafe_rows(LedgerEvent).filter(id=t.event().id)), "belong to no event"
    ),
    "delete: an event, closing the gap": (
        drop_one_and_close_the_gap, "something else than its|no signature by"
    ),
    "delete: a checkpoint": (
        lambda t: unsafe_delete(unsafe_rows(LedgerCheckpoint).filter(size=t.checkpoint(inner=True).size)),
        "was published, and is gone",
    ),
    "delete: the newest checkpoint": (
        lambda t: unsafe_delete(unsafe_rows(LedgerCheckpoint).filter(size=SIZE)), "older than the file"
    ),
    "delete: everything after a checkpoint": (put_back_the_database_of_yesterday, "older than the file"),
    "delete: back to a checkpoint, then another future": (
        put_back_yesterday_and_live_on_without_the_key, "something else than its signed note"
    ),
    "delete: everything": (empty_everything, "vouches for 28 events, the ledger for 0"),
    "insert: an event in the middle": (slip_one_in, "something else than its|more than is there"),
    "insert: a leaf behind the end": (a_leaf_behind_the_end, "behind the newest checkpoint"),
    "insert: a checkpoint": (an_invented_checkpoint, "something else than its|vouches for|do not hash"),
    "insert: an opening of nothing": (an_opening_of_nothing, "1 openings belong to no event"),
    "reorder: two events and the tree": (reorder, "something else than its signed note"),
    "reorder: two events under their leaves": (swap_places, "not the one that was placed"),
    "reorder: two openings": (swap_rows("salt body", LedgerOpening), "does not say what was committed to"),
    "reorder: two leaves": (swap_rows("leaf_hash", LedgerLeaf), "not the one that was placed"),
    "reorder: two notes": (swap_notes, "something else than its signed note"),
    "file: a note edited": (bend_the_file, "A note in the checkpoint file does not hold"),
    "file: a note taken out": (take_a_note_out_of_the_file, "is missing from the checkpoint file"),
    "file: two notes rearranged": (rearrange_the_file, "was rearranged"),
}  # fmt: skip

# What an export does not carry: hashes that only make things quick, and rows that hang on nothing.
ONLY_IN_PLACE = {
    "edit: hashes for proofs",
    "edit: the growing edge",
    "insert: a leaf behind the end",
    "insert: an opening of nothing",
}


def offline(kept: list[str]) -> counting.Verification:
    stream = io.StringIO()
    log.export(stream)
    return recount.read(stream.getvalue().splitlines(), signer=checkpoints.signer(), published=kept)


@pytest.mark.server
@pytest.mark.django_db
@pytest.mark.parametrize("way", WAYS)
def test_tampering_is_found(way, checkpoint_file):
    tamper, why = WAYS[way]
    grow(*BATCHES)
    happen(2, start=50)
    assert log.verify().problems == ()
    kept, honest_file = checkpoints.published(), checkpoint_file.read_bytes()
    assert offline(kept).ok
    for seed in SEEDS:
        with transaction.atomic():
            unsafe_drop_triggers(connection)
            tamper(Intruder(random.Random(seed), checkpoint_file))  # noqa: S311 - luck, not a secret
            found = log.verify()
            assert any(matches(why, problem) for problem in found.problems), f"seed {seed}: {found.problems}"
            if not way.startswith("file:") and way not in ONLY_IN_PLACE:
                assert not offline(kept).ok, f"seed {seed}: the offline verifier saw nothing"
            transaction.set_rollback(True)
        checkpoint_file.write_bytes(honest_file)
    assert log.verify().ok


def matches(why: str, problem: str) -> bool:
    return any(each in problem for each in why.split("|"))


@pytest.mark.server
@pytest.mark.django_db
def test_an_event_that_waits_for_its_place_is_watched_too():
    grow(3)
    waiting, _ = happen(2, start=3)
    unsafe_drop_triggers(connection)
    unsafe_rows(LedgerOpening).filter(event=waiting).update(body=json.dumps({"kind": "x"}))
    found = log.verify()
    assert found.unplaced == 2
    assert len(found.problems) == 1
    assert f"Event {waiting.uid} (not yet placed) does not say" in found.problems[0]


@pytest.mark.django_db
def test_checks_of_other_rooms_are_told_with_our_own():
    grow(3)
    seen = []

    def seals():
        seen.append("asked")
        yield "Statement 4 is not as it was recorded."

    found = log.verify(also=[list, seals])
    assert (found.ok, found.problems) == (False, ("Statement 4 is not as it was recorded.",))
    assert seen == ["asked"]


@pytest.mark.django_db
def test_what_happens_during_an_audit_is_no_alarm(monkeypatch):
    """The sequencer works on while the auditor reads."""
    grow(3)
    reads = checkpoints.published

    def published_meanwhile() -> list[str]:
        grow(2)
        return reads()

    monkeypatch.setattr("consent.ledger.audit.checkpoints.published", published_meanwhile)
    found = log.verify()
    assert (found.problems, found.size) == ((), 3)


@pytest.mark.django_db
def test_an_empty_ledger_holds():
    found = log.verify()
    assert (found.ok, found.events, found.size, found.root) == (True, 0, 0, tree.EMPTY_ROOT)
    assert offline([]).ok
    assert AT.tzinfo is not None
