"""Checkpoints that somebody kept: whatever does not hold of one of them is told, and in which way."""

import pytest

from consent.ledger import note as notes
from consent.ledger.kept_notes import KeptNotes
from tests.consent.ledger.test_parcel import NAME, SEED, SIGNER


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
