"""Receipts, files, who used the data, and the doors."""

import json
import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import checks, jobs, queries
from broker.models import Job
from broker.portal import record
from consent import policies
from consent.ledger import checkpoints, log, participation
from consent.terms import Permission
from genomics.intake import erasure
from genomics.models import GenomicFile
from tests.broker.portal.participant.pages import HEALTH, said_yes, shown
from tests.broker.uploads.sending import arrived
from tests.builders import array
from tests.world import CANCER, WITHOUT_HOLD, World

pytestmark = pytest.mark.django_db


def test_a_receipt_carries_the_words_that_were_agreed_to(eve, her):
    said = said_yes(eve, "LE.HOM")
    page = shown(her, "receipt", said.seq)
    assert "Police may compare my DNA with DNA left by an unknown person at a killing." in page
    assert "F-ADULT 1.0" in page
    assert bytes(said.commitment).hex() in page


def test_a_receipt_can_be_had_by_programs(eve, her):
    said = said_yes(eve, "RESEARCH", permissions=HEALTH)
    paper = json.loads(shown(her, "receipt_json", said.seq))
    assert paper["record_header"]["pii_principal_id"] == eve.own_record.participant.pseudonym
    assert paper["event"]["event_type"] == "consent_given"
    assert paper["pii_processing"]["purposes"][0]["permissions"][0]["duo"] == "DUO:0000006"


def test_a_receipt_of_somebody_else_is_not_there(world, her):
    theirs = world.join("Ada").statements.get()
    shown(her, "receipt", theirs.seq, status=404)
    shown(her, "receipt_json", theirs.seq, status=404)


def test_files_tell_what_each_is_and_how_good(her):
    page = shown(her, "files")
    for words in ("VCF file", "In use, with little in it", "GRCh37", "100.0%"):
        assert words in page
    assert "Where this file was read" in page
    assert page.count('class="shared shade-') >= 1
    assert "Sex chromosomes in this file" in page


def test_what_is_odd_about_a_file_is_told_on_the_page_of_its_upload_too(eve, her, settings, tmp_path):
    settings.STAGING_DIR = tmp_path / "arriving"
    mixed = array((f"rs{n}", "1", 1_000_000 + 50 * n, "AG") for n in range(12_000))
    upload = arrived(eve, mixed)
    checks.run(upload.pk, clock=timezone.now)
    page = shown(her, "upload", upload.pk)
    assert "the DNA of two people was mixed" in page
    assert "Nothing out of the ordinary" not in page
    assert "1 of 22" in page
    upload.refresh_from_db()
    erasure.erase_file(GenomicFile.objects.get(pk=upload.file), by="self", at=timezone.now())
    page = shown(her, "upload", upload.pk)
    assert "This file is erased" in page
    assert "locked away" not in page


def asked(world: World, *purposes: str, times: int = 1) -> None:
    """Questions of the researcher, each run to its release."""
    request = world.request(*purposes, **({"disease": CANCER} if "R.DS" in purposes else {}))
    for _ in range(times):
        query = queries.submit(
            world.carriers(), under=request, by=world.staff.researcher, at=timezone.now() - timedelta(days=3)
        )
        jobs.run(query.job.pk, clock=lambda: timezone.now() - timedelta(days=3), batch=100)


def test_usage_lists_who_asked_what_left_and_who_was_turned_away(world, eve, her):
    said_yes(eve, "RESEARCH", permissions=(Permission(code="DS", diseases=(CANCER,)),))
    asked(world, "R.DS")
    asked(world, "R.HMB")
    page = shown(her, "usage")
    assert "2 questions came by; the file was read for 1." in page
    assert "University of Lund, cancer genetics" in page
    assert "Research on one disease. What left: a number of people." in page
    assert "Health research. Nothing was read. You allowed research, but not this kind." in page
    assert "File was read" in shown(her, "home")


def test_usage_is_filtered_by_purpose_and_year(world, her):
    asked(world, "R.DS")
    asked(world, "R.HMB")
    year = (timezone.now() - timedelta(days=3)).year
    page = shown(her, "usage", purpose="R.DS", year=year)
    assert "Research on one disease. Nothing" in page
    assert "Health research. Nothing" not in page
    assert "2 questions came by" in shown(her, "usage", purpose="nonsense")


def test_usage_comes_in_pages(world, her, monkeypatch):
    monkeypatch.setattr(record, "PAGE", 2)
    asked(world, "R.HMB", times=3)
    assert shown(her, "usage").count('class="entry"') == 2
    page = shown(her, "usage", page=2)
    assert page.count('class="entry"') == 1
    assert "3–3 of 3" in page


def test_usage_of_nobody_says_so(her):
    assert "No one has used your file." in shown(her, "usage")


@pytest.mark.parametrize(
    ("days", "words"), [(0, "In this demo a line appears at once."), (30, "at the earliest 30 days")]
)
def test_usage_says_when_a_line_appears(her, days, words):
    if not days:
        policies.adopt(WITHOUT_HOLD, by="x", at=timezone.now())
    assert words in shown(her, "usage")


def test_staff_have_no_record_here(world):
    client = Client()
    client.force_login(world.staff.researcher)
    for name in ("home", "files", "choices", "usage"):
        shown(client, name, status=403)


def test_nobody_is_asked_to_sign_in_for_nothing(her):
    answer = Client().get(reverse("participant:home"))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("sign_in"))


def test_each_row_comes_with_a_proof_that_is_checked_without_us(world, eve, her):
    said_yes(eve, "RESEARCH", permissions=(Permission(code="DS", diseases=(CANCER,)),))
    asked(world, "R.DS")
    asked(world, "R.HMB")
    log.sequence(at=timezone.now())
    found = {}
    for job in Job.objects.all():
        assert reverse("participant:proof", args=[job.pk]) in shown(her, "why", job.pk)
        taken = her.get(reverse("participant:proof", args=[job.pk]))
        assert "attachment" in taken.headers["Content-Disposition"]
        found[job.query.purposes[0]] = participation.check(taken.json(), signer=checkpoints.signer())
    assert {purpose: (one.read, one.problems) for purpose, one in found.items()} == {
        "R.DS": (True, ()),
        "R.HMB": (False, ()),
    }


def test_a_proof_that_is_not_there_yet_or_not_hers_is_not_given(world, her):
    asked(world, "R.HMB")
    job = Job.objects.get()
    later = her.get(reverse("participant:proof", args=[job.pk]), follow=True)
    assert "not under a checkpoint yet" in later.content.decode()
    shown(her, "proof", uuid.uuid4(), status=404)
