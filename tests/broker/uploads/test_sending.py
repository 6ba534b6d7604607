"""Begin, append, stop: what lies here is what was sent, and nobody else's."""

import hashlib
import io
from datetime import timedelta

import pytest
from django.conf import settings
from hypothesis import HealthCheck, given
from hypothesis import settings as laws
from hypothesis import strategies as st

from broker import arriving, people, uploads
from broker.arriving import PIECE
from broker.errors import NotAllowed, NotAsSent, OffsetMoved, Refused, TooLarge, UploadGone
from broker.models import UPLOAD_ENDED, UPLOAD_TRANSITIONS, Upload, UploadState
from broker.staging import StagedBroken
from broker.uploads import Checksum
from consent.models import LedgerEvent
from genomics.formats import DEFAULT
from tests.broker.uploads.sending import FILE, arrived, begun, sent
from tests.world import NOW

pytestmark = pytest.mark.django_db


def lying(upload: Upload) -> bytes:
    return arriving.opened(upload).read()


def test_the_table_of_states_names_every_state_and_leads_out_of_none_that_is_over():
    assert set(UPLOAD_TRANSITIONS) == set(UploadState)
    assert {UploadState.TAKEN, UploadState.REFUSED, UploadState.ENDED, UploadState.EXPIRED} == UPLOAD_ENDED


@laws(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, len(FILE)), max_size=6))
def test_however_it_is_cut_what_arrives_is_what_was_sent(eve, cuts):
    Upload.objects.all().delete()
    upload = begun(eve)
    for end in sorted({*cuts, len(FILE)}):
        sent(upload, FILE[upload.offset : end], upload.offset)
    assert upload.state == UploadState.ARRIVED
    assert lying(upload) == FILE


def test_a_large_body_lies_in_pieces_and_is_read_from_anywhere(eve):
    data = bytes(range(256)) * 4096 * 2 + b"the end"
    upload = arrived(eve, data)
    assert upload.pieces == 3
    with arriving.opened(upload) as stream:
        for position in (PIECE - 1, 0, 2 * PIECE, len(data) - 3, PIECE):
            stream.seek(position)
            assert stream.read(5) == data[position : position + 5]


@pytest.mark.parametrize("with_checksum", [False, True])
def test_however_large_a_body_is_a_piece_of_it_is_held_at_a_time(eve, with_checksum):
    data = bytes(5 * PIECE + 1)
    asked: list[int | None] = []

    class Body(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            asked.append(size)
            return super().read(size)

    checksum = Checksum("sha256", hashlib.sha256(data).digest()) if with_checksum else None
    upload = begun(eve, data)
    uploads.append(upload, Body(data), offset=0, size=len(data), at=NOW, checksum=checksum)
    assert {PIECE >= size > 0 for size in asked if size is not None} == {True}
    assert upload.pieces == 6


def test_nothing_lies_in_the_clear(eve, folder):
    arrived(eve, metadata="filename RXZlIEFkYW1z")
    on_disk = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert len(on_disk) > len(FILE)
    for planted in (FILE[:40], b"20\t1000226", b"RXZlIEFkYW1z", b"Eve"):
        assert planted not in on_disk
    row = Upload.objects.values_list("sealed_key", "sealed_metadata").get()
    assert b"RXZlIEFkYW1z" not in b"".join(map(bytes, row))
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.rglob("*"))


def test_of_two_who_send_at_once_one_wins_and_the_other_hears_where_it_stands(eve):
    mine = begun(eve)
    same = Upload.objects.get(pk=mine.pk)
    sent(mine, FILE[:10])
    with pytest.raises(OffsetMoved, match="10 bytes are here"):
        sent(same, b"x" * 10)
    sent(same, FILE[10:], 10)
    assert lying(same) == FILE


def test_a_piece_written_by_who_lost_never_counts(eve):
    """Its draft is there when the other's offset moves; a name left by a crash is replaced."""
    mine = begun(eve)
    lost = arriving.draft(mine, 0, b"x" * 10)
    arriving.keep(mine, [lost])  # as if the house fell before the offset was committed
    sent(mine, FILE)
    assert lying(mine) == FILE


def test_a_cut_body_keeps_what_came(eve):
    upload = begun(eve)
    uploads.append(upload, io.BytesIO(FILE[:20]), offset=0, size=len(FILE), at=NOW)
    assert (upload.offset, upload.state) == (20, UploadState.ARRIVING)

    class Torn(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise ConnectionResetError

    uploads.append(upload, Torn(), offset=20, size=5, at=NOW)
    assert upload.offset == 20


def test_with_a_checksum_it_is_all_or_nothing(eve, folder):
    upload = begun(eve)
    right = Checksum("sha256", hashlib.sha256(FILE).digest())
    with pytest.raises(NotAsSent):
        sent(upload, FILE[:-1] + b"!", checksum=right)
    with pytest.raises(NotAsSent):  # cut: what came is less than was announced
        uploads.append(upload, io.BytesIO(FILE[:-1]), offset=0, size=len(FILE), at=NOW, checksum=right)
    assert upload.offset == 0
    assert [path.name for path in folder.rglob("*") if path.is_file()] == [".writing"]  # and that is empty
    sent(upload, FILE, checksum=right)
    assert lying(upload) == FILE


@pytest.mark.parametrize("said", ["sha256", "md5 AAAA", "sha256 !!", "sha1 AAAA", ""])
def test_an_odd_checksum_is_refused(said):
    with pytest.raises(Refused):
        Checksum.parse(said)


def test_nothing_larger_comes_in_than_is_read():
    assert DEFAULT.packed >= settings.STAGED_BYTES


def test_more_than_was_announced_is_refused(eve):
    upload = begun(eve)
    with pytest.raises(TooLarge):
        sent(upload, FILE + b"!")
    assert upload.offset == 0


def test_nobody_else_may_send_or_stop(eve, stranger):
    with pytest.raises(NotAllowed):
        uploads.begin(eve.own_record.participant, length=1, by=stranger, at=NOW)
    upload = begun(eve)
    assert not Upload.objects.visible_to(stranger).exists()
    assert not uploads.stop(upload, by=stranger, at=NOW)
    assert sent(upload, FILE).state == UploadState.ARRIVED


def test_a_guardian_sends_for_a_child_once_she_is_verified(world, eve):
    child = people.add_child(eve, born_on=NOW.date().replace(year=2018), at=NOW)
    with pytest.raises(NotAllowed):
        uploads.begin(child, length=1, by=eve, at=NOW)
    people.verify_guardian(child.kin_links.get(), by=world.staff.steward, at=NOW)
    assert uploads.begin(child, length=1, by=eve, at=NOW).participant == child


def test_who_has_much_under_way_begins_nothing_more(eve, stranger, settings, monkeypatch):
    settings.STAGED_BYTES = 100
    with pytest.raises(TooLarge):
        begun(eve, b"x" * 101)
    first = begun(eve, b"x" * 60)
    with pytest.raises(Refused, match="more than is taken at once"):
        begun(eve, b"x" * 41)
    begun(stranger, b"x" * 100)
    begun(eve, b"x" * 40)
    monkeypatch.setattr(uploads, "MOST_AT_ONCE", 2)
    with pytest.raises(Refused, match="2 files"):
        begun(eve, b"")
    uploads.stop(first, by=eve, at=NOW)
    begun(eve, b"x")


def test_what_was_stopped_or_ran_out_takes_nothing_more(eve, folder):
    upload = sent(begun(eve), FILE[:10])
    with pytest.raises(UploadGone):
        sent(upload, FILE[10:], 10, at=NOW + uploads.LASTS)
    assert uploads.stop(upload, by=eve, at=NOW + timedelta(minutes=1))
    assert not list(folder.iterdir())
    upload.refresh_from_db()
    assert upload.sealed_key is None
    with pytest.raises(UploadGone):
        sent(upload, FILE[10:], 10)
    kinds = set(LedgerEvent.objects.values_list("kind", flat=True))
    assert {"broker:upload:begun", "broker:upload:ended"} <= kinds


def test_a_file_sent_byte_by_byte_comes_to_an_end(eve, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_PIECES", 3)
    upload = begun(eve)
    for at in range(3):
        sent(upload, FILE[at : at + 1], at)
    with pytest.raises(UploadGone):
        sent(upload, FILE[3:4], 3)


@pytest.mark.parametrize("attack", ["flip", "cut", "drop", "swap", "of another"])
def test_a_staged_piece_that_is_not_as_it_was_written_is_not_read(eve, stranger, folder, attack):
    data = bytes(2 * PIECE + 5)
    upload, other = arrived(eve, data), arrived(stranger, data)
    first, second = (folder / str(upload.pk) / f"{start:016x}" for start in (0, PIECE))
    sealed = first.read_bytes()
    if attack == "flip":
        first.write_bytes(sealed[:100] + bytes([sealed[100] ^ 1]) + sealed[101:])
    elif attack == "cut":
        first.write_bytes(sealed[:-1])
    elif attack == "drop":
        second.unlink()
    elif attack == "swap":
        first.write_bytes(second.read_bytes())
    else:
        first.write_bytes((folder / str(other.pk) / first.name).read_bytes())
    with pytest.raises(StagedBroken):
        lying(upload)
    assert lying(other) == data
