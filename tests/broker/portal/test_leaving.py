"""Her pages for taking everything along, erasing a file, and leaving for good; and the certificate."""

import io
import zipfile
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import people
from broker.models import User
from consent.models import Erasure, Participant
from genomics.models import GenomicFile
from tests import factors
from tests.builders import vcf
from tests.remembering import receive
from tests.world import EARLIER, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    World()
    user = people.sign_up("ada", "correct horse battery", born_on=date(1980, 1, 1), at=EARLIER)
    receive(user.own_record.participant, vcf([("20", 1000226, "A", "T", "0/1")]), by="x", at=EARLIER)
    return user


@pytest.fixture
def door(ada: User) -> Client:
    client = Client()
    client.force_login(ada, backend="django.contrib.auth.backends.ModelBackend")
    return client


def person_of(user: User) -> Participant:
    return user.own_record.participant


def test_she_takes_everything_along_once_she_has_shown_who_she_is(ada: User, door: Client):
    assert "Download everything" in door.get(reverse("participant:take")).content.decode()
    assert door.post(reverse("participant:take")).status_code == 302
    factors.confirm(door, at=timezone.now())
    answer = door.post(reverse("participant:take"))
    assert answer.streaming
    archive = zipfile.ZipFile(io.BytesIO(answer.getvalue()))
    assert any(name.endswith("as-kept.vcf") for name in archive.namelist())
    assert door.post(reverse("participant:take"), {"key": "no key"}).status_code == 422


def test_leaving_takes_her_name_typed_and_a_fresh_proof(ada: User, door: Client):
    leave = reverse("participant:leave")
    page = door.get(leave).content.decode()
    assert person_of(ada).pseudonym in page
    factors.confirm(door, at=timezone.now())
    assert door.post(leave, {"name": "P-WRNG-NAME"}).status_code == 422
    assert Participant.objects.get(erased_at__isnull=True) == person_of(ada)


def test_without_a_fresh_proof_nothing_is_erased(ada: User, door: Client):
    answer = door.post(reverse("participant:leave"), {"name": person_of(ada).pseudonym})
    assert (answer.status_code, "confirm" in answer["Location"]) == (302, True)
    assert not Erasure.objects.exists()


def test_who_left_is_shown_a_certificate_that_anybody_may_read(ada: User, door: Client):
    pseudonym = person_of(ada).pseudonym
    factors.confirm(door, at=timezone.now())
    answer = door.post(reverse("participant:leave"), {"name": pseudonym.lower()})
    certificate = Erasure.objects.get()
    assert answer["Location"] == reverse("certificate", args=[certificate.event])
    assert door.get(reverse("participant:home")).status_code == 302  # signed out
    page = Client().get(answer["Location"]).content.decode()
    assert pseudonym in page
    assert f"{certificate.gone_from_backups_at:%Y}" in page
    said = Client().get(reverse("certificate_json", args=[certificate.event])).json()
    assert (said["participant"], said["destroyed"]["files"]) == (pseudonym, 1)
    assert said["gone_from_backups_at"] > said["erased_at"]
    assert not User.objects.get(pk=ada.pk).is_active


def test_she_erases_one_file(ada: User, door: Client):
    (file,) = GenomicFile.objects.all()
    address = reverse("participant:erase_file", args=[file.id])
    assert str(file.id) in door.get(address).content.decode()
    assert door.post(address).status_code == 302
    assert GenomicFile.objects.exists()  # she was asked who she is first
    factors.confirm(door, at=timezone.now())
    door.post(address)
    assert not GenomicFile.objects.exists()
    assert "No file yet" in door.get(reverse("participant:files")).content.decode()
    assert door.get(address).status_code == 404


def test_nobody_erases_or_takes_anothers_file(ada: User):
    other = people.sign_up("eve", "correct horse battery", born_on=date(1980, 1, 1), at=EARLIER)
    client = Client()
    client.force_login(other, backend="django.contrib.auth.backends.ModelBackend")
    (file,) = GenomicFile.objects.all()
    factors.confirm(client, at=timezone.now())
    assert client.post(reverse("participant:erase_file", args=[file.id])).status_code == 404
    archive = zipfile.ZipFile(io.BytesIO(client.post(reverse("participant:take")).getvalue()))
    assert not any(name.startswith("files/") for name in archive.namelist())
