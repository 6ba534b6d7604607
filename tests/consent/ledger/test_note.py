"""Signed notes: what is signed can be read, and nothing else can."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.errors import NoteRefused
from consent.ledger import note

SEED = bytes(range(32))
NAME = "genomic-broker/ledger"
US = note.Signer.of(NAME, SEED)
CHECKPOINT = note.Checkpoint(origin=NAME, size=7, root=bytes(32), extensions=("at 2026-05-01T08:00:00Z",))
SIGNED = note.sign(CHECKPOINT, NAME, SEED)


def test_a_note_looks_as_the_standard_says():
    origin, size, root, extension, empty, signature, end = SIGNED.split("\n")
    assert (origin, size, root, extension) == (NAME, "7", "A" * 43 + "=", "at 2026-05-01T08:00:00Z")
    assert (empty, end) == ("", "")
    assert signature.startswith(f"— {NAME} ")
    assert base64.b64decode(signature.rsplit(" ", 1)[1])[:4] == US.id


def test_the_verifier_key_of_the_standards_example_is_read_and_written_alike():
    # The example key in the signed-note specification and in Go's sumdb/note.
    example = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    assert str(note.Signer.parse(example)) == example


def test_the_example_note_of_the_go_implementation_holds():
    # golang.org/x/mod/sumdb/note, ExampleSign and ExampleOpen: no checkpoint, but a real signature.
    peter = note.Signer.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    signature = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    text = (
        "If you think cryptography is the answer to your problem,\n"
        f"then you don't know what your problem is.\n\n— PeterNeumann {signature}\n"
    )
    with pytest.raises(NoteRefused, match="not a checkpoint"):  # and not: the signature does not fit
        note.open(text, peter.name, peter.public_key)
    with pytest.raises(NoteRefused, match="does not fit"):
        note.open(text.replace("think", "thank"), peter.name, peter.public_key)


def test_what_was_signed_is_read_again():
    assert note.open(SIGNED, NAME, US.public_key) == CHECKPOINT


@given(st.integers(0, len(SIGNED) - 1), st.characters(codec="ascii"))
def test_bending_any_character_is_noticed(place, other):
    bent = SIGNED[:place] + other + SIGNED[place + 1 :]
    if bent != SIGNED:
        with pytest.raises(NoteRefused):
            note.open(bent, NAME, US.public_key)


@given(st.integers(0, len(SIGNED) - 1))
def test_a_note_cut_off_anywhere_is_noticed(end):
    with pytest.raises(NoteRefused):
        note.open(SIGNED[:end], NAME, US.public_key)


def test_another_key_cannot_sign_for_us():
    forged = note.sign(CHECKPOINT, NAME, bytes(32))
    with pytest.raises(NoteRefused, match="no signature by"):
        note.open(forged, NAME, US.public_key)
    # even when it lies about its key id
    ours = base64.b64decode(SIGNED.rsplit(" ", 1)[1])
    theirs = base64.b64decode(forged.rsplit(" ", 1)[1])
    lying = forged.rsplit(" ", 1)[0] + " " + base64.b64encode(ours[:4] + theirs[4:]).decode() + "\n"
    with pytest.raises(NoteRefused, match="does not fit"):
        note.open(lying, NAME, US.public_key)


def test_a_witness_may_sign_beside_us():
    witness = note.sign(CHECKPOINT, "witness.example", bytes(32)).rsplit("\n\n", 1)[1]
    assert note.open(SIGNED + witness, NAME, US.public_key) == CHECKPOINT


@pytest.mark.parametrize("name", ["", "two words", "a+b", "line\nbreak"])
def test_a_key_name_that_would_confuse_readers_is_refused(name):
    with pytest.raises(NoteRefused, match="cannot name a key"):
        note.sign(CHECKPOINT, name, SEED)


@pytest.mark.parametrize(
    "wrong",
    [
        note.Checkpoint(origin="", size=1, root=bytes(32)),
        note.Checkpoint(origin="a\nb", size=1, root=bytes(32)),
        note.Checkpoint(origin="a", size=-1, root=bytes(32)),
        note.Checkpoint(origin="a", size=1, root=bytes(31)),
        note.Checkpoint(origin="a", size=1, root=bytes(32), extensions=("",)),
        note.Checkpoint(origin="a", size=1, root=bytes(32), extensions=("one\ntwo",)),
    ],
)
def test_a_checkpoint_that_is_not_lines_of_text_is_not_signed(wrong):
    with pytest.raises(NoteRefused):
        note.sign(wrong, NAME, SEED)


@pytest.mark.parametrize(
    "wrong", ["", "name", f"{NAME}+00000000+{'A' * 44}", str(US)[:-4], str(US).replace("ledger", "other")]
)
def test_a_verifier_key_that_was_not_copied_whole_is_refused(wrong):
    with pytest.raises(NoteRefused, match="verifier key"):
        note.Signer.parse(wrong)


@given(st.integers(0, 5), st.integers(0, 400))
def test_a_file_of_notes_gives_back_the_whole_ones_and_the_torn_end(count, cut):
    notes = [
        note.sign(note.Checkpoint(origin=NAME, size=n, root=bytes(32)), NAME, SEED)
        for n in range(1, count + 1)
    ]
    text = note.join(notes)
    kept = text[: max(0, len(text) - cut)]
    whole, torn = note.split(kept)
    assert whole == notes[: len(whole)]
    assert note.join(whole) + torn == kept
    assert note.split(text) == (notes, "")
