"""The file outside the database: what an older database is known by, and what nobody may write over."""

from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import transaction

from consent import afterwards, events, holdings, participants
from consent.errors import DatabaseBehind, LedgerBroken
from consent.ledger import log
from consent.models import Participant
from tests.world import NOW

pytestmark = [pytest.mark.server, pytest.mark.django_db]


@pytest.fixture
def ada() -> Participant:
    return participants.register(born_on=date(1980, 1, 1), by="ada", at=NOW)


@pytest.fixture
def file(checkpoint_file: Path) -> Path:
    return checkpoint_file.with_name("afterwards.txt")


def hold(person: Participant) -> None:
    participants.freeze(person, until=None, by="steward", at=NOW)
    afterwards.catch_up()


def test_a_database_that_remembers_everything_is_not_behind(ada, file):
    hold(ada)
    log.sequence(at=NOW)
    assert file.exists()
    assert afterwards.behind() == ""
    afterwards.require_current()


def test_where_nothing_was_ever_forbidden_nothing_is_missing(ada, file):
    assert not file.exists()
    assert (afterwards.behind(), afterwards.missing()) == ("", [])


def test_a_database_that_is_behind_adds_nothing_to_the_file(ada, file):
    with transaction.atomic():
        hold(ada)
        transaction.set_rollback(True)  # as a restore does: the file remembers what the database does not
    before = file.read_bytes()
    hold(ada)
    assert file.read_bytes() == before
    assert len(afterwards.missing()) == 1
    with pytest.raises(DatabaseBehind, match="put back to an earlier day"):
        afterwards.require_current()


@pytest.mark.parametrize("said_no", [False, True])
def test_a_file_that_comes_in_costs_no_look_at_all_that_came_before(ada, file, monkeypatch, said_no):
    if said_no:
        hold(ada)
    looked, plainly = [], afterwards._line
    monkeypatch.setattr(afterwards, "_line", lambda event: looked.append(event.id) or plainly(event))
    for _ in range(5):
        holdings.add(ada, uuid4(), by="intake", at=NOW)
        afterwards.catch_up()
    assert len(looked) == len(set(looked)) == 5
    hold(ada)
    assert len(file.read_bytes().splitlines()) == 1 + said_no, "and a no is still written"


def test_what_was_looked_at_in_a_past_that_was_rolled_back_is_looked_at_again(ada, file):
    with transaction.atomic():
        holdings.add(ada, uuid4(), by="intake", at=NOW)
        afterwards.catch_up()
        transaction.set_rollback(True)
    hold(ada)  # may get the same number
    assert len(file.read_bytes().splitlines()) == 1


def test_a_line_that_a_crash_cut_off_is_not_read(ada, file):
    hold(ada)
    hold(ada)
    file.write_bytes(file.read_bytes()[:-3])
    assert afterwards.missing() == []
    afterwards.catch_up()
    assert len(file.read_bytes().splitlines()) == 2


@pytest.mark.parametrize("end", [b"not an event at all\n", b"   \n"])
def test_a_strange_last_line_stops_everything_and_is_kept(ada, file, end):
    hold(ada)
    strange = file.read_bytes() + end
    file.write_bytes(strange)
    for asked in (afterwards.behind, afterwards.catch_up):
        with pytest.raises(LedgerBroken, match="not as it was written"):
            asked()
    assert file.read_bytes() == strange


def test_a_strange_line_among_the_others_is_not_read_over(ada, file):
    hold(ada)
    strange = b"not an event at all\n" + file.read_bytes()
    file.write_bytes(strange)
    with pytest.raises(LedgerBroken, match="not as it was written"):
        afterwards.missing()
    assert file.read_bytes() == strange


def test_a_line_that_was_taken_out_from_among_the_others_is_missed(ada, file):
    hold(ada)
    hold(ada)
    log.sequence(at=NOW)
    whole = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(whole[1])
    for asked in (afterwards.missing, lambda: log.sequence(at=NOW)):
        hold(ada)
        with pytest.raises(LedgerBroken, match=r"afterwards\.txt"):
            asked()


def test_a_file_that_has_lost_its_end_is_known_by_the_checkpoint(ada, file):
    hold(ada)
    hold(ada)
    log.sequence(at=NOW)
    hold(ada)
    assert afterwards.behind() == "", "what came after the checkpoint is not missed from it"
    whole = file.read_bytes().splitlines(keepends=True)
    for lost in (whole[:1], []):
        file.write_bytes(b"".join(lost))
        assert "has lost its end" in afterwards.behind()
        with pytest.raises(DatabaseBehind, match="has lost its end"):
            afterwards.require_current()


def test_without_the_file_that_the_newest_checkpoint_names_nothing_is_signed(ada, file):
    hold(ada)
    log.sequence(at=NOW)
    before = log.checkpoint()
    kept = file.read_bytes()
    file.unlink()
    with transaction.atomic():
        log.append(events.RISE, at=NOW, by="test", **dict.fromkeys(events.RISE.fields, 1))
    with pytest.raises(LedgerBroken, match=r"afterwards\.txt"):
        log.sequence(at=NOW)
    assert log.checkpoint() == before
    file.write_bytes(kept)
    assert log.sequence(at=NOW) is not None
