"""A file sent by a form and watched: arriving, checked, told at its end; and nobody else's."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import checks, people, reviews, uploads
from broker.demo.staff import PASSWORD
from broker.models import Upload
from genomics.models import GenomicFile
from tests.broker.portal.participant.pages import FILE, LINE, press, shown
from tests.broker.uploads.sending import begun, sent
from tests.builders import vcf

pytestmark = pytest.mark.django_db

MORE = vcf([("20", 1000300, "C", "G", "1/1")])


@pytest.fixture(autouse=True)
def folder(settings, tmp_path: Path) -> None:
    settings.STAGING_DIR = tmp_path / "arriving"


def checked(her: Client) -> str:
    upload = Upload.objects.latest("created_at")
    checks.run(upload.pk, clock=timezone.now)
    return shown(her, "upload", upload.pk)


def without_token(page: str) -> str:
    return re.sub(r'(name="csrfmiddlewaretoken" value=)"\w+"', r"\1", page)


def test_a_file_is_sent_watched_and_locked_away(eve, her):
    page = press(her, "files", file=SimpleUploadedFile("eve.vcf", MORE))
    assert "Waiting its turn" in page
    assert '<meta http-equiv="refresh" content="5">' in page  # watched without script too
    assert "On the way in" in shown(her, "files")
    page = checked(her)
    for words in ("The file is locked away", "VCF file", "GRCh37", "100.0%", "the name the laboratory gave"):
        assert words in page
    assert GenomicFile.objects.filter(participant=eve.own_record.participant).count() == 2
    assert "On the way in" not in shown(her, "files")


def test_a_wrong_file_is_told_with_its_line_and_what_to_do(her):
    broken = FILE.replace(b"0/1", b"0/x")
    press(her, "files", file=SimpleUploadedFile("eve.vcf", broken))
    page = checked(her)
    assert "The file was not taken" in page
    assert f"Line {broken.count(LINE)}:" in page
    assert "Nothing was stored." in page
    assert GenomicFile.objects.count() == 1


def test_the_same_file_twice_is_recognised(her):
    press(her, "files", file=SimpleUploadedFile("eve.vcf", FILE))
    page = checked(her)
    assert "This very file is here already" in page
    assert "Here already" in page


def test_no_file_at_all_is_told(her):
    assert "This field is required." in press(her, "files", status=422)


def test_too_much_under_way_is_told_beside_the_field(her, settings):
    settings.STAGED_BYTES = 10
    page = press(her, "files", status=422, file=SimpleUploadedFile("eve.vcf", MORE))
    assert "Nothing was begun" in page


def test_the_build_is_believed_only_where_the_file_does_not_say_it(her):
    silent = b"".join(line for line in FILE.splitlines(keepends=True) if not line.startswith(b"##contig"))
    press(her, "files", file=SimpleUploadedFile("eve.vcf", silent))
    assert "say its build" in checked(her)
    press(her, "files", file=SimpleUploadedFile("eve.vcf", silent), build="GRCh38")
    checked(her)
    assert set(GenomicFile.objects.values_list("build", flat=True)) == {"GRCh37", "GRCh38"}


def test_one_that_is_not_all_here_says_how_to_go_on_and_can_be_stopped(eve, her):
    upload = sent(begun(eve, MORE, at=timezone.now()), MORE[:9], at=timezone.now())
    page = shown(her, "upload", upload.pk)
    assert "choose the same file again" in page
    assert "Choose the same file again to go on." in shown(her, "files")
    assert "Stopped." in press(her, "stop_upload", upload.pk)
    assert "thrown away" in shown(her, "upload", upload.pk)


def test_its_progress_is_told_when_something_is_new(eve, her):
    upload = sent(begun(eve, MORE, at=timezone.now()), MORE[:9], at=timezone.now())
    url = reverse("participant:upload_progress", args=[upload.pk])
    page = her.get(url)
    assert page.status_code == 200
    assert her.get(url, {"seen": page.context["seen"]}).status_code == 204
    uploads.stop(upload, by=eve, at=timezone.now())
    over = her.get(url)
    assert (over.status_code, over["HX-Refresh"]) == (286, "true")


def test_while_it_is_held_she_is_told_so_and_nothing_else(world, her, settings):
    settings.REVIEW_HOURS = 24
    press(her, "files", file=SimpleUploadedFile("eve.vcf", MORE))
    before = checked(her)
    assert "Held for review" in before
    assert "Held for review" in shown(her, "files")
    upload = Upload.objects.get()
    reviews.mark(upload, set_aside=True, why="x", by=world.staff.steward, at=timezone.now())
    assert without_token(shown(her, "upload", upload.pk)) == without_token(before)


def test_an_upload_of_somebody_else_is_not_there(eve):
    upload = begun(eve, MORE, at=timezone.now())
    before = timezone.now() - timedelta(days=1)
    stranger = Client()
    stranger.force_login(people.sign_up("s", PASSWORD, born_on=date(1980, 1, 1), at=before))
    for name in ("upload", "upload_progress"):
        shown(stranger, name, upload.pk, status=404)
    press(stranger, "stop_upload", upload.pk, status=404)
