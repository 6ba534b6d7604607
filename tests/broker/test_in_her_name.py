"""A guardian takes a child's record along or has it erased: verified, before the birthday, told to all."""

import io
import zipfile
from datetime import date, timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import handovers, in_her_name, kinship, notices, people, wards
from broker.errors import NotAllowed
from broker.models import Channel, HandoverCode, Notice, User
from consent import kin, participants
from consent.models import Erasure, LedgerOpening, Participant
from genomics.models import GenomicFile
from tests import factors
from tests.builders import vcf
from tests.remembering import receive
from tests.world import EARLIER, NOW, World

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def world() -> World:
    return World()


def sign_up(name: str) -> User:
    user = people.sign_up(name, "correct horse battery", born_on=date(1985, 1, 1), at=EARLIER)
    notices.add_channel(user, Channel.Kind.EMAIL, f"{name}@example.org", at=EARLIER)
    return user


@pytest.fixture
def gita(world: World) -> User:
    return sign_up("gita")


@pytest.fixture
def born() -> date:
    return date(2015, 5, 1)


@pytest.fixture
def claimed(gita: User, born: date) -> Participant:
    child = people.add_child(gita, born_on=born, at=EARLIER)
    receive(child, vcf([("20", 1000226, "A", "T", "0/1")]), by="x", at=EARLIER)
    return child


@pytest.fixture
def child(world: World, claimed: Participant) -> Participant:
    people.verify_guardian(claimed.kin_links.get(), by=world.staff.steward, at=EARLIER)
    return claimed


def told(user: User, kind: str) -> list[Notice]:
    return [one for one in Notice.objects.filter(user=user) if one.kind == kind]


def test_a_guardian_takes_everything_of_the_child_along_and_all_are_told(gita, child):
    archive = zipfile.ZipFile(io.BytesIO(b"".join(in_her_name.take(gita, child.pseudonym, at=NOW))))
    assert "consent/record.json" in archive.namelist()
    assert any(name.startswith("files/") for name in archive.namelist())
    (notice,) = told(gita, "child_taken_along")
    assert {one.channel.kind for one in notice.deliveries.all()} == {Channel.Kind.PORTAL, Channel.Kind.EMAIL}


def test_a_guardian_has_the_child_erased_and_stays_herself(gita, child):
    certificate = in_her_name.erase(gita, child.pseudonym, at=NOW)
    assert certificate.participant == child
    assert not GenomicFile.objects.filter(participant=child).exists()
    assert gita.own_record.participant.erased_at is None
    (notice,) = told(gita, "child_erased")
    assert notice.fields == {"whose": child.pseudonym, "objected": False}
    assert wards.children(gita, at=NOW) == ()
    with pytest.raises(NotAllowed):
        in_her_name.erase(gita, child.pseudonym, at=NOW)


def test_one_file_goes_and_the_child_stays(gita, child):
    file = GenomicFile.objects.get(participant=child)
    in_her_name.erase_file(gita, child.pseudonym, file.id, at=NOW)
    child.refresh_from_db()
    assert (child.erased_at, told(gita, "child_file_erased") != []) == (None, True)


def test_that_she_objects_hinders_nothing_and_is_told(gita, child):
    participants.record_dissent(child, dissents=True, by="her", at=NOW)
    in_her_name.erase(gita, child.pseudonym, at=NOW)
    (notice,) = told(gita, "child_erased")
    assert notice.fields["objected"] is True
    (event,) = LedgerOpening.objects.filter(event__kind="broker:record:erased_by_guardian")
    assert event.said["fields"] == {"objected": True}


def refused(user: User, child: Participant, at=NOW) -> bool:
    """None of the three, and nothing is left of the attempt."""
    before = (Notice.objects.count(), GenomicFile.objects.count())
    file = GenomicFile.objects.filter(participant=child).first()
    for act in (
        lambda: in_her_name.take(user, child.pseudonym, at=at),
        lambda: in_her_name.erase(user, child.pseudonym, at=at),
        lambda: in_her_name.erase_file(user, child.pseudonym, file.id, at=at),
    ):
        with pytest.raises(NotAllowed, match="Nothing was done"):
            act()
    return (Notice.objects.count(), GenomicFile.objects.count()) == before and not Erasure.objects.exists()


def test_nobody_does_it_whose_standing_was_not_seen(gita, claimed):
    assert refused(gita, claimed)


def test_a_stranger_and_one_whose_guardianship_ended_do_not(world, gita, child):
    assert refused(sign_up("tom"), child)
    kin.end(child.kin_links.get(), by=world.staff.steward.reference, at=NOW - DAY)
    assert refused(gita, child)


@pytest.mark.parametrize("born", [date(2008, 6, 2)])
def test_from_the_birthday_on_nobody_does_it_but_she(gita, child):
    grown = participants.of_age_at(child, wards.uses.policy(NOW))
    assert refused(gita, child, grown)
    assert refused(gita, child, grown + 400 * DAY)
    assert in_her_name.erase(gita, child.pseudonym, at=grown - timedelta.resolution)


@pytest.mark.parametrize("born", [date(2009, 1, 1)])
def test_every_other_guardian_is_told_and_the_child_by_her_own_mail(
    world, gita, child, born, django_capture_on_commit_callbacks
):
    other = sign_up("gus")
    kinship.verify(
        kinship.claim_child(other, child.pseudonym, born_on=born, at=EARLIER),
        by=world.staff.steward,
        at=EARLIER,
    )
    code = handovers.invite(child, by=gita, at=EARLIER)
    own = handovers.accept(code, "kim", "correct horse battery", born_on=born, at=EARLIER)
    handovers.confirm(HandoverCode.objects.get(), by=world.staff.steward, at=EARLIER)
    notices.add_channel(own, Channel.Kind.EMAIL, "kim@example.org", at=EARLIER)
    with django_capture_on_commit_callbacks(execute=True):
        in_her_name.erase(gita, child.pseudonym, at=NOW)
    assert len(told(other, "child_erased")) == 1
    farewell = next(one for one in mail.outbox if "A guardian of yours" in one.body)
    assert farewell.to == ["kim@example.org"]
    assert child.pseudonym not in farewell.body
    assert not Channel.objects.filter(user=own).exists()  # and nobody knows any more where she is reached


# --- the pages ---


@pytest.fixture
def door(gita: User) -> Client:
    client = Client()
    client.force_login(gita, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(name: str, child: Participant, *more: object) -> str:
    return reverse(f"guardian:{name}", args=[child.pseudonym, *more])


def test_the_pages_ask_for_a_fresh_proof_and_the_name(gita, child, door):
    assert page("take", child) in door.get(page("files", child)).content.decode()
    assert "Have everything of this child erased" in door.get(page("take", child)).content.decode()
    said = {"name": child.pseudonym}
    assert "confirm" in door.post(page("take", child))["Location"]
    assert "confirm" in door.post(page("leave", child), said)["Location"]
    factors.confirm(door, at=timezone.now())
    assert door.post(page("leave", child), {"name": "P-WRNG-NAME"}).status_code == 422
    assert door.post(page("take", child)).streaming
    assert not Erasure.objects.exists()
    done = door.post(page("leave", child), said)
    assert done["Location"] == reverse("certificate", args=[Erasure.objects.get().event])
    assert door.get(reverse("guardian:people")).status_code == 200  # she is still signed in


def test_a_file_is_erased_from_its_page(gita, child, door):
    file = GenomicFile.objects.get(participant=child)
    factors.confirm(door, at=timezone.now())
    assert page("erase_file", child, file.id) in door.get(page("files", child)).content.decode()
    assert door.post(page("erase_file", child, file.id))["Location"] == page("files", child)
    assert not GenomicFile.objects.filter(pk=file.pk).exists()


def test_the_page_says_that_she_objects(child, door):
    assert "This child objects" not in door.get(page("leave", child)).content.decode()
    participants.record_dissent(child, dissents=True, by="her", at=NOW)
    assert "This child objects" in door.get(page("leave", child)).content.decode()


def test_there_are_no_such_pages_for_who_is_not_verified(claimed, door):
    for name in ("take", "leave"):
        assert door.get(page(name, claimed)).status_code == 404
