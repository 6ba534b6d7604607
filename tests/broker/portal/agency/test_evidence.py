"""Evidence: taken in, shown by its quality alone, or refused in a sentence."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from broker import cases
from genomics.models import EvidenceProfile
from tests.broker.portal.agency.pages import sent, shown, upload
from tests.builders import vcf
from tests.world import World

pytestmark = pytest.mark.django_db


def test_evidence_is_taken_in_and_shown_by_its_quality_alone(world: World, ivan: Client):
    case = world.case()
    assert "No evidence yet" in shown(ivan, "case", case.pk)
    page = sent(ivan, "evidence", case.pk, file=upload(), build="")
    profile = EvidenceProfile.objects.get()
    assert profile.case == cases.reference(case)
    assert "GRCh37" in page
    assert "100.0 %" in page
    assert reverse("agency:search", args=[case.pk, profile.pk]) in page
    assert "evidence.vcf" not in page, "the name of a file is kept nowhere"
    assert "1000226" not in page


def test_the_build_is_assumed_only_when_it_is_said(world: World, ivan: Client):
    case = world.case()
    bare = vcf([("20", 1000226, "A", "T", "0/1")])
    bare = b"".join(line for line in bare.splitlines(keepends=True) if not line.startswith(b"##contig"))
    page = sent(ivan, "evidence", case.pk, status=422, file=upload(bare), build="")
    assert "Nothing in the file says which reference build" in page
    sent(ivan, "evidence", case.pk, file=upload(bare), build="GRCh38")
    assert EvidenceProfile.objects.get().build == "GRCh38"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"<html>sign in</html>", "Nothing was stored."),
        (vcf([("20", 1000226, "A", "T", "0/9")]), "Line "),
        (vcf([]).replace(b"\tS1\n", b"\tS1\tS2\n"), "one file a person"),
    ],
)
def test_a_wrong_file_is_refused_in_a_sentence_and_leaves_nothing(
    world: World, ivan: Client, content: bytes, sentence: str
):
    case = world.case()
    page = sent(ivan, "evidence", case.pk, status=422, file=upload(content), build="GRCh37")
    assert page.count(sentence) >= 2, "on top and at the field"
    assert not EvidenceProfile.objects.exists()


def test_an_empty_file_is_refused_in_the_words_of_intake(world: World, ivan: Client):
    empty = SimpleUploadedFile("evidence.vcf", b"")
    page = sent(ivan, "evidence", world.case().pk, status=422, file=empty)
    assert "The file is empty. Nothing was stored." in page


def test_no_file_at_all_is_an_ordinary_mistake(world: World, ivan: Client):
    assert "This field is required." in sent(ivan, "evidence", world.case().pk, status=400)
