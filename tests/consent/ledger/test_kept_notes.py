"""Checkpoints that somebody kept: whatever does not hold of one of them is told, and in which way."""

import pytest

from consent.ledger import note as notes
from consent.ledger.counting import Audit
from consent.ledger.kept_notes import KeptNotes
from consent.ledger.leaves import Sealed
from tests.consent.ledger.test_parcel import AT, NAME, SEED, SIGNER


def kept(size: int, *, origin: str = NAME, seed: bytes = SEED, root: bytes = bytes(32)) -> str:
    return notes.sign(notes.Checkpoint(origin=origin, size=size, root=root), NAME, seed)


def problems(text: str) -> list[str]:
    return [*KeptNotes.of(text).problems(SIGNER, None, None)]


def test_the_newest_is_told_wherever_it_stands():
    for order in ((3, 7), (7, 3)):
        found = KeptNotes.of(notes.join(kept(size) for size in order))
        assert [*found.problems(SIGNER, None, None)] == []
        told = found.told(SIGNER, against_ledger=False)
        assert told == f"2 checkpoints signed by {NAME}, the newest of 7 events."


def test_a_single_note_is_a_file_of_one():
    assert KeptNotes.of(kept(3)) == KeptNotes.of(notes.join([kept(3)])) == KeptNotes([kept(3)])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (kept(3, seed=bytes(32)), "A checkpoint does not hold. "),
        (kept(3, origin="another/ledger"), "It is about another ledger: another/ledger."),
        (notes.join([kept(3), kept(3, root=bytes([1]) * 32)]), "two histories of the first 3 events"),
        (notes.join([kept(3)]) + kept(7)[:20], "It ends in the middle of a note: it was cut off."),
        ("", "It holds no note."),
    ],
    ids=["another key", "another ledger", "two histories", "cut off", "nothing"],
)
def test_what_does_not_hold_is_told(text: str, told: str):
    (problem,) = problems(text)
    assert told in problem


def test_what_a_kept_checkpoint_tells_of_a_ledger():
    """One of 3 and 7 events, of which the first checkpoint was taken out of the second ledger."""
    whole, gone = Audit(SIGNER), Audit(SIGNER)
    sealed = {size: Sealed(size=size, root=bytes(32), note=kept(size), at=AT) for size in (3, 7)}
    whole.checkpoints, gone.checkpoints = sealed, {7: sealed[7]}
    whole.size = gone.size = 7

    def told(audit: Audit, size: int, root: bytes = bytes(32)) -> list[str]:
        return [*KeptNotes.of(kept(size, root=root)).problems(SIGNER, None, audit)]

    assert told(whole, 3) == told(whole, 7) == told(gone, 7) == []
    assert told(gone, 3) == ["The checkpoint of size 3 was signed, and is gone from the ledger."]
    assert told(whole, 3, bytes([1]) * 32) == ["It and the ledger tell two histories of the first 3 events."]
    (older,) = told(whole, 8)
    assert older.startswith("It vouches for 8 events, the ledger for 7: the ledger is older")
