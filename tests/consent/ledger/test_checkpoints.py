"""The checkpoint file: healed after a crash, never bent to fit the database."""

import pytest
from django.db import connection

from consent.errors import LedgerBroken
from consent.ledger import checkpoints, log, note
from consent.models import LedgerCheckpoint
from tests.consent.ledger.build import AT, grow, happen, unsafe_rows
from tests.unsafe import unsafe_drop_triggers


def file_sizes(file) -> list[int]:
    return [checkpoints.opened(text).size for text in note.split(file.read_text())[0]]


@pytest.mark.django_db
def test_every_checkpoint_stands_in_the_file_as_it_was_signed(checkpoint_file):
    grow(2, 3, 4)
    rows = LedgerCheckpoint.objects.order_by("size").values_list("note", flat=True)
    assert checkpoints.published() == list(rows)
    assert checkpoint_file.read_text() == note.join(rows)


@pytest.mark.django_db
def test_a_crash_between_commit_and_file_is_healed_by_the_next_run(checkpoint_file, monkeypatch):
    grow(2)
    runs = []

    def crash_the_second_time() -> None:
        runs.append(1)
        if len(runs) == 2:
            raise OSError("the machine stopped")

    with monkeypatch.context() as patch:
        patch.setattr(log.checkpoints, "catch_up", crash_the_second_time)
        happen(3, start=2)
        with pytest.raises(OSError, match="stopped"):
            log.sequence(at=AT)
    assert (file_sizes(checkpoint_file), LedgerCheckpoint.newest().size) == ([2], 5)
    assert log.verify().ok  # a moment in which nothing is wrong
    assert log.sequence(at=AT) is None
    assert file_sizes(checkpoint_file) == [2, 5]


@pytest.mark.django_db
def test_a_torn_note_is_written_whole_by_the_next_run(checkpoint_file):
    grow(2, 3)
    whole = checkpoint_file.read_bytes()
    for end in range(0, len(whole), 3):
        checkpoint_file.write_bytes(whole[:end])
        checkpoints.catch_up()
        assert checkpoint_file.read_bytes() == whole, f"torn after {end} bytes"


@pytest.mark.django_db
def test_a_file_that_was_lost_is_written_again(checkpoint_file):
    grow(2, 3)
    whole = checkpoint_file.read_bytes()
    checkpoint_file.unlink()
    assert "missing from the checkpoint file" in " ".join(log.verify().problems)
    checkpoints.catch_up()
    assert checkpoint_file.read_bytes() == whole
    assert log.verify().ok


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("end", "why"),
    [(b"something else", "did not write"), (b"\x00" * 90, "did not write"), (b"a\n\nb\n\n", "not ours")],
)
def test_a_file_with_a_strange_end_is_kept_as_it_is(checkpoint_file, end, why):
    grow(2)
    strange = checkpoint_file.read_bytes() + end
    checkpoint_file.write_bytes(strange)
    happen(1)
    with pytest.raises(LedgerBroken, match=why):
        log.sequence(at=AT)
    assert checkpoint_file.read_bytes() == strange


@pytest.mark.django_db
def test_a_database_older_than_the_file_gets_nothing_added(checkpoint_file):
    grow(2)
    older = LedgerCheckpoint.newest()
    longer = log.vouch(older.note.split("\n")[0], size=9, root=bytes(32), at=AT)
    with checkpoint_file.open("a") as file:
        file.write(note.join([note.sign(longer, log.settings.LEDGER_ORIGIN, log.settings.LEDGER_KEY.bytes)]))
    happen(1)
    with pytest.raises(LedgerBroken, match="vouches for 9 events, the database for 2"):
        log.sequence(at=AT)
    assert "vouches for 9 events, the ledger for 2" in " ".join(log.verify().problems)


@pytest.mark.django_db
def test_the_end_of_a_long_file_is_read_without_reading_the_whole(checkpoint_file, monkeypatch):
    monkeypatch.setattr(checkpoints, "TAIL", 700)
    grow(*[1] * 9)
    assert checkpoint_file.stat().st_size > 1400
    assert file_sizes(checkpoint_file) == list(range(1, 10))
    grow(1)
    assert file_sizes(checkpoint_file)[-1] == 10


@pytest.mark.django_db
def test_two_histories_are_not_joined(checkpoint_file):
    grow(2)
    unsafe_drop_triggers(connection)
    unsafe_rows(LedgerCheckpoint).update(root=bytes(32))
    with pytest.raises(LedgerBroken, match="two histories of the first 2 events"):
        checkpoints.catch_up()


@pytest.mark.django_db
def test_a_newest_note_that_is_not_ours_vouches_for_nothing(checkpoint_file):
    grow(2)
    assert checkpoints.newest_published().size == 2
    checkpoint_file.write_bytes(checkpoint_file.read_bytes() + b"a\n\nb\n\n")
    assert checkpoints.newest_published() is None
    assert "does not hold" in " ".join(log.verify().problems)  # it is not passed over in silence
