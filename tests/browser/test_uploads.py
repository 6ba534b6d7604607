"""Sending a file as people do: in pieces, cut and gone on with after a reload, and without script."""

import os
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from broker import arriving, checks, people
from broker.demo.staff import PASSWORD
from broker.models import Upload, User
from tests.broker.uploads.sending import arrived
from tests.builders import vcf
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def eve(settings: Any, tmp_path: Path) -> User:
    settings.STAGING_DIR = tmp_path / "arriving"
    World()
    return people.sign_up("eve", PASSWORD, born_on=date(1980, 1, 1), at=timezone.now() - timedelta(days=9))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Two pieces and a bit."""
    path = tmp_path / "eve.vcf"
    path.write_bytes(vcf(("20", 1000 + 10 * row, "A", "T", "0/1") for row in range(75_000)))
    return path


class OwnCuts(list[str]):
    """What the browser complains of, but for the lines that we cut ourselves."""

    def append(self, said: str) -> None:
        if "ERR_FAILED" not in said:
            super().append(said)


def choose(page: Any, file: Path) -> None:
    page.goto(reverse("participant:files"))
    page.get_by_label("Your file").set_input_files(file)
    page.get_by_role("button", name="Add this file").click()


def test_a_file_goes_on_after_a_cut_and_a_reload(
    page: Any, eve: User, sign_in: Any, sound: Callable[..., None], file: Path
) -> None:
    sign_in(page, eve)
    sends: list[str] = []

    def cut(route: Any) -> None:
        """The first piece comes through, and none after it."""
        if route.request.method == "PATCH":
            sends.append(route.request.headers["upload-offset"])
        if len(sends) > 1:
            route.abort()
        else:
            route.continue_()

    page.problems = OwnCuts()
    page.route("**/api/v1/uploads/*", cut)
    choose(page, file)
    page.get_by_text("The line was cut").wait_for()
    sound("upload-cut")
    (upload,) = Upload.objects.all()
    assert upload.offset == arriving.PIECE
    page.unroute_all()

    page.goto(reverse("participant:files"))
    page.get_by_text("Choose the same file again to go on.").wait_for()
    sound("upload-on-the-way")
    choose(page, file)
    page.wait_for_url(f"**{reverse('participant:upload', args=[upload.pk])}")
    page.get_by_role("heading", name="Your file on its way in").wait_for()
    sound("upload-waiting")
    upload.refresh_from_db()
    assert arriving.opened(upload).read() == file.read_bytes()
    assert sends[0] == "0"
    assert "eve" not in str(page.evaluate("JSON.stringify(localStorage)"))
    checks.run(upload.pk, clock=timezone.now)
    page.get_by_text("The file is locked away").wait_for()
    sound("upload-taken")


def cut_after_a_piece(page: Any, file: Path) -> Upload:
    """Of this file one piece has come, and the page was left."""
    sends: list[str] = []

    def cut(route: Any) -> None:
        if route.request.method == "PATCH":
            sends.append(route.request.url)
        if len(sends) > 1:
            route.abort()
        else:
            route.continue_()

    page.problems = OwnCuts()
    page.route("**/api/v1/uploads/*", cut)
    choose(page, file)
    page.get_by_text("The line was cut").wait_for()
    page.unroute_all()
    (upload,) = Upload.objects.all()
    assert upload.offset == arriving.PIECE
    return upload


def test_another_file_of_the_same_name_size_and_date_is_not_put_behind_the_first_ones_head(
    page: Any, eve: User, sign_in: Any, file: Path
) -> None:
    sign_in(page, eve)
    first = cut_after_a_piece(page, file)
    times = file.stat().st_atime_ns, file.stat().st_mtime_ns
    file.write_bytes(file.read_bytes().replace(b"0/1", b"1/1"))
    os.utime(file, ns=times)
    choose(page, file)
    page.wait_for_url("**/participant/files/*/")
    second = Upload.objects.exclude(pk=first.pk).get()
    assert arriving.opened(second).read() == file.read_bytes()
    first.refresh_from_db()
    assert first.offset == arriving.PIECE


def test_a_build_that_is_chosen_after_the_cut_is_believed(
    page: Any, eve: User, sign_in: Any, file: Path
) -> None:
    sign_in(page, eve)
    first = cut_after_a_piece(page, file)
    page.goto(reverse("participant:files"))
    page.get_by_label("If the file does not say its genome build").select_option("GRCh38")
    page.get_by_label("Your file").set_input_files(file)
    page.get_by_role("button", name="Add this file").click()
    page.wait_for_url("**/participant/files/*/")
    second = Upload.objects.exclude(pk=first.pk).get()
    assert second.assume == "GRCh38"
    first.refresh_from_db()
    assert first.state == "ended"


def test_a_refused_file_is_told_with_its_line(
    page: Any, eve: User, sign_in: Any, sound: Callable[..., None], tmp_path: Path
) -> None:
    sign_in(page, eve)
    wrong = tmp_path / "wrong.vcf"
    wrong.write_bytes(vcf([("20", 1000226, "A", "T", "0/x")]))
    choose(page, wrong)
    page.wait_for_url("**/participant/files/*/")
    checks.run(Upload.objects.get().pk, clock=timezone.now)
    page.get_by_text("The file was not taken").wait_for()
    sound("upload-refused")


def test_what_cannot_be_begun_is_told_beside_the_file(
    page: Any, eve: User, sign_in: Any, sound: Callable[..., None], settings: Any, file: Path
) -> None:
    sign_in(page, eve)
    settings.STAGED_BYTES = 100
    choose(page, file)
    page.get_by_text("This file is too large").wait_for()
    sound("upload-too-large")
    assert not Upload.objects.exists()


def test_without_script_it_is_a_form(eve: User, open_page: Any, sign_in: Any, file: Path) -> None:
    plain = open_page(script=False)
    sign_in(plain, eve)
    choose(plain, file)
    plain.wait_for_url("**/participant/files/*/")
    assert "Waiting its turn" in plain.content()
    upload = Upload.objects.get()
    assert arriving.opened(upload).read() == file.read_bytes()
    checks.run(upload.pk, clock=timezone.now)
    plain.reload()
    assert "The file is locked away" in plain.content()


def test_a_steward_looks_at_held_files(
    page: Any, eve: User, sign_in: Any, sound: Callable[..., None], settings: Any
) -> None:
    settings.REVIEW_HOURS = 24
    upload = arrived(eve, at=timezone.now())
    checks.run(upload.pk, clock=timezone.now)
    sign_in(page, User.objects.get(username="sten-steward"))
    page.goto(reverse("steward:reviews"))
    page.get_by_label("Your reason").fill("Two accounts of one person, it seems.")
    page.get_by_role("button", name="Set it aside").click()
    page.get_by_text("To be set aside").wait_for()
    sound("steward-reviews")
    sign_in(page, eve)
    page.goto(reverse("participant:upload", args=[upload.pk]))
    page.get_by_text("Every file is held for a while").wait_for()
    sound("upload-held")
