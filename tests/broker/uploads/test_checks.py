"""What becomes of a file that is whole: taken, refused with its line, recognised, or tried again."""

import errno
import hashlib
import threading
import uuid
from datetime import timedelta

import pytest
from django.db import OperationalError

from broker import checks, erasing, health, leftovers, tasks, uploads
from broker.arriving import PIECE
from broker.models import Upload, UploadState
from consent.models import Holding, LedgerEvent
from genomics.errors import FileReason, FileRefused, IntakeShut
from genomics.intake import sandbox, turns
from genomics.models import GenomicFile
from tests.broker.uploads.sending import FILE, arrived, begun, sent
from tests.builders import vcf
from tests.world import NOW

pytestmark = pytest.mark.django_db


def checked(upload: Upload) -> Upload:
    checks.run(upload.pk, clock=lambda: NOW)
    upload.refresh_from_db()
    return upload


def test_a_good_file_is_taken_and_its_staged_bytes_and_key_are_gone(eve, folder):
    upload = checked(arrived(eve, metadata="filename RXZl"))
    assert upload.state == UploadState.TAKEN
    file = GenomicFile.objects.get(pk=upload.file)
    assert (file.participant, file.size) == (eve.own_record.participant, len(FILE))
    assert Holding.objects.get(file=file.pk).state == Holding.State.ACTIVE
    assert (upload.sealed_key, upload.sealed_metadata, upload.token) == (None, None, None)
    assert not list(folder.iterdir())


def test_a_wrong_file_is_refused_with_its_line_and_leaves_nothing(eve, folder):
    broken = FILE.replace(b"0/1", b"0/x")
    upload = checked(arrived(eve, broken))
    assert (upload.state, upload.reason, upload.line) == (
        UploadState.REFUSED,
        "genotype",
        broken.count(b"\n"),
    )
    assert upload.told.startswith(f"Line {upload.line}:")
    assert not GenomicFile.objects.exists()
    assert not list(folder.iterdir())
    assert LedgerEvent.objects.filter(kind="broker:upload:refused").count() == 1


def test_an_empty_file_arrives_at_once_and_is_refused(eve):
    upload = begun(eve, b"")
    assert upload.state == UploadState.ARRIVED
    assert checked(upload).reason == "empty"


def test_the_same_bytes_twice_are_recognised_for_their_owner_alone(eve, stranger):
    checked(arrived(eve))
    again = checked(arrived(eve))
    assert (again.state, again.reason) == (UploadState.REFUSED, "duplicate")
    assert "This very file is here already." in again.told
    assert checked(arrived(stranger)).state == UploadState.TAKEN


def test_a_file_that_is_not_what_was_promised_is_refused(eve):
    right = checked(arrived(eve, sha256=hashlib.sha256(FILE).digest()))
    assert right.state == UploadState.TAKEN
    wrong = checked(arrived(eve, vcf([("20", 5, "A", "T", "0/1")]), sha256=hashlib.sha256(FILE).digest()))
    assert (wrong.state, wrong.reason) == (UploadState.REFUSED, checks.NOT_AS_SENT)


def test_the_digest_a_browser_can_take_is_held_to_as_well(eve):
    def blocks(data: bytes) -> bytes:
        parts = [data[at : at + PIECE] for at in range(0, len(data), PIECE)]
        return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).digest()

    large = vcf(("20", 1000 + 10 * row, "A", "T", "0/1") for row in range(75_000))
    other = large[:PIECE] + large[PIECE:].replace(b"0/1", b"1/1")  # one file's head and another one's tail
    promised = blocks(large)
    wrong = checked(arrived(eve, other, sha256_blocks=promised))
    assert (wrong.state, wrong.reason, wrong.sha256_blocks) == ("refused", checks.NOT_AS_SENT, None)
    assert checked(arrived(eve, large, sha256_blocks=promised)).state == UploadState.TAKEN


def test_staged_bytes_that_were_changed_are_not_taken(eve, folder):
    upload = arrived(eve)
    piece = next(folder.glob("*/0*"))
    sealed = piece.read_bytes()
    piece.write_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    assert (checked(upload).state, upload.reason) == (UploadState.REFUSED, checks.UNREAD)
    assert not GenomicFile.objects.exists()


def test_who_may_no_longer_act_for_her_brings_in_nothing(eve, monkeypatch):
    upload = arrived(eve)
    monkeypatch.setattr(checks.wards, "named", lambda *_args, **_facts: None)
    assert (checked(upload).state, upload.reason) == (UploadState.REFUSED, checks.NOT_HERS)


def test_a_second_ring_changes_nothing(eve):
    upload = checked(arrived(eve))
    ended = upload.ended_at
    checks.run(upload.pk, clock=lambda: NOW + timedelta(hours=1))
    upload.refresh_from_db()
    assert (upload.ended_at, upload.attempt) == (ended, 1)
    checks.run(uuid.uuid4(), clock=lambda: NOW)  # nobody's


def test_one_claims_it_until_its_lease_runs_out(eve, settings):
    upload = arrived(eve)
    first = checks._claim(upload.pk, lambda: NOW)
    assert first is not None
    assert checks._claim(upload.pk, lambda: NOW) is None
    late = NOW + timedelta(seconds=settings.LEASE_SECONDS + 1)
    assert checks.unheard(at=late) == [upload.pk]
    second = checks._claim(upload.pk, lambda: late)
    assert second is not None
    with pytest.raises(checks.LostClaim):
        checks._refuse(first, checks.UNREAD)
    upload.refresh_from_db()
    assert upload.state == UploadState.CHECKING


def test_a_worker_that_died_after_the_file_was_taken_is_made_up_for(eve, settings, monkeypatch):
    upload = arrived(eve)

    def dies(*_args, **_facts):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(checks, "_take", dies)
        with pytest.raises(KeyboardInterrupt):
            checks.run(upload.pk, clock=lambda: NOW)
    late = NOW + timedelta(seconds=settings.LEASE_SECONDS + 1)
    checks.run(upload.pk, clock=lambda: late)
    upload.refresh_from_db()
    assert (upload.state, upload.attempt) == (UploadState.TAKEN, 2)
    assert upload.file == GenomicFile.objects.get().pk


def test_a_file_that_ends_every_worker_is_refused(eve):
    upload = arrived(eve)
    Upload.objects.update(attempt=checks.MOST_ATTEMPTS)
    assert (checked(upload).state, upload.reason) == (UploadState.REFUSED, checks.UNREAD)


def test_what_nobody_heard_is_rung_for_once(eve):
    upload = arrived(eve)
    assert checks.unheard(at=NOW) == []
    later = NOW + timedelta(minutes=1)
    assert checks.unheard(at=later) == [upload.pk]
    assert checks.unheard(at=later) == []


def test_a_whole_file_is_rung_for_when_that_is_committed(
    eve, monkeypatch, django_capture_on_commit_callbacks
):
    rung = []
    monkeypatch.setattr(tasks.check_upload, "delay", rung.append)
    with django_capture_on_commit_callbacks(execute=True):
        upload = arrived(eve)
    assert rung == [str(upload.pk)]


def test_what_was_not_finished_in_time_is_given_up_with_its_bytes(eve, folder):
    late, alive = sent(begun(eve), FILE[:9]), begun(eve, at=NOW + timedelta(hours=1))
    assert leftovers.expire(at=NOW + uploads.LASTS) == 1
    late.refresh_from_db()
    assert (late.state, late.sealed_key) == (UploadState.EXPIRED, None)
    assert not list(folder.glob("*/*"))
    alive.refresh_from_db()
    assert alive.state == UploadState.ARRIVING


def test_bytes_that_no_row_needs_and_outcomes_that_are_old_are_cleared(eve, folder):
    here = sent(begun(eve), FILE[:9])
    (folder / str(uuid.uuid4())).mkdir()
    done = checked(arrived(eve))
    leftovers.clear(at=NOW + timedelta(days=365 * 100))
    assert [path.name for path in folder.iterdir()] == [str(here.pk)]
    assert not Upload.objects.filter(pk=done.pk).exists()


@pytest.mark.parametrize(
    "full", [OSError(errno.ENOSPC, "No space left on device"), OperationalError("database or disk is full")]
)
def test_while_the_disk_is_full_the_bytes_wait_however_often_it_is_tried(eve, folder, monkeypatch, full):
    def no_room(*_: object, **__: object) -> None:
        raise full

    upload = arrived(eve)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(checks, "receive", no_room)
        for day in range(checks.MOST_ATTEMPTS + 2):
            with pytest.raises(type(full)):
                checks.run(upload.pk, clock=lambda at=NOW + timedelta(days=day): at)
    upload.refresh_from_db()
    assert upload.state == UploadState.CHECKING
    checks.run(upload.pk, clock=lambda: NOW + timedelta(days=30))
    upload.refresh_from_db()
    assert upload.state == UploadState.TAKEN


def test_an_erased_person_leaves_no_upload(eve, stranger, folder):
    checked(arrived(eve))
    sent(begun(eve), FILE[:9])
    arrived(eve, vcf([("20", 7, "A", "T", "0/1")]))
    theirs = arrived(stranger)
    leftovers.forget(eve.own_record.participant, at=NOW)
    assert not Upload.objects.filter(owner=eve).exists()
    assert [path.name for path in folder.iterdir()] == [str(theirs.pk)]


def test_a_file_that_waits_for_long_is_found_by_the_doctor(eve):
    arrived(eve)
    found = {one.part: one for one in health.look(at=NOW + timedelta(minutes=1))}["uploads"]
    assert (found.well, found.words) == (True, "0 arrive, 1 wait or are being checked.")
    late = {one.part: one for one in health.look(at=NOW + timedelta(hours=1))}["uploads"]
    assert not late.well
    assert "Is a worker running?" in late.words


def test_where_no_file_can_be_read_the_bytes_wait_for_another_day(eve, folder, monkeypatch):
    def shut(*_: object, **__: object) -> None:
        raise IntakeShut("no walls")

    upload = arrived(eve)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(checks, "receive", shut)
        with pytest.raises(IntakeShut):
            checked(upload)
    upload.refresh_from_db()
    assert upload.state == UploadState.CHECKING
    checks.run(upload.pk, clock=lambda: NOW + timedelta(days=1))
    upload.refresh_from_db()
    assert upload.state == UploadState.TAKEN


def test_how_much_of_a_check_is_done_is_written_down_now_and_then(eve, monkeypatch):
    upload, seen = arrived(eve), []
    now = [NOW]

    def slowly(*_: object, **__: object) -> None:
        for share in (0.25, 0.5, 0.1, 1.0):  # what is read once more does not go back
            now[0] += timedelta(seconds=2)
            follower = sandbox._follower.get()
            assert follower is not None
            follower(share)
            seen.append(Upload.objects.get().percent_read)
        raise FileRefused(FileReason.EMPTY, "Nothing.")

    monkeypatch.setattr(checks, "receive", slowly)
    checks.run(upload.pk, clock=lambda: now[0])
    assert seen[1] == seen[2]
    assert seen[0] < seen[1] < seen[3] == 99  # all of it only once it has ended
    assert Upload.objects.get().percent_read == 100


def test_an_erased_person_leaves_no_upload_under_way_nor_ended(eve, folder):
    person = eve.own_record.participant
    checked(arrived(eve))
    sent(begun(eve), FILE[:20])
    assert list(folder.iterdir())
    erasing.erase(person, by=eve.reference, at=NOW)
    assert not Upload.objects.filter(participant=person).exists()
    assert not list(folder.iterdir())


def test_a_file_without_a_turn_waits_as_it_is_and_is_rung_for_again(eve, folder, settings, monkeypatch):
    settings.READERS_AT_ONCE = 1
    monkeypatch.setattr(turns, "WITHIN", 0.01)
    begun, over = threading.Event(), threading.Event()

    def read_another() -> None:
        with turns.taken():
            begun.set()
            over.wait()

    another = threading.Thread(target=read_another)
    another.start()
    begun.wait()
    upload = checked(arrived(eve))
    assert (upload.state, upload.attempt) == (UploadState.ARRIVED, 0)
    assert list(folder.iterdir())
    assert checks.unheard(at=NOW + timedelta(minutes=1)) == [upload.pk]
    over.set()
    another.join()
    assert checked(upload).state == UploadState.TAKEN
