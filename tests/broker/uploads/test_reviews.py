"""Held for review: for the same time whatever is found, and nothing is asked meanwhile."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from broker import checks, reviews
from broker.errors import NotAllowed, Refused
from broker.models import Upload, UploadState
from consent.models import Holding
from tests.broker.uploads.sending import FILE, arrived
from tests.builders import vcf
from tests.world import NOW

pytestmark = pytest.mark.django_db
OVER = NOW + timedelta(hours=48)


@pytest.fixture
def held(eve, settings) -> Upload:
    settings.REVIEW_HOURS = 48
    upload = arrived(eve)
    checks.run(upload.pk, clock=lambda: NOW)
    upload.refresh_from_db()
    return upload


def state(upload: Upload) -> str:
    return Holding.objects.get(file=upload.file).state


def test_every_file_is_held_and_nothing_is_asked_of_it(held):
    assert (held.state, held.held_until) == (UploadState.HELD, OVER)
    assert state(held) == Holding.State.QUARANTINED
    assert reviews.settle_due(at=OVER - timedelta(seconds=1)) == 0
    assert reviews.settle_due(at=OVER) == 1
    held.refresh_from_db()
    assert held.state == UploadState.TAKEN
    assert state(held) == Holding.State.ACTIVE


def test_the_same_dna_of_another_is_held_for_as_long_as_any_other(held, stranger, settings):
    """Its sender learns nothing of whether somebody's is here already."""
    told = []
    for data in (FILE, vcf([("20", 77, "C", "G", "0/1")])):
        upload = arrived(stranger, data)
        checks.run(upload.pk, clock=lambda: NOW)
        door = Client()
        door.force_login(stranger, backend="django.contrib.auth.backends.ModelBackend")
        told.append(door.get(reverse("api:upload", args=[upload.pk])).json())
    varying = {"id", "file", "length", "offset"}
    first, second = ({k: v for k, v in one.items() if k not in varying} for one in told)
    assert first == second
    assert first["state"] == "held"


def test_a_mark_shows_to_nobody_before_the_time_is_over(world, eve, held):
    door = Client()
    door.force_login(eve, backend="django.contrib.auth.backends.ModelBackend")
    url = reverse("api:upload", args=[held.pk])
    before = door.get(url).json()
    reviews.mark(held, set_aside=True, why="two accounts, one person", by=world.staff.steward, at=NOW)
    assert door.get(url).json() == before
    reviews.settle_due(at=OVER)
    after = door.get(url).json()
    assert (after["state"], after["reason"]) == ("refused", reviews.SET_ASIDE)
    assert "two accounts" not in str(after)
    assert state(held) == Holding.State.QUARANTINED


def test_a_mark_can_be_taken_back_until_the_time_is_over(world, held):
    steward = world.staff.steward
    reviews.mark(held, set_aside=True, why="x", by=steward, at=NOW)
    reviews.mark(held, set_aside=False, why="y", by=steward, at=NOW)
    reviews.settle_due(at=OVER)
    held.refresh_from_db()
    assert held.state == UploadState.TAKEN
    with pytest.raises(Refused):
        reviews.mark(held, set_aside=True, why="late", by=steward, at=OVER)


def test_only_a_steward_marks_and_never_without_a_reason(world, eve, held):
    for who in (eve, world.staff.researcher, world.staff.admin):
        with pytest.raises(NotAllowed):
            reviews.mark(held, set_aside=True, why="x", by=who, at=NOW)
    with pytest.raises(Refused):
        reviews.mark(held, set_aside=True, why=" ", by=world.staff.steward, at=NOW)


def test_a_steward_marks_on_her_page_and_takes_it_back(world, held):
    steward = Client()
    steward.force_login(world.staff.steward, backend="django.contrib.auth.backends.ModelBackend")
    url = reverse("steward:reviews")
    Upload.objects.update(held_until=timezone.now() + timedelta(days=1))
    page = steward.get(url).content.decode()
    assert held.participant.pseudonym in page
    assert "To be let in" in page
    mark = reverse("steward:mark_review", args=[held.pk])
    assert "needs its reason" in steward.post(mark, {"why": ""}, follow=True).content.decode()
    marked = steward.post(mark, {"why": "two accounts"}, follow=True).content.decode()
    assert "To be set aside" in marked
    back = steward.post(mark, {"why": "no", "action": "let_in"}, follow=True).content.decode()
    assert "To be let in" in back
    reviews.settle_due(at=timezone.now() + timedelta(days=2))
    assert "No file is held" in steward.get(url).content.decode()
