"""tus 1.0 header by header, and a file in one request."""

import base64
import errno
import hashlib
import io
from datetime import date
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import arriving, checks, people, uploads
from broker.models import Upload, UploadState, User
from tests.builders import vcf
from tests.world import EARLIER, World

pytestmark = pytest.mark.django_db

FILE = vcf([("20", 1000226, "A", "T", "0/1")])
TUS = {"Tus-Resumable": "1.0.0"}
PIECES = "application/offset+octet-stream"


@pytest.fixture(autouse=True)
def folder(settings, tmp_path: Path) -> None:
    settings.STAGING_DIR = tmp_path / "arriving"


@pytest.fixture
def eve() -> User:
    return people.sign_up("eve", "x" * 12, born_on=date(1980, 1, 1), at=EARLIER)


def door_of(user: User, **facts: Any) -> Client:
    door = Client(raise_request_exception=False, **facts)
    door.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return door


@pytest.fixture
def her(eve: User) -> Client:
    return door_of(eve)


def begin(door: Client, body: bytes = b"", status: int = 201, **headers: str) -> Any:
    said = {"Upload-Length": str(len(FILE)), **{k.replace("_", "-"): v for k, v in headers.items()}}
    answer = door.post(reverse("api:uploads"), body, content_type=PIECES, headers=TUS | said)
    assert answer.status_code == status, answer.content
    return answer


def send(door: Client, url: str, body: bytes, offset: int | str, status: int = 204, **headers: str) -> Any:
    said = TUS | {"Upload-Offset": str(offset)} | {k.replace("_", "-"): v for k, v in headers.items()}
    answer = door.patch(url, body, content_type=PIECES, headers=said)
    assert answer.status_code == status, answer.content
    assert answer["Tus-Resumable"] == "1.0.0"
    return answer


def b64(value: bytes | str) -> str:
    return base64.b64encode(value if isinstance(value, bytes) else value.encode()).decode()


def test_what_is_spoken_here_is_told(her, settings):
    answer = her.options(reverse("api:uploads"))
    assert answer.status_code == 204
    assert answer["Tus-Version"] == "1.0.0"
    assert answer["Tus-Max-Size"] == str(settings.STAGED_BYTES)
    extensions = set(answer["Tus-Extension"].split(","))
    assert extensions == {"creation", "creation-with-upload", "termination", "expiration", "checksum"}
    assert answer["Tus-Checksum-Algorithm"] == "sha256,sha1"


def test_a_file_comes_in_two_pieces_and_is_told_of(her):
    answer = begin(her, Upload_Metadata=f"filename {b64('eve.vcf')},is_confidential")
    url = answer["Location"]
    assert url.startswith("http://testserver/api/v1/uploads/")
    assert parsedate_to_datetime(answer["Upload-Expires"]) > timezone.now()
    assert send(her, url, FILE[:50], 0)["Upload-Offset"] == "50"
    head = her.head(url, headers=TUS)
    assert (head.status_code, head["Upload-Offset"], head["Upload-Length"]) == (200, "50", str(len(FILE)))
    assert head["Upload-Metadata"] == f"filename {b64('eve.vcf')},is_confidential"
    assert "no-store" in head["Cache-Control"]  # tus 1.0, HEAD
    assert "Upload-Expires" in head
    assert send(her, url, FILE[50:], 50)["Upload-Offset"] == str(len(FILE))
    assert her.get(url).json()["state"] == "arrived"
    upload = Upload.objects.get()
    assert arriving.opened(upload).read() == FILE
    checks.run(upload.pk, clock=timezone.now)
    told = her.get(url).json()
    assert told["state"] == "taken"
    (file,) = her.get(reverse("api:files")).json()
    assert (file["id"], file["state"], file["kind"]) == (told["file"], "active", "vcf")
    assert file["quality"]["sites"] == 1
    assert her.head(url, headers=TUS)["Upload-Offset"] == str(len(FILE))


def test_the_first_bytes_may_come_along(her):
    answer = begin(her, FILE[:9])
    assert answer["Upload-Offset"] == "9"
    assert Upload.objects.get().offset == 9


@pytest.mark.parametrize("algorithm", ["sha256", "sha1"])
def test_a_checksum_is_kept_to(her, algorithm):
    url = begin(her)["Location"]
    digest = b64(hashlib.new(algorithm, FILE).digest())
    wrong = send(her, url, FILE[:-1] + b"!", 0, status=460, Upload_Checksum=f"{algorithm} {digest}")
    assert wrong.json()["type"] == "/problems/not-as-sent"
    assert Upload.objects.get().offset == 0
    send(her, url, FILE, 0, Upload_Checksum=f"{algorithm} {digest}")


def test_an_upload_is_stopped_and_is_gone(her):
    url = begin(her)["Location"]
    assert her.delete(url, headers=TUS).status_code == 204
    assert her.delete(url, headers=TUS).status_code == 410
    assert her.head(url, headers=TUS).status_code == 410
    send(her, url, FILE, 0, status=410)
    assert her.get(url).json()["state"] == "ended"


def test_a_method_may_be_said_in_a_header(her):
    url = begin(her)["Location"]
    said = TUS | {"Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    assert her.post(url, FILE, content_type=PIECES, headers=said).status_code == 204
    assert her.post(url, headers=TUS).status_code == 405


@pytest.mark.parametrize("method", ["head", "get", "patch", "delete"])
def test_a_strangers_upload_is_not_there(her, method):
    url = begin(her, FILE[:9])["Location"]
    stranger = door_of(people.sign_up("s", "x" * 12, born_on=date(1980, 1, 1), at=EARLIER))
    facts: dict[str, Any] = {"headers": TUS | {"Upload-Offset": "9"}}
    if method == "patch":
        facts |= {"data": b"x", "content_type": PIECES}
    assert getattr(stranger, method)(url, **facts).status_code == 404
    assert stranger.get(reverse("api:uploads")).json() == []
    assert Upload.objects.get().offset == 9


def test_a_session_sends_its_csrf_token_along(eve):
    door = door_of(eve, enforce_csrf_checks=True)
    begin(door, status=403)
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Upload-Length": "-1"}, 400),
        ({"Upload-Length": "9" * 30}, 400),
        ({"Upload-Length": "²"}, 400),
        ({"Upload-Length": str(2**40)}, 413),
        ({"Upload-Defer-Length": "1"}, 400),
        ({"Upload-Length": "1", "Tus-Resumable": "0.2.2"}, 412),
        ({"Upload-Length": "1", "Upload-Metadata": "x !!"}, 400),
        ({"Upload-Length": "1", "Upload-Metadata": "x " + "A" * 5000}, 413),
        ({"Upload-Length": "1", "Upload-Metadata": f"assume {b64('hg17')}"}, 400),
        ({"Upload-Length": "1", "Upload-Metadata": f"sha256 {b64('abcd')}"}, 400),
        ({"Upload-Length": "1", "Upload-Metadata": f"sha256_blocks {b64('abcd')}"}, 400),
        ({"Upload-Length": "1", "Upload-Metadata": f"participant {b64('P-AAAA-AAAA')}"}, 404),
    ],
)
def test_an_odd_beginning_is_a_problem(her, headers, status):
    answer = her.post(reverse("api:uploads"), headers=TUS | headers)
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert not Upload.objects.exists()
    if status == 412:
        assert answer["Tus-Version"] == "1.0.0"


def test_an_odd_piece_is_a_problem(her):
    url = begin(her)["Location"]
    assert send(her, url, FILE, 5, status=409).json()["type"] == "/problems/offset-moved"
    send(her, url, FILE + b"!", 0, status=413)
    send(her, url, FILE, "", status=400)
    send(her, url, FILE, 0, status=400, Upload_Checksum="md5 AAAA")
    assert her.patch(url, FILE, content_type="text/plain", headers=TUS).status_code == 415
    said = TUS | {"Upload-Offset": "0", "Transfer-Encoding": "chunked"}
    chunked = her.patch(url, b"", headers=said, CONTENT_TYPE=PIECES)
    assert chunked.status_code == 400
    assert Upload.objects.get().offset == 0


def test_who_was_overtaken_is_told_to_ask_where_it_stands(her, monkeypatch):
    """Another line moves the offset while this one's bytes are on their way."""
    url = begin(her)["Location"]
    pieces = uploads._pieces

    def overtaken(*args: Any) -> Any:
        Upload.objects.filter(offset=0).update(offset=4, pieces=1)
        return pieces(*args)

    monkeypatch.setattr(uploads, "_pieces", overtaken)
    send(her, url, FILE, 0, status=409)
    assert Upload.objects.get().offset == 4


def test_a_file_comes_in_one_request(her, eve):
    url = f"{reverse('api:files')}?assume=GRCh37"
    answer = her.post(url, FILE, content_type="application/octet-stream")
    assert (answer.status_code, answer.json()["state"]) == (202, "arrived")
    upload = Upload.objects.get()
    assert answer["Location"] == reverse("api:upload", args=[upload.pk])
    assert (upload.assume, upload.participant) == ("GRCh37", eve.own_record.participant)
    assert her.post(url, {"file": "x"}).status_code == 415
    assert (
        her.post(f"{url}&participant=P-NOBO-DYXX", FILE, content_type="application/octet-stream").status_code
        == 404
    )


def test_a_body_that_was_cut_leaves_nothing(her):
    torn: dict[str, Any] = {"wsgi.input": io.BytesIO(FILE[:9]), "CONTENT_LENGTH": str(len(FILE))}
    answer = her.post(reverse("api:files"), CONTENT_TYPE="application/octet-stream", **torn)
    assert answer.status_code == 400
    assert Upload.objects.get().state == UploadState.ENDED


def test_a_guardian_sends_for_her_child_and_sees_its_files(her, eve):
    world = World()
    child = people.add_child(eve, born_on=timezone.now().date().replace(year=2018), at=timezone.now())
    metadata = f"participant {b64(child.pseudonym)}"
    begin(her, status=403, Upload_Metadata=metadata)
    people.verify_guardian(child.kin_links.get(), by=world.staff.steward, at=timezone.now())
    begin(her, FILE, Upload_Metadata=metadata)
    checks.run(Upload.objects.get().pk, clock=timezone.now)
    assert [one["participant"] for one in her.get(reverse("api:files")).json()] == [child.pseudonym]


def test_while_the_disk_is_full_it_is_said_and_what_came_is_kept(her, monkeypatch):
    url = begin(her)["Location"]
    send(her, url, FILE[:50], 0)
    with monkeypatch.context() as full:

        def no_room(_file: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        full.setattr(arriving.os, "fsync", no_room)
        told = send(her, url, FILE[50:], 50, status=507)
        assert told.json()["type"] == "/problems/no-room"
        assert "What had come before is kept" in told.json()["detail"]
        assert "Retry-After" in told
    assert her.head(url, headers=TUS)["Upload-Offset"] == "50"
    assert not [path for path in arriving._folder(Upload.objects.get().pk).glob(".?*") if path.stat().st_size]
    send(her, url, FILE[50:], 50)


def test_nothing_is_begun_while_the_disk_is_full(her, monkeypatch):
    def no_room(*_: Any, **__: Any) -> None:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(uploads.log, "append", no_room)
    told = begin(her, status=507)
    assert "Nothing was begun" in told.json()["detail"]
    assert not Upload.objects.exists()


def test_at_the_end_of_a_check_all_of_it_is_read(her):
    url = begin(her, FILE)["Location"]
    assert her.get(url).json()["checked"] == 0
    checks.run(Upload.objects.get().pk, clock=timezone.now)
    assert her.get(url).json()["checked"] == 100


def test_an_address_that_is_none_is_told_as_a_problem(her):
    for path in ("/api/v1/uploads/no-number", "/api/v1/nothing"):
        told = her.get(path)
        assert (told.status_code, told["Content-Type"]) == (404, "application/problem+json")
        assert told.json()["type"] == "/problems/not-found"
    assert her.get("/nothing/")["Content-Type"].startswith("text/html")
