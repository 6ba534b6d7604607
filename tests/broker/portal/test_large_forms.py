"""Large forms: of people who are signed in, a few at once, up to a stated size."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from broker import people, slow_bodies
from broker.models import Upload, User
from tests.world import EARLIER

pytestmark = pytest.mark.django_db

LARGE = slow_bodies.SMALL + 1000


@pytest.fixture
def eve() -> User:
    return people.sign_up("eve", "x" * 12, born_on=date(1980, 1, 1), at=EARLIER)


@pytest.fixture
def her(eve: User) -> Client:
    door = Client(enforce_csrf_checks=True)
    door.force_login(eve, backend="django.contrib.auth.backends.ModelBackend")
    return door


@pytest.fixture(autouse=True)
def folder(settings, tmp_path: Path) -> None:
    settings.STAGING_DIR = tmp_path / "arriving"


def send(door: Client, size: int, **facts: Any) -> Any:
    token = (
        door.get(reverse("participant:files")).context["csrf_token"]
        if "_auth_user_id" in door.session
        else ""
    )
    said = {"file": SimpleUploadedFile("eve.vcf", bytes(size)), "csrfmiddlewaretoken": str(token)}
    return door.post(reverse("participant:files"), said, **facts)


def test_a_large_file_of_hers_is_taken(her):
    assert send(her, LARGE).status_code == 302
    assert Upload.objects.get().offset == LARGE


def test_one_that_is_too_large_is_told_with_the_limit_and_nothing_is_read(her, settings, caplog):
    settings.UPLOAD_BYTES = 1 << 20
    for size in (1 << 20 | 1, 2 << 20):  # a little more than a file may have, and more than a form may
        answer = send(her, size)
        assert answer.status_code == 413
        assert "at most 1 MB" in answer.content.decode()
    assert not Upload.objects.exists()
    assert not [record for record in caplog.records if record.exc_info]


def test_a_strangers_large_form_is_not_read(monkeypatch):
    class Unread(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise AssertionError("nobody's body is waited for")

    answer = Client().post(
        reverse("sign_in"),
        b"x" * LARGE,
        content_type="application/x-www-form-urlencoded",
        **{"wsgi.input": Unread()},
    )
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/")


@pytest.fixture
def full(eve: User) -> Iterator[None]:
    with ExitStack() as stack:
        for _ in range(slow_bodies.MOST_OF_ONE):
            stack.enter_context(slow_bodies.taken(eve.pk, LARGE))
        yield


def test_with_no_place_left_a_page_says_when_to_come_back_and_small_forms_are_taken(her, full):
    answer = send(her, LARGE)
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert "Too many files at once" in answer.content.decode()
    assert not Upload.objects.exists()
    assert send(her, 1000).status_code == 302


def test_rest_doors_have_the_same_places(her, eve, full):
    door = Client()
    door.force_login(eve, backend="django.contrib.auth.backends.ModelBackend")
    head = {"Tus-Resumable": "1.0.0", "Upload-Length": str(LARGE)}
    pieces = "application/offset+octet-stream"
    answers = [
        door.post(reverse("api:uploads"), bytes(LARGE), content_type=pieces, headers=head),
        door.post(reverse("api:files"), bytes(LARGE), content_type="application/octet-stream"),
        door.post(reverse("api:queries"), b" " * LARGE, content_type="application/json"),
    ]
    for answer in answers[:2]:
        assert (answer.status_code, answer["Retry-After"]) == (503, "2")
        assert answer.json()["type"] == "/problems/busy"
    assert not Upload.objects.exists()
