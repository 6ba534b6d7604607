"""The same person's DNA under another account: asked over those who permit it, told to stewards alone."""

from datetime import timedelta

import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse

from broker import access, checks, jobs, leftovers, people, reviews, same_person, usage
from broker.errors import NotAllowed, Refused
from broker.models import AccessRequest, Job, JobState, Query, Upload, User
from broker.roles import Role
from broker.same_person import Found
from consent.models import LedgerEvent
from genomics.models import EvidenceProfile
from tests.broker.uploads.sending import arrived
from tests.world import FAR, NOW, World, genotypes, small_panel, with_panel

pytestmark = pytest.mark.django_db
OVER = NOW + timedelta(hours=48)
PANEL = small_panel(1000)
HERS, ANOTHERS = (genotypes(PANEL, np.random.default_rng(seed).integers(0, 3, len(PANEL))) for seed in (1, 2))


@pytest.fixture
def world(settings) -> World:
    settings.REVIEW_HOURS = 48
    with_panel(PANEL)
    return World()


@pytest.fixture
def officer(world) -> User:
    user = User.objects.create_user("quinn", organisation=world.staff.researcher.organisation)
    proposed = people.propose(user, Role.QUALITY_OFFICER, by=world.staff.admin, at=NOW)
    people.confirm(proposed, by=world.staff.second_admin, at=NOW)
    return user


@pytest.fixture
def undertaking(world, officer) -> AccessRequest:
    request = same_person.undertake(summary="Swapped and doubled accounts", valid_to=FAR, by=officer, at=NOW)
    return access.decide(request, approves=True, reason="seen", by=world.staff.steward, at=NOW)


def here(world: World, *, permits: bool) -> None:
    """Somebody whose DNA is here already."""
    person = world.join("Dov", data=HERS)
    if permits:
        world.give(person, "QC")


def sent(user: User, data: bytes = HERS) -> Upload:
    upload = arrived(user, data)
    checks.run(upload.pk, clock=lambda: NOW)
    for job in Job.objects.filter(state=JobState.QUEUED):
        jobs.run(job.pk, clock=lambda: NOW, batch=10)
    return reviews.held().get(pk=upload.pk)


def found(world: World, upload: Upload) -> Found:
    return same_person.comparison(upload, by=world.staff.steward, at=NOW).found


def test_the_same_person_under_another_account_is_found_where_she_permits_it(world, undertaking, eve):
    here(world, permits=True)
    upload = sent(eve)
    told = same_person.comparison(upload, by=world.staff.steward, at=NOW)
    assert told.found is Found.SOMEBODY
    assert len(told.aliases) == 1
    assert world.people["Dov"].pseudonym not in str(told)
    assert LedgerEvent.objects.filter(kind="query:result:read").count() == 1


def test_who_does_not_permit_it_is_not_asked(world, undertaking, eve):
    here(world, permits=False)
    assert found(world, sent(eve)) is Found.NOBODY


def test_another_person_is_nobody(world, undertaking, eve):
    here(world, permits=True)
    assert found(world, sent(eve, ANOTHERS)) is Found.NOBODY


def test_her_own_other_file_does_not_count(world, undertaking, eve):
    first = sent(eve)
    reviews.settle_due(at=OVER)
    people.verify_identity(eve.own_record.participant, by=world.staff.steward, at=NOW)
    world.give(eve.own_record.participant, "QC")
    second = sent(eve, HERS + b"20\t1000226\t.\tA\tT\t.\tPASS\t.\tGT\t0/1\n")
    assert second.pk != first.pk
    assert Query.objects.count() == 2
    answer = same_person.staging.unseal(bytes(second.query.job.answer), f"{second.query.job.pk}/answer")
    assert b'"person"' in answer  # she is read and found, as herself
    assert found(world, second) is Found.NOBODY


def test_who_sends_it_sees_the_same_whether_somebody_was_found_or_not(world, undertaking, eve, stranger):
    here(world, permits=True)
    told = []
    for user, data in ((eve, HERS), (stranger, ANOTHERS)):
        upload = sent(user, data)
        door = Client()
        door.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        told.append(door.get(reverse("api:upload", args=[upload.pk])).json())
        assert door.get(reverse("steward:reviews")).status_code == 403
        assert not Job.objects.visible_to(user).exists()
    own = {"id", "participant", "file", "length", "offset"}
    assert {k: v for k, v in told[0].items() if k not in own} == {
        k: v for k, v in told[1].items() if k not in own
    }
    assert reviews.settle_due(at=OVER) == 2
    assert set(Upload.objects.values_list("state", flat=True)) == {"taken"}


def test_a_steward_reads_it_on_her_page(world, undertaking, eve):
    here(world, permits=True)
    sent(eve)
    steward = Client()
    steward.force_login(world.staff.steward, backend="django.contrib.auth.backends.ModelBackend")
    page = steward.get(reverse("steward:reviews")).content.decode()
    assert "is here under another account" in page
    assert "R-" in page


def test_who_was_read_sees_that_she_was(world, undertaking, eve, monkeypatch):
    monkeypatch.setattr("broker.tellings.is_held", lambda ended: False)
    here(world, permits=True)
    sent(eve)
    (use,) = usage.of(world.people["Dov"], at=NOW)
    assert (use.read, use.purposes) == (True, ("Q.QC",))


def test_without_an_approved_undertaking_of_a_quality_officer_nothing_is_asked(world, officer, eve, stranger):
    here(world, permits=True)
    assert found(world, sent(eve)) is Found.NOT_ASKED
    request = same_person.undertake(summary="x", valid_to=FAR, by=officer, at=NOW)
    access.decide(request, approves=True, reason="seen", by=world.staff.steward, at=NOW)
    officer.appointments.update(ended_at=NOW)
    assert found(world, sent(stranger)) is Found.NOT_ASKED
    assert not EvidenceProfile.objects.exists()


def test_only_a_quality_officer_undertakes_it_and_only_a_steward_reads(world, officer, undertaking, eve):
    with pytest.raises(NotAllowed):
        same_person.undertake(summary="x", valid_to=FAR, by=world.staff.steward, at=NOW)
    with pytest.raises(Refused):
        same_person.undertake(summary="x", valid_to=NOW, by=officer, at=NOW)
    upload = sent(eve)
    for who in (eve, officer, world.staff.researcher):
        with pytest.raises(NotAllowed):
            same_person.comparison(upload, by=who, at=NOW)


def test_the_profile_that_lay_apart_goes_when_the_review_is_over_or_she_is_erased(
    world, undertaking, eve, stranger
):
    sent(eve)
    assert EvidenceProfile.objects.count() == 1
    reviews.settle_due(at=OVER)
    assert not EvidenceProfile.objects.exists()
    sent(stranger)
    leftovers.forget(stranger.own_record.participant, at=NOW)
    assert not EvidenceProfile.objects.exists()


def test_what_cannot_be_compared_is_told_so(world, undertaking, eve):
    silent = b"".join(line for line in HERS.splitlines(keepends=True) if not line.startswith(b"##contig"))
    upload = arrived(eve, silent, assume="GRCh38")
    checks.run(upload.pk, clock=lambda: NOW)
    assert found(world, reviews.held().get()) is Found.UNDER_WAY
    jobs.run(Job.objects.get().pk, clock=lambda: NOW, batch=10)
    assert found(world, reviews.held().get()) is Found.NOT_COMPARED


def test_an_officer_asks_at_the_terminal_and_a_steward_sees_it(world, officer, capsys):
    said = ("--summary", "Doubled accounts", "--until", "2100-01-01")
    call_command("undertake_quality", "--by", "quinn", *said)
    assert "waits in the stewards' inbox" in capsys.readouterr().out
    request = AccessRequest.objects.get()
    steward = Client()
    steward.force_login(world.staff.steward, backend="django.contrib.auth.backends.ModelBackend")
    assert "One person, two accounts" in steward.get(reverse("steward:inbox")).content.decode()
    assert "Doubled accounts" in steward.get(reverse("steward:request", args=[request.pk])).content.decode()
    for name in ("nobody", world.staff.steward.username):
        with pytest.raises(CommandError):
            call_command("undertake_quality", "--by", name, *said)
